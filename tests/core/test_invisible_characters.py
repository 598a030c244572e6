"""Which characters are invisible, and what a text is without them."""

from __future__ import annotations

import sys
import unicodedata

import pytest

from fim_language_server.core.invisible_characters import (
    INVISIBLE,
    has_invisible,
    on_one_line,
    without_invisible,
)

KNOWN = {number for first, last in INVISIBLE for number in range(first, last + 1)}


def test_every_control_and_format_character_of_unicode_is_in_the_table() -> None:
    """Cc and Cf are what unicodedata knows; signs that are drawn (Arabic number signs and their like) stay."""
    drawn = {*range(0x600, 0x606), 0x6DD, 0x70F, 0x890, 0x891, 0x8E2, 0x110BD, 0x110CD}
    missed = [
        hex(number)
        for number in range(sys.maxunicode + 1)
        if unicodedata.category(chr(number)) in ("Cc", "Cf") and number not in KNOWN | drawn | {0x09, 0x0A}
    ]
    assert missed == []


def test_no_character_that_is_drawn_is_in_the_table() -> None:
    """Letters, digits, signs and blanks of all scripts stay, but for Hangul's fillers and Khmer's inherent vowels."""
    nothing_to_see = {0x115F, 0x1160, 0x3164, 0xFFA0, 0x17B4, 0x17B5, 0x034F}
    drawn = [
        hex(number)
        for number in KNOWN - nothing_to_see
        if unicodedata.category(chr(number))[0] in "LNPSZ" and number not in (0x2028, 0x2029)
    ]
    assert drawn == []


@pytest.mark.parametrize("number", sorted(first for first, _ in INVISIBLE) + sorted(last for _, last in INVISIBLE))
def test_each_end_of_each_range_is_found_and_dropped(number: int) -> None:
    """A text keeps its other characters."""
    text = f"a{chr(number)}b\tc\n"
    assert has_invisible(text)
    assert without_invisible(text) == "ab\tc\n"


@pytest.mark.parametrize("text", ["", "plain", "tab\tand\nline", "naïve café", "данные", "変数", "\U0001f600", "a b"])
def test_other_texts_are_let_be(text: str) -> None:
    """The very text is returned."""
    assert not has_invisible(text)
    assert without_invisible(text) == text


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a\x1b]0;TITLE\x07\x1b[31m", "a ]0;TITLE [31m"),
        ("one\r\ntwo\n\nthree", "one two three"),
        ("\u202eabc\u202c", "abc"),
        ("a\u2028b", "a b"),
        ("x" * 10, "x" * 10),
        ("x" * 11, "x" * 9 + "…"),
        ("x" * 1_000_000, "x" * 9 + "…"),
        ("\x00" * 1_000_000 + "x", "…"),
    ],
)
def test_a_line_is_one_line_of_bounded_length(text: str, line: str) -> None:
    """Its words stay apart where a line end was."""
    assert on_one_line(text, 10 if len(text) in (10, 11) or len(text) > 100 else 60) == line
