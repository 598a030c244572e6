"""Columns in the client's units become code points, in all three encodings."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fim_language_server.lsp.documents.positions import Encoding, column_of, content_end, join_surrogates, split_line

UTF8, UTF16, UTF32 = Encoding.UTF8, Encoding.UTF16, Encoding.UTF32
LINE_TEXT = st.text(st.sampled_from("ab é中😀𝄞\u0301\u2028\x0c\x85\ud83d\ude00"), max_size=12)


@pytest.mark.parametrize(
    ("line", "expected"),
    [("", 0), ("ab", 2), ("ab\n", 2), ("ab\r\n", 2), ("ab\r", 2), ("\r\n", 0), ("a\u2028", 2)],
)
def test_only_the_three_line_endings_end_the_content(line: str, expected: int) -> None:
    assert content_end(line) == expected


@pytest.mark.parametrize(
    ("line", "units", "encoding", "expected"),
    [
        ("abc\n", 2, UTF16, 2),
        ("abc\r\n", 9, UTF16, 3),  # past the end: before the line ending
        ("abc\r\n", 2**31 - 1, UTF8, 3),
        ("é中x", 2, UTF16, 2),
        ("a😀b", 3, UTF16, 2),
        ("a😀b", 2, UTF16, 1),  # inside the pair: before it
        ("a😀b", 5, UTF8, 2),
        ("a😀b", 4, UTF8, 1),
        ("a😀b", 2, UTF32, 2),
        ("a😀b", 99, UTF32, 3),
        ("a😀b", 99, UTF16, 3),
        ("e\u0301x", 2, UTF16, 2),  # a combining character is a character of its own
        ("e\u0301x", 3, UTF8, 2),
        ("\ud83dx", 2, UTF16, 2),
        ("", 0, UTF16, 0),
    ],
)
def test_column_of(line: str, units: int, encoding: Encoding, expected: int) -> None:
    assert column_of(line, units, encoding) == expected


@pytest.mark.parametrize(
    ("encoding", "codec", "size"), [(UTF8, "utf-8", 1), (UTF16, "utf-16-le", 2), (UTF32, "utf-32-le", 4)]
)
@given(line=LINE_TEXT, ending=st.sampled_from(["", "\n", "\r", "\r\n"]))
def test_every_boundary_between_characters_is_found_again(
    encoding: Encoding, codec: str, size: int, line: str, ending: str
) -> None:
    """Whatever precedes it: ASCII, two-byte, three-byte and astral characters, and half ones."""
    line = line.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")  # no split pairs
    for column in range(len(line) + 1):
        units = len(line[:column].encode(codec, "surrogatepass")) // size
        assert column_of(line + ending, units, encoding) == column


def test_an_edit_may_split_an_astral_character() -> None:
    """Only where columns count UTF-16 units: there the client's own text has the two halves."""
    assert split_line("a😀b", 2, UTF16) == ("a\ud83d", "\ude00b")
    assert split_line("a😀b", 2, UTF8) == ("a", "😀b")
    assert split_line("a😀b", 3, UTF16) == ("a😀", "b")


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [
        ("a\ud83d", "\ude00b", ("a😀", "b")),
        ("a\ud83d", "b", ("a\ud83d", "b")),
        ("\ude00", "\ud83d", ("\ude00", "\ud83d")),
        ("", "\ude00", ("", "\ude00")),
    ],
)
def test_join_surrogates(left: str, right: str, expected: tuple[str, str]) -> None:
    assert join_surrogates(left, right) == expected
