"""The open documents: lists of lines, edited in place, read in windows. No text is ever joined.

An edit costs the same in a file of a hundred lines and of a hundred thousand, and so does a window. Line
endings are LF, CRLF and CR, and no others (LSP 3.18, "Text Documents"): `str.splitlines` knows more, and would
desynchronise on a form feed.

The client is the authority: what it sends is applied, whatever its version says. What documents are called,
and which are open, is `workspace.py`'s business; what a request is made of, `convert.py`'s.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Sequence

from attrs import define, field, frozen

from fim_language_server.core.secrets import may_withhold, reason_to_withhold
from fim_language_server.core.values import Document, Position, Withheld
from fim_language_server.lsp.documents.positions import Encoding, column_of, content_end, join_surrogates, split_line

_Agree = Callable[[str, str, int], bool]
_CHUNK = 65_536
"""Characters that are split at once: StringIO takes four bytes for each, and the heap keeps what it once had."""
_SURROGATE = re.compile("[\ud800-\udfff]")


@frozen
class Windows:
    """The text around a place, whose `column` counts code points.

    `prefix_is_whole` and `suffix_is_whole` say that the window reaches the document's start or end.
    """

    line: int
    column: int
    prefix: str = field(repr=False)
    suffix: str = field(repr=False)
    prefix_is_whole: bool
    suffix_is_whole: bool


@frozen
class Splice:
    """What one change did: where it ended in the text before it and after it, and how many lines it added."""

    start: Position
    old_end: Position
    new_end: Position
    added_lines: int

    def shift(self, place: Position) -> Position:
        """Return where a place of the text before this change is after it; inside the change: at its end."""
        if _key(place) <= _key(self.start):
            return place
        if place.line == self.old_end.line and place.column >= self.old_end.column:
            return Position(self.new_end.line, self.new_end.column + place.column - self.old_end.column)
        if place.line > self.old_end.line:
            return Position(place.line + self.added_lines, place.column)
        return self.new_end


@frozen
class _Around:
    """The text above a line and below it, as far as windows of these sizes may need it."""

    line: int
    prefix_chars: int
    suffix_chars: int
    above: str
    has_first: bool  # it reaches the document's start
    below: str
    has_last: bool

    def is_of(self, line: int, prefix_chars: int, suffix_chars: int) -> bool:
        return (self.line, self.prefix_chars, self.suffix_chars) == (line, prefix_chars, suffix_chars)


@define
class OpenDocument:
    """One open document. `lines` keep their line endings; only the last one has none."""

    uri: str
    language_id: str
    version: int
    encoding: Encoding
    path: str = ""
    other_paths: tuple[str, ...] = ()
    target: str = ""  # absolute: where the links in its path lead
    is_followed: bool = True  # is `target` known?
    lines: list[str] = field(factory=lambda: [""], repr=False)
    _around: _Around | None = field(default=None, init=False, eq=False, repr=False)  # while one line is typed in
    _withheld: Withheld | None = field(default=None, init=False, eq=False)
    _is_judged: bool = field(default=False, init=False, eq=False)  # is `_withheld` of the text as it stands?

    def describe(self) -> Document:
        """Return what the document is called as a value that later edits do not touch."""
        return Document(
            self.uri,
            self.language_id,
            self.version,
            self.path,
            self.eol,
            self.target,
            self.other_paths,
            self.withheld,
        )

    @property
    def withheld(self) -> Withheld | None:
        """Why the text is a secret as a whole, or None.

        All of it is judged when it is opened, and again after an edit that may have made it one, or after any if it
        is one. Of a text beyond MOST_JUDGED lines its beginning and its end are.
        """
        if not self._is_judged:
            lines, most = self.lines, MOST_JUDGED // 2
            judged = lines if len(lines) <= MOST_JUDGED else [*lines[:most], *lines[-most:]]
            self._withheld, self._is_judged = reason_to_withhold("".join(judged)), True
        return self._withheld

    @property
    def eol(self) -> str:
        """The line ending of the first line, which in all but broken files is that of the others."""
        first = self.lines[0]
        return first[content_end(first) :] or "\n"

    def replace(self, start: tuple[int, int], end: tuple[int, int], text: str) -> Splice:
        """Put `text` over the range between two (line, units), which may lie outside the document."""
        if end < start:
            start, end = end, start
        first, head, _ = self._split(start)
        last, before_end, tail = self._split(end)
        began, old_end = Position(first, len(head)), Position(last, len(before_end))
        if self.encoding is Encoding.UTF16:
            head, text = join_surrogates(head, text) if text else (head, text)
            head, tail = join_surrogates(head + text, tail)
        else:
            head += text
        return self._splice(began, old_end, head, tail)

    def replace_all(self, text: str) -> Splice:
        """Put `text` in place of the whole document; the change is where old and new text differ."""
        old, self.lines, self._around, self._is_judged = self.lines, split_lines(text), None, False
        return _difference(old, self.lines)

    def windows(self, line: int, units: int, prefix_chars: int, suffix_chars: int) -> Windows:
        """Cut at most that many code points before and after a place, which is clamped into the document.

        Half characters come out as U+FFFD, one for one: they cannot be encoded, so no provider could be sent
        them. The document keeps them, because the other half may come with the next edit.
        """
        line, units = self._clamp(line, units)
        return self.windows_at(
            Position(line, column_of(self.lines[line], units, self.encoding)), prefix_chars, suffix_chars
        )

    def windows_at(self, place: Position, prefix_chars: int, suffix_chars: int) -> Windows:
        """Do the same for a place in code points, as `replace` and `replace_all` return them."""
        lines = self.lines
        line = min(place.line, len(lines) - 1)
        column = min(place.column, content_end(lines[line]))
        around = self._around
        if around is None or not around.is_of(line, prefix_chars, suffix_chars):
            around = self._around = _look_around(lines, line, prefix_chars, suffix_chars)
        text = lines[line]
        prefix = around.above + text[max(0, column - prefix_chars) : column]
        suffix = text[column : column + suffix_chars] + around.below
        prefix_is_whole = around.has_first and len(around.above) + column <= prefix_chars
        suffix_is_whole = around.has_last and len(text) - column + len(around.below) <= suffix_chars
        prefix, suffix = prefix[max(0, len(prefix) - prefix_chars) :], suffix[:suffix_chars]
        return Windows(line, column, _encodable(prefix), _encodable(suffix), prefix_is_whole, suffix_is_whole)

    def has(self, place: Position) -> bool:
        """Is there still such a place: a line, and on it as many code points?"""
        return place.line < len(self.lines) and place.column <= content_end(self.lines[place.line])

    def text_of_line(self, line: int, start_units: int, end_units: int) -> str:
        """Return the text between two columns of a line."""
        if line >= len(self.lines):
            return ""
        text = self.lines[line]
        begin, end = (column_of(text, units, self.encoding) for units in (start_units, end_units))
        return _encodable(text[begin:end])

    def _note_edit(self, first: int, end: int) -> None:
        """Have the text judged again where an edit of these lines may have made it a secret, or less of one."""
        near = self.lines[max(0, first - _NEAR) : end + _NEAR]
        self._is_judged = self._is_judged and self._withheld is None and not any(map(may_withhold, near))

    def _clamp(self, line: int, units: int) -> tuple[int, int]:
        if line < len(self.lines):
            return line, units
        # No encoding has more than four units for a code point.
        return len(self.lines) - 1, 4 * len(self.lines[-1])

    def _split(self, place: tuple[int, int]) -> tuple[int, str, str]:
        line, units = self._clamp(*place)
        return line, *split_line(self.lines[line], units, self.encoding)

    def _splice(self, start: Position, old_end: Position, before: str, tail: str) -> Splice:
        """Put `before + tail` over the lines of the range; the change ends where `tail` begins."""
        lines, first = self.lines, start.line
        if start.column == 0 and first > 0 and (before or tail).startswith("\n") and lines[first - 1].endswith("\r"):
            first -= 1  # The edit joins a "\r" and a "\n" to one line ending.
            before = lines[first] + before
        parts = split_lines(before + tail)
        if old_end.line + 1 < len(lines):
            parts.pop()  # Empty: the range's last line is not the document's last, so it has a line ending.
        new_end = _place_before(tail, parts, first)
        added_lines = len(parts) - (old_end.line + 1 - first)
        if added_lines == 0 and len(parts) == 1:
            lines[first] = parts[0]
        else:
            lines[first : old_end.line + 1] = parts
            self._around = None
        if self._around is not None and first != self._around.line:
            self._around = None
        self._note_edit(first, first + len(parts))
        return Splice(start, old_end, new_end, added_lines)


MOST_JUDGED = 40_000
"""Lines of a text that are judged as a whole."""
_NEAR = 3
"""Lines around an edit that are looked at: a private key's begins some lines below its frame."""


