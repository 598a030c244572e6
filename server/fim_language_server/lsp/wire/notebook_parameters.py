"""Parsing of the parameters of `notebookDocument/…`, by hand for the reasons that `parameters.py` gives.

All functions raise InvalidParams, which names the field and never quotes the value.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lsprotocol import types

from fim_language_server.lsp.documents.notebook_messages import (
    CellOfNotebook,
    CellSplice,
    NotebookChange,
    NotebookOpened,
)
from fim_language_server.lsp.wire.fields import InvalidParams, mapping, string, text_changes, text_item, uinteger

_MARKUP = types.NotebookCellKind.Markup.value


def notebook_uri(params: Mapping[str, Any]) -> str:
    """Return the URI of the notebook that a message is about."""
    return string(mapping(params.get("notebookDocument"), "notebookDocument"), "uri")


def notebook_opened(params: Mapping[str, Any]) -> NotebookOpened:
    """Return the parameters of `notebookDocument/didOpen`."""
    notebook = mapping(params.get("notebookDocument"), "notebookDocument")
    texts = [text_item(item) for item in _objects(params.get("cellTextDocuments"), "cellTextDocuments")]
    return NotebookOpened(notebook_uri(params), _cells(notebook.get("cells"), "cells"), texts)


def notebook_change(params: Mapping[str, Any]) -> NotebookChange:
    """Return the parameters of `notebookDocument/didChange`; a change that is null counts as absent."""
    cells = _optional(_optional(params, "change"), "cells")
    structure = _optional(cells, "structure")
    array = structure.get("array")
    return NotebookChange(
        notebook_uri(params),
        splice=None if array is None else _splice(mapping(array, "array")),
        closed=[string(document, "uri") for document in _objects(structure.get("didClose"), "didClose")],
        opened=[text_item(item) for item in _objects(structure.get("didOpen"), "didOpen")],
        kinds=_cells(cells.get("data"), "data"),
        texts=[
            text_changes(text.get("document"), text.get("changes"))
            for text in _objects(cells.get("textContent"), "textContent")
        ],
    )


def _splice(array: Mapping[str, Any]) -> CellSplice:
    return CellSplice(uinteger(array, "start"), uinteger(array, "deleteCount"), _cells(array.get("cells"), "cells"))


def _cells(raw: Any, name: str) -> list[CellOfNotebook]:
    return [CellOfNotebook(string(cell, "document"), cell.get("kind") == _MARKUP) for cell in _objects(raw, name)]


def _objects(raw: Any, name: str) -> list[Mapping[str, Any]]:
    if raw is None:
        return []
    if not isinstance(raw, list):
        raise InvalidParams(f"{name}: expected an array")
    return [mapping(entry, name) for entry in raw]


def _optional(raw: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = raw.get(name)
    return {} if value is None else mapping(value, name)
