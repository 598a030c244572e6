"""Values of the messages that open and change notebooks (LSP 3.17, "Notebook Document Synchronization")."""

from __future__ import annotations

from collections.abc import Sequence

from attrs import field, frozen
from lsprotocol import types

from fim_language_server.core.values import Position
from fim_language_server.lsp.documents.open_document import OpenDocument


@frozen
class CellOfNotebook:
    """An element of a notebook's array of cells: the URI of the cell's text, and whether it is a Markdown cell."""

    uri: str
    is_markup: bool = False


@frozen
class NotebookOpened:
    """An opened notebook: its URI, its array of cells, and their texts."""

    uri: str
    cells: Sequence[CellOfNotebook]
    texts: Sequence[types.TextDocumentItem] = field(repr=False)


@frozen
class CellSplice:
    """A change of the array of cells: `delete_count` elements from `start` on become `cells`."""

    start: int
    delete_count: int
    cells: Sequence[CellOfNotebook]


@frozen
class NotebookChange:
    """The changes of one notification, in the order in which they apply. Metadata and outputs are not kept."""

    uri: str
    splice: CellSplice | None = None
    closed: Sequence[str] = ()  # URIs of texts
    opened: Sequence[types.TextDocumentItem] = field(default=(), repr=False)
    kinds: Sequence[CellOfNotebook] = ()
    texts: Sequence[types.DidChangeTextDocumentParams] = field(default=(), repr=False)


@frozen
class NotebookEdits:
    """Edits of one notification: the notebook's URI, and where changes ended in the texts of its cells.

    `near` is a cell where the array of cells or a kind has changed, if there is any cell left.
    """

    uri: str
    places: Sequence[tuple[OpenDocument, Sequence[Position]]] = ()
    near: OpenDocument | None = None
