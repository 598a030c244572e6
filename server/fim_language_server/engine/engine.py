"""The path of one keystroke: answer a request from the cheapest source that has the answer.

Read `Engine.complete` top to bottom. What is known and what is already coming is looked at *before* any waiting:
the debounce protects the provider, not the user.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence

from attrs import define, field

from fim_language_server.clock import Clock
from fim_language_server.core.pacing import SILENCE
from fim_language_server.core.shaping import Shaped, is_complete, replaced_length, shape
from fim_language_server.core.trigger import decide, decide_asking
from fim_language_server.core.typing_through import Relation, with_selection
from fim_language_server.core.values import Candidate, CompletionRequest, Skip, Source, Suggestion, Trigger
from fim_language_server.engine.alternatives import Alternatives
from fim_language_server.engine.cache import CompletionCache
from fim_language_server.engine.cache_lookup import Known, recall, recall_texts, shaping_of
from fim_language_server.engine.decision_log import DecisionLog, Trace
from fim_language_server.engine.instant_guess import Guesser
from fim_language_server.engine.model_chain import Chain
from fim_language_server.engine.options import EngineListener, EngineOptions, OpenStream, Statistics
from fim_language_server.engine.outcomes import OutcomeLog
from fim_language_server.engine.pending_request import PendingRequest
from fim_language_server.engine.prefetch import Prefetcher
from fim_language_server.engine.requester import Requester
from fim_language_server.engine.running_streams import RunningStreams
from fim_language_server.engine.shared_stream import SharedStream, StreamState
from fim_language_server.engine.turns import Turns
from fim_language_server.usage.record import RequestRecord

__all__ = ["Engine", "EngineListener", "EngineOptions", "OpenStream", "Statistics"]


@define(eq=False)
class Engine:
    """Completes. All its state lives on one event loop and changes between awaits only."""

    chain: Chain
    _options: EngineOptions
    _clock: Clock = field(repr=False)
    _listener: EngineListener = field(repr=False)
    _note: Callable[[RequestRecord], None] = field(default=lambda _record: None, repr=False)
    outcomes: OutcomeLog = field(factory=OutcomeLog, repr=False)
    why: DecisionLog = field(factory=DecisionLog, repr=False)
    _guesser: Guesser | None = None
    _cache: CompletionCache = field(factory=CompletionCache, init=False)
    _running: RunningStreams = field(factory=RunningStreams, init=False, repr=False)
    _turns: Turns = field(factory=Turns, init=False, repr=False)
    _requester: Requester = field(init=False, repr=False)
    _prefetcher: Prefetcher = field(init=False, repr=False)
    _alternatives: Alternatives = field(init=False, repr=False)
    _ids: itertools.count[int] = field(factory=lambda: itertools.count(1), init=False, repr=False)

    def __attrs_post_init__(self) -> None:
        options, clock = self._options, self._clock
        self._requester = Requester(
            self.chain, self._running, options, clock, self._listener, self._remember, self._note
        )
        self._prefetcher = Prefetcher(self._requester.begin_alternative, self._cache, self._running)
        self._alternatives = Alternatives(
            self.complete,
            self._requester.begin_alternative,
            lambda request: recall_texts(self._cache, request, options.shaping, self._preferred(request)),
            self._offer,
            self._turns,
            clock,
            options.shaping,
        )

    async def complete(self, request: CompletionRequest) -> Suggestion | Skip:
        """Return what may be shown at the request's place, or why nothing is. Never raises for a provider's fault.

        A newer request for the same document ends an older one with SUPERSEDED. A cancelled one leaves the stream
        it read running for the next.
        """
        self._count("requests")
        with self.why.follow(request, self._clock) as trace:
            return trace.end(await self._complete(with_selection(request), trace))

    async def _complete(self, request: CompletionRequest, trace: Trace) -> Suggestion | Skip:
        if (skip := decide(request, self._options.trigger)) is not None:
            return skip
        with self._turns.take(request.document.uri, trace) as turn:
            pending = PendingRequest(request, turn)
            while True:
                answer = await self._look(pending)
                if isinstance(answer, Skip) and turn.skip is None:
                    # Nobody else has anything to say, so who is late may still say it, or has said it meanwhile.
                    if late := self._running.find_late(request):
                        trace.add_step("late stream")
                        with pending.waiting_at_most(self._clock, self._options.fallback_after_ms / 1_000):
                            answer = await self._read(*late, pending, is_patient=True)
                    else:
                        answer = self._recall(request) or answer
                if answer is not None:
                    return answer

    async def _look(self, pending: PendingRequest) -> Suggestion | Skip | None:
        """Take one step towards an answer; None where the next may find one."""
        request, turn = pending.request, pending.turn
        if (known := self._recall(request)) is not None:
            turn.trace.add_step("cache")
            return known
        if (found := self._find_coming(request)) is not None:
            turn.trace.add_step("stream")
            if not found[0].text and (guessed := await self._guess(pending)) is not None:
                found[0].leave(request)
                return guessed
            return await self._read(*found, pending)
        if (skip := decide_asking(request)) is not None:
            return skip
        if (guessed := await self._guess(pending)) is not None:
            return guessed
        failures = self.outcomes.failures(request.document.uri)
        delay_ms = self.chain.delay_ms(request.trigger, failures, self._options.min_delay_ms)
        if not await pending.settle(self._clock, delay_ms):
            return turn.skip
        if self._recall(request) is not None or self._find_coming(request) is not None:
            return None  # Somebody else's stream brought it while this request waited.
        return await self._ask(pending)

    async def complete_to_choose(self, request: CompletionRequest) -> Sequence[Suggestion] | Skip:
        """Return up to three suggestions, the best first; more than one for explicit requests only."""
        return await self._alternatives.complete(request)

    def is_watching(self, uri: str) -> bool:
        """Would `observe_edit` have anything to judge in this document?"""
        return any(
            part.is_watching(uri) for part in (self._running, self._prefetcher, self._alternatives, self.outcomes)
        )

    def observe_edit(self, views: Sequence[CompletionRequest]) -> None:
        """Judge stream and guess of a document by its text at the end of each change of one edit.

        A stream that none of the views agrees with has diverged, and is hung up at once.
        """
        if not views:
            return
        uri = views[0].document.uri
        if self._running.close_diverged(uri, views) and not self.outcomes.is_watching(uri):
            self.outcomes.failed(uri)
        self._prefetcher.observe(uri, views)
        self._alternatives.observe(uri, views)
        self.outcomes.observe(uri, views)

    def observe_close(self, uri: str) -> None:
        """Hang up and forget: the document was closed."""
        self._turns.end(uri, Skip.CLOSED)
        self._running.close_document(uri)
        self._prefetcher.close(uri)
        self._alternatives.close(uri)
        self._cache.forget(uri)
        self.outcomes.forget(uri)

    def forget_answers(self, label: str) -> None:
        """Ask again where this model's answers are known: it knows more now."""
        self._cache.forget_model(label)

    def accepted(self, suggestion_id: str) -> None:
        """Note that the editor inserted a suggestion."""
        self.outcomes.accepted(suggestion_id)

    def statistics(self) -> Statistics:
        """Return what was done so far."""
        return Statistics(**self._requester.counts)

    async def close(self) -> None:
        """Answer what waits, hang up every stream, and wait until the connections are closed."""
        self._turns.end_all(Skip.CLOSED)
        self._prefetcher.close()
        self._alternatives.close()
        await self._running.close_all()

    def _remember(self, candidate: Candidate) -> None:
        self._cache.store(candidate)
        if candidate.finished and candidate.origin.trigger is Trigger.AUTOMATIC:
            self._prefetcher.ended(candidate.origin.document.uri)

    def _find_coming(self, request: CompletionRequest) -> tuple[SharedStream, Relation] | None:
        return self._running.find(request) or self._prefetcher.find(request)

    def _recall(self, request: CompletionRequest) -> Suggestion | Skip | None:
        """Answer from what is known; None where a model has to be asked."""
        if self._guesser is not None and (rest := self.outcomes.rest_of(request, self._guesser.model)):
            # Who types into a guess keeps it, whatever has come from the API meanwhile.
            self._count("from_cache")
            return self._show(request, rest, Source.CACHE, self._guesser.model)
        known = recall(self._cache, request, self._options.shaping, self._preferred(request))
        if not isinstance(known, Known):
            # An explicit request asks again where the model had nothing to say.
            return None if request.trigger is Trigger.INVOKED else known
        self._count("from_cache")
        return self._show(request, known.text, Source.CACHE, known.model)

    async def _guess(self, pending: PendingRequest) -> Suggestion | None:
        """Return a guess that is sure, so that no model need be asked; keep one that is likely for later."""
        request, guesser = pending.request, self._guesser
        if guesser is None or pending.guess.was_asked or request.trigger is not Trigger.AUTOMATIC:
            return None
        first = self.chain.first(request.trigger)
        if first is not None and first.label != guesser.model:  # Else the same model is asked anyway.
            await pending.guess.ask(guesser, request)
        return self._show_guess(pending)

    def _show_guess(self, pending: PendingRequest) -> Suggestion | None:
        """Return the guess if it is time for it, and anything of it may be shown."""
        request, candidate = pending.request, pending.guess.take()
        if candidate is None:
            return None
        shaped = shape(request, candidate.text, self._options.shaping, finished=True)
        if not shaped.text:
            return None
        pending.turn.trace.add_step("guess")
        pending.turn.trace.shaped = shaped
        self._cache.store(candidate)
        return self._show(request, shaped.text, Source.GUESS, candidate.model)

    async def _ask(self, pending: PendingRequest) -> Suggestion | Skip | None:
        """Begin a new stream with the first model that may be asked, and read it."""
        began = self._requester.begin(pending.request, pending.tried, pending.turn.trace.ms)
        if isinstance(began, Skip):
            return began
        stream, backend = began
        pending.tried.append(backend)
        pending.turn.trace.add_step("provider")
        return await self._read(stream, Relation(), pending)

    async def _read(
        self, stream: SharedStream, relation: Relation, pending: PendingRequest, is_patient: bool = False
    ) -> Suggestion | Skip | None:
        """Wait until the stream has said enough for this request.

        None where it says nothing here (it went another way, stopped short of this place, failed or, unless the
        caller `is_patient`, is late), so that the caller looks further.
        """
        request, turn = pending.request, pending.turn
        source = Source.PROVIDER if stream.origin is request else Source.STREAM
        shaping = shaping_of(stream.origin, request, relation.typed, self._options.shaping)
        with stream.read(turn), pending.guess.hold(turn, self._clock):
            while True:
                rest = relation.remainder(stream.text)
                is_over = not stream.is_running or not relation.may_come_to_agree(stream.text)
                is_over = is_over or (stream.is_late and not (is_patient and pending.is_in_time(self._clock)))
                if is_over or (rest is not None and is_complete(request, rest, shaping)):
                    break
                if (guessed := self._show_guess(pending)) is not None:
                    stream.leave(request)
                    return guessed
                await turn.wait_until_woken()
                if turn.skip is not None:
                    return turn.skip
        has_failed = stream.state is StreamState.FAILED
        if rest and not stream.is_astray and is_complete(request, rest, shaping):
            return self._present(pending, stream, rest, shape(request, rest, shaping, stream.candidate.ended), source)
        if rest and stream.state is StreamState.FINISHED and (stream.candidate.ended or source is Source.PROVIDER):
            return self._present(pending, stream, rest, shape(request, rest, shaping, finished=True), source)
        if is_patient and stream.is_running and not pending.is_in_time(self._clock):
            stream.left_by = request
            return Skip.PROVIDER_FAILED
        if (stream.is_late and not is_patient) or (has_failed and self.chain.first(request.trigger, pending.tried)):
            stream.left_by = request
            return None  # Somebody else may answer.
        if source is Source.STREAM and (rest is None or not stream.candidate.ended):
            if stream.is_running:
                self._running.close(request.document.uri)
            return None if stream.error is None else Skip.PROVIDER_FAILED
        return self._explain_silence(pending, stream)

    def _present(
        self, pending: PendingRequest, stream: SharedStream, rest: str, shaped: Shaped, source: Source
    ) -> Suggestion | Skip:
        request = pending.request
        pending.turn.trace.shaped = shaped
        if not shaped.text:
            if not rest.startswith("\n"):  # "This line is complete" is no failure; it is shown after Enter.
                self.outcomes.failed(request.document.uri)
            return Skip.FILTERED
        if source is Source.STREAM:
            self._count("from_stream")
        return self._show(request, shaped.text, source, stream.model)

    def _explain_silence(self, pending: PendingRequest, stream: SharedStream) -> Skip:
        if stream.state is StreamState.FAILED:
            return Skip.PROVIDER_FAILED
        if stream.state is StreamState.CLOSED:
            return Skip.SUPERSEDED
        self.outcomes.failed(pending.request.document.uri, SILENCE)
        pending.turn.trace.detail = stream.silence
        return Skip.NOTHING_NEW

    def _show(self, request: CompletionRequest, text: str, source: Source, model: str) -> Suggestion:
        suggestion = self._suggestion(request, text, source, model)
        self.outcomes.shown(suggestion)
        self._prefetcher.shown(suggestion)
        return suggestion

    def _offer(
        self, request: CompletionRequest, first: Suggestion | Skip, others: Sequence[Known]
    ) -> Sequence[Suggestion]:
        offered = [self._suggestion(request, known.text, Source.PROVIDER, known.model) for known in others]
        offered = [first, *offered] if isinstance(first, Suggestion) else offered
        self.outcomes.shown(*offered)
        return offered

    def _suggestion(self, request: CompletionRequest, text: str, source: Source, model: str) -> Suggestion:
        replaced = replaced_length(request, text, self._options.shaping)
        return Suggestion(str(next(self._ids)), text, request, source, model, replaced)

    def _preferred(self, request: CompletionRequest) -> Sequence[str]:
        return self.chain.preferred_labels(request.trigger)

    def _count(self, name: str) -> None:
        self._requester.counts[name] += 1