def split_lines(text: str) -> list[str]:
    """Split after each line ending (LF, CRLF, CR); the last line, which may be empty, has none."""
    if "\n" not in text and "\r" not in text:
        return [text]
    lines: list[str] = []
    start = 0
    while start < len(text):
        end = text.find("\n", start + _CHUNK) + 1 or len(text)  # never between "\r" and "\n"
        lines += io.StringIO(text[start:end], newline="").readlines()
        start = end
    if lines[-1].endswith(("\n", "\r")):
        lines.append("")
    return lines


def _key(place: Position) -> tuple[int, int]:
    return place.line, place.column


def _place_before(tail: str, parts: Sequence[str], first: int) -> Position:
    """Return where the last `len(tail)` code points of `parts` begin."""
    remaining, index = len(tail), len(parts) - 1
    while remaining > len(parts[index]):
        remaining -= len(parts[index])
        index -= 1
    column = len(parts[index]) - remaining
    return Position(first + index, min(column, content_end(parts[index])))


def _look_around(lines: Sequence[str], line: int, prefix_chars: int, suffix_chars: int) -> _Around:
    above, size, first = [], 0, line
    while size < prefix_chars and first > 0:
        first -= 1
        above.append(lines[first][-(prefix_chars - size) :])
        size += len(lines[first])
    below, size_below, last = [], 0, line
    while size_below < suffix_chars and last < len(lines) - 1:
        last += 1
        below.append(lines[last][: suffix_chars - size_below])
        size_below += len(lines[last])
    return _Around(
        line,
        prefix_chars,
        suffix_chars,
        above="".join(reversed(above)),
        has_first=first == 0 and size <= prefix_chars,
        below="".join(below),
        has_last=size_below <= suffix_chars and not any(lines[last + 1 : last + 2]),
    )


