"""Conversion of LSP's values to the core's, and of suggestions to LSP's."""

from __future__ import annotations

from collections.abc import Sequence

from attrs import evolve
from lsprotocol import types

from fim_language_server.core.values import CompletionRequest, Position, SelectedText, Suggestion, Trigger
from fim_language_server.lsp.documents.open_document import OpenDocument, Windows
from fim_language_server.lsp.editor.capabilities import ACCEPT


def to_request(
    params: types.InlineCompletionParams,
    document: OpenDocument,
    window: tuple[int, int],
    waited_ms: int = 0,
    *,
    may_replace: bool = False,
    may_begin_with_line_end: bool = False,
) -> CompletionRequest:
    """Return a snapshot of the request; `window` is the most code points before and after the cursor.

    `waited_ms` is the time for which the editor held the request back; `may_replace` says that it can draw a text
    over closing brackets behind the cursor, `may_begin_with_line_end` that it can draw one that begins on the next
    line. Both are false beside a selected entry of the completion popup.
    """
    place = params.position
    windows = document.windows(place.line, place.character, *window)
    request = _request(document, windows, trigger_of(params), _selected(params, document))
    if request.selected is not None:
        may_replace = may_begin_with_line_end = False
    if not (waited_ms or may_replace or may_begin_with_line_end):
        return request
    return evolve(
        request,
        waited_ms=waited_ms,
        may_replace=may_replace,
        may_begin_with_line_end=may_begin_with_line_end,
    )


def trigger_of(params: types.InlineCompletionParams) -> Trigger:
    """Return whether the user asked with a key."""
    is_invoked = params.context.trigger_kind is types.InlineCompletionTriggerKind.Invoked
    return Trigger.INVOKED if is_invoked else Trigger.AUTOMATIC


def to_popup_request(
    place: types.Position, document: OpenDocument, window: tuple[int, int], waited_ms: int, trigger: Trigger
) -> CompletionRequest:
    """Return a snapshot of a request of the completion popup; `waited_ms` as in `to_request`."""
    windows = document.windows(place.line, place.character, *window)
    request = _request(document, windows, trigger, None)
    return evolve(request, waited_ms=waited_ms) if waited_ms else request


def to_view(document: OpenDocument, place: Position, window: tuple[int, int]) -> CompletionRequest:
    """Return the text around a place in the form of a request, for the engine to compare with real ones."""
    return _request(document, document.windows_at(place, *window), Trigger.AUTOMATIC, None)


def to_list(suggestions: Sequence[Suggestion], params: types.InlineCompletionParams) -> types.InlineCompletionList:
    """Return the answer: for each suggestion a plain string for an empty range at the cursor.

    Clients disagree about every other range (some replace up to the end of the line where there is none, some draw
    over the text behind the cursor), and about snippets. There are two exceptions: closing brackets behind the
    cursor, for clients with the capability `experimental.fim.replace` (docs/protocol.md); and a selected entry of the
    completion popup: only items that extend its text over its range are shown (LSP 3.18, `SelectedCompletionInfo`).
    """
    return types.InlineCompletionList([_item(suggestion, params) for suggestion in suggestions])


def _item(suggestion: Suggestion, params: types.InlineCompletionParams) -> types.InlineCompletionItem:
    place = params.position
    # The replaced text is ASCII: its length is the same in each encoding.
    end = types.Position(place.line, place.character + suggestion.replaced)
    text, replaced = suggestion.text, types.Range(place, end)
    selected = params.context.selected_completion_info
    if selected is not None and suggestion.request.selected is not None:
        text, replaced = selected.text + text, selected.range
    accept = types.Command("accepted", ACCEPT, arguments=[suggestion.id])
    return types.InlineCompletionItem(text, range=replaced, command=accept)


def _request(
    document: OpenDocument, windows: Windows, trigger: Trigger, selected: SelectedText | None
) -> CompletionRequest:
    return CompletionRequest(
        document=document.describe(),
        position=Position(windows.line, windows.column),
        prefix=windows.prefix,
        suffix=windows.suffix,
        trigger=trigger,
        selected=selected,
        prefix_is_whole=windows.prefix_is_whole,
        suffix_is_whole=windows.suffix_is_whole,
        judged_above=windows.judged_above,
        judged_below=windows.judged_below,
    )


def _selected(params: types.InlineCompletionParams, document: OpenDocument) -> SelectedText | None:
    """Return the selected entry of the popup, if its range ends at the cursor and its text begins as the range does."""
    info, place = params.context.selected_completion_info, params.position
    if (
        info is None
        or info.range.end != place
        or not (info.range.start.line == place.line and info.range.start.character <= place.character)
    ):
        return None
    replaced = document.text_of_line(place.line, info.range.start.character, place.character)
    return SelectedText(info.text, replaced) if info.text.startswith(replaced) else None
