"""Parsing of messages' parameters: the frequent ones, and `initialize`, by hand; the others by lsprotocol.

By hand because it is fast, and because a client may send fields and values that a generated parser does not know:
an unknown `failureHandling` must not make `initialize` fail, nor an unknown trigger kind a completion.
All functions raise InvalidParams, which names the field and never quotes the value.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import Any

import cattrs
from lsprotocol import converters, types
from pygls.exceptions import JsonRpcInvalidParams

from fim_language_server.lsp.editor.client_features import ClientFeatures

GREATEST = 2**31 - 1
"""The greatest integer of LSP. Clients send greater ones for "the end", for which lsprotocol would raise."""

LONGEST_LANGUAGE_ID = 100
"""The most code points of a language id; the longest known one has 20."""


class InvalidParams(JsonRpcInvalidParams):
    """Parameters that the method of their message does not accept (error -32602)."""


@functools.cache
def converter() -> cattrs.Converter:
    """Return the one converter of this process. Making it takes 10 ms, and the first use of a type a few more."""
    return converters.get_converter(cattrs.Converter(detailed_validation=False))


def read_params(method: str, raw: Any) -> Any:
    """Return a method's parameters as a typed value; those of unknown methods as JSON. Raises InvalidParams."""
    reader = _READERS.get(method)
    if reader is not None:
        return reader(_mapping(raw, "params"))
    message_type = types.METHOD_TO_TYPES.get(method, (None,))[0]
    if message_type is None:
        return raw
    message = {"jsonrpc": "2.0", "method": method, "id": 0, "params": raw}
    try:
        return converter().structure(message, message_type).params
    except Exception as error:
        # cattrs' generated code raises KeyError, TypeError, ValueError and errors of its own, whose texts quote the
        # input.
        raise InvalidParams(f"the parameters of {method} are not as specified") from error


def _initialize(params: Mapping[str, Any]) -> ClientFeatures:
    return ClientFeatures.from_initialize(params)


def _did_open(params: Mapping[str, Any]) -> types.DidOpenTextDocumentParams:
    document = _mapping(params.get("textDocument"), "textDocument")
    return types.DidOpenTextDocumentParams(
        types.TextDocumentItem(
            uri=_string(document, "uri"),
            language_id=_language_id(document.get("languageId")),
            version=_version(document),
            text=_string(document, "text"),
        )
    )


def _language_id(value: Any) -> str:
    """Return a language id that can be stored and shown; "" for one that is no string, too long or unprintable."""
    is_word = isinstance(value, str) and len(value) <= LONGEST_LANGUAGE_ID and value.isprintable()
    return value if is_word else ""


def _did_change(params: Mapping[str, Any]) -> types.DidChangeTextDocumentParams:
    document = _mapping(params.get("textDocument"), "textDocument")
    changes = params.get("contentChanges")
    if not isinstance(changes, list):
        raise InvalidParams("contentChanges: expected an array")
    return types.DidChangeTextDocumentParams(
        types.VersionedTextDocumentIdentifier(_version(document), _string(document, "uri")),
        [_content_change(_mapping(change, "contentChanges")) for change in changes],
    )


def _content_change(change: Mapping[str, Any]) -> types.TextDocumentContentChangeEvent:
    text = _string(change, "text")
    if change.get("range") is None:
        return types.TextDocumentContentChangeWholeDocument(text)
    return types.TextDocumentContentChangePartial(_range(change["range"]), text)


def _did_close(params: Mapping[str, Any]) -> types.DidCloseTextDocumentParams:
    return types.DidCloseTextDocumentParams(_document(params))


def _did_save(params: Mapping[str, Any]) -> types.DidSaveTextDocumentParams:
    return types.DidSaveTextDocumentParams(_document(params))


def _inline_completion(params: Mapping[str, Any]) -> types.InlineCompletionParams:
    context = params.get("context")
    if not isinstance(context, Mapping):
        context = {}
    # An unknown kind counts as automatic: only an explicit request is certain to come from a key.
    kind = types.InlineCompletionTriggerKind.Automatic
    if context.get("triggerKind") == types.InlineCompletionTriggerKind.Invoked.value:
        kind = types.InlineCompletionTriggerKind.Invoked
    selected = context.get("selectedCompletionInfo")
    return types.InlineCompletionParams(
        types.InlineCompletionContext(kind, _selected(selected) if selected is not None else None),
        _document(params),
        _position(params.get("position")),
    )


def _completion(params: Mapping[str, Any]) -> types.CompletionParams:
    # A client without `contextSupport` sends none, and an unknown kind counts as typing. `Invoked` says little: it is
    # the kind of a letter that was typed as well as of a key that was pressed for the popup (LSP 3.18).
    context = params.get("context")
    raw_kind = context.get("triggerKind") if isinstance(context, Mapping) else types.CompletionTriggerKind.Invoked.value
    kind = types.CompletionTriggerKind.TriggerForIncompleteCompletions
    if raw_kind == types.CompletionTriggerKind.Invoked.value:
        kind = types.CompletionTriggerKind.Invoked
    return types.CompletionParams(_document(params), _position(params.get("position")), types.CompletionContext(kind))


def _selected(raw: Any) -> types.SelectedCompletionInfo:
    selected = _mapping(raw, "selectedCompletionInfo")
    return types.SelectedCompletionInfo(_range(selected.get("range")), _string(selected, "text"))


def _document(params: Mapping[str, Any]) -> types.TextDocumentIdentifier:
    return types.TextDocumentIdentifier(_string(_mapping(params.get("textDocument"), "textDocument"), "uri"))


def _range(raw: Any) -> types.Range:
    place = _mapping(raw, "range")
    return types.Range(_position(place.get("start")), _position(place.get("end")))


def _position(raw: Any) -> types.Position:
    place = _mapping(raw, "position")
    return types.Position(_uinteger(place, "line"), _uinteger(place, "character"))


def _mapping(raw: Any, name: str) -> Mapping[str, Any]:
    if not isinstance(raw, dict):
        raise InvalidParams(f"{name}: expected an object")
    return raw


def _string(raw: Mapping[str, Any], name: str) -> str:
    value = raw.get(name)
    if not isinstance(value, str):
        raise InvalidParams(f"{name}: expected a string")
    return value


def _uinteger(raw: Mapping[str, Any], name: str) -> int:
    value = raw.get(name)
    if isinstance(value, float) and value.is_integer():
        value = int(
            value
        )  # Clients in languages with one type of number send 3.0, and their greatest number for "the end".
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise InvalidParams(f"{name}: expected an unsigned integer")
    return min(value, GREATEST)


def _version(raw: Mapping[str, Any]) -> int:
    """Return a document's version, 0 for null, which LSP allowed until 3.15. Changes apply whatever the version."""
    value = raw.get("version")
    return max(-GREATEST, min(value, GREATEST)) if isinstance(value, int) else 0


_READERS: Mapping[str, Callable[[Mapping[str, Any]], Any]] = {
    types.INITIALIZE: _initialize,
    types.TEXT_DOCUMENT_DID_OPEN: _did_open,
    types.TEXT_DOCUMENT_DID_CHANGE: _did_change,
    types.TEXT_DOCUMENT_DID_CLOSE: _did_close,
    types.TEXT_DOCUMENT_DID_SAVE: _did_save,
    types.TEXT_DOCUMENT_COMPLETION: _completion,
    types.TEXT_DOCUMENT_INLINE_COMPLETION: _inline_completion,
}
