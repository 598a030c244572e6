"""Lines into tokens: nothing is lost, and cuts fall where words and operators end."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fim_language_server.embedded.text.lexer import (
    code_lines,
    indentation,
    normalise_line_ends,
    split_tokens,
    split_unfinished,
)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("x = y", ["x", " =", " y"]),
        ("x=y", ["x", "=", "y"]),
        ("a  b", ["a", "  ", "b"]),
        ("f(a, 'b')", ["f", "(", "a", ",", " '", "b", "'", ")"]),
        ("a === b ?? c", ["a", " ===", " b", " ??", " c"]),
        ("x->y::z", ["x", "->", "y", "::", "z"]),
        ("a..b...c =>d==e", ["a", ".", ".", "b", "...", "c", " =>", "d", "==", "e"]),
        ("1.5e3 + $el", ["1.5e3", " +", " $el"]),
        ("größe = 大小", ["größe", " =", " 大小"]),
        ("a 😀 b", ["a", " 😀", " b"]),
        ("", []),
    ],
)
def test_tokens_are_words_numbers_operators_and_single_characters(line: str, expected: list[str]) -> None:
    """A token takes at most one space before it."""
    assert split_tokens(line) == expected


@given(st.text())
def test_joined_tokens_are_the_line_again(line: str) -> None:
    """No character is lost or changed, whatever it is."""
    assert "".join(split_tokens(line)) == line


@pytest.mark.parametrize(
    ("line", "unfinished"),
    [("foo", "foo"), ("x =", " ="), ("x = ", " "), ("f(", ""), ("a.", ""), ("x = fo", " fo"), ("", "")],
)
def test_the_last_token_is_unfinished_unless_nothing_can_join_it(line: str, unfinished: str) -> None:
    """Brackets and dots are over at once; words, operators and blanks may go on."""
    tokens, rest = split_unfinished(split_tokens(line))
    assert rest == unfinished
    assert "".join(tokens) + rest == line


@pytest.mark.parametrize(("line", "columns"), [("x", 0), ("  x", 2), ("\tx", 4), ("  \tx", 4), ("    \tx", 8), ("", 0)])
def test_indentation_counts_columns(line: str, columns: int) -> None:
    """A tab reaches to the next multiple of four."""
    assert indentation(line) == columns


def test_blank_lines_are_no_code() -> None:
    """Only lines with something on them count; blanks around them do not."""
    assert list(code_lines("a\n\n  b  \n \t\n")) == [(0, "a"), (2, "b")]


def test_all_line_ends_become_line_feeds() -> None:
    """CRLF is one line end, a lone CR too."""
    assert normalise_line_ends("a\r\nb\rc\nd") == "a\nb\nc\nd"
