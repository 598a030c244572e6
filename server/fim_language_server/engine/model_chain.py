"""The chain of models: the preferred one and its fallbacks, each with its budget, health and windows.

A request goes to the first model whose health and budget allow it. A model that has failed, is late or over its budget
is passed over, and is the first again as soon as it is available. Candidates of different models are kept apart.
"""

from __future__ import annotations

from collections.abc import Collection

from attrs import define, evolve, field

from fim_language_server.core.context import build_context, lines_of_windows
from fim_language_server.core.pacing import delay_ms
from fim_language_server.core.prompt_room import WindowSize, affordable_windows, is_at_end
from fim_language_server.core.values import CompletionRequest, Context, Skip, Trigger, Usage
from fim_language_server.engine.health import Health, Pause
from fim_language_server.engine.options import OpenStream
from fim_language_server.engine.sent_snippets import SentSnippets
from fim_language_server.engine.shared_stream import SharedStream, StreamState
from fim_language_server.engine.stream_limits import StreamLimits
from fim_language_server.errors import RateLimitedError, UnavailableError
from fim_language_server.spending.budget import Permit, RateBudget
from fim_language_server.spending.rate_limits import read_rate_limits
from fim_language_server.spending.token_estimate import TokenEstimate
from fim_language_server.usage.day_spending import DaySpending
from fim_language_server.usage.record import Price, RequestRecord

CHARS_PER_TOKEN = 3
"""Code points a token, to estimate the cost of a cancelled stream, whose tokens the provider has not reported."""


@define(eq=False)
class Backend:
    """One model of the chain, with its budget, health, windows and price."""

    name: str
    """The provider's name, for statistics."""
    model: str
    open_stream: OpenStream = field(repr=False)
    budget: RateBudget
    health: Health
    window: WindowSize = field(factory=lambda: WindowSize(4_000, 2_000))
    max_tokens: int = 128
    max_delay_ms: int = 250
    snippets: SentSnippets | None = field(default=None, repr=False)
    """The pieces of other files in this model's prompts; None where it gets none."""
    warm: OpenStream | None = field(default=None, repr=False)
    """Lets the model read a prompt into its cache, without an answer; None for models that cannot, or are paid."""
    price: Price | None = None
    limits: StreamLimits = field(factory=StreamLimits)
    host: str = ""
    """The host that is asked, for statistics; "" for a model of this process."""
    spending: DaySpending | None = field(default=None, repr=False)
    """The limit of dollars a day; None where there is none."""
    estimate: TokenEstimate = field(factory=TokenEstimate)

    @property
    def label(self) -> str:
        """The name by which this model's texts are kept apart: the model's, or the provider's where it has none."""
        return self.model or self.name

    def can_answer(self, trigger: Trigger) -> bool:
        """Would a request with at least the smallest window be sent now?"""
        smallest = affordable_windows(self.window, 0.0)[-1]
        tokens = smallest.room / self.estimate.bytes_per_token + self.max_tokens
        is_within_day = self.spending is None or self.spending.allows(self.dollars(tokens))
        return is_within_day and self.health.allows(trigger) and self.budget.holds(tokens, trigger)

    def dollars(self, tokens: float) -> float | None:
        """Return what a request costs at most, given its tokens and those of its answer together; None: not known."""
        prompt = max(0, round(tokens - self.max_tokens))
        return None if self.price is None else self.price.of(Usage(prompt, self.max_tokens))

    @property
    def is_day_spent(self) -> bool:
        """Does the limit of dollars a day hold back even the smallest request?"""
        smallest = affordable_windows(self.window, 0.0)[-1].room / self.estimate.bytes_per_token
        return self.spending is not None and not self.spending.allows(self.dollars(smallest + self.max_tokens))

    def delay_ms(self, failures: int, minimum_ms: int) -> int:
        """Return the debounce of an automatic request in ms, after `failures` wrong suggestions in a row."""
        share_left = min(self.budget.requests_left(), self.budget.tokens_left())
        return delay_ms(failures, minimum_ms, max(minimum_ms, self.max_delay_ms), share_left)

    def reserve(self, request: CompletionRequest, trigger: Trigger) -> Reservation | None:
        """Reserve a request with as large a window as the budget allows; None where it allows none.

        `trigger` sets the priority, which may be lower than that of the request itself.
        """
        for window in affordable_windows(self.window, self.budget.room(), is_at_end=is_at_end(request)):
            context = self._with_snippets(
                request, build_context(request, window.prefix_chars, window.suffix_chars), window
            )
            tokens = self.estimate.tokens(context) + self.max_tokens
            dollars = self.dollars(tokens)
            if self.spending is not None and not self.spending.reserve_nowait(dollars):
                continue
            permit = self.budget.reserve_nowait(tokens, trigger)
            if permit is not None:
                if self.snippets is not None:
                    self.snippets.note_sent(request, window.pieces, context.snippets)
                return Reservation(self, context, permit, dollars)
            if self.spending is not None:
                self.spending.settle(dollars, 0.0)
        return None

    def _with_snippets(self, request: CompletionRequest, context: Context, window: WindowSize) -> Context:
        if self.snippets is None:
            return context
        own = lines_of_windows(context, request.position.line)
        return evolve(context, snippets=self.snippets.choose(request, window.pieces, own))


