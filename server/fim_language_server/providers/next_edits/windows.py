"""The window of a document that a model writes anew: whole lines around the cursor, without the last line's end. Pure.

Texts here have plain line ends (`core.next_edit.focus`). The empty line behind the last line end of a document belongs
to a window only where the cursor is in it.
"""

from __future__ import annotations

from typing import Protocol

from attrs import field, frozen

from fim_language_server.core.next_edit.values import DocumentText, NextEditQuestion, PastEdit

BYTES_PER_TOKEN = 3
"""Bytes a token, as Zed's models count their budgets."""
MOST_WINDOW_CHARS = 12_000
"""Code points of a window; a longer one, of very long lines, gets fewer lines."""


@frozen
class EditWindow:
    """Lines of a document: from line `first` on, the text from `start` up to `end`. `cursor` is an offset in it."""

    first: int
    start: int
    end: int
    text: str = field(repr=False)
    cursor: int
    before: str = field(repr=False)
    after: str = field(repr=False)
    """The document's text before and after the window; the text after it begins with the window's last line end."""

    @property
    def lines(self) -> list[str]:
        """The window's lines, without line ends; at least one."""
        return self.text.split("\n")

    @property
    def following(self) -> str:
        """The text after the window, without the window's last line end."""
        return self.after.removeprefix("\n")

    def with_mark(self, mark: str) -> str:
        """Return the window's text with a mark at the cursor."""
        return self.text[: self.cursor] + mark + self.text[self.cursor :]


class WindowRule(Protocol):
    """Chooses the lines of a window, given the lines of a document and the cursor's."""

    def __call__(self, lines: list[str], cursor_line: int) -> tuple[int, int]:
        """Return the first line of the window, and the line behind its last one."""
        ...


@frozen
class LinesAround:
    """As many lines above the cursor's and below it, such as 10 and 10."""

    above: int
    below: int

    def __call__(self, lines: list[str], cursor_line: int) -> tuple[int, int]:
        """Return the first line of the window, and the line behind its last one."""
        return max(0, cursor_line - self.above), min(len(lines), cursor_line + self.below + 1)


@frozen
class TokensAround:
    """As many lines as a number of tokens holds, above the cursor's line and below it in turn."""

    tokens: int

    def __call__(self, lines: list[str], cursor_line: int) -> tuple[int, int]:
        """Return the first line of the window, and the line behind its last one."""
        room = self.tokens * BYTES_PER_TOKEN - _size(lines[cursor_line])
        first, end = cursor_line, cursor_line + 1
        can_grow = True
        while can_grow:
            can_grow = False
            if end < len(lines) and _size(lines[end]) <= room:
                room, end, can_grow = room - _size(lines[end]), end + 1, True
            if first > 0 and _size(lines[first - 1]) <= room:
                room, first, can_grow = room - _size(lines[first - 1]), first - 1, True
        return first, end


def window_of(question: NextEditQuestion, rule: WindowRule) -> EditWindow | None:
    """Return the window around the cursor by a rule; None where the cursor's line alone is too long for one."""
    text, cursor = question.document.text, question.cursor
    lines = text.split("\n")
    cursor_line = text.count("\n", 0, cursor)
    if len(lines) > 1 and not lines[-1] and cursor_line < len(lines) - 1:
        lines.pop()
    first, end = rule(lines, cursor_line)
    while sum(map(len, lines[first:end])) > MOST_WINDOW_CHARS and end - first > 1:
        if end - 1 - cursor_line >= cursor_line - first:
            end -= 1
        else:
            first += 1
    start = sum(len(line) + 1 for line in lines[:first])
    stop = start + sum(len(line) + 1 for line in lines[first:end]) - 1
    if stop - start > MOST_WINDOW_CHARS:
        return None
    return EditWindow(
        question.document.first_line + first, start, stop, text[start:stop], cursor - start, text[:start], text[stop:]
    )


def earlier_lines(window: EditWindow, document: DocumentText, history: tuple[PastEdit, ...]) -> list[str]:
    """Return the window's lines as they were before edits of the past, the newest of which is the last.

    An edit that does not lie in the window, or that no longer stands there, changes nothing.
    """
    lines = window.lines
    spans: list[tuple[int, int, PastEdit]] = []
    for edit in reversed(history):
        start = edit.line - window.first
        end = start + len(edit.new_lines)
        is_apart = all(end <= other_start or start >= other_end for other_start, other_end, _ in spans)
        is_here = edit.uri == document.uri and 0 <= start <= end <= len(lines)
        if is_here and is_apart and lines[start:end] == list(edit.new_lines):
            spans.append((start, end, edit))
    for start, end, edit in sorted(spans, key=lambda span: span[0], reverse=True):
        lines[start:end] = edit.old_lines
    return lines


def _size(line: str) -> int:
    return len(line.encode("utf-8", "replace")) + 1
