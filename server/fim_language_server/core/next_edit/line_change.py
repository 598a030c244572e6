"""A change of a document as whole lines: what stood there, and what stands there now. Made of edits and of offers."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from attrs import field, frozen

from fim_language_server.core.next_edit.values import Replacement

AROUND: Final = 3
"""Unchanged lines above and below that are kept with a change."""
_NEARBY: Final = 1_000
"""Code points before and after a change in which these lines are looked for."""
_LINE: Final = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+\Z")
_LINE_END: Final = re.compile(r"\r\n|\r|\n")


@frozen
class LineChange:
    """Lines of a document, from `first` on, that others take the place of.

    Lines keep their line ends (LF, CRLF, CR), as the document has them; its last line has none. `old_lines` stood
    before, `new_lines` stand after. `above` and `below` are up to three unchanged lines around them.
    """

    first: int
    old_lines: Sequence[str] = field(repr=False)
    new_lines: Sequence[str] = field(repr=False)
    above: Sequence[str] = field(default=(), repr=False)
    below: Sequence[str] = field(default=(), repr=False)

    @property
    def added(self) -> int:
        """The number of lines more that there are after the change."""
        return len(self.new_lines) - len(self.old_lines)

    @property
    def old_end(self) -> int:
        """The line behind the changed ones, in the text before."""
        return self.first + len(self.old_lines)

    @property
    def new_end(self) -> int:
        """The line behind the changed ones, in the text after."""
        return self.first + len(self.new_lines)

    @property
    def old_text(self) -> str:
        """The old lines as one text."""
        return "".join(self.old_lines)

    @property
    def new_text(self) -> str:
        """The new lines as one text."""
        return "".join(self.new_lines)


def split_keeping_ends(text: str) -> tuple[str, ...]:
    """Split after each line ending (LF, CRLF, CR); an empty line behind the last one is not returned."""
    return tuple(_LINE.findall(text))


def block_lines(text: str, *, is_last: bool) -> tuple[str, ...]:
    """Return the lines of a part of a document; a part that `is_last` ends with a line without line ending."""
    lines = split_keeping_ends(text)
    return (*lines, "") if is_last and (not lines or text.endswith(("\n", "\r"))) else lines


def without_end(line: str) -> str:
    """Return a line without its line ending."""
    return line.rstrip("\r\n")


def change_of(text: str, replacement: Replacement) -> LineChange:
    """Return a replacement in a text as a change of all lines that it touches, at least one.

    A place between CR and LF counts as the place before both.
    """
    start, end = _whole_line_end(text, replacement.start), _whole_line_end(text, replacement.end)
    begin = first_offset(text, replacement)
    line_end = _LINE_END.search(text, end)
    stop = line_end.end() if line_end is not None else len(text)
    first = text.count("\n", 0, begin) + text.count("\r", 0, begin) - text.count("\r\n", 0, begin)
    old, new = text[begin:stop], text[begin:start] + replacement.text + text[end:stop]
    above = split_keeping_ends(text[max(0, begin - _NEARBY) : begin])[-AROUND:]
    below = split_keeping_ends(text[stop : stop + _NEARBY])[:AROUND]
    is_last = line_end is None
    return LineChange(first, block_lines(old, is_last=is_last), block_lines(new, is_last=is_last), above, below)


def first_offset(text: str, replacement: Replacement) -> int:
    """Return the offset at which the first line begins that a replacement in a text touches."""
    start, end = _whole_line_end(text, replacement.start), _whole_line_end(text, replacement.end)
    joins = text[start - 1 : start] == "\r" and (replacement.text or text[end : end + 1]).startswith("\n")
    before = start - 1 if joins else start  # A CR becomes a part of a CRLF: its line is another one now.
    return max(text.rfind("\n", 0, before), text.rfind("\r", 0, before)) + 1


def _whole_line_end(text: str, at: int) -> int:
    return at - 1 if 0 < at < len(text) and text[at - 1] == "\r" and text[at] == "\n" else at
