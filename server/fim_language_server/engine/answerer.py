"""The path of one keystroke: one text for a request, from the cheapest source that has it.

Read `Answerer.answer` top to bottom. The cache and the running streams come *before* any waiting: the debounce
protects the provider, not the user.
"""

from __future__ import annotations

from collections import Counter

from attrs import define, field

from fim_language_server.clock import Clock
from fim_language_server.core.pacing import SILENCE
from fim_language_server.core.shaping import Shaped, ShapingOptions, is_complete, shape
from fim_language_server.core.trigger import decide, decide_asking
from fim_language_server.core.typing_through import Relation, with_selection
from fim_language_server.core.values import CompletionRequest, Skip, Source, Suggestion, Trigger
from fim_language_server.engine.cache_lookup import Known, KnownTexts, shaping_of
from fim_language_server.engine.decision_log import DecisionLog, Trace
from fim_language_server.engine.instant_guess import Guesser
from fim_language_server.engine.options import EngineOptions
from fim_language_server.engine.pending_request import PendingRequest
from fim_language_server.engine.prefetch import Prefetcher
from fim_language_server.engine.presenter import Presenter
from fim_language_server.engine.requester import Requester
from fim_language_server.engine.shared_stream import SharedStream, StreamState
from fim_language_server.engine.snippet_choice import SnippetChoice
from fim_language_server.engine.turns import Turns


