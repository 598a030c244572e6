"""Offered edits as JSON, in the places of the client's units."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fim_language_server.core.values import Position
from fim_language_server.engine.next_edits_waiting import NextEditOffer
from fim_language_server.lsp.documents.open_document import OpenDocument
from fim_language_server.lsp.documents.positions import units_of
from fim_language_server.lsp.editor.capabilities import ACCEPT_NEXT_EDIT


def edit_json(offer: NextEditOffer, document: OpenDocument, *, for_own_client: bool) -> dict[str, Any]:
    """Return an offered edit of a document as it is now; our own clients get its source and the count of others."""
    place = offer.place
    edit: dict[str, Any] = {
        "text": place.text,
        "range": {"start": _position(document, place.start), "end": _position(document, place.end)},
        "textDocument": {"uri": document.uri, "version": document.version},
        "command": {"title": "Accept the next edit", "command": ACCEPT_NEXT_EDIT, "arguments": [offer.id]},
    }
    if for_own_client:
        edit |= {"source": offer.source, "others": offer.others}
    return edit


def edits_json(offers: Sequence[NextEditOffer], document: OpenDocument) -> dict[str, Any]:
    """Return the answer to `textDocument/copilotInlineEdit`."""
    return {"edits": [edit_json(offer, document, for_own_client=False) for offer in offers]}


def _position(document: OpenDocument, place: Position) -> dict[str, int]:
    lines = document.lines
    line = min(place.line, len(lines) - 1)
    column = units_of(lines[line][: place.column], document.encoding)
    return {"line": line, "character": column}
