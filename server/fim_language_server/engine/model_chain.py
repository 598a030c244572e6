"""The chain of models: who is asked, with how much text, and who is asked instead.

The first whose breaker, budget and patience allow it is asked; each one's text stays its own. A model that fails, is
late or over its budget is passed over, and asked first again as soon as it may be.
"""

from __future__ import annotations

from collections.abc import Callable, Collection

from attrs import define, field

from fim_language_server.core.context import WindowSize, affordable_windows, build_context
from fim_language_server.core.pacing import delay_ms
from fim_language_server.core.values import CompletionRequest, Context, Skip, Snippet, Trigger, Usage
from fim_language_server.engine.health import Health, Pause
from fim_language_server.engine.options import OpenStream
from fim_language_server.engine.shared_stream import SharedStream, StreamState
from fim_language_server.engine.stream_limits import StreamLimits
from fim_language_server.errors import RateLimitedError, UnavailableError
from fim_language_server.spending.budget import Permit, RateBudget, TokenEstimate
from fim_language_server.spending.rate_limits import read_rate_limits
from fim_language_server.usage.record import Price, RequestRecord

SelectSnippets = Callable[[CompletionRequest], tuple[Snippet, ...]]

CHARS_PER_TOKEN = 3
"""For what a stream had said when it was hung up, before its tokens were counted."""


@define(eq=False)
class Backend:
    """One model: how it is asked, how often, with how much text, and how it has been doing."""

    name: str
    """The provider's, for statistics."""
    model: str
    open_stream: OpenStream = field(repr=False)
    budget: RateBudget
    health: Health
    window: WindowSize = field(factory=lambda: WindowSize(4_000, 2_000))
    max_tokens: int = 128
    max_delay_ms: int = 250
    snippets: SelectSnippets = field(default=lambda _: (), repr=False)
    price: Price | None = None
    limits: StreamLimits = field(factory=StreamLimits)
    estimate: TokenEstimate = field(factory=TokenEstimate)

    @property
    def label(self) -> str:
        """Whose text it is: the model's name, or the provider's where it has none."""
        return self.model or self.name

    def can_answer(self, trigger: Trigger) -> bool:
        """Would a request be sent now, with the smallest of its windows at least?"""
        smallest = affordable_windows(self.window, 0.0)[-1]
        tokens = (smallest.prefix_chars + smallest.suffix_chars) / self.estimate.bytes_per_token + self.max_tokens
        return self.health.allows(trigger) and self.budget.holds(tokens, trigger)

    def delay_ms(self, failures: int, minimum_ms: int) -> int:
        """Return the wait before it is asked by an automatic request, in ms."""
        left = min(self.budget.requests_left(), self.budget.tokens_left())
        return delay_ms(failures, minimum_ms, max(minimum_ms, self.max_delay_ms), left)

    def reserve(self, request: CompletionRequest, trigger: Trigger) -> Reservation | None:
        """Reserve a request with as large a window as the budget allows; None where it allows none.

        `trigger` says how important it is, which need not be what the request itself says.
        """
        for window in affordable_windows(self.window, self.budget.room()):
            snippets = self.snippets(request) if window.with_snippets else ()
            context = build_context(request, window.prefix_chars, window.suffix_chars, snippets)
            tokens = self.estimate.tokens(context) + self.max_tokens
            permit = self.budget.reserve_nowait(tokens, trigger)
            if permit is not None:
                return Reservation(self, context, permit)
        return None