@define(eq=False)
class Reservation:
    """The permission to send one request to a backend, and the context to send."""

    backend: Backend
    context: Context = field(repr=False)
    permit: Permit
    dollars: float | None = None
    """Most that the request may cost; None where the price is not known."""

    def settle(self, stream: SharedStream, waited_ms: float, ended_at: float) -> RequestRecord:
        """Update the budget by the stream's end; return the record of the request for the statistics.

        `waited_ms` is the time from the editor's request to the model's; `ended_at` is in seconds of the clock.
        """
        usage, backend = self._usage(stream), self.backend
        self.permit.settle(usage.prompt_tokens + usage.completion_tokens)
        if stream.started is not None:
            backend.budget.learn(read_rate_limits(stream.started.limits))
        if stream.usage is not None:
            backend.estimate.learn(self.context, stream.usage.prompt_tokens)
        if isinstance(stream.error, RateLimitedError):
            backend.budget.refused(stream.error.retry_after)
        cost = None if backend.price is None else backend.price.of(usage)
        if backend.spending is not None:
            backend.spending.settle(self.dollars, cost)
        first, outcomes = stream.timing.first_text_at, {StreamState.CLOSED: "hung up", StreamState.FAILED: "failed"}
        return RequestRecord(
            provider=backend.name,
            model=backend.model,
            language=stream.origin.document.language_id,
            outcome=outcomes.get(stream.state, "finished"),
            wait_ms=waited_ms,
            first_text_ms=None if first is None else (first - stream.timing.began_at) * 1_000,
            stream_ms=None if first is None else (ended_at - first) * 1_000,
            usage=usage,
            is_estimated=stream.usage is None or not stream.usage.prompt_tokens,
            cost=cost,
            host=backend.host,
            uri=stream.origin.document.uri,
            total_ms=(ended_at - stream.timing.began_at) * 1_000,
            error=type(stream.error).__name__ if stream.error is not None else "",
        )

    def update_health(self, stream: SharedStream) -> None:
        """Note in the backend's health how the stream ended."""
        health, name = self.backend.health, self.backend.name
        if stream.error is not None:
            health.failed(stream.error)
        elif stream.is_late and stream.state is StreamState.CLOSED:
            health.failed(UnavailableError(name, f"{name} did not answer in time."))
        elif stream.timing.first_text_at is not None or stream.state is StreamState.FINISHED:
            health.succeeded(stream.timing.longest_silence_s)
        else:
            health.cancelled()

    def update_health_by_alternative(self, stream: SharedStream) -> None:
        """Note in the backend's health only a rate limit, which holds for all requests: no user waited for this one."""
        if isinstance(stream.error, RateLimitedError):
            self.backend.health.failed(stream.error)

    def _usage(self, stream: SharedStream) -> Usage:
        """Return the tokens that the request cost: as the provider reports them, else as estimated.

        No prompt has 0 tokens: where only the answer's are reported, the prompt's are estimated.
        """
        told = stream.usage
        if told is not None and told.prompt_tokens:
            return told
        if stream.error is not None and stream.started is None:
            return Usage()  # It was refused, or never arrived.
        prompt = self.permit.tokens - self.backend.max_tokens
        if stream.started is not None:
            prompt = read_rate_limits(stream.started.limits).token_cost or prompt
        completion = told.completion_tokens if told is not None else -(-len(stream.text) // CHARS_PER_TOKEN)
        return Usage(round(prompt), completion)


@define(eq=False)
class Chain:
    """The models of an engine, the preferred one first."""

    backends: tuple[Backend, ...]

    @property
    def is_healthy(self) -> bool:
        """Did the last request of each succeed, as far as known?"""
        return all(backend.health.is_healthy for backend in self.backends)

    def pause(self) -> Pause:
        """Return the pause of the preferred model, and the name of the provider that answers meanwhile."""
        left = [backend.health.pause_left() for backend in self.backends]
        fallback = next((backend.name for backend, seconds in zip(self.backends, left, strict=True) if not seconds), "")
        return Pause(left[0] if fallback else min(left), fallback if left[0] else "")

    def first_available(self, trigger: Trigger, tried: Collection[Backend] = ()) -> Backend | None:
        """Return the backend that would get a request now, leaving out those in `tried`; None where none would."""
        others = (backend for backend in self.backends if backend not in tried)
        return next((backend for backend in others if backend.can_answer(trigger)), None)

    def preferred_labels(self, trigger: Trigger) -> list[str]:
        """Return the labels of the models whose cached text counts now: the first available one and those before it."""
        first = self.first_available(trigger)
        end = len(self.backends) if first is None else self.backends.index(first) + 1
        return [backend.label for backend in self.backends[:end]]

    def sends_snippets(self, trigger: Trigger) -> bool:
        """Does the backend that would get a request now send pieces of other files?"""
        first = self.first_available(trigger)
        return first is not None and first.snippets is not None

    def delay_ms(self, trigger: Trigger, failures: int, minimum_ms: int) -> int:
        """Return the debounce of an automatic request in ms, as the backend that would get the request now has it."""
        first = self.first_available(trigger)
        return minimum_ms if first is None else first.delay_ms(failures, minimum_ms)

    def reserve(self, request: CompletionRequest, trigger: Trigger, tried: Collection[Backend]) -> Reservation | Skip:
        """Reserve a request with the first available backend that is not in `tried`; else return the reason."""
        reason = Skip.PROVIDER_FAILED if tried else None
        for backend in self.backends:
            if backend in tried:
                continue
            if not backend.health.allows(trigger):
                reason = reason or Skip.PAUSED
            elif (reservation := backend.reserve(request, trigger)) is not None:
                return reservation
            else:
                reason = reason or (Skip.DAY_SPENT if backend.is_day_spent else Skip.OVER_BUDGET)
        return reason or Skip.PAUSED
