"""Open notebooks: cells in the notebook's order, completed as parts of one file.

A cell is an open document of its own, with the client's positions. Its windows are those of the joined text of all
cells of its language (`cell_text.py`), and it is described by the notebook's URI and path. So the engine, the secrets
and the exclusions see one file, however the client numbers its cells. Outputs are never read.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from attrs import define, evolve, field, frozen

from fim_language_server.core.values import Document, Position, Withheld
from fim_language_server.lsp.documents.cell_text import MARKDOWN, canonical, is_blank, language_of_cell, part_of_file
from fim_language_server.lsp.documents.changes import Splice
from fim_language_server.lsp.documents.open_document import OpenDocument, Windows
from fim_language_server.lsp.documents.positions import content_end

_JOINED_KEPT = 4
"""Joined texts that a notebook keeps: one for each language that the user writes in at the moment."""
_SHORT = 2
"""Lines of an edit after which only lines are copied into the joined texts; after a longer one it is the cell."""


@frozen
class CellEntry:
    """One element of a notebook's array of cells: the key of its text, and whether it is a Markdown cell."""

    key: str
    is_markup: bool = False


@define(eq=False)
class NotebookCell(OpenDocument):
    """The text of one cell, in the client's positions."""

    notebook: Notebook = field(kw_only=True, repr=False)
    key: str = field(kw_only=True)
    is_markup: bool = field(default=False, kw_only=True)

    @property
    def written_in(self) -> str:
        """The language id of the text."""
        return MARKDOWN if self.is_markup else language_of_cell(self.language_id, self.lines)

    @property
    def eol(self) -> str:
        """The line ending of the first line, else that of the notebook."""
        return _line_ending(self) or self.notebook.eol

    @property
    def owner_uri(self) -> str:
        """The notebook's URI."""
        return self.notebook.file.uri

    def line_in_file(self, place: Position) -> int:
        """Return the line of a place in the joined text."""
        joined = self.notebook.joined_around(self)
        return place.line + (joined.first_lines[self.key] if joined is not None else 0)

    def describe(self) -> Document:
        """Return the names and properties of the notebook, in the language of this cell."""
        return self.notebook.describe(self.written_in, self.eol)

    def windows_at(self, place: Position, prefix_chars: int, suffix_chars: int) -> Windows:
        """Return the windows around a place of this cell in the joined text, in which `line` counts."""
        line = min(place.line, len(self.lines) - 1)
        column = min(place.column, content_end(self.lines[line]))
        joined = self.notebook.joined_around(self)
        if joined is None:  # It has been removed from the array, but not closed.
            return OpenDocument.windows_at(self, Position(line, column), prefix_chars, suffix_chars)
        place = Position(joined.first_lines[self.key] + line, column)
        return joined.text.windows_at(place, prefix_chars, suffix_chars)

    def replace(self, start: tuple[int, int], end: tuple[int, int], text: str) -> Splice:
        """Replace a range, in this cell and in the notebook's joined texts."""
        splice = OpenDocument.replace(self, start, end, text)
        self.notebook.edited(self, splice)
        return splice

    def replace_all(self, text: str) -> Splice:
        """Replace the text of this cell, and of its part of the notebook's joined texts."""
        splice = OpenDocument.replace_all(self, text)
        self.notebook.edited(self, None)
        return splice


@frozen
class _Properties:
    """The properties of a cell that decide in which joined texts it has a part."""

    written_in: str
    is_blank: bool


@define(eq=False)
class _JoinedText:
    """The text of a file in one language: the parts of all cells that have one, with a blank line between two."""

    language_id: str
    text: OpenDocument
    first_lines: dict[str, int]  # of the parts, by the cells' keys
    properties: dict[str, _Properties]  # of all cells when they were joined, by their keys

    def has_unchanged(self, cell: NotebookCell) -> bool:
        """Has the cell the place that it had: none, or one where its lines stand as they are in the cell?"""
        now = _properties(cell)
        if self.properties.get(cell.key) != now:
            return False
        return cell.key not in self.first_lines or canonical(now.written_in) == canonical(self.language_id)

    def copy_lines(self, cell: NotebookCell, first: int, end: int, eol: str) -> None:
        """Copy lines of a cell that `has_unchanged` and has as many lines as before."""
        if cell.key not in self.first_lines:
            return
        begin, end = self.first_lines[cell.key], min(end, len(cell.lines))
        copied = cell.lines[first:end]
        if end == len(cell.lines) and begin + end < len(self.text.lines):
            copied[-1] += eol
        self.text.set_lines(begin + first, copied)

    def replace_part(self, cell: NotebookCell, eol: str) -> None:
        """Copy all lines of a cell that `has_unchanged`, however many they are now."""
        if cell.key not in self.first_lines:
            return
        begin, keys = self.first_lines[cell.key], list(self.first_lines)
        later = keys[keys.index(cell.key) + 1 :]
        end = self.first_lines[later[0]] if later else len(self.text.lines)
        lines = list(cell.lines)
        if later:
            lines[-1] += eol
            lines.append(eol)
        self.text.replace_lines(begin, end, lines)
        for key in later:
            self.first_lines[key] += len(lines) - (end - begin)


