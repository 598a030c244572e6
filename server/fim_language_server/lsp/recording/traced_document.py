"""Documents of a recording, of which each character is known by its place in the file.

A secret is often no secret when it is written: it comes letter by letter, it is pasted in halves, or the name before it
is changed to `password` later. So each record is written with the secrets that are known by then, and once more of them
is known, placeholders are written over what stands in the file already (`RecordingFile.cover`).
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final

from attrs import define, field, frozen

from fim_language_server.core.recordings.stand_ins import StandIns
from fim_language_server.core.secrets import Secret, find_secrets
from fim_language_server.core.secrets.masking import cursor_secret
from fim_language_server.core.values import Position
from fim_language_server.lsp.documents.changes import Splice
from fim_language_server.lsp.documents.open_document import OpenDocument
from fim_language_server.lsp.documents.positions import content_end

LINES_AROUND: Final = 80
"""Lines around an edit that are judged with it: as many as a long private key has."""

Cover = Callable[[int, str, str], None]
"""Puts a character (the last argument) in place of another one (the second) at a place of the file."""


@frozen
class TracedEdit:
    """An edit in code points: the place of the old text, and the new text's characters, with placeholders."""

    start: Position
    end: Position
    text: list[str] = field(repr=False)


@define
class TracedDocument:
    """An open document of a recording. `places` has for each line the places of its characters in the file.

    While an edit is not written, its characters have negative places: -1 is the first one of all edits of a record.
    """

    number: int
    document: OpenDocument
    stand_ins: StandIns = field(repr=False)
    cover: Cover = field(repr=False)
    discover: Callable[[str, str, str], None] = field(repr=False)
    """Receives each secret, its placeholder, and the beginning of it that was found before; "" for none."""
    keeps_texts: bool = True
    """False where only lengths are kept: no character has a place in the file then."""
    places: list[array[int]] = field(factory=list, repr=False)
    _new: list[str] = field(factory=list, repr=False)
    _touched: tuple[int, int] = (0, 0)
    """The first line and the end of the lines in which there are characters without a place in the file."""
    _secrets: dict[int, str] = field(factory=dict, repr=False)
    """Secrets by the place of their first character."""

    def opened(self) -> list[str]:
        """Return the characters of the document's text, with placeholders; `placed` has to follow."""
        lines = self.document.lines
        self._new = list("".join(lines))
        if not self.keeps_texts:
            return self._new
        self._touched = 0, len(lines)
        self.places = list(_split(array("q", range(-1, -len(self._new) - 1, -1)), lines))
        self._mask(0, len(lines), find_secrets("".join(lines)))
        return self._new

    def changed(self, changes: Iterable[tuple[tuple[int, int], tuple[int, int], str] | str]) -> list[TracedEdit]:
        """Apply changes in the client's places, or whole texts; return them as edits. `placed` has to follow."""
        self._new = []
        edits: list[TracedEdit] = []
        first = end = 0
        for change in changes:
            edit, first_line, end_line, added = self._apply(change)
            first = min(first, first_line) if edits else first_line
            end = max(end + added, end_line) if edits else end_line
            edits.append(edit)
        self._touched = first, end
        if not edits or not self.keeps_texts:
            return edits
        if len(edits) > 1:  # A later one may remove what an earlier one brought.
            self._new = [letter for edit in edits for letter in self.stand_ins.cover("".join(edit.text))]
        self._judge(first, end, edits[-1])
        at = 0
        for edit in edits:  # What `_judge` has masked.
            edit.text[:] = self._new[at : at + len(edit.text)]
            at += len(edit.text)
        return edits

    def placed(self, places: Sequence[int]) -> None:
        """Note the places in the file of the characters of the last edits, in their order."""
        if not places or not self.keeps_texts:
            return
        for line in self.places[slice(*self._touched)]:
            if line and min(line) < 0:
                for index, place in enumerate(line):
                    if place < 0:
                        line[index] = places[-place - 1]
        for at in [at for at in self._secrets if at < 0]:
            self._secrets[places[-at - 1]] = self._secrets.pop(at)

    def mask_again(self, secret: str) -> None:
        """Put placeholders over a secret that was found elsewhere, wherever it stands in a line here."""
        for number, line in enumerate(self.document.lines):
            at = line.find(secret)
            while at >= 0:
                self._mask(number, number + 1, [Secret(at, at + len(secret))])
                at = line.find(secret, at + len(secret))

    def around(self, line: int, column: int, end_line: int, end_column: int) -> tuple[str, str]:
        """Return the text before and after a range, some lines of it."""
        lines = self.document.lines
        line, end_line = min(line, len(lines) - 1), min(end_line, len(lines) - 1)
        before = "".join(lines[max(0, line - LINES_AROUND) : line]) + lines[line][:column]
        return before, lines[end_line][end_column:] + "".join(lines[end_line + 1 : end_line + 1 + LINES_AROUND])

    def _apply(self, change: tuple[tuple[int, int], tuple[int, int], str] | str) -> tuple[TracedEdit, int, int, int]:
        """Apply one change; return it, the first line and the end of the lines it touched, and the lines it added."""
        document = self.document
        if isinstance(change, str):
            old, splice = document.lines, document.replace_all(change)
        else:
            start, end, text = change
            start, end = (end, start) if end < start else (start, end)
            last = len(document.lines) - 1
            first_old, last_old = max(0, min(start[0], last) - 1), min(end[0], last)
            kept = document.lines[first_old : last_old + 1]
            splice = document.replace(start, end, text)
            old = _Shifted(kept, first_old)  # type: ignore[assignment]
        return self._trace(old, splice)

    def _trace(self, old: Sequence[str], splice: Splice) -> tuple[TracedEdit, int, int, int]:
        first, end_old = max(0, splice.start.line - 1), splice.old_end.line + 1
        before, after = old[first:end_old], self.document.lines[first : end_old + splice.added_lines]
        flat_old, flat_new = "".join(before), "".join(after)
        start = _offset(before, splice.start, first)
        end = _offset(before, splice.old_end, first)
        size = len(flat_new) - len(flat_old) + end - start
        edit_start, edit_end = splice.start, splice.old_end
        is_plain = size >= 0 and flat_new[:start] == flat_old[:start] and flat_new[start + size :] == flat_old[end:]
        if not is_plain:  # Halves of a character met, or were torn apart: these lines as a whole.
            last = before[-1]
            start, end, tail = 0, len(flat_old) - len(last) + content_end(last), last[content_end(last) :]
            size = len(flat_new) - len(tail)
            edit_start, edit_end = Position(first, 0), Position(end_old - 1, content_end(last))
        inserted = flat_new[start : start + size]
        if not self.keeps_texts:
            edit = TracedEdit(edit_start, edit_end, list(inserted))
            return edit, first, first + len(after), splice.added_lines
        flat: array[int] = array("q")
        for line in self.places[first:end_old]:
            flat.extend(line)
        flat[start:end] = array("q", range(-1 - len(self._new), -1 - len(self._new) - size, -1))
        self._new.extend(inserted)
        self.places[first:end_old] = _split(flat, after)
        return TracedEdit(edit_start, edit_end, list(inserted)), first, first + len(after), splice.added_lines

    def _judge(self, first: int, end: int, last: TracedEdit) -> None:
        """Mask the secrets in the lines around edits, and one that is being typed where the last edit ends."""
        lines = self.document.lines
        begin = max(0, first - LINES_AROUND)
        end = min(len(lines), end + LINES_AROUND)
        text = "".join(lines[begin:end])
        found = find_secrets(text)
        if found:
            self._mask(begin, end, found)
        typed = "".join(last.text)
        number = last.start.line + typed.count("\n")
        column = len(typed) - typed.rfind("\n") - 1 + (0 if "\n" in typed else last.start.column)
        if number < len(lines):
            line = lines[number][: content_end(lines[number])]
            begun = cursor_secret(line[:column], line[column:])
            if begun is not None:
                self._mask(number, number + 1, [Secret(begun.start, min(begun.end, len(line)), begun.rule, begun.kept)])

    def _mask(self, first: int, end: int, secrets: Sequence[Secret]) -> None:
        """Put placeholders in the place of secrets, whose offsets count in the lines from `first` up to `end`."""
        if not secrets:
            return
        text = "".join(self.document.lines[first:end])
        flat: array[int] = array("q")
        for line in self.places[first:end]:
            flat.extend(line)
        for secret in secrets:
            if secret.start >= secret.end:
                continue
            original = text[secret.start : secret.end]
            begin = flat[secret.start]
            before = self._secrets.get(begin)
            stand_in = self.stand_ins.of(original, secret.kept)
            if before != original:
                self._secrets[begin] = original
                is_longer = before is not None and original.startswith(before)
                self.discover(original, stand_in, before if before is not None and is_longer else "")
            for place, old, new in zip(flat[secret.start : secret.end], original, stand_in, strict=True):
                if place < 0:
                    self._new[-place - 1] = new
                else:
                    self.cover(place, old, new)


class _Shifted(Sequence[str]):
    """Lines that were taken out of a document, under their numbers in it."""

    def __init__(self, lines: Sequence[str], first: int) -> None:
        self._lines = lines
        self._first = first

    def __len__(self) -> int:
        return self._first + len(self._lines)

    def __getitem__(self, index):  # type: ignore[no-untyped-def]
        if isinstance(index, slice):
            return self._lines[max(0, index.start - self._first) : index.stop - self._first]
        return self._lines[index - self._first]


def _offset(lines: Sequence[str], place: Position, first: int) -> int:
    return sum(map(len, lines[: place.line - first])) + place.column


def _split(places: array[int], lines: Sequence[str]) -> Iterator[array[int]]:
    at = 0
    for line in lines:
        yield places[at : at + len(line)]
        at += len(line)
