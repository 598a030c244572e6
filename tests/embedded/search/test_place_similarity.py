"""How alike two places are: by the names around them, and by their paths."""

import numpy as np
import pytest

from fim_language_server.embedded.candidates.gathering import gather_candidates
from fim_language_server.embedded.index.corpus import Corpus
from fim_language_server.embedded.index.index_file import index_texts
from fim_language_server.embedded.search.cursor import read_cursor
from fim_language_server.embedded.search.known_words import KnownWords
from fim_language_server.embedded.search.place_similarity import PlaceComparison
from fim_language_server.embedded.text.vocabulary import END


def comparison_at(corpus: Corpus, text: str, path: str = "") -> PlaceComparison:
    prefix, suffix = text.split("|")
    return PlaceComparison(corpus, read_cursor(corpus.vocabulary, prefix, suffix), path)


def shares(text: str, other: str) -> tuple[float, ...]:
    """Return near, far, below and around for the line "here" of another text."""
    corpus = Corpus.empty()
    above, below = (corpus.vocabulary.document(part)[0] for part in other.split("here\n"))
    tokens, place = np.array([*above, *below, END], np.int32), np.array([len(above)])
    return comparison_at(corpus, text).shares(tokens, place, place)[0]


def test_the_share_of_names_that_are_also_here_is_counted() -> None:
    """Before and after the line, each on its own side; with and without a space before a name."""
    near, far, below, around = shares("apple\npear\n|\nplum\n", "x(apple, pear)\nhere\nplum\n")
    assert near == far == pytest.approx(2 / 3.3)
    assert below == pytest.approx(1 / 1.3)
    assert around == pytest.approx(2 / 4.3)  # not " pear"


def test_what_is_here_on_the_other_side_is_only_around() -> None:
    """What is above there and below here speaks for the document, not for the place."""
    near, _, below, around = shares("apple\n|\nplum\n", "plum\nhere\napple\n")
    assert near == below == 0
    assert around > 0


def test_keywords_say_nothing() -> None:
    """They are everywhere."""
    assert shares("if apple:\n    return\n|\n", "if pear:\n    return\nhere\nelse\n") == (0, 0, 0, 0)


@pytest.mark.parametrize(
    ("path", "other", "is_more_than"),
    [
        ("a/b/c.py", "a/b/d.py", "a/e/d.py"),
        ("a/test_parser.py", "b/parser.py", "b/lexer.py"),
        ("UserForm.tsx", "UserList.tsx", "BlogList.tsx"),
    ],
)
def test_paths_are_compared_by_directories_and_by_parts_of_the_name(path: str, other: str, is_more_than: str) -> None:
    """The path of a document and those of files of the index."""
    here = comparison_at(Corpus.empty(), "|", path)
    assert sum(here.path_similarity(other)) > sum(here.path_similarity(is_more_than))
    assert all(0 <= share <= 1 for share in here.path_similarity(other))


def test_of_many_places_those_that_speak_of_the_same_are_read() -> None:
    """Two hundred places have the cursor's last words; the one with its names is among the few that are read."""
    files = [(f"{number}.py", f"other{number}()\ntable.insert(row{number})\n") for number in range(200)]
    corpus = index_texts([*files[:100], ("like.py", "width()\nheight()\ntable.insert(area)\n"), *files[100:]])
    cursor = read_cursor(corpus.vocabulary, "width()\nheight()\ndepth()\ntable.insert(", ")")
    texts = [one.text for one in gather_candidates(corpus, cursor, "", KnownWords(corpus, cursor))]
    assert "area" in texts
