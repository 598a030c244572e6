"""Answers to requests of the completion popup, within a bound: many clients show their popup when all servers are done.

What is known, or comes within the bound, is answered. The request to the model goes on behind an answer without items;
the answer is marked incomplete, so the client asks again at the next key, and gets what has come meanwhile.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from typing import Any

from attrs import define, field
from lsprotocol import types

from fim_language_server.clock import Clock
from fim_language_server.core.values import CompletionRequest, Position, Skip, Suggestion, Trigger
from fim_language_server.lsp.completer import Completer
from fim_language_server.lsp.convert import to_popup_request
from fim_language_server.lsp.documents.open_document import OpenDocument
from fim_language_server.lsp.documents.workspace import Workspace
from fim_language_server.lsp.editor.client import Client
from fim_language_server.lsp.editor.client_pace import ClientPace
from fim_language_server.lsp.popup.items import TypedWord, to_items

ANSWER_WITHIN_S = 0.03
"""Seconds within which a request is answered while the user types; with the work around it, less than 0.05."""
EXPLICIT_WITHIN_S = 2.0
"""Seconds within which one is answered that the user made by a key, where that holds up no other server's items."""
TYPED_WITHIN_MS = 750
"""Ms after an edit in which a client may ask by itself; no known one waits longer."""

_FINAL = frozenset(
    {
        Skip.DISABLED,
        Skip.DISABLED_LANGUAGE,
        Skip.EXPLICIT_ONLY,
        Skip.EXCLUDED_FILE,
        Skip.SECRET_FILE,
        Skip.NOT_TEXT,
        Skip.UNKNOWN_TARGET,
        Skip.SNOOZED,
    }
)
"""Reasons that the next keys do not change."""


@define(eq=False)
class PopupQuestion:
    """One request: its snapshot, and the engine's answer. `is_late`: the client was answered before that came.

    `place` is the request's place in the document `uri`, which may be a cell of the notebook that the request is about.
    """

    uri: str
    place: Position
    request: CompletionRequest
    word: TypedWord
    answer: Sequence[Suggestion] | Skip | None = None
    is_late: bool = False


@define(eq=False)
class PopupCompleter:
    """Answers one client's requests of its completion popup."""

    _completer: Completer
    _client: Client
    _workspace: Workspace
    _spawn: Callable[[Coroutine[Any, Any, None]], asyncio.Task[None]] = field(repr=False)
    _clock: Clock = field(repr=False)
    _pace: ClientPace = field(init=False)

    def __attrs_post_init__(self) -> None:
        self._pace = ClientPace(self._clock)

    def edited(self, uri: str) -> None:
        """Note an edit of a document."""
        self._pace.edited(uri)

    def take_snapshot(self, document: OpenDocument, params: types.CompletionParams) -> PopupQuestion:
        """Return the text and the typed word as they are now."""
        since_edit_ms = self._pace.measured_ms(document.uri)
        trigger = _trigger(params.context, since_edit_ms)
        request = to_popup_request(params.position, document, self._completer.window, since_edit_ms or 0, trigger)
        place = Position(request.position.line - document.line_in_file(Position(0, 0)), request.position.column)
        word = TypedWord.before(document, place.line, place.column)
        return PopupQuestion(document.uri, place, request, word)

    async def complete(self, question: PopupQuestion) -> types.CompletionList | None:
        """Return the items within the bound, perhaps none yet; None where no further key will bring any."""
        if not self._is_offered():
            return None
        popup = self._client.features.popup
        may_wait = question.request.trigger is Trigger.INVOKED and not popup.waits_for_all
        try:
            asking = self._spawn(self._ask(question, alternatives=may_wait))
            await self._wait(asking, EXPLICIT_WITHIN_S if may_wait else ANSWER_WITHIN_S)
        finally:
            question.is_late = True
        answer = question.answer
        if isinstance(answer, Skip):
            self._completer.log_skip(question.request, answer)
        if not self._is_offered() or (isinstance(answer, Skip) and answer in _FINAL):
            return None
        items: list[types.CompletionItem] = []
        if answer and not isinstance(answer, Skip) and self._is_current(question):
            fitting = [it for it in answer if it.request.prefix == question.request.prefix]
            items = to_items(fitting, question.word, popup.with_form(self._form))
        return types.CompletionList(is_incomplete=True, items=items)

    async def _ask(self, question: PopupQuestion, *, alternatives: bool) -> None:
        if (ghost_text := self._completer.coming(question.request.document.uri)) is not None:
            # A second request for the place would end the first one, and take the ghost text away.
            await asyncio.wait([ghost_text])
            question.answer = ghost_text.result() if not ghost_text.cancelled() else None
            return
        question.answer = answer = await self._completer.ask(question.request, alternatives=alternatives)
        if question.is_late and answer and not isinstance(answer, Skip):
            self._completer.unseen(answer)

    async def _wait(self, asking: asyncio.Task[None], seconds: float) -> None:
        """Wait until a task is done or the time is up; the task goes on. Raises what the task raised."""
        is_over = asyncio.Event()
        timer = self._clock.call_later(seconds, is_over.set)
        asking.add_done_callback(lambda _: is_over.set())
        try:
            await is_over.wait()
        finally:
            timer.cancel()
        if asking.done() and not asking.cancelled():
            asking.result()

    def _is_current(self, question: PopupQuestion) -> bool:
        """Is the text around the place unchanged since the request? Else an item would be put over other characters."""
        document, request = self._workspace.find(question.uri), question.request
        if document is None or not document.has(question.place):
            return False
        windows = document.windows_at(question.place, *self._completer.window)
        return (windows.prefix, windows.suffix) == (request.prefix, request.suffix)

    def _is_offered(self) -> bool:
        application = self._completer.application
        return application is None or self._client.features.popup.offers_popup(application.settings.popup.mode)

    @property
    def _form(self) -> str:
        application = self._completer.application
        return application.settings.popup.form if application is not None else "auto"


def _trigger(context: types.CompletionContext | None, since_edit_ms: int | None) -> Trigger:
    """Return whether the user asked with a key: no edit comes before the request, or it was long ago.

    The kind alone does not tell: it is `Invoked` for a typed letter, too.
    """
    is_invoked = context is not None and context.trigger_kind is types.CompletionTriggerKind.Invoked
    if is_invoked and (since_edit_ms is None or since_edit_ms > TYPED_WITHIN_MS):
        return Trigger.INVOKED
    return Trigger.AUTOMATIC
