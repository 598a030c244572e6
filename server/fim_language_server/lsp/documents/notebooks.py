"""The set of open notebooks, kept as their client has them. Their cells are open documents of the workspace."""

from __future__ import annotations

from collections.abc import Iterable

from attrs import define, field
from lsprotocol import types

from fim_language_server.core.values import Position
from fim_language_server.lsp.documents.notebook import CellEntry, Notebook, NotebookCell
from fim_language_server.lsp.documents.notebook_messages import (
    CellOfNotebook,
    NotebookChange,
    NotebookEdits,
    NotebookOpened,
)
from fim_language_server.lsp.documents.open_document import OpenDocument, split_lines
from fim_language_server.lsp.documents.workspace import Workspace, key_of


@define
class Notebooks:
    """The open notebooks of one client."""

    _workspace: Workspace
    _open: dict[str, Notebook] = field(factory=dict, init=False, repr=False)

    def open(self, opened: NotebookOpened) -> Notebook:
        """Add a notebook and the texts of its cells; one that is open already is replaced."""
        self.close(opened.uri)
        notebook = Notebook(OpenDocument(opened.uri, "", 0, self._workspace.encoding))
        self._workspace.add_notebook(notebook.file)
        self._open[key_of(opened.uri)] = notebook
        notebook.splice(0, 0, _entries(opened.cells))
        for item in opened.texts:
            self._add_cell(notebook, item)
        return notebook

    def change(self, change: NotebookChange) -> NotebookEdits | None:
        """Apply a notebook's changes: of its array of cells, of kinds, of texts.

        Changes of cells that the notebook does not have are ignored. Returns None where nothing that counts has
        changed, such as outputs only.
        """
        notebook = self._open.get(key_of(change.uri))
        if notebook is None:
            self._workspace.warn_once(change.uri, "change of a notebook that is not open; ignored")
            return None
        is_rearranged = self._rearrange(notebook, change)
        edits: list[tuple[OpenDocument, list[Position]]] = []
        for params in change.texts:
            cell = self._workspace.find(params.text_document.uri)
            if isinstance(cell, NotebookCell) and cell.notebook is notebook:
                edits.append((cell, self._workspace.change(params)[1]))
            else:
                self._workspace.warn_once(
                    params.text_document.uri, "change of a cell that is not in its notebook; ignored"
                )
        if not edits and not is_rearranged:
            return None
        near = notebook.nearest_cell(change.splice.start if change.splice else 0) if is_rearranged else None
        return NotebookEdits(notebook.file.uri, edits, near)

    def close(self, uri: str) -> str | None:
        """Drop a notebook and its cells; return its URI as it was opened, or None if it was not open."""
        notebook = self._open.pop(key_of(uri), None)
        if notebook is None:
            return None
        self._workspace.remove_notebook(notebook.file)
        for cell in notebook.open_cells:
            self._workspace.remove(cell)
        return notebook.file.uri

    def _rearrange(self, notebook: Notebook, change: NotebookChange) -> bool:
        """Apply the changes of the array of cells and of kinds; say whether there are any."""
        if change.splice is not None:
            notebook.splice(change.splice.start, change.splice.delete_count, _entries(change.splice.cells))
        for uri in change.closed:
            if (dropped := notebook.drop(key_of(uri))) is not None:
                self._workspace.remove(dropped)
        for item in change.opened:
            self._add_cell(notebook, item)
        has_new_kinds = notebook.set_kinds(_entries(change.kinds)) if change.kinds else False
        return has_new_kinds or change.splice is not None or bool(change.closed or change.opened)

    def _add_cell(self, notebook: Notebook, item: types.TextDocumentItem) -> None:
        before = self._workspace.find(item.uri)
        if isinstance(before, NotebookCell):
            before.notebook.drop(before.key)
            self._workspace.remove(before)
        cell = NotebookCell(
            item.uri,
            str(item.language_id),
            item.version,
            self._workspace.encoding,
            lines=split_lines(item.text),
            notebook=notebook,
            key=key_of(item.uri),
        )
        notebook.put(cell)
        self._workspace.add(cell)


def _entries(cells: Iterable[CellOfNotebook]) -> list[CellEntry]:
    return [CellEntry(key_of(cell.uri), cell.is_markup) for cell in cells]
