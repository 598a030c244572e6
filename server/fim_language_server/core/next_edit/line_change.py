"""A change of a document as whole lines: what stood there, and what stands there now. Made of edits and of offers."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from attrs import field, frozen

from fim_language_server.core.next_edit.values import Replacement

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


def without_end(line: str) -> str:
    """Return a line without its line ending."""
    return line.rstrip("\r\n")


def change_of(text: str, replacement: Replacement) -> LineChange:
    """Return a replacement in a text as a change of all lines that it touches, at least one.

    A place between CR and LF counts as the place before both.
    """
    start, end = _whole_line_end(text, replacement.start), _whole_line_end(text, replacement.end)
    begin = max(text.rfind("\n", 0, start), text.rfind("\r", 0, start)) + 1
    stop = found.end() if (found := _LINE_END.search(text, end)) is not None else len(text)
    first = sum(1 for _ in _LINE_END.finditer(text, 0, begin))
    old, new = text[begin:stop], text[begin:start] + replacement.text + text[end:stop]
    return LineChange(first, split_keeping_ends(old) or ("",), split_keeping_ends(new) or ("",))


def _whole_line_end(text: str, at: int) -> int:
    return at - 1 if 0 < at < len(text) and text[at - 1] == "\r" and text[at] == "\n" else at
