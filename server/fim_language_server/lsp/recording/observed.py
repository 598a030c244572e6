"""Values of messages as a recording takes note of them: places in the client's units, and what an answer offers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lsprotocol import types

from fim_language_server.lsp.recording.writing import Change, Offered, Place


def change_of(change: types.TextDocumentContentChangeEvent) -> Change:
    """Return a change of a document."""
    if isinstance(change, types.TextDocumentContentChangePartial):
        return place_of(change.range.start), place_of(change.range.end), change.text
    return change.text


def place_of(position: types.Position) -> Place:
    """Return a place."""
    return position.line, position.character


def offers_of(result: Any, place: Place) -> list[tuple[str, Offered]]:
    """Return what an answer offers at a place, each with the URI of its document ("": that of the request)."""
    if isinstance(result, types.InlineCompletionList):
        return [("", _inline_item(item, place)) for item in result.items]
    if isinstance(result, types.CompletionList):
        return [("", _popup_item(item, place)) for item in result.items]
    return edits_of(result)


def edits_of(result: Any) -> list[tuple[str, Offered]]:
    """Return next edits (docs/protocol.md) with the URIs of their documents; none for any other value."""
    edits = result.get("edits") if isinstance(result, Mapping) else None
    return [edit for edit in map(_edit, edits) if edit is not None] if isinstance(edits, list | tuple) else []


def _inline_item(item: types.InlineCompletionItem, place: Place) -> Offered:
    text = item.insert_text if isinstance(item.insert_text, str) else item.insert_text.value
    replaced = item.range
    start, end = (place, place) if replaced is None else (place_of(replaced.start), place_of(replaced.end))
    return Offered(start, end, text, _id_of(item.command))


def _popup_item(item: types.CompletionItem, place: Place) -> Offered:
    edit = item.text_edit
    if isinstance(edit, types.TextEdit):
        return Offered(place_of(edit.range.start), place_of(edit.range.end), edit.new_text, _id_of(item.command))
    return Offered(place, place, item.insert_text or item.label, _id_of(item.command))


def _edit(edit: Any) -> tuple[str, Offered] | None:
    try:
        start, end = ((edit["range"][name]["line"], edit["range"][name]["character"]) for name in ("start", "end"))
        arguments = (edit.get("command") or {}).get("arguments") or [""]
        offered = Offered((int(start[0]), int(start[1])), (int(end[0]), int(end[1])), str(edit["text"]))
        offered.suggestion = str(arguments[0])
        return str(edit["textDocument"]["uri"]), offered
    except (AttributeError, IndexError, KeyError, TypeError, ValueError):
        return None


def _id_of(command: types.Command | None) -> str:
    arguments = command.arguments if command is not None else None
    return str(arguments[0]) if arguments else ""