def _encodable(text: str) -> str:
    return text if text.isascii() else _SURROGATE.sub("\ufffd", text)


def _difference(old: Sequence[str], new: Sequence[str]) -> Splice:
    """Find the one place where two texts differ, reading from both ends."""
    shorter = min(len(old), len(new))
    same = 0
    while same < shorter and old[same] == new[same]:
        same += 1
    if same == shorter:
        same -= 1
    tail = 0
    while tail < shorter - same - 1 and old[-1 - tail] == new[-1 - tail]:
        tail += 1
    old_line, new_line = old[len(old) - 1 - tail], new[len(new) - 1 - tail]
    start = _common(old[same], new[same], lambda a, b, size: a[:size] == b[:size])
    limit = min(
        len(old_line) - (start if len(old) - 1 - tail == same else 0),
        len(new_line) - (start if len(new) - 1 - tail == same else 0),
    )
    ending = min(limit, _common(old_line, new_line, lambda a, b, size: a[len(a) - size :] == b[len(b) - size :]))
    return Splice(
        Position(same, start),
        Position(len(old) - 1 - tail, len(old_line) - ending),
        Position(len(new) - 1 - tail, len(new_line) - ending),
        len(new) - len(old),
    )


def _common(old: str, new: str, agree: _Agree) -> int:
    """Return the greatest size at which the two agree, by halving: slices compare fast, loops do not."""
    low, high = 0, min(len(old), len(new))
    while low < high:
        middle = (low + high + 1) // 2
        if agree(old, new, middle):
            low = middle
        else:
            high = middle - 1
    return low
