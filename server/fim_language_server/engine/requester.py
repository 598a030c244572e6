"""Requests to models: starting their streams, and what follows from a stream's end.

The end of a stream changes the budget, the breaker, the cache and the statistics, and is announced to `observers`.
The model chain chooses the model; whether to request anything at all was decided before.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection

from attrs import define, field

from fim_language_server.clock import Clock
from fim_language_server.core.shaping import is_exhausted
from fim_language_server.core.shaping.repetition import runs_away
from fim_language_server.core.values import Candidate, CompletionRequest, Skip, Trigger
from fim_language_server.engine.cache import CompletionCache
from fim_language_server.engine.model_chain import Backend, Chain, Reservation
from fim_language_server.engine.options import EngineListener, EngineOptions
from fim_language_server.engine.running_streams import RunningStreams
from fim_language_server.engine.shared_stream import SharedStream, StreamState
from fim_language_server.usage.record import RequestRecord

OTHER_LINGER_S = 10.0
"""How long a request for another text goes on after the answer was given without it."""

MOST_STREAMS = 32
"""Streams under way, each of which is a connection. An editor asks in one place, and seldom in a few."""


@define(eq=False)
class Requester:
    """Starts streams, and settles each when it ends."""

    chain: Chain
    running: RunningStreams
    _cache: CompletionCache
    _options: EngineOptions
    _clock: Clock = field(repr=False)
    _listener: EngineListener = field(repr=False)
    _note: Callable[[RequestRecord], None] = field(repr=False)
    counts: Counter[str] = field(factory=Counter)
    observers: list[Callable[[Candidate], None]] = field(factory=list, init=False, repr=False)
    """Called with what a stream has said when it has ended, after the cache has it."""
    _asked: dict[SharedStream, tuple[Reservation, float]] = field(factory=dict, init=False, repr=False)

    def begin(
        self, request: CompletionRequest, tried: Collection[Backend], waited_ms: float
    ) -> tuple[SharedStream, Backend] | Skip:
        """Ask the first model that may be asked, but for those that were tried; it is the document's stream now."""
        reservation = self.chain.reserve(request, request.trigger, tried)
        if isinstance(reservation, Skip):
            return reservation
        if late := self.running.find_late(request):
            late[0].left_by = request  # What is late may still be the better answer.
        backend, least_s = reservation.backend, self._options.fallback_after_ms / 1_000
        backend.health.began()
        patience = backend.health.patience(least_s, request.trigger) if least_s else None
        stream = self._new_stream(reservation, request, self._ended, self._options.linger_ms / 1_000, patience)
        self._make_room()
        self._asked[stream] = reservation, waited_ms
        self.running.add(stream)
        stream.start(backend.open_stream(request, reservation.context))
        return stream, backend

    def _make_room(self) -> None:
        """Hang up on the oldest streams, rather on those that nobody reads, where one more would be too many."""
        surplus = len(self._asked) - MOST_STREAMS + 1
        for stream in sorted(self._asked, key=lambda it: it.is_read)[: max(0, surplus)]:
            stream.close()

    def begin_alternative(self, request: CompletionRequest) -> SharedStream | None:
        """Ask for another text to choose: it gives way to what the user waits for, and fails unseen."""
        backend = self.chain.first(Trigger.PREFETCH)
        reservation = backend.reserve(request, Trigger.PREFETCH) if backend and backend.health.is_well else None
        if reservation is None:
            return None
        stream = self._new_stream(reservation, request, self._alternative_ended, OTHER_LINGER_S)
        self._asked[stream] = reservation, 0.0
        stream.start(reservation.backend.open_stream(request, reservation.context))
        return stream

    def _new_stream(
        self,
        reservation: Reservation,
        request: CompletionRequest,
        on_end: Callable[[SharedStream], None],
        linger_s: float,
        patience: float | None = None,
    ) -> SharedStream:
        shaping = self._options.shaping
        self.counts["streams"] += 1
        return SharedStream(
            origin=request,
            is_exhausted=lambda text: is_exhausted(request, text, shaping),
            on_end=on_end,
            clock=self._clock,
            linger=linger_s,
            model=reservation.backend.label,
            patience=patience,
            on_late=self._is_late,
            limits=reservation.backend.limits,
            goes_astray=lambda text: runs_away(text.partition("\n")[0]),
        )

    def _is_late(self, stream: SharedStream) -> None:
        """Let another model answer, if there is one that can; what comes of the late one is still learned from."""
        backend = self._asked[stream][0].backend
        if self.chain.first(stream.origin.trigger, [backend]) is not None:
            backend.health.late()
            self.running.set_aside(stream)

    def _ended(self, stream: SharedStream) -> None:
        """Draw the conclusions from a stream's end, whichever it was."""
        was_well = self.chain.is_well
        self._conclude(stream).judge(stream)
        has_answered = bool(stream.text) and stream.state is StreamState.FINISHED
        if has_answered and stream.left_by is not None and not stream.is_read:
            self._listener.answered_late(stream.left_by)
        for text in stream.started.notices if stream.started else ():
            self._listener.notice(text)
        if stream.error is not None:
            self.counts["failed"] += 1
            self._listener.provider_failed(stream.error)
            return
        if stream.state is StreamState.CLOSED:
            self.counts["hung_up"] += 1
        if self.chain.is_well and not was_well:
            self._listener.provider_recovered()

    def _alternative_ended(self, stream: SharedStream) -> None:
        self._conclude(stream).judge_alternative(stream)

    def _announce(self, candidate: Candidate) -> None:
        self._cache.store(candidate)
        for observer in self.observers:
            observer(candidate)

    def _conclude(self, stream: SharedStream) -> Reservation:
        self.running.forget(stream)
        if not stream.is_astray:
            self._announce(stream.candidate)
        reservation, waited_ms = self._asked.pop(stream)
        self._note(reservation.settle(stream, waited_ms, self._clock.now()))
        return reservation