@define(eq=False)
class Notebook:
    """One open notebook. `file` has the URI, the path and the link target of its file, and no text.

    After `splice`, `set_kinds`, `put` and `drop` the texts are joined when they are next needed.
    """

    file: OpenDocument
    revision: int = 0
    _order: list[CellEntry] = field(factory=list, init=False, repr=False)  # as the client counts
    _cells: dict[str, NotebookCell] = field(factory=dict, init=False, repr=False)
    _joined: dict[tuple[str, str], _JoinedText] = field(factory=dict, init=False, repr=False)  # last used is last
    _is_current: bool = field(default=False, init=False)  # do `_joined`, `_eol` and `_withheld` belong to the cells?
    _eol: str = field(default="\n", init=False)
    _withheld: Withheld | None = field(default=None, init=False)

    @property
    def cells(self) -> Sequence[NotebookCell]:
        """The cells that have a text, in the notebook's order; one that is named twice stands at its first place."""
        named = dict.fromkeys(entry.key for entry in self._order)
        return [cell for key in named if (cell := self._cells.get(key)) is not None]

    @property
    def open_cells(self) -> Sequence[NotebookCell]:
        """All cells that have a text, also those that are not in the array of cells any more."""
        return list(self._cells.values())

    @property
    def eol(self) -> str:
        """The first line ending in the notebook; "\\n" where there is none."""
        self._refresh()
        return self._eol

    def describe(self, language_id: str, eol: str) -> Document:
        """Return the notebook as a file of one language. Its version grows with every change.

        A cell that is a secret as a whole, such as a private key, makes the notebook one.
        """
        self._refresh()
        names = self.file.describe()
        return evolve(names, language_id=language_id, version=self.revision, eol=eol, withheld=self._withheld)

    def splice(self, start: int, delete_count: int, entries: Iterable[CellEntry]) -> None:
        """Replace `delete_count` elements of the array of cells from `start` on; both may reach beyond its end."""
        self._order[start : start + delete_count] = entries
        self._changed()

    def set_kinds(self, entries: Iterable[CellEntry]) -> bool:
        """Set which cells are Markdown cells, wherever they stand; say whether that changes any."""
        new = {entry.key: entry for entry in entries}
        order = [new.get(entry.key, entry) for entry in self._order]
        if order == self._order:
            return False
        self._order = order
        self._changed()
        return True

    def put(self, cell: NotebookCell) -> None:
        """Add a cell's text, or replace it."""
        self._cells[cell.key] = cell
        self._changed()

    def drop(self, key: str) -> NotebookCell | None:
        """Remove a cell's text; return it, or None where there is none."""
        self._changed()
        return self._cells.pop(key, None)

    def nearest_cell(self, index: int) -> NotebookCell | None:
        """Return the first cell with a text from an index of the array on, else the last one before it."""
        after = (cell for entry in self._order[index:] if (cell := self._cells.get(entry.key)))
        before = (cell for entry in reversed(self._order[:index]) if (cell := self._cells.get(entry.key)))
        return next(after, None) or next(before, None)

    def edited(self, cell: NotebookCell, splice: Splice | None) -> None:
        """Note an edit of a cell; `splice` is its extent, where it is known. Joined texts follow it where they can."""
        is_secret = cell.withheld is not None or self._withheld is not None
        can_follow = self._is_current and not is_secret and _line_ending(cell) in ("", self._eol)
        self._changed()
        if splice is None or not can_follow:
            return
        self._is_current = True
        is_short = splice.added_lines == 0 and splice.new_end.line - splice.start.line < _SHORT
        for key, joined in list(self._joined.items()):
            if not joined.has_unchanged(cell):
                del self._joined[key]
            elif is_short:
                # A line end that an edit completes ("\r" and "\n") belongs to the line above.
                joined.copy_lines(cell, max(0, splice.start.line - 1), splice.new_end.line + _SHORT, self._eol)
            else:
                joined.replace_part(cell, self._eol)

    def joined_around(self, cell: NotebookCell) -> _JoinedText | None:
        """Return the joined text in a cell's language, with that cell; None if the array of cells has it no more."""
        self._refresh()
        written_in = cell.written_in
        # A blank cell is left out, unless the cursor is in it.
        key = canonical(written_in), cell.key if is_blank(cell.lines) else ""
        joined = self._joined.pop(key, None) or self._join(written_in, cell)
        self._joined[key] = joined
        if len(self._joined) > _JOINED_KEPT:
            del self._joined[next(iter(self._joined))]
        return joined if cell.key in joined.first_lines else None

    def _join(self, language_id: str, around: NotebookCell) -> _JoinedText:
        properties = {cell.key: _properties(cell) for cell in self.cells}
        lines: list[str] = []
        first_lines: dict[str, int] = {}
        for cell in self.cells:
            known = properties[cell.key]
            is_left_out = known.is_blank and cell is not around
            part = None if is_left_out else part_of_file(cell.lines, known.written_in, language_id, self._eol)
            if part is None:
                continue
            if lines:
                lines[-1] += self._eol
                lines.append(self._eol)
            first_lines[cell.key] = len(lines)
            lines += part
        text = OpenDocument(self.file.uri, language_id, self.revision, self.file.encoding, lines=lines or [""])
        return _JoinedText(language_id, text, first_lines, properties)

    def _changed(self) -> None:
        self.revision += 1
        self._is_current = False

    def _refresh(self) -> None:
        if self._is_current:
            return
        self._is_current = True
        self._joined.clear()
        for entry in reversed(self._order):  # Of two entries with one key the first counts.
            if (cell := self._cells.get(entry.key)) is not None:
                cell.is_markup = entry.is_markup
        cells = self._cells.values()
        self._eol = next((ending for cell in cells if (ending := _line_ending(cell))), "\n")
        self._withheld = next((cell.withheld for cell in cells if cell.withheld is not None), None)


def _properties(cell: NotebookCell) -> _Properties:
    return _Properties(cell.written_in, is_blank(cell.lines))


def _line_ending(cell: NotebookCell) -> str:
    first = cell.lines[0]
    return first[content_end(first) :]
