"""Open documents: lists of lines, edited in place and read in windows. The whole text is never joined.

An edit costs the same in a file of a hundred lines and of a hundred thousand, and so does a window. Line
endings are LF, CRLF and CR, and no others (LSP 3.18, "Text Documents"): `str.splitlines` knows more, and would
desynchronise on a form feed.

Every change that the client sends is applied, whatever its version says. `workspace.py` keeps the names and the set of
open documents; `convert.py` makes requests.
"""

from __future__ import annotations

import io
import re
from collections.abc import Sequence

from attrs import define, field, frozen

from fim_language_server.core.secrets import may_withhold, reason_to_withhold
from fim_language_server.core.secrets.enclosing import lines_above, lines_below
from fim_language_server.core.values import Document, Position, Withheld
from fim_language_server.lsp.documents.changes import Splice, difference
from fim_language_server.lsp.documents.positions import Encoding, column_of, content_end, join_surrogates, split_line

_CHUNK = 65_536
"""Code points that are split at a time: StringIO takes four bytes for each, which the heap does not give back."""
_SURROGATE = re.compile("[\ud800-\udfff]")


@frozen
class Windows:
    """The text around a place, whose `column` counts code points.

    `prefix_is_whole` and `suffix_is_whole` say that the window reaches the document's start or end. `judged_above`
    and `judged_below` are what `CompletionRequest` has under these names.
    """

    line: int
    column: int
    prefix: str = field(repr=False)
    suffix: str = field(repr=False)
    prefix_is_whole: bool
    suffix_is_whole: bool
    judged_above: str = field(default="", repr=False)
    judged_below: str = field(default="", repr=False)


@frozen
class _NearbyText:
    """The text above a line and below it, as far as windows of these sizes may need it."""

    line: int
    prefix_chars: int
    suffix_chars: int
    above: str
    has_first: bool  # `above` reaches the document's start
    below: str
    has_last: bool  # `below` reaches the document's end
    judged_above: str  # what is judged before `above`
    judged_below: str

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
    _nearby: _NearbyText | None = field(default=None, init=False, eq=False, repr=False)  # while one line is typed in
    _withheld: Withheld | None = field(default=None, init=False, eq=False)
    _is_examined: bool = field(default=False, init=False, eq=False)  # does `_withheld` belong to the text as it is now?

    def describe(self) -> Document:
        """Return the document's names and properties as a value that later edits do not change."""
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
        """The reason why the text as a whole is a secret, or None.

        The text is examined when it is opened, and again after an edit that may have made it a secret, or after any
        edit if it is one. Of a text of more than MOST_EXAMINED lines only the beginning and the end are examined.
        """
        if not self._is_examined:
            lines, most = self.lines, MOST_EXAMINED // 2
            examined = lines if len(lines) <= MOST_EXAMINED else [*lines[:most], *lines[-most:]]
            self._withheld, self._is_examined = reason_to_withhold("".join(examined)), True
        return self._withheld

    @property
    def eol(self) -> str:
        """The line ending of the first line; "\\n" where the document has only one."""
        first = self.lines[0]
        return first[content_end(first) :] or "\n"

    @property
    def owner_uri(self) -> str:
        """The URI under which the engine knows the document: its own, but for a cell that of its notebook."""
        return self.uri

    def line_in_file(self, place: Position) -> int:
        """Return the line of a place as the engine counts it: in the document, but for a cell in its notebook."""
        return place.line

    def replace(self, start: tuple[int, int], end: tuple[int, int], text: str) -> Splice:
        """Replace the range between two places (line, column in the client's units) by `text`.

        The places may lie outside the document; they are clamped into it.
        """
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
        """Replace the whole text; the returned change is the part in which the old and the new text differ."""
        old, self.lines, self._nearby, self._is_examined = self.lines, split_lines(text), None, False
        return difference(old, self.lines)

    def set_lines(self, first: int, lines: Sequence[str]) -> None:
        """Replace as many lines, with their line endings, from the line `first` on."""
        for line, text in enumerate(lines, first):
            if self.lines[line] == text:
                continue
            self.lines[line] = text
            if self._nearby is not None and self._nearby.line != line:
                self._nearby = None

    def replace_lines(self, first: int, end: int, lines: Sequence[str]) -> None:
        """Replace the lines from `first` up to `end` by any number of lines, with their line endings."""
        self.lines[first:end] = lines
        self._nearby = None

    def windows(self, line: int, units: int, prefix_chars: int, suffix_chars: int) -> Windows:
        """Return the windows of at most `prefix_chars` and `suffix_chars` code points around a place.

        `units` is the column in the client's units; the place is clamped into the document. A lone surrogate becomes
        U+FFFD, because it cannot be encoded and sent. The document keeps it: the next edit may bring the other half.
        """
        line, units = self._clamp(line, units)
        return self.windows_at(
            Position(line, column_of(self.lines[line], units, self.encoding)), prefix_chars, suffix_chars
        )

    def windows_at(self, place: Position, prefix_chars: int, suffix_chars: int) -> Windows:
        """Return the windows around a place whose column counts code points, as those of a `Splice` do."""
        lines = self.lines
        line = min(place.line, len(lines) - 1)
        column = min(place.column, content_end(lines[line]))
        nearby = self._nearby
        if nearby is None or not nearby.is_of(line, prefix_chars, suffix_chars):
            nearby = self._nearby = _text_near(lines, line, prefix_chars, suffix_chars)
        text = lines[line]
        prefix = nearby.above + text[max(0, column - prefix_chars) : column]
        suffix = text[column : column + suffix_chars] + nearby.below
        prefix_is_whole = nearby.has_first and len(nearby.above) + column <= prefix_chars
        suffix_is_whole = nearby.has_last and len(text) - column + len(nearby.below) <= suffix_chars
        cut = max(0, len(prefix) - prefix_chars)
        if column <= prefix_chars:
            judged_above = nearby.judged_above + prefix[:cut]
        else:
            judged_above = text[max(0, column - prefix_chars - _LONGEST_HEAD) : column - prefix_chars]
        return Windows(
            line,
            column,
            _encodable(prefix[cut:]),
            _encodable(suffix[:suffix_chars]),
            prefix_is_whole,
            suffix_is_whole,
            _encodable(judged_above),
            _encodable(suffix[suffix_chars:] + nearby.judged_below),
        )

    def has(self, place: Position) -> bool:
        """Has the document this line, and the line at least this many code points?"""
        return place.line < len(self.lines) and place.column <= content_end(self.lines[place.line])

    def text_of_line(self, line: int, start_units: int, end_units: int) -> str:
        """Return the text between two columns of a line, in the client's units; "" for a line that is not there."""
        if line >= len(self.lines):
            return ""
        text = self.lines[line]
        begin, end = (column_of(text, units, self.encoding) for units in (start_units, end_units))
        return _encodable(text[begin:end])

    def _note_edit(self, first: int, end: int) -> None:
        """Have the text examined again if an edit of these lines may have made it a secret, or no secret any more."""
        near = self.lines[max(0, first - _NEAR) : end + _NEAR]
        self._is_examined = self._is_examined and self._withheld is None and not any(map(may_withhold, near))

    def _clamp(self, line: int, units: int) -> tuple[int, int]:
        if line < len(self.lines):
            return line, units
        # No encoding has more than four units for a code point.
        return len(self.lines) - 1, 4 * len(self.lines[-1])

    def _split(self, place: tuple[int, int]) -> tuple[int, str, str]:
        line, units = self._clamp(*place)
        return line, *split_line(self.lines[line], units, self.encoding)

    def _splice(self, start: Position, old_end: Position, before: str, tail: str) -> Splice:
        """Replace the lines of the range by `before + tail`; the change ends where `tail` begins."""
        lines, first = self.lines, start.line
        if start.column == 0 and first > 0 and (before or tail).startswith("\n") and lines[first - 1].endswith("\r"):
            first -= 1  # The edit joins a "\r" and a "\n" to one line ending.
            before = lines[first] + before
        parts = split_lines(before + tail)
        if old_end.line + 1 < len(lines):
            parts.pop()  # Empty: the range's last line is not the document's last, so it has a line ending.
        new_end = _place_before(tail, parts, first)
        added_lines = len(parts) - (old_end.line + 1 - first)
        old_lines = lines[first : old_end.line + 1]
        if added_lines == 0 and len(parts) == 1:
            lines[first] = parts[0]
        else:
            lines[first : old_end.line + 1] = parts
            self._nearby = None
        if self._nearby is not None and first != self._nearby.line:
            self._nearby = None
        self._note_edit(first, first + len(parts))
        return Splice(start, old_end, new_end, added_lines, first, old_lines, parts)