@define(eq=False)
class Answerer:
    """Answers one request with one suggestion, or with the reason for none."""

    _options: EngineOptions
    _clock: Clock = field(repr=False)
    _decisions: DecisionLog = field(repr=False)
    _turns: Turns = field(repr=False)
    _known: KnownTexts = field(repr=False)
    _requester: Requester = field(repr=False)
    _prefetcher: Prefetcher = field(repr=False)
    _presenter: Presenter = field(repr=False)
    _guesser: Guesser | None = None
    _choice: SnippetChoice = field(factory=SnippetChoice, repr=False)

    async def answer(self, request: CompletionRequest) -> Suggestion | Skip:
        """Return the suggestion for a request, or why there is none; the decision log keeps the steps on the way.

        A newer request for the same document ends this one with SUPERSEDED.
        """
        self._counts["requests"] += 1
        with self._decisions.follow(request, self._clock) as trace:
            return trace.end(await self._answer(with_selection(request), trace))

    async def _answer(self, request: CompletionRequest, trace: Trace) -> Suggestion | Skip:
        if (skip := decide(request, self._options.trigger)) is not None:
            return skip
        self._choice.begin(request)
        with self._turns.take(request.document.uri, trace) as turn:
            pending = PendingRequest(request, turn)
            while True:
                answer = await self._try_sources(pending)
                if isinstance(answer, Skip) and turn.skip is None:
                    answer = await self._try_late_stream(pending, answer)
                if answer is not None:
                    return answer

    async def _try_sources(self, pending: PendingRequest) -> Suggestion | Skip | None:
        """Try each source once; None where another round may find an answer."""
        request, turn = pending.request, pending.turn
        if (known := self._find_known(request)) is not None:
            turn.trace.add_step("cache")
            return known
        if (found := self._find_stream(request)) is not None:
            turn.trace.add_step("stream")
            if not found[0].text and (guess := await self._guess(pending)) is not None:
                found[0].run_beside_guess(request)
                return guess
            return await self._read(*found, pending)
        if (skip := decide_asking(request)) is not None:
            return skip
        if (guess := await self._guess(pending)) is not None:
            return guess
        if not await self._debounce(pending):
            return turn.skip
        if self._find_known(request) is not None or self._find_stream(request) is not None:
            return None  # A stream of another request brought a text while this one waited.
        return await self._request_model(pending)

    async def _try_late_stream(self, pending: PendingRequest, skip: Skip) -> Suggestion | Skip | None:
        """Read a late stream, where no other source has more to offer than the reason `skip`.

        Without a late stream, return the text that it may have left in the cache by now, else `skip`.
        """
        if late := self._requester.running.find_late(pending.request):
            pending.turn.trace.add_step("late stream")
            with pending.deadline(self._clock, self._options.fallback_after_ms / 1_000):
                return await self._read(*late, pending, waits_for_late=True)
        return self._find_known(pending.request) or skip

    async def _debounce(self, pending: PendingRequest) -> bool:
        """Wait before a model is requested, longer after wrong suggestions, and for the pieces of other files.

        False where the request's turn is over.
        """
        failures = self._presenter.outcomes.failures(pending.request.document.uri)
        chain = self._requester.chain
        delay_ms = chain.delay_ms(pending.request.trigger, failures, self._options.min_delay_ms)
        if not await pending.settle(self._clock, delay_ms):
            return False
        if chain.sends_snippets(pending.request.trigger):
            await self._choice.wait(pending.request, pending.turn)
        return pending.turn.skip is None

    def _find_stream(self, request: CompletionRequest) -> tuple[SharedStream, Relation] | None:
        return self._requester.running.find(request) or self._prefetcher.find(request)

    def _find_known(self, request: CompletionRequest) -> Suggestion | Skip | None:
        """Answer from the cache; None where a model has to be requested."""
        known = self._known.find(request)
        if not isinstance(known, Known):
            return known
        self._counts["from_cache"] += 1
        return self._presenter.show(request, known.text, Source.CACHE, known.model)

    async def _guess(self, pending: PendingRequest) -> Suggestion | None:
        """Return a sure guess, which saves the request to a model; keep a likely one for later."""
        request, guesser = pending.request, self._guesser
        if guesser is None or pending.guess.was_requested or request.trigger is not Trigger.AUTOMATIC:
            return None
        first = self._requester.chain.first_available(request.trigger)
        if first is not None and first.label != guesser.model:  # Else the embedded model gets the request anyway.
            await pending.guess.fetch(guesser, request)
        return self._show_guess(pending)

    def _show_guess(self, pending: PendingRequest) -> Suggestion | None:
        """Return the guess if it is due and any of its text may be shown."""
        request, candidate = pending.request, pending.guess.take()
        if candidate is None:
            return None
        shaped = shape(request, candidate.text, self._options.shaping, finished=True)
        if not shaped.text:
            return None
        pending.turn.trace.add_step("guess")
        pending.turn.trace.shaped = shaped
        self._known.cache.store(candidate)
        return self._presenter.show(request, shaped.text, Source.GUESS, candidate.model)

    async def _request_model(self, pending: PendingRequest) -> Suggestion | Skip | None:
        """Start a stream of the first available model, and read it."""
        began = self._requester.begin(pending.request, pending.tried, pending.turn.trace.ms)
        if isinstance(began, Skip):
            return began
        stream, backend = began
        pending.tried.append(backend)
        pending.turn.trace.add_step("provider")
        return await self._read(stream, Relation(), pending)

    async def _read(
        self, stream: SharedStream, relation: Relation, pending: PendingRequest, waits_for_late: bool = False
    ) -> Suggestion | Skip | None:
        """Wait for the stream's text for this request, and answer with it.

        None where it has no text for this place, so that the caller tries other sources: it diverged, stopped before
        this place, failed or, unless the caller `waits_for_late`, is late.
        """
        request = pending.request
        source = Source.PROVIDER if stream.origin is request else Source.STREAM
        shaping = shaping_of(stream.origin, request, relation.typed, self._options.shaping)
        earlier = await self._wait_for_text(stream, relation, pending, shaping, waits_for_late)
        pending.turn.trace.note_snippets(stream.snippets, stream.started)
        if earlier is not None:
            return earlier
        rest = relation.remainder(stream.text)
        has_failed = stream.state is StreamState.FAILED
        if rest and not stream.is_runaway and is_complete(request, rest, shaping):
            return self._present(pending, stream, rest, shape(request, rest, shaping, stream.candidate.ended), source)
        if rest and stream.state is StreamState.FINISHED and (stream.candidate.ended or source is Source.PROVIDER):
            return self._present(pending, stream, rest, shape(request, rest, shaping, finished=True), source)
        if waits_for_late and stream.is_running and not pending.has_time(self._clock):
            stream.answered_elsewhere = request
            return Skip.PROVIDER_FAILED
        first_available = self._requester.chain.first_available
        if (stream.is_late and not waits_for_late) or (has_failed and first_available(request.trigger, pending.tried)):
            stream.answered_elsewhere = request
            return None  # Another model may answer.
        if source is Source.STREAM and (rest is None or not stream.candidate.ended):
            if stream.is_running:
                self._requester.running.close(request.document.uri)
            return None if stream.error is None else Skip.PROVIDER_FAILED
        return self._reason_for_silence(pending, stream)

    async def _wait_for_text(
        self,
        stream: SharedStream,
        relation: Relation,
        pending: PendingRequest,
        shaping: ShapingOptions,
        waits_for_late: bool,
    ) -> Suggestion | Skip | None:
        """Wait until the stream has enough text for this request, or will not have it.

        Returns a guess that becomes due before, or the reason why the turn ended before; else None.
        """
        request, turn = pending.request, pending.turn
        with stream.read(turn), pending.guess.hold(turn, self._clock):
            while True:
                rest = relation.remainder(stream.text)
                is_over = not stream.is_running or not relation.may_come_to_agree(stream.text)
                is_over = is_over or (stream.is_late and not (waits_for_late and pending.has_time(self._clock)))
                if is_over or (rest is not None and is_complete(request, rest, shaping)):
                    return None
                if (guess := self._show_guess(pending)) is not None:
                    stream.run_beside_guess(request)
                    return guess
                await turn.wait_until_woken()
                if turn.skip is not None:
                    return turn.skip

    def _present(
        self, pending: PendingRequest, stream: SharedStream, rest: str, shaped: Shaped, source: Source
    ) -> Suggestion | Skip:
        request = pending.request
        pending.turn.trace.shaped = shaped
        if not shaped.text:
            if not rest.startswith("\n"):  # A line that is complete is no failure; the next line is shown after Enter.
                self._presenter.outcomes.failed(request.document.uri)
            return Skip.FILTERED
        if source is Source.STREAM:
            self._counts["from_stream"] += 1
        return self._presenter.show(request, shaped.text, source, stream.model)

    def _reason_for_silence(self, pending: PendingRequest, stream: SharedStream) -> Skip:
        if stream.state is StreamState.FAILED:
            return Skip.PROVIDER_FAILED
        if stream.state is StreamState.CLOSED:
            return Skip.SUPERSEDED
        self._presenter.outcomes.failed(pending.request.document.uri, SILENCE)
        pending.turn.trace.detail = stream.silence
        return Skip.NOTHING_NEW

    @property
    def _counts(self) -> Counter[str]:
        return self._requester.counts
