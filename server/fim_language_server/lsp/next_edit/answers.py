"""Offered edits as JSON, in the places of the client's units."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from lsprotocol import types

from fim_language_server.core.values import Position
from fim_language_server.engine.next_edits_waiting import NextEditOffer
from fim_language_server.lsp.documents.open_document import OpenDocument
from fim_language_server.lsp.documents.positions import column_of, content_end, units_of
from fim_language_server.lsp.editor.capabilities import ACCEPT_NEXT_EDIT

TITLE = "Accept the next edit"


def holds(offer: NextEditOffer, document: OpenDocument) -> bool:
    """Is an offer one of the document's present text?"""
    change = offer.change
    return list(change.old_lines) == document.lines[change.first : change.old_end]


def edit_json(offer: NextEditOffer, document: OpenDocument, *, for_own_client: bool) -> dict[str, Any]:
    """Return an offered edit of a document as it is now; our own clients get its source and the count of others."""
    edit: dict[str, Any] = {
        "text": offer.place.text,
        "range": {"start": _position(document, offer.place.start), "end": _position(document, offer.place.end)},
        "textDocument": {"uri": document.uri, "version": document.version},
        "command": {"title": TITLE, "command": ACCEPT_NEXT_EDIT, "arguments": [offer.id]},
    }
    if for_own_client:
        edit |= {"source": offer.source, "others": offer.others}
    return edit


def edits_json(offers: Sequence[NextEditOffer], document: OpenDocument, *, for_own_client: bool) -> dict[str, Any]:
    """Return the answer to `textDocument/copilotInlineEdit`."""
    return {"edits": [edit_json(offer, document, for_own_client=for_own_client) for offer in offers]}


def inline_item(offer: NextEditOffer, document: OpenDocument, at: types.Position) -> types.InlineCompletionItem | None:
    """Return an offer as an item of inline completion for a cursor; None where it cannot be drawn as one.

    Its range is in the cursor's line and has the cursor in it. The text before the cursor begins the new text, and
    the text behind it occurs in the new text in its order (LSP 3.18, `InlineCompletionItem.range`, and what VS Code
    shows of it).
    """
    place = offer.place
    if not place.start.line == place.end.line == at.line < len(document.lines) or "\n" in place.text:
        return None
    line = document.lines[at.line]
    cursor = column_of(line, at.character, document.encoding)
    first, end = min(place.start.column, cursor), max(place.end.column, cursor)
    if end > content_end(line):
        return None
    new = line[first : place.start.column] + place.text + line[place.end.column : end]
    typed, behind = line[first:cursor], line[cursor:end]
    if not new.startswith(typed) or not _is_subsequence(behind, new[len(typed) :]):
        return None
    where = types.Range(
        types.Position(at.line, units_of(line[:first], document.encoding)),
        types.Position(at.line, units_of(line[:end], document.encoding)),
    )
    return types.InlineCompletionItem(
        new, range=where, command=types.Command(TITLE, ACCEPT_NEXT_EDIT, arguments=[offer.id])
    )


def _is_subsequence(part: str, whole: str) -> bool:
    rest = iter(whole)
    return all(character in rest for character in part)


def _position(document: OpenDocument, place: Position) -> dict[str, int]:
    lines = document.lines
    line = min(place.line, len(lines) - 1)
    return {"line": line, "character": units_of(lines[line][: place.column], document.encoding)}