@define(eq=False)
class Reservation:
    """The right to ask a model once, and what it is asked with."""

    backend: Backend
    context: Context = field(repr=False)
    permit: Permit

    def settle(self, stream: SharedStream, waited_ms: float, ended_at: float) -> RequestRecord:
        """Draw the conclusions for the budget from the stream's end; return its line in the statistics."""
        usage, backend = self._usage(stream), self.backend
        self.permit.settle(usage.prompt_tokens + usage.completion_tokens)
        if stream.started is not None:
            backend.budget.learn(read_rate_limits(stream.started.limits))
        if stream.usage is not None:
            backend.estimate.learn(self.context, stream.usage.prompt_tokens)
        if isinstance(stream.error, RateLimitedError):
            backend.budget.refused(stream.error.retry_after)
        first, outcomes = stream.first_chunk_at, {StreamState.CLOSED: "hung up", StreamState.FAILED: "failed"}
        return RequestRecord(
            provider=backend.name,
            model=backend.model,
            language=stream.origin.document.language_id,
            outcome=outcomes.get(stream.state, "finished"),
            wait_ms=waited_ms,
            first_text_ms=None if first is None else (first - stream.began_at) * 1_000,
            stream_ms=None if first is None else (ended_at - first) * 1_000,
            usage=usage,
            is_estimated=stream.usage is None,
            cost=None if backend.price is None else backend.price.of(usage),
        )

    def judge(self, stream: SharedStream) -> None:
        """Draw the conclusions for the breaker."""
        health, name = self.backend.health, self.backend.name
        if stream.error is not None:
            health.failed(stream.error)
        elif stream.is_late and stream.state is StreamState.CLOSED:
            health.failed(UnavailableError(name, f"{name} did not answer in time."))
        elif stream.first_chunk_at is not None or stream.state is StreamState.FINISHED:
            health.succeeded(stream.longest_silence)
        else:
            health.gave_up()

    def judge_alternative(self, stream: SharedStream) -> None:
        """The same for a request that nobody waited for: only what holds for all others counts."""
        if isinstance(stream.error, RateLimitedError):
            self.backend.health.failed(stream.error)

    def _usage(self, stream: SharedStream) -> Usage:
        """Return what the request cost: as the provider counts, or as far as it can be told."""
        if stream.usage is not None:
            return stream.usage
        if stream.error is not None and stream.started is None:
            return Usage()  # It was refused, or never arrived.
        prompt = self.permit.tokens - self.backend.max_tokens
        if stream.started is not None:
            prompt = read_rate_limits(stream.started.limits).token_cost or prompt
        return Usage(round(prompt), -(-len(stream.text) // CHARS_PER_TOKEN))


@define(eq=False)
class Chain:
    """The models of an engine, the preferred one first."""

    backends: tuple[Backend, ...]

    @property
    def is_well(self) -> bool:
        """Did the last request of each succeed, as far as known?"""
        return all(backend.health.is_well for backend in self.backends)

    def pause(self) -> Pause:
        """Return for how long automatic requests do not reach the preferred one, and who answers them meanwhile."""
        left = [backend.health.pause_left() for backend in self.backends]
        stand_in = next((backend.name for backend, seconds in zip(self.backends, left, strict=True) if not seconds), "")
        return Pause(left[0] if stand_in else min(left), stand_in if left[0] else "")

    def first(self, trigger: Trigger, tried: Collection[Backend] = ()) -> Backend | None:
        """Return who would be asked now, but for those that were tried."""
        others = (backend for backend in self.backends if backend not in tried)
        return next((backend for backend in others if backend.can_answer(trigger)), None)

    def preferred_labels(self, trigger: Trigger) -> list[str]:
        """Return the models whose known text is good enough: no better one would be asked now."""
        first = self.first(trigger)
        end = len(self.backends) if first is None else self.backends.index(first) + 1
        return [backend.label for backend in self.backends[:end]]

    def delay_ms(self, trigger: Trigger, failures: int, minimum_ms: int) -> int:
        """Return the wait before an automatic request, in ms: as long as the one who would be asked now deserves."""
        first = self.first(trigger)
        return minimum_ms if first is None else first.delay_ms(failures, minimum_ms)

    def reserve(self, request: CompletionRequest, trigger: Trigger, tried: Collection[Backend]) -> Reservation | Skip:
        """Reserve a request with the first model that may be asked, but for those that were tried."""
        reason = Skip.PROVIDER_FAILED if tried else None
        for backend in self.backends:
            if backend in tried:
                continue
            if not backend.health.allows(trigger):
                reason = reason or Skip.PAUSED
            elif (reservation := backend.reserve(request, trigger)) is not None:
                return reservation
            else:
                reason = reason or Skip.OVER_BUDGET
        return reason or Skip.PAUSED
