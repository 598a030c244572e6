"""Columns of a line, converted from the client's units to code points.

LSP 3.18, "Position": `character` counts bytes, UTF-16 code units or code points, as agreed in `initialize`; a
character past the end of a line means the line's end, before its line ending.

Lone surrogates are ordinary code points here. An editor that counts UTF-16 units may send half of an astral
character and the other half in the next edit, and every column in between counts that half.
"""

from __future__ import annotations

import enum


class Encoding(enum.Enum):
    """The units in which a client counts columns (LSP 3.18, `PositionEncodingKind`)."""

    UTF8 = "utf-8"
    UTF16 = "utf-16"
    UTF32 = "utf-32"


def content_end(line: str) -> int:
    """Return the length of a line without its line ending, in code points."""
    if line.endswith("\r\n"):
        return len(line) - 2
    if line.endswith(("\n", "\r")):
        return len(line) - 1
    return len(line)


def column_of(line: str, units: int, encoding: Encoding) -> int:
    """Return a column of `units` in code points; one inside a character is rounded down."""
    end = content_end(line)
    if encoding is Encoding.UTF32 or line.isascii():
        return min(units, end)
    # As many code points as there are units hold at least as many units: nothing behind them matters, and an
    # ASCII head of a line that is not ASCII is as cheap as an ASCII line.
    head = line[: min(units, end)]
    if head.isascii():
        return len(head)
    if encoding is Encoding.UTF8:
        return _utf8_column(head, units)
    return _utf16_column(head, units)


def units_of(text: str, encoding: Encoding) -> int:
    """Return the length of a text in the client's units; a lone surrogate counts as it does in the client."""
    if encoding is Encoding.UTF32 or text.isascii():
        return len(text)
    if encoding is Encoding.UTF8:
        return len(text.encode("utf-8", "surrogatepass"))
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def split_line(line: str, units: int, encoding: Encoding) -> tuple[str, str]:
    """Split a line at a column of `units`. In UTF-16 a column may split an astral character into its surrogates."""
    column = column_of(line, units, encoding)
    if encoding is Encoding.UTF16 and column < len(line) and line[column] > "\uffff":
        before = len(line[:column].encode("utf-16-le", "surrogatepass")) // 2
        if before < units:
            high, low = _surrogates(line[column])
            return line[:column] + high, low + line[column + 1 :]
    return line[:column], line[column:]


def join_surrogates(left: str, right: str) -> tuple[str, str]:
    """Return both texts; a pair of surrogates where they meet becomes one character at the end of `left`."""
    if left and right and "\ud800" <= left[-1] <= "\udbff" and "\udc00" <= right[0] <= "\udfff":
        code_point = 0x10000 + ((ord(left[-1]) - 0xD800) << 10) + (ord(right[0]) - 0xDC00)
        return left[:-1] + chr(code_point), right[1:]
    return left, right


def _surrogates(character: str) -> tuple[str, str]:
    offset = ord(character) - 0x10000
    return chr(0xD800 + (offset >> 10)), chr(0xDC00 + (offset & 0x3FF))


def _utf8_column(head: str, units: int) -> int:
    data = head.encode("utf-8", "surrogatepass")
    cut = min(units, len(data))
    while cut < len(data) and data[cut] & 0xC0 == 0x80:  # a continuation byte: inside a character
        cut -= 1
    return len(data[:cut].decode("utf-8", "surrogatepass"))


def _utf16_column(head: str, units: int) -> int:
    data = head.encode("utf-16-le", "surrogatepass")
    if len(data) == 2 * len(head):  # no astral character, and no need to decode
        return len(head)
    cut = min(2 * units, len(data))
    if 0 < cut < len(data) and data[cut - 1] & 0xFC == 0xD8 and data[cut + 1] & 0xFC == 0xDC:
        cut -= 2
    return len(data[:cut].decode("utf-16-le", "surrogatepass"))
