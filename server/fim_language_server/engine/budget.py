"""How much may be asked: requests and tokens a minute, together, without ever waiting.

Two token buckets that fill evenly and hold a sixth of a minute's worth. A request reserves an estimate and settles
it when the real usage is known, or when its stream was hung up. No budget means "no suggestion now", not "later":
by the time a wait is over the cursor has moved.
"""

from __future__ import annotations

from attrs import define, field

from fim_language_server.core.values import Context, Trigger
from fim_language_server.engine.clock import Clock

BURST_SECONDS = 10.0
"""How many seconds' worth may be spent at once."""
BYTES_PER_TOKEN = 3
"""Source code has about 3.2 bytes a token with Mistral's tokenizer; less is the careful guess."""


@define
class _Bucket:
    """An amount that fills by `per_minute`; 0 means without limit."""

    per_minute: int
    filled_at: float
    level: float = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.level = self.capacity

    @property
    def capacity(self) -> float:
        return max(1.0, self.per_minute * BURST_SECONDS / 60)

    def holds(self, amount: float, reserve: float, now: float) -> bool:
        """Is there enough, and `reserve` (a share of the capacity) left for more important requests?"""
        if not self.per_minute:
            return True
        self.level = min(self.capacity, self.level + (now - self.filled_at) * self.per_minute / 60)
        self.filled_at = now
        # One request may be dearer than a burst: a full bucket pays for it and goes into debt.
        return self.level >= min(amount, self.capacity) + reserve * (self.capacity - min(amount, self.capacity))

    def take(self, amount: float) -> None:
        if self.per_minute:
            self.level -= amount


@define
class Permit:
    """The right to one request, with the tokens it was thought to cost."""

    _budget: RateBudget = field(repr=False)
    tokens: int
    _settled: bool = False

    def settle(self, tokens: int) -> None:
        """Say what the request really cost, in tokens; only the first call counts."""
        if not self._settled:
            self._settled = True
            self._budget._tokens.take(tokens - self.tokens)


@define
class RateBudget:
    """The budget of one provider, key and model in this process. 0 means without limit."""

    _clock: Clock
    requests_per_minute: int = 0
    tokens_per_minute: int = 0
    _requests: _Bucket = field(init=False)
    _tokens: _Bucket = field(init=False)

    def __attrs_post_init__(self) -> None:
        now = self._clock.now()
        self._requests = _Bucket(self.requests_per_minute, now)
        self._tokens = _Bucket(self.tokens_per_minute, now)

    def reserve_nowait(self, tokens: int, trigger: Trigger) -> Permit | None:
        """Return the right to a request of about so many tokens, or None where the budget does not hold it now.

        A guess ahead gives way to what the user waits for: it must leave half of the burst untouched.
        """
        reserve = 0.5 if trigger is Trigger.PREFETCH else 0.0
        now = self._clock.now()
        if not (self._requests.holds(1, reserve, now) and self._tokens.holds(tokens, reserve, now)):
            return None
        self._requests.take(1)
        self._tokens.take(tokens)
        return Permit(self, tokens)


def estimate_tokens(context: Context, max_tokens: int) -> int:
    """Return about how many tokens a request costs at most, its answer included."""
    texts = [context.prefix, context.suffix, *(snippet.text for snippet in context.snippets)]
    return sum(len(text.encode("utf-8", "replace")) for text in texts) // BYTES_PER_TOKEN + max_tokens
