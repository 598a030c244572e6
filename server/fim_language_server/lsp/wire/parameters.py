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

from fim_language_server.lsp.editor.client_features import ClientFeatures
from fim_language_server.lsp.wire.fields import (
    InvalidParams,
    mapping,
    position,
    range_of,
    string,
    text_changes,
    text_item,
)
from fim_language_server.lsp.wire.next_edit_parameters import (
    COPILOT_INLINE_EDIT,
    DID_MOVE_CURSOR,
    DID_SHOW_INLINE_EDIT,
    inline_edit,
    shown_edit,
)
from fim_language_server.lsp.wire.notebook_parameters import notebook_change, notebook_opened, notebook_uri


@functools.cache
def converter() -> cattrs.Converter:
    """Return the one converter of this process. Making it takes 10 ms, and the first use of a type a few more."""
    return converters.get_converter(cattrs.Converter(detailed_validation=False))


def read_params(method: str, raw: Any) -> Any:
    """Return a method's parameters as a typed value; those of unknown methods as JSON. Raises InvalidParams."""
    reader = _READERS.get(method)
    if reader is not None:
        return reader(mapping(raw, "params"))
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
    return types.DidOpenTextDocumentParams(text_item(params.get("textDocument")))


def _did_change(params: Mapping[str, Any]) -> types.DidChangeTextDocumentParams:
    return text_changes(params.get("textDocument"), params.get("contentChanges"))


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
        position(params.get("position")),
    )


def _completion(params: Mapping[str, Any]) -> types.CompletionParams:
    # A client without `contextSupport` sends none, and an unknown kind counts as typing. `Invoked` says little: it is
    # the kind of a letter that was typed as well as of a key that was pressed for the popup (LSP 3.18).
    context = params.get("context")
    raw_kind = context.get("triggerKind") if isinstance(context, Mapping) else types.CompletionTriggerKind.Invoked.value
    kind = types.CompletionTriggerKind.TriggerForIncompleteCompletions
    if raw_kind == types.CompletionTriggerKind.Invoked.value:
        kind = types.CompletionTriggerKind.Invoked
    return types.CompletionParams(_document(params), position(params.get("position")), types.CompletionContext(kind))


def _selected(raw: Any) -> types.SelectedCompletionInfo:
    selected = mapping(raw, "selectedCompletionInfo")
    return types.SelectedCompletionInfo(range_of(selected.get("range")), string(selected, "text"))


def _document(params: Mapping[str, Any]) -> types.TextDocumentIdentifier:
    return types.TextDocumentIdentifier(string(mapping(params.get("textDocument"), "textDocument"), "uri"))


_READERS: Mapping[str, Callable[[Mapping[str, Any]], Any]] = {
    types.INITIALIZE: _initialize,
    types.TEXT_DOCUMENT_DID_OPEN: _did_open,
    types.TEXT_DOCUMENT_DID_CHANGE: _did_change,
    types.TEXT_DOCUMENT_DID_CLOSE: _did_close,
    types.TEXT_DOCUMENT_DID_SAVE: _did_save,
    types.TEXT_DOCUMENT_COMPLETION: _completion,
    types.TEXT_DOCUMENT_INLINE_COMPLETION: _inline_completion,
    COPILOT_INLINE_EDIT: inline_edit,
    DID_SHOW_INLINE_EDIT: shown_edit,
    DID_MOVE_CURSOR: inline_edit,
    types.NOTEBOOK_DOCUMENT_DID_OPEN: notebook_opened,
    types.NOTEBOOK_DOCUMENT_DID_CHANGE: notebook_change,
    types.NOTEBOOK_DOCUMENT_DID_CLOSE: notebook_uri,
    types.NOTEBOOK_DOCUMENT_DID_SAVE: notebook_uri,
}
