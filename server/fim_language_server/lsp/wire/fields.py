"""Fields that several messages have, read from JSON by hand.

All functions raise InvalidParams, which names the field and never quotes the value.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lsprotocol import types
from pygls.exceptions import JsonRpcInvalidParams

GREATEST = 2**31 - 1
"""The greatest integer of LSP. Clients send greater ones for "the end", for which lsprotocol would raise."""

LONGEST_LANGUAGE_ID = 100
"""The most code points of a language id; the longest known one has 20."""


class InvalidParams(JsonRpcInvalidParams):
    """Parameters that the method of their message does not accept (error -32602)."""


def mapping(raw: Any, name: str) -> Mapping[str, Any]:
    """Return `raw`, which is the field `name`, if it is an object."""
    if not isinstance(raw, dict):
        raise InvalidParams(f"{name}: expected an object")
    return raw


def string(raw: Mapping[str, Any], name: str) -> str:
    """Return the field `name`, a string."""
    value = raw.get(name)
    if not isinstance(value, str):
        raise InvalidParams(f"{name}: expected a string")
    return value


def uinteger(raw: Mapping[str, Any], name: str) -> int:
    """Return the field `name`, an unsigned integer of at most GREATEST."""
    value = raw.get(name)
    if isinstance(value, float) and value.is_integer():
        value = int(
            value
        )  # Clients in languages with one type of number send 3.0, and their greatest number for "the end".
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise InvalidParams(f"{name}: expected an unsigned integer")
    return min(value, GREATEST)


def position(raw: Any) -> types.Position:
    """Return a place in a document."""
    place = mapping(raw, "position")
    return types.Position(uinteger(place, "line"), uinteger(place, "character"))


def range_of(raw: Any) -> types.Range:
    """Return a range in a document."""
    place = mapping(raw, "range")
    return types.Range(position(place.get("start")), position(place.get("end")))


def version(raw: Mapping[str, Any]) -> int:
    """Return a document's version, 0 for null, which LSP allowed until 3.15. Changes apply whatever the version."""
    value = raw.get("version")
    return max(-GREATEST, min(value, GREATEST)) if isinstance(value, int) else 0


def text_item(raw: Any) -> types.TextDocumentItem:
    """Return an opened text with its URI and language."""
    document = mapping(raw, "textDocument")
    return types.TextDocumentItem(
        uri=string(document, "uri"),
        language_id=_language_id(document.get("languageId")),
        version=version(document),
        text=string(document, "text"),
    )


def text_changes(document: Any, changes: Any) -> types.DidChangeTextDocumentParams:
    """Return the changes of a text, which the field `document` names."""
    identifier = mapping(document, "textDocument")
    if not isinstance(changes, list):
        raise InvalidParams("contentChanges: expected an array")
    return types.DidChangeTextDocumentParams(
        types.VersionedTextDocumentIdentifier(version(identifier), string(identifier, "uri")),
        [_content_change(mapping(change, "contentChanges")) for change in changes],
    )


def _language_id(value: Any) -> str:
    """Return a language id that can be stored and shown; "" for one that is no string, too long or unprintable."""
    is_word = isinstance(value, str) and len(value) <= LONGEST_LANGUAGE_ID and value.isprintable()
    return value if is_word else ""


def _content_change(change: Mapping[str, Any]) -> types.TextDocumentContentChangeEvent:
    text = string(change, "text")
    if change.get("range") is None:
        return types.TextDocumentContentChangeWholeDocument(text)
    return types.TextDocumentContentChangePartial(range_of(change["range"]), text)
