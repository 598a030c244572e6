"""How a line goes with the lines around it, and with the name of its file."""

import pytest

from fim_language_server.embedded.candidates.neighbour_features import Neighbours
from fim_language_server.embedded.search.cursor import read_cursor
from fim_language_server.embedded.text.vocabulary import Vocabulary


def features(text: str, candidate: str, path: str = "") -> dict[str, float]:
    """Return the features of a candidate; the cursor is drawn as |."""
    prefix, suffix = text.split("|")
    cursor = read_cursor(Vocabulary(), prefix, suffix)
    return Neighbours(cursor, path).features(candidate, (cursor.line + candidate + cursor.tail).strip())


@pytest.mark.parametrize(
    ("name", "text", "candidate", "expected"),
    [
        ("in order", "import a\nimport |\nimport c", "b", 1.0),
        ("in order", "import a\nimport |\nimport c", "d", -1.0),
        ("in order", "import c\nimport |\nimport a", "b", 0.0),
        ("in order", "x = 1\nimport |\ny()", "b", 0.0),
        ("counts on", "case 3:\ncase |", "4:", 1.0),
        ("counts on", "case 3:\ncase |", "3:", -1.0),
        ("counts on", "case 3:\ncase |", "9:", -0.5),
        ("counts on", "case a:\ncase |", "4:", 0.0),
        ("is counted on", "case |\ncase 5:", "4:", 1.0),
        ("begins as previous", "abc\nab|", "cdef", 3 / 7),
        ("begins as next", "x\nab|\nabcx", "cdef", 3 / 7),
        ("parts in previous", "get_user()\n|", "user_id", 1 / 1.5),
        ("parts in next", "|\nBlogPost()", "post", 1 / 1.5),
    ],
)
def test_lists_go_on_as_they_began(name: str, text: str, candidate: str, expected: float) -> None:
    """Sorted ones stay sorted, counted ones count on, and names share parts with their neighbours."""
    assert features(text, candidate)[name] == pytest.approx(expected)


@pytest.mark.parametrize(
    ("path", "file", "directory"),
    [
        ("pkg/memory_cache.py", 1.0, 0.0),
        ("memory_cache/pkg.py", 0.0, 0.0),
        ("cache/x.py", 0.0, 1.0),
        ("a.py", 0.0, 0.0),
        ("", 0.0, 0.0),
    ],
)
def test_a_file_is_named_after_what_is_in_it(path: str, file: float, directory: float) -> None:
    """Names are compared without case and underscores; short ones, and none, say nothing."""
    row = features("class |", "MemoryCache:", path)
    assert (row["named as file"], row["named as directory"]) == (file, directory)
