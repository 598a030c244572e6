"""Requests to models: starting their streams, and what follows from a stream's end.

The end of a stream changes the budget, the provider's health, the cache and the statistics, and is announced to
`observers`. The chain chooses the model; whether to request anything at all was decided before.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection

from attrs import define, field

from fim_language_server.clock import Clock
from fim_language_server.core.shaping import is_exhausted
from fim_language_server.core.shaping.repetition import runs_away
from fim_language_server.core.values import Candidate, CompletionRequest, Context, Skip, Trigger
from fim_language_server.engine.cache import CompletionCache
from fim_language_server.engine.model_chain import Backend, Chain, Reservation
from fim_language_server.engine.options import EngineListener, EngineOptions
from fim_language_server.engine.running_streams import RunningStreams
from fim_language_server.engine.shared_stream import SharedStream, StreamState
from fim_language_server.usage.record import RequestRecord

ALTERNATIVE_LINGER_S = 10.0
"""Seconds that the stream of an alternative text runs on after the answer was given without it."""

MOST_STREAMS = 32
"""Running streams, each of which is a connection. An editor requests in one place, and seldom in a few."""


@define(eq=False)
class Requester:
    """Starts streams, and settles each one's reservation when it ends."""

    chain: Chain
    running: RunningStreams
    _cache: CompletionCache
    _options: EngineOptions
    _clock: Clock = field(repr=False)
    _listener: EngineListener = field(repr=False)
    _record_use: Callable[[RequestRecord], None] = field(repr=False)
    counts: Counter[str] = field(factory=Counter)
    observers: list[Callable[[Candidate], None]] = field(factory=list, init=False, repr=False)
    """Called with the text of a stream that has ended, after it was stored in the cache."""
    before_request: Callable[[Context], None] = field(default=lambda _context: None, init=False, repr=False)
    """Called with the context of a request before it is sent."""
    _reservations: dict[SharedStream, tuple[Reservation, float]] = field(factory=dict, init=False, repr=False)

    def begin(
        self, request: CompletionRequest, tried: Collection[Backend], waited_ms: float
    ) -> tuple[SharedStream, Backend] | Skip:
        """Start a stream of the first available model that is not in `tried`, as the document's stream.

        `waited_ms` is the time since the request came, for the statistics. Returns the reason where none is available.
        """
        reservation = self.chain.reserve(request, request.trigger, tried)
        if isinstance(reservation, Skip):
            return reservation
        if late := self.running.find_late(request):
            late[0].answered_elsewhere = request  # Its text may still be the better one.
        backend, least_s = reservation.backend, self._options.fallback_after_ms / 1_000
        backend.health.began()
        timeout_s = backend.health.timeout_s(least_s, request.trigger) if least_s else None
        stream = self._new_stream(reservation, request, self._on_end, self._options.linger_ms / 1_000, timeout_s)
        self._make_room()
        self._reservations[stream] = reservation, waited_ms
        self.running.add(stream)
        self.before_request(reservation.context)
        stream.start(backend.open_stream(request, reservation.context))
        return stream, backend

    @property
    def is_busy(self) -> bool:
        """Is a request to a model under way?"""
        return bool(self._reservations)

    def _make_room(self) -> None:
        """Close the oldest streams, those without readers first, where one more would exceed `MOST_STREAMS`."""
        surplus = len(self._reservations) - MOST_STREAMS + 1
        for stream in sorted(self._reservations, key=lambda stream: stream.is_read)[: max(0, surplus)]:
            stream.close()

    def begin_alternative(self, request: CompletionRequest) -> SharedStream | None:
        """Start a stream of an alternative text or a prefetch; None where the budget or the health does not allow it.

        It has a lower priority than the requests that the user waits for, and its failure is not reported.
        """
        backend = self.chain.first_available(Trigger.PREFETCH)
        reservation = backend.reserve(request, Trigger.PREFETCH) if backend and backend.health.is_healthy else None
        if reservation is None:
            return None
        stream = self._new_stream(reservation, request, self._on_alternative_end, ALTERNATIVE_LINGER_S)
        self._reservations[stream] = reservation, 0.0
        self.before_request(reservation.context)
        stream.start(reservation.backend.open_stream(request, reservation.context))
        return stream

    def _new_stream(
        self,
        reservation: Reservation,
        request: CompletionRequest,
        on_end: Callable[[SharedStream], None],
        linger_s: float,
        timeout_s: float | None = None,
    ) -> SharedStream:
        shaping = self._options.shaping
        self.counts["streams"] += 1
        return SharedStream(
            origin=request,
            is_exhausted=lambda text: is_exhausted(request, text, shaping),
            on_end=on_end,
            clock=self._clock,
            linger_s=linger_s,
            model=reservation.backend.label,
            snippets=reservation.context.snippets,
            timeout_s=timeout_s,
            on_late=self._on_late,
            limits=reservation.backend.limits,
            runs_away=lambda text: runs_away(text.partition("\n")[0]),
        )

    def _on_late(self, stream: SharedStream) -> None:
        """Mark a stream late if another model is available; the late stream's end still counts for its health."""
        backend = self._reservations[stream][0].backend
        if self.chain.first_available(stream.origin.trigger, [backend]) is not None:
            backend.health.mark_late()
            self.running.mark_late(stream)

    def _on_end(self, stream: SharedStream) -> None:
        """Update health and statistics by a stream's end, and report it to the listener."""
        was_healthy = self.chain.is_healthy
        self._settle(stream).update_health(stream)
        has_answered = bool(stream.text) and stream.state is StreamState.FINISHED
        if has_answered and stream.answered_elsewhere is not None and not stream.is_read:
            self._listener.answered_late(stream.answered_elsewhere)
        for text in stream.started.notices if stream.started else ():
            self._listener.notice(text)
        if stream.error is not None:
            self.counts["failed"] += 1
            self._listener.provider_failed(stream.error)
            return
        if stream.state is StreamState.CLOSED:
            self.counts["cancelled"] += 1
        if self.chain.is_healthy and not was_healthy:
            self._listener.provider_recovered()

    def _on_alternative_end(self, stream: SharedStream) -> None:
        self._settle(stream).update_health_by_alternative(stream)

    def _publish(self, candidate: Candidate) -> None:
        self._cache.store(candidate)
        for observer in self.observers:
            observer(candidate)

    def _settle(self, stream: SharedStream) -> Reservation:
        """Store the text of an ended stream, settle its reservation and record its cost; return the reservation."""
        self.running.forget(stream)
        if not stream.is_runaway:
            self._publish(stream.candidate)
        reservation, waited_ms = self._reservations.pop(stream)
        self._record_use(reservation.settle(stream, waited_ms, self._clock.now()))
        return reservation
