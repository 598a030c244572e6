"""The engine's second question: which edit follows from the last ones?

Asked when an edit has settled, or when the client asks. Answered by repeats of what was just done, else by a model.
What is found waits for the user (`WaitingEdits`): it moves with the text, becomes smaller while typing agrees with it,
and is dropped when contradicted. All state changes in plain functions between awaits, on one event loop.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from typing import Final

from attrs import define, evolve, field

from fim_language_server.clock import Clock, Timer
from fim_language_server.core.next_edit.asking import AskingPace
from fim_language_server.core.next_edit.history import EditHistory
from fim_language_server.core.next_edit.line_change import LineChange
from fim_language_server.core.next_edit.offers import changes_in
from fim_language_server.core.next_edit.values import NextEdit, NextEditQuestion
from fim_language_server.core.values import Position
from fim_language_server.engine import next_edit_log as log
from fim_language_server.engine.next_edit_options import NextEditDocuments, NextEditOptions
from fim_language_server.engine.next_edits_waiting import NextEditOffer, WaitingEdits

logger = logging.getLogger(__name__)

SETTLE_S: Final = 0.5
"""Seconds without an edit after which is looked for what follows from the last one."""
REST_S: Final = 1.5
"""Seconds without an edit after which also a name at the cursor, of unknown words, counts as typed to its end."""
BUSY_S: Final = 0.3
"""Seconds after which is looked again whether ghost text is still being waited for: it comes first."""
MOST_WAITS: Final = 20


@define(eq=False)
class NextEdits:
    """The next edits of a workspace's documents."""

    _documents: NextEditDocuments
    _clock: Clock
    options: NextEditOptions = field(factory=NextEditOptions)
    waiting: WaitingEdits = field(factory=WaitingEdits)
    history: EditHistory = field(factory=EditHistory, init=False)
    decisions: log.NextEditLog = field(factory=log.NextEditLog, init=False)
    _pace: AskingPace = field(factory=AskingPace, init=False)
    _last: tuple[str, float] | None = field(default=None, init=False)
    _timer: Timer | None = field(default=None, init=False)
    _rest_timer: Timer | None = field(default=None, init=False)
    _asking: _Asking | None = field(default=None, init=False)

    # --- what happens in the editor ------------------------------------------------------------------------

    def changed(self, uri: str, path: str, changes: Sequence[LineChange]) -> None:
        """Take the changes of one edit of a document, each of the text after the one before it."""
        if not self.options.is_on:
            return
        now, had = self._clock.now(), self.waiting.has(uri)
        self._pace = self._pace.after_change()
        took_back = False
        for change in changes:
            taken = self.waiting.observe(uri, change)
            if self._asking is not None:
                self._asking.since.setdefault(uri, []).append(change)
            self.history.record(uri, path, change, now, was_accepted=taken)
            if self.history.took_back:
                took_back = True
                self.waiting.reject_again(uri, LineChange(change.first, change.new_lines, change.old_lines))
        if took_back:
            self.waiting.drop(uri)
            self._cancel()
        self.waiting.drop_derived(uri, self.history.last_began)
        self._last = (uri, now)
        if had:
            self._offer(uri)
        if self._timer is None and self.options.offer is not None:
            self._timer = self._clock.call_later(SETTLE_S, self._on_timer)

    def hidden(self, uri: str) -> None:
        """Take that a document was edited that must not be shown to a model: nothing of it is kept."""
        is_asked = self._asking is not None and self._asking.uri == uri
        if is_asked or self.history.count(uri) or self.waiting.has(uri):
            self.closed(uri)
            self._offer(uri)

    def closed(self, uri: str) -> None:
        """Drop what is known of a document that was closed."""
        if self._asking is not None and self._asking.uri == uri:
            self._cancel()
        self.history.forget(uri)
        self.waiting.close(uri)

    def moved(self, uri: str, place: Position) -> None:
        """Look for repeats of the last edit again, with the cursor at a place outside of it. No model is asked.

        Nothing is done before the edit has settled, nor where an edit waits already.
        """
        if not self.options.is_on or self.options.offer is None or self._timer is not None or self.waiting.has(uri):
            return
        question = self._question(uri, place)
        if question is not None and not self.history.took_back and self._find_repeats(question):
            self._present(uri)

    def shown(self, offer_id: str) -> None:
        """Note that the client shows an offered edit."""
        self.waiting.shown(offer_id, self.history.last_began)

    def accepted(self, offer_id: str) -> None:
        """Note that the client has applied an offered edit; what follows from it is offered at once."""
        uri = self.waiting.accepted(offer_id)
        if uri is not None:
            self._offer(uri)

    def dismissed(self, offer_id: str) -> None:
        """Note that the user does not want an offered edit, nor the others that were found with it."""
        uri = self.waiting.dismissed(offer_id)
        if uri is not None:
            self._offer(uri)

    # --- what is asked -------------------------------------------------------------------------------------

    def current(self, uri: str) -> Sequence[NextEditOffer]:
        """Return the edits that wait for the user in a document, the most wanted first."""
        return self.waiting.offers(uri) if self.options.is_on else ()

    async def ask(self, uri: str, place: Position) -> Sequence[NextEditOffer]:
        """Return the next edits in a document, with the cursor at `place`, the most wanted first.

        A newer request ends the waiting of an older one for the model.
        """
        if not self.options.is_on:
            return ()
        if not self.waiting.is_fresh(uri) and (question := self._question(uri, place, self._is_at_rest())) is not None:
            if self.history.took_back:
                self.decisions.note(question, log.TAKEN_BACK)
                return ()
            if not self._find_repeats(question) and not self.waiting.has(uri) and self.options.model is not None:
                await self._ask_model(question)
        self.waiting.presented(uri, self.history.last_began)
        return self.current(uri)

    async def close(self) -> None:
        """Cancel what is running, and wait until it has ended."""
        for timer in (self._timer, self._rest_timer):
            if timer is not None:
                timer.cancel()
        task = self._asking.task if self._asking is not None else None
        self._cancel()
        if task is not None:
            await asyncio.gather(task, return_exceptions=True)

    # --- an edit has settled -------------------------------------------------------------------------------

    def _on_timer(self, waits: int = 0) -> None:
        self._timer = None
        if self._last is None or not self.options.is_on:
            return
        uri, at = self._last
        rest = at + SETTLE_S - self._clock.now()
        if rest > 0.001:
            self._timer = self._clock.call_later(rest, self._on_timer)
        else:
            self._settled(uri, waits)

    def _on_rest(self, uri: str) -> None:
        """Look again, with the name at the cursor taken for finished, unless an edit has come meanwhile."""
        self._rest_timer = None
        if not self.options.is_on or self.history.took_back or self.waiting.has(uri) or not self._is_at_rest():
            return
        question = self._question(uri, None, is_at_rest=True)
        if question is not None and self._asking is None and self._find_repeats(question):
            self._present(uri)

    def _is_at_rest(self) -> bool:
        return self._last is not None and self._clock.now() - self._last[1] >= REST_S - 0.001

    def _settled(self, uri: str, waits: int) -> None:
        question = self._question(uri, None)
        if question is None:
            return
        if self.history.took_back:
            self.decisions.note(question, log.TAKEN_BACK)
            return
        if self._find_repeats(question) or self.waiting.has(uri):
            self._present(uri)
            return
        if self._rest_timer is None:
            self._rest_timer = self._clock.call_later(REST_S - SETTLE_S, lambda: self._on_rest(uri))
        if self.options.model is None or self._asking is not None:
            return
        if self.options.is_busy() and waits < MOST_WAITS:
            self._timer = self._clock.call_later(BUSY_S, lambda: self._on_timer(waits + 1))
            return
        pace = self._pace.after_question(question.history[-1], self._clock.now())
        if pace is None:
            self.decisions.note(question, log.NOT_ASKED)
            return
        self._pace = pace
        self._start(question)

    def _present(self, uri: str) -> None:
        self.waiting.presented(uri, self.history.last_began)
        for document in dict.fromkeys([uri, *self.waiting.documents()]):
            self._offer(document)

    def _question(self, uri: str, place: Position | None, is_at_rest: bool = False) -> NextEditQuestion | None:
        history = self.history.edits(self._clock.now())
        if not any(each.uri == uri for each in history):
            return None
        question = self._documents.question(uri, place, history)
        return evolve(question, is_at_rest=True) if question is not None and is_at_rest else question

    def _find_repeats(self, question: NextEditQuestion) -> bool:
        """Look for repeats of the last edits; return whether there are any that are worth offering."""
        began = self._clock.now()
        found: Sequence[NextEdit] = ()
        if self.options.find_repeat is not None:
            try:
                found = self.options.find_repeat(question)
            except Exception:
                logger.exception("looking for repeated edits failed")
        ms = (self._clock.now() - began) * 1_000
        if self._take(question, found, {}, is_derived=True):
            self.decisions.note(question, log.REPEATED, found[0].source, len(found), ms)
            return True
        if self.waiting.has(question.document.uri):
            self.decisions.note(question, log.WAITING, self.waiting.offers(question.document.uri)[0].source, 1, ms)
        elif found:
            self.decisions.note(question, log.UNWANTED, ms=ms)
        elif self.options.model is None:
            self.decisions.note(question, log.NOTHING_REPEATED, ms=ms)
        return False

    # --- the model -----------------------------------------------------------------------------------------

    async def _ask_model(self, question: NextEditQuestion) -> None:
        """Ask the model, and wait for its answer; another question is cancelled."""
        self._cancel()
        asking = self._start(question)
        try:
            await asyncio.wait([asking.task])
        except asyncio.CancelledError:
            if self._asking is asking and self.options.offer is None:
                self._cancel()  # Only this request wanted the answer.
            raise

    def _start(self, question: NextEditQuestion) -> _Asking:
        asking = self._asking = _Asking(question.document.uri)
        asking.task = asyncio.get_running_loop().create_task(self._run(question, asking), name="next edit")
        return asking

    async def _run(self, question: NextEditQuestion, asking: _Asking) -> None:
        model, began = self.options.model, self._clock.now()
        found: Sequence[NextEdit] = ()
        try:
            found = await model.next_edits(question) if model is not None else ()
        except Exception:
            logger.exception("asking for a next edit failed")
        if self._asking is not asking:
            return
        self._asking = None
        ms = (self._clock.now() - began) * 1_000
        if self.options.is_on and self._take(question, found, asking.since, is_derived=False):
            self.decisions.note(question, log.PROPOSED, found[0].source, len(found), ms)
            self._present(asking.uri)
        elif not found:
            self.decisions.note(question, log.silence_of(model) or log.NOTHING_PROPOSED, ms=ms)
        else:
            self.decisions.note(question, log.CONTRADICTED if asking.since else log.UNWANTED, ms=ms)

    def _cancel(self) -> None:
        asking, self._asking = self._asking, None
        if asking is not None:
            asking.task.cancel()

    # --- what is found -------------------------------------------------------------------------------------

    def _take(
        self,
        question: NextEditQuestion,
        found: Sequence[NextEdit],
        since: Mapping[str, Sequence[LineChange]],
        *,
        is_derived: bool,
    ) -> bool:
        """Let edits that were found wait for the user, moved past the changes since; return whether any is left."""
        texts = {document.uri: document.text for document in (*question.others, question.document)}
        proposals: dict[str, list[tuple[LineChange, str]]] = {}
        for edit in found:
            for change in changes_in(texts.get(edit.uri, ""), edit.replacement):
                proposals.setdefault(edit.uri, []).append((change, edit.source))
        derived_from = self.history.last_began if is_derived else None
        taken = [
            self.waiting.take(uri, changes, since.get(uri, ()), self.history.changes_of(uri), derived_from)
            for uri, changes in proposals.items()
            if uri in texts
        ]
        return any(taken)

    def _offer(self, uri: str) -> None:
        if self.options.offer is not None:
            self.options.offer(uri)


@define(eq=False)
class _Asking:
    """A question that a model is thinking about; `since` are the changes of each document since it was asked."""

    uri: str
    since: dict[str, list[LineChange]] = field(factory=dict, repr=False)
    task: asyncio.Task[None] = field(init=False, repr=False)
