"""What the document around the cursor knows of a word."""

import pytest

from fim_language_server.embedded.index.index_file import index_texts
from fim_language_server.embedded.search.cursor import read_cursor
from fim_language_server.embedded.search.known_words import KnownName, KnownWords

CORPUS = index_texts([("a.py", "often often often often\none two three four five six seven eight nine ten eleven\n")])
FAR = "x = 1\n" * 30


def known(text: str, word: str) -> KnownName | None:
    return KnownWords(CORPUS, read_cursor(CORPUS.vocabulary, *text.split("|"))).name(word)


def places(name: KnownName | None) -> list[str]:
    """Return what is true of a name."""
    assert name is not None
    return [attribute for attribute in KnownName.__slots__ if getattr(name, attribute, False)]  # type: ignore[attr-defined]


@pytest.mark.parametrize("word", ["(", " =", "12", "", "  "])
def test_signs_and_numbers_are_no_names(word: str) -> None:
    """Nor are blanks."""
    assert known("a = 12|", word) is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("|", ["is_unknown", "is_rare"]),
        (f"width\n{FAR}|{FAR}", ["is_rare"]),
        (f"{FAR}|\n{FAR}width\n", ["is_rare", "is_missing"]),
        ("width\ny\n|", ["is_rare", "is_near_before"]),
        ("f(width)\n|", ["is_rare", "is_near_before", "is_in_line_above"]),
        ("|\nf(width)\n", ["is_rare", "is_near_after", "is_missing", "is_in_line_below"]),
        ("x = width\n|", ["is_rare", "is_near_before", "is_in_line_above"]),
    ],
)
def test_where_a_name_stands(text: str, expected: list[str]) -> None:
    """With a space before it or without."""
    assert places(known(text, "width")) == expected
    assert places(known(text, " width")) == expected


def test_of_a_common_word_only_whether_it_is_known_is_said() -> None:
    """It stands everywhere."""
    assert places(known("often\n|", "often")) == []
    assert places(known("|", "often")) == ["is_unknown"]
