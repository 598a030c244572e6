"""How much may be asked: requests and tokens a minute, together, without ever waiting for the budget.

A request reserves an estimate and settles it when the real usage is known, or when its stream was hung up. No budget
means "no suggestion now", not "later": by the time a wait is over the cursor has moved. What the provider says of its
limits, in headers or by a refusal, is learned; a limit that the user or the registry sets is never exceeded for it.
"""

from __future__ import annotations

from attrs import define, field

from fim_language_server.core.rate_limits import RateLimits
from fim_language_server.core.values import Context, Trigger
from fim_language_server.engine.clock import Clock
from fim_language_server.engine.learned_limit import LearnedLimit
from fim_language_server.engine.meter import Meter, Spending

RESERVES = {Trigger.INVOKED: 0.0, Trigger.AUTOMATIC: 0.25, Trigger.PREFETCH: 0.6}
"""The share of a burst that a request must leave to those who are owed more: who pressed the key is owed most."""
FIRST_BYTES_PER_TOKEN = 3.0
"""Source code has about 3.2 bytes a token with Mistral's tokenizer; less is the careful guess."""
PLAUSIBLE = (1.5, 6.0)
"""Bytes a token that may be learned; what lies outside is a provider that counts something else."""
LEARNING_RATE = 0.2


@define(eq=False)
class Permit:
    """The right to one request, with the tokens it was thought to cost."""

    _budget: RateBudget = field(repr=False)
    _request: Spending = field(repr=False)
    _tokens: Spending = field(repr=False)
    _is_settled: bool = False

    @property
    def tokens(self) -> float:
        """The tokens reserved, or, once settled, spent."""
        return self._tokens.amount

    def settle(self, tokens: float) -> None:
        """Say what the request really cost, in tokens; only the first call counts."""
        if not self._is_settled:
            self._is_settled = True
            self._budget._correct(self._request, 1, self._tokens, tokens)

    def give_back(self) -> None:
        """Say that the request was never sent."""
        if not self._is_settled:
            self._is_settled = True
            self._budget._correct(self._request, 0, self._tokens, 0)


@define(eq=False)
class RateBudget:
    """The budget of one host, key and model. 0 means without limit."""

    clock: Clock = field(repr=False)
    requests_per_minute: float = 0
    tokens_per_minute: float = 0
    _requests: Meter = field(init=False)
    _tokens: Meter = field(init=False)
    _told: tuple[float, float] = field(default=(0.0, 0.0), init=False)  # what headers say: requests, tokens
    _learned: LearnedLimit = field(factory=LearnedLimit, init=False)

    def __attrs_post_init__(self) -> None:
        now = self.clock.now()
        self._requests = Meter(self.requests_per_minute, now)
        self._tokens = Meter(self.tokens_per_minute, now)

    def reserve_nowait(self, tokens: float, trigger: Trigger) -> Permit | None:
        """Return the right to a request of about so many tokens, or None where the budget does not hold it now."""
        if not self.holds(tokens, trigger):
            return None
        now = self.clock.now()
        return Permit(self, self._requests.take(1, now), self._tokens.take(tokens, now))

    def holds(self, tokens: float, trigger: Trigger) -> bool:
        """Would `reserve_nowait` give the right to a request of so many tokens?"""
        self._apply_limits()
        now, reserve = self.clock.now(), RESERVES[trigger]
        return self._requests.holds(1, reserve, now) and self._tokens.holds(tokens, reserve, now)

    def requests_left(self) -> float:
        """Return how full the budget of requests is, 0 … 1."""
        return self._requests.left(self.clock.now())

    def tokens_left(self) -> float:
        """Return how full the budget of tokens is, 0 … 1."""
        return self._tokens.left(self.clock.now())

    def learn(self, said: RateLimits) -> None:
        """Take what the provider's headers say: limits and levels, where they are lower than ours."""
        self._told = (said.requests_per_minute or self._told[0], said.tokens_per_minute or self._told[1])
        self._apply_limits()
        now = self.clock.now()
        for meter, left in ((self._requests, said.requests_left), (self._tokens, said.tokens_left)):
            if left is not None:
                meter.lower_to(left, now)

    def refused(self) -> None:
        """Take a 429 into account: ask for less from now on, and begin with nothing."""
        now = self.clock.now()
        self._learned.refused(max(0.0, self._requests.spent(now) - 1), now)
        self._apply_limits()
        self._requests.lower_to(0, now)

    def _apply_limits(self) -> None:
        now = self.clock.now()
        requests = _lowest(self.requests_per_minute, self._told[0], self._learned.per_minute(now))
        tokens = _lowest(self.tokens_per_minute, self._told[1])
        for meter, limit in ((self._requests, requests), (self._tokens, tokens)):
            if limit != meter.per_minute:
                meter.limit_to(limit, now)

    def _correct(self, request: Spending, requests: float, of_tokens: Spending, tokens: float) -> None:
        now = self.clock.now()
        self._requests.correct(request, requests, now)
        self._tokens.correct(of_tokens, tokens, now)


@define
class TokenEstimate:
    """How many tokens a text has, going by what the provider counted before."""

    bytes_per_token: float = FIRST_BYTES_PER_TOKEN

    def tokens(self, context: Context) -> float:
        """Return about how many tokens a prompt has."""
        return size_of(context) / self.bytes_per_token

    def learn(self, context: Context, prompt_tokens: float) -> None:
        """Take into account what a prompt was counted as."""
        if prompt_tokens <= 0:
            return
        measured = size_of(context) / prompt_tokens
        if PLAUSIBLE[0] <= measured <= PLAUSIBLE[1]:
            self.bytes_per_token += LEARNING_RATE * (measured - self.bytes_per_token)


def size_of(context: Context) -> int:
    """Return the bytes of all that a model is shown."""
    texts = [context.prefix, context.suffix, *(snippet.text for snippet in context.snippets)]
    return sum(len(text.encode("utf-8", "replace")) for text in texts)


def _lowest(*limits: float) -> float:
    return min((limit for limit in limits if limit), default=0)