MOST_EXAMINED = 40_000
"""The most lines of a text that is examined as a whole."""
_LONGEST_HEAD = 2_000
"""Code points of a line that a window cuts, on its other side, that are judged with the window."""
_NEAR = 3
"""Lines around an edit that are examined: a private key begins some lines below its first line of dashes."""


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


def _place_before(tail: str, parts: Sequence[str], first: int) -> Position:
    """Return where the last `len(tail)` code points of `parts` begin."""
    remaining, index = len(tail), len(parts) - 1
    while remaining > len(parts[index]):
        remaining -= len(parts[index])
        index -= 1
    column = len(parts[index]) - remaining
    return Position(first + index, min(column, content_end(parts[index])))


def _text_near(lines: Sequence[str], line: int, prefix_chars: int, suffix_chars: int) -> _NearbyText:
    above, size, first, head = [], 0, line, ""
    while size < prefix_chars and first > 0:
        first -= 1
        cut = max(0, len(lines[first]) - (prefix_chars - size))
        head = lines[first][max(0, cut - _LONGEST_HEAD) : cut]
        above.append(lines[first][cut:])
        size += len(lines[first])
    below, size_below, last, tail = [], 0, line, ""
    while size_below < suffix_chars and last < len(lines) - 1:
        last += 1
        cut = suffix_chars - size_below
        tail = lines[last][cut : cut + _LONGEST_HEAD]
        below.append(lines[last][:cut])
        size_below += len(lines[last])
    return _NearbyText(
        line,
        prefix_chars,
        suffix_chars,
        above="".join(reversed(above)),
        has_first=first == 0 and size <= prefix_chars,
        below="".join(below),
        has_last=size_below <= suffix_chars and not any(lines[last + 1 : last + 2]),
        judged_above=lines_above(lines, first) + head,
        judged_below=tail + lines_below(lines, last + 1),
    )


def _encodable(text: str) -> str:
    return text if text.isascii() else _SURROGATE.sub("\ufffd", text)
