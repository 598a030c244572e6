"""The path of one keystroke: answer a request from the cheapest source that has the answer.

Read `Engine.complete` top to bottom. What is known and what is already coming is looked at *before* any waiting:
the debounce protects the provider, not the user.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence

from attrs import define, field

from fim_language_server.core.context import build_context
from fim_language_server.core.pacing import delay_ms
from fim_language_server.core.shaping import Shaped, is_complete, is_exhausted, shape
from fim_language_server.core.trigger import decide
from fim_language_server.core.typing_through import Relation, with_selection
from fim_language_server.core.values import CompletionRequest, Skip, Snippet, Source, Suggestion, Trigger
from fim_language_server.engine.alternatives import LINGER_S, Alternatives
from fim_language_server.engine.budget import Permit, RateBudget, estimate_tokens
from fim_language_server.engine.cache import CompletionCache
from fim_language_server.engine.clock import Clock
from fim_language_server.engine.health import Health
from fim_language_server.engine.inflight import InFlight, SharedStream, StreamState
from fim_language_server.engine.options import EngineOptions, Listener, OpenStream, Statistics
from fim_language_server.engine.outcomes import OutcomeLog
from fim_language_server.engine.recall import recall, recall_texts, shaping_of
from fim_language_server.engine.turns import Turn, Turns
from fim_language_server.engine.why import Way, WhyLog
from fim_language_server.errors import RateLimitedError

__all__ = ["Engine", "EngineOptions", "Listener", "OpenStream", "Statistics"]


@define(eq=False)
class Engine:
    """Completes. All its state lives on one event loop and changes between awaits only."""

    _open_stream: OpenStream = field(repr=False)
    _options: EngineOptions
    _clock: Clock = field(repr=False)
    _budget: RateBudget
    _listener: Listener = field(repr=False)
    _snippets: Callable[[CompletionRequest], tuple[Snippet, ...]] = field(default=lambda _: (), repr=False)
    outcomes: OutcomeLog = field(factory=OutcomeLog, repr=False)
    why: WhyLog = field(factory=WhyLog, repr=False)
    _cache: CompletionCache = field(init=False)
    _alternatives: Alternatives = field(init=False, repr=False)
    _inflight: InFlight = field(factory=InFlight, init=False, repr=False)
    _turns: Turns = field(factory=Turns, init=False, repr=False)
    _health: Health = field(init=False)
    _permits: dict[SharedStream, Permit] = field(factory=dict, init=False, repr=False)
    _ids: itertools.count[int] = field(factory=lambda: itertools.count(1), init=False, repr=False)
    _counts: dict[str, int] = field(factory=dict, init=False, repr=False)

    def __attrs_post_init__(self) -> None:
        self._cache = CompletionCache(self._options.model)
        self._health = Health(self._clock)
        self._alternatives = Alternatives(
            self.complete,
            self._ask_other,
            lambda request: recall_texts(self._cache, request, self._options.shaping),
            self._offer,
            self._turns,
            self._clock,
            self._options.shaping,
        )

    async def complete(self, request: CompletionRequest) -> Suggestion | Skip:
        """Return what may be shown at the request's place, or why nothing is. Never raises for a provider's fault.

        A newer request for the same document ends an older one with SUPERSEDED. A cancelled one leaves the stream
        it read running for the next.
        """
        self._count("requests")
        with self.why.follow(request, self._clock) as way:
            return way.end(await self._complete(with_selection(request), way))

    async def _complete(self, request: CompletionRequest, way: Way) -> Suggestion | Skip:
        if (skip := decide(request, self._options.trigger)) is not None:
            return skip
        with self._turns.take(request.document.uri, way) as turn:
            while True:
                if (known := self._recall(request)) is not None:
                    way.reach("cache")
                    return known
                if (found := self._inflight.find(request)) is not None:
                    way.reach("stream")
                    answer = await self._read(*found, request, turn)
                elif not await self._wait_until_settled(request, turn):
                    answer = turn.skip
                elif self._recall(request) is not None or self._inflight.find(request) is not None:
                    continue  # Somebody else's stream brought it while this request waited.
                else:
                    answer = await self._ask(request, turn)
                if answer is not None:
                    return answer

    async def complete_to_choose(self, request: CompletionRequest) -> Sequence[Suggestion] | Skip:
        """Return up to three suggestions, the best first; more than one for explicit requests only."""
        return await self._alternatives.complete(request)

    def is_watching(self, uri: str) -> bool:
        """Would `observe_edit` have anything to judge in this document?"""
        parts = (self._alternatives, self.outcomes)
        return self._inflight.running(uri) is not None or any(part.is_watching(uri) for part in parts)

    def observe_edit(self, views: Sequence[CompletionRequest]) -> None:
        """Judge stream and guess of a document by its text at the end of each change of one edit.

        A stream that none of the views agrees with has diverged, and is hung up at once.
        """
        if not views:
            return
        uri = views[0].document.uri
        stream = self._inflight.running(uri)
        if stream is not None and not stream.may_agree_with(views):
            self._inflight.close(uri)
            if not self.outcomes.is_watching(uri):
                self.outcomes.failed(uri)
        self._alternatives.observe(uri, views)
        self.outcomes.observe(uri, views)

    def observe_close(self, uri: str) -> None:
        """Hang up and forget: the document was closed."""
        self._turns.end(uri, Skip.CLOSED)
        self._inflight.close(uri)
        self._alternatives.close(uri)
        self._cache.forget(uri)
        self.outcomes.forget(uri)

    def forget_answers(self) -> None:
        """Ask again where answers are known: the model has changed."""
        self._cache = CompletionCache(self._options.model)

    def accepted(self, suggestion_id: str) -> None:
        """Note that the editor inserted a suggestion."""
        self.outcomes.accepted(suggestion_id)

    def pause_left(self) -> float:
        """Return the seconds until automatic requests go on; 0 where they do."""
        return self._health.pause_left()

    def statistics(self) -> Statistics:
        """Return what was done so far."""
        return Statistics(**self._counts)

    async def close(self) -> None:
        """Answer what waits, hang up every stream, and wait until the connections are closed."""
        self._turns.end_all(Skip.CLOSED)
        self._alternatives.close()
        await self._inflight.close_all()

    def _recall(self, request: CompletionRequest) -> Suggestion | Skip | None:
        """Answer from what the model has said before; None where it has to be asked."""
        known = recall(self._cache, request, self._options.shaping)
        if not isinstance(known, str):
            # An explicit request asks again where the model had nothing to say.
            return None if request.trigger is Trigger.INVOKED else known
        self._count("from_cache")
        return self._show(request, known, Source.CACHE)

    async def _wait_until_settled(self, request: CompletionRequest, turn: Turn) -> bool:
        """Wait as long as recent failures suggest; False where the request is not wanted any more."""
        if request.trigger is Trigger.INVOKED:
            return True
        failures = self.outcomes.failures(request.document.uri)
        delay = delay_ms(failures, self._options.min_delay_ms, self._options.max_delay_ms)
        if delay == 0:
            return True
        turn.way.reach("debounce")
        return await turn.wait_until_settled(self._clock, delay / 1_000)

    async def _ask(self, request: CompletionRequest, turn: Turn) -> Suggestion | Skip | None:
        """Begin a new stream, where health and budget allow it, and read it."""
        if not self._health.allows(request.trigger):
            return Skip.PAUSED
        stream = self._open(request, request.trigger, self._stream_ended, self._options.linger_ms / 1_000)
        if stream is None:
            return Skip.OVER_BUDGET
        self._inflight.add(stream)
        turn.way.reach("provider")
        return await self._read(stream, Relation(), request, turn, Source.PROVIDER)

    def _open(
        self, request: CompletionRequest, trigger: Trigger, on_end: Callable[[SharedStream], None], linger: float
    ) -> SharedStream | None:
        """Begin a stream; None where the budget does not hold it."""
        options = self._options
        context = build_context(request, options.prefix_chars, options.suffix_chars, self._snippets(request))
        permit = self._budget.reserve_nowait(estimate_tokens(context, options.max_tokens), trigger)
        if permit is None:
            return None
        stream = SharedStream(
            origin=request,
            is_exhausted=lambda text: is_exhausted(request, text, options.shaping),
            on_end=on_end,
            clock=self._clock,
            linger=linger,
        )
        self._permits[stream] = permit
        self._count("streams")
        stream.start(self._open_stream(request, context))
        return stream

    async def _read(
        self,
        stream: SharedStream,
        relation: Relation,
        request: CompletionRequest,
        turn: Turn,
        source: Source = Source.STREAM,
    ) -> Suggestion | Skip | None:
        """Wait until the stream has said enough for this request.

        None where it turned out to say nothing here (it went another way, or stopped short of this place), so that
        the caller looks further.
        """
        shaping = shaping_of(stream.origin, request, self._options.shaping)
        with stream.read(turn):
            while True:
                rest = relation.remainder(stream.text)
                is_over = not stream.is_running or not relation.may_come_to_agree(stream.text)
                if is_over or (rest is not None and is_complete(request, rest, shaping)):
                    break
                await turn.wait_until_woken()
                if turn.skip is not None:
                    return turn.skip
        if rest and is_complete(request, rest, shaping):
            return self._present(request, rest, shape(request, rest, shaping, stream.candidate.ended), source, turn.way)
        if rest and stream.state is StreamState.FINISHED and (stream.candidate.ended or source is Source.PROVIDER):
            return self._present(request, rest, shape(request, rest, shaping, finished=True), source, turn.way)
        if source is Source.STREAM and (rest is None or not stream.candidate.ended):
            if stream.is_running:
                self._inflight.close(request.document.uri)
            return None if stream.error is None else Skip.PROVIDER_FAILED
        return self._explain_silence(request, stream)

    def _present(
        self, request: CompletionRequest, rest: str, shaped: Shaped, source: Source, way: Way
    ) -> Suggestion | Skip:
        way.shaped = shaped
        if not shaped.text:
            if not rest.startswith("\n"):  # "This line is complete" is no failure; it is shown after Enter.
                self.outcomes.failed(request.document.uri)
            return Skip.FILTERED
        if source is Source.STREAM:
            self._count("from_stream")
        return self._show(request, shaped.text, source)

    def _explain_silence(self, request: CompletionRequest, stream: SharedStream) -> Skip:
        if stream.state is StreamState.FAILED:
            return Skip.PROVIDER_FAILED
        if stream.state is StreamState.CLOSED:
            return Skip.SUPERSEDED
        self.outcomes.failed(request.document.uri)
        return Skip.NOTHING_NEW

    def _show(self, request: CompletionRequest, text: str, source: Source) -> Suggestion:
        suggestion = self._suggestion(request, text, source)
        self.outcomes.shown(suggestion)
        return suggestion

    def _offer(
        self, request: CompletionRequest, first: Suggestion | Skip, others: Sequence[str]
    ) -> Sequence[Suggestion]:
        offered = [self._suggestion(request, text, Source.PROVIDER) for text in others]
        offered = [first, *offered] if isinstance(first, Suggestion) else offered
        self.outcomes.shown(*offered)
        return offered

    def _suggestion(self, request: CompletionRequest, text: str, source: Source) -> Suggestion:
        return Suggestion(str(next(self._ids)), text, request, source, self._options.model)

    def _ask_other(self, request: CompletionRequest) -> SharedStream | None:
        """Begin a request for another text to choose: it gives way to what the user waits for, and fails unseen."""
        return self._open(request, Trigger.PREFETCH, self._other_ended, LINGER_S) if self._health.is_well else None

    def _other_ended(self, stream: SharedStream) -> None:
        self._inflight.forget(stream)
        self._cache.store(stream.candidate)
        self._settle(stream)
        if isinstance(stream.error, RateLimitedError):
            self._health.failed(stream.error)

    def _stream_ended(self, stream: SharedStream) -> None:
        """Draw the conclusions from a stream's end, whichever it was."""
        self._inflight.forget(stream)
        self._cache.store(stream.candidate)
        self._settle(stream)
        for text in stream.started.notices if stream.started else ():
            self._listener.notice(text)
        if stream.error is not None:
            self._count("failed")
            self._health.failed(stream.error)
            self._listener.provider_failed(stream.error)
            return
        if stream.state is StreamState.CLOSED:
            self._count("hung_up")
        if stream.started is not None or stream.text:
            was_well = self._health.is_well
            self._health.succeeded()
            if not was_well:
                self._listener.provider_recovered()

    def _settle(self, stream: SharedStream) -> None:
        permit = self._permits.pop(stream, None)
        if permit is None:
            return
        if stream.usage is not None:
            permit.settle(stream.usage.prompt_tokens + stream.usage.completion_tokens)
        else:
            unspent = self._options.max_tokens - len(stream.text) // 3
            permit.settle(permit.tokens - max(0, unspent))

    def _count(self, name: str) -> None:
        self._counts[name] = self._counts.get(name, 0) + 1
