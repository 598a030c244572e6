"""Texts of a recording's documents, followed from edit to edit."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from attrs import define, field

from fim_language_server.core.next_edit.values import Replacement
from fim_language_server.core.recordings.text_records import TextEdit

_LINE: Final = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")
"""A line with its line end (LF, CRLF or CR, and no others: LSP 3.18, "Text Documents")."""


class LostTextError(ValueError):
    """An edit does not fit its document, whose text is not known any more."""


@define
class FollowedText:
    """A document's text, edited as the recording says. `lines` have their line ends; only the last one has none."""

    lines: list[str] = field(repr=False)

    @classmethod
    def of(cls, text: str) -> FollowedText:
        """Return a text to be followed."""
        return cls(_split(text))

    @property
    def text(self) -> str:
        """The text as it is now."""
        return "".join(self.lines)

    def apply(self, edits: Sequence[TextEdit]) -> tuple[Replacement, ...]:
        """Apply edits, each to the result of the one before it; return them with offsets. Raises LostTextError."""
        done = []
        for edit in edits:
            if edit.text.text is None:
                raise LostTextError("the recording has no texts")
            start, end = self.offset(edit.line, edit.column), self.offset(edit.end_line, edit.end_column)
            done.append(Replacement(start, end, edit.text.text))
            self._replace(edit, edit.text.text)
        return tuple(done)

    def offset(self, line: int, column: int) -> int:
        """Return a place's offset in code points. Raises LostTextError where the document has no such place."""
        if line >= len(self.lines) or column > len(self.lines[line].rstrip("\r\n")):
            raise LostTextError("an edit lies outside of its document")
        return sum(map(len, self.lines[:line])) + column

    def _replace(self, edit: TextEdit, text: str) -> None:
        first, lines = edit.line, self.lines
        changed = lines[first][: edit.column] + text + lines[edit.end_line][edit.end_column :]
        if first > 0 and changed.startswith("\n") and lines[first - 1].endswith("\r"):
            first -= 1  # The edit joins a "\r" and a "\n" to one line end.
            changed = lines[first] + changed
        parts = _split(changed)
        if edit.end_line + 1 < len(lines):
            parts.pop()  # Empty: the last changed line is not the document's last, so it has a line end.
        lines[first : edit.end_line + 1] = parts


def _split(text: str) -> list[str]:
    lines = _LINE.findall(text)
    if not lines or lines[-1].endswith(("\n", "\r")):
        lines.append("")
    return lines
