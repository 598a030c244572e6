"""The place to complete, read from text windows."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fim_language_server.embedded.index.segment import DEPTH
from fim_language_server.embedded.search.cursor import Cursor, hits_in_document, read_cursor
from fim_language_server.embedded.text.vocabulary import END, FIRST_WORD, Vocabulary


def read(text: str) -> tuple[Cursor, Vocabulary]:
    """Read a text with the cursor drawn as |."""
    prefix, suffix = text.split("|")
    vocabulary = Vocabulary()
    return read_cursor(vocabulary, prefix, suffix), vocabulary


def context_words(cursor: Cursor, vocabulary: Vocabulary) -> list[str]:
    return [vocabulary.text(number) for number in cursor.context if number >= FIRST_WORD]


@pytest.mark.parametrize(
    ("text", "context", "unfinished", "tail", "next_line"),
    [
        ("a = b\nc = fo|\n\nnext()", ["a", " =", " b", "c", " ="], " fo", "", "next()"),
        ("f(|)\n", ["f", "("], "", ")", ""),
        ("a\r\nb.|\r\nc", ["a", "b", "."], "", "", "c"),
        ("a\rb.|\rc", ["a", "b", "."], "", "", "c"),
        ("|", [], "", "", ""),
        ("\t\t|", [], "", "", ""),
    ],
)
def test_what_is_around_the_cursor(text: str, context: list[str], unfinished: str, tail: str, next_line: str) -> None:
    """Context without the unfinished token, whatever the line ends."""
    cursor, vocabulary = read(text)
    assert context_words(cursor, vocabulary) == context
    assert (cursor.unfinished, cursor.tail, cursor.next_line) == (unfinished, tail, next_line)


@given(st.text(), st.text())
def test_any_text_can_be_read(prefix: str, suffix: str) -> None:
    """The cursor's place in the tokens is between before and after, and the context is whole."""
    cursor = read_cursor(Vocabulary(), prefix, suffix)
    assert cursor.tokens[cursor.position] == END
    assert cursor.tokens[-1] == END
    assert len(cursor.context) == DEPTH
    assert cursor.tokens[cursor.position - DEPTH : cursor.position].tolist() == list(cursor.context)


def test_the_document_is_searched_on_both_sides_the_nearest_first() -> None:
    """Equal depths go by distance; the cursor itself is no hit."""
    cursor, vocabulary = read("x.far()\ny()\nx.near()\nx.|\nx.after()")
    hits = hits_in_document(cursor, cursor.tokens, cursor.context, 10)
    assert [vocabulary.text(int(cursor.tokens[hit.position])) for hit in hits] == ["near", "after", "far"]


def test_huge_windows_cost_no_more_than_their_ends() -> None:
    """Only the nearest 20,000 code points of each side are read, and the cursor's line to a bound."""
    cursor = read_cursor(Vocabulary(), "x = 1\n" * 50_000 + "y" * 1_000_000, "z" * 1_000_000)
    assert len(cursor.tokens) < 20_000
    assert isinstance(cursor.tokens, np.ndarray)
