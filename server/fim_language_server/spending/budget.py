"""Budget of requests and tokens a minute; a request over the budget is refused at once, never delayed.

A request reserves an estimate and settles it when the real usage is known, or when its stream was closed early.
An empty budget means "no suggestion now", not "later": by the time a wait is over the cursor has moved. What the
provider says of its limits, in headers or by a refusal, is learned; a limit that the user or the registry sets is never
exceeded for it.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from attrs import define, field

from fim_language_server.clock import Clock
from fim_language_server.core.values import Trigger
from fim_language_server.spending.learned_limit import SAME_S, LearnedLimit
from fim_language_server.spending.lease import Lease
from fim_language_server.spending.meter import WINDOW_S, Meter, Spending
from fim_language_server.spending.own_part import OwnPart
from fim_language_server.spending.rate_limits import RateLimits
from fim_language_server.spending.shared_values import (
    NO_LIMIT,
    Amount,
    LearnedLimits,
    LeaseGrant,
    ReportedLimits,
    SpendingReport,
    Spent,
)

RESERVES = {Trigger.INVOKED: 0.0, Trigger.AUTOMATIC: 0.25, Trigger.PREFETCH: 0.6}
"""The share of a burst that a request must leave to those who are owed more: who pressed the key is owed most."""
MOST_CLOSED_S = 60.0
"""Seconds for which a refusal closes the budget at most, whatever time it names; automatic requests may wait longer."""
EARLY = 1.0
"""The share of a minute's tokens from which on windows are to be saved at."""
WINDOWS_IN_BURST = 4.2
"""The whole windows that a burst must hold, or windows are smaller from the beginning: in a minute some 25, as many as
a person who types without a break asks for."""
FIRST_NEED = 2_500.0
"""Tokens of a request before one was asked for: the default windows, and an answer."""


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
    """The budget of one host, key and model. 0 means without limit.

    Other processes may spend it as well: whoever shares it exchanges `account` and `settle_up` with them, and is told
    by `on_change` when there is something to exchange.
    """

    clock: Clock = field(repr=False)
    requests_per_minute: float = 0
    tokens_per_minute: float = 0
    on_change: Callable[[], None] = field(default=lambda: None, repr=False)
    is_of_workspace: bool = False
    """Do others, of whom nothing is known, spend the same limits?"""
    shares_with_all: bool = False
    """Is it shared with all who spend the same limits, once they are heard?"""
    keeps_own_limits: bool = False
    """Are the limits the user's own, so that those of a shared budget never raise them?"""
    _requests: Meter = field(init=False)
    _tokens: Meter = field(init=False)
    _told: tuple[float, float] = field(default=(0.0, 0.0), init=False)  # what headers say: requests, tokens
    _heard: tuple[RateLimits, float] | None = field(default=None, init=False)  # the last of them, and when
    _learned: LearnedLimit = field(factory=LearnedLimit, init=False)
    _part: OwnPart = field(init=False)
    _set: Amount = field(default=NO_LIMIT, init=False)  # the limits that are set where the budget is shared
    _closed_until: float = field(default=-math.inf, init=False)
    _lease: Lease = field(factory=lambda: Lease(FIRST_NEED), init=False)

    def __attrs_post_init__(self) -> None:
        now = self.clock.now()
        self._part = OwnPart(self.is_of_workspace)
        self._requests = Meter(self.requests_per_minute, now)
        self._tokens = Meter(self.tokens_per_minute, now)
        self._apply_limits()

    def reserve_nowait(self, tokens: float, trigger: Trigger) -> Permit | None:
        """Return the right to a request of about so many tokens, or None where the budget does not hold it now."""
        now = self.clock.now()
        is_granted = self.holds(tokens, trigger)
        finds_room = is_granted or trigger is Trigger.PREFETCH or not self._lease.is_smallest(tokens)
        self._part.asked(self._used(now), now, finds_room=finds_room)
        self._lease.asked(tokens, now, trigger is Trigger.INVOKED)
        if is_granted:
            permit = Permit(self, self._requests.take(1, now), self._tokens.take(tokens, now))
            self._lease.spend(1, tokens)
        if is_granted or self.is_short:
            self.on_change()
        return permit if is_granted else None

    def holds(self, tokens: float, trigger: Trigger) -> bool:
        """Would `reserve_nowait` give the right to a request of so many tokens?"""
        self._apply_limits()
        now, reserve = self.clock.now(), RESERVES[trigger]
        if now < self._closed_until:
            return False
        is_invoked = trigger is Trigger.INVOKED
        if not self._lease.holds(tokens, self._limits, now) and not self._lease.may_go_over(tokens, now, is_invoked):
            return False
        paces = not self._lease.is_in_crowd(now)
        return self._requests.holds(1, reserve, now, paces=paces) and self._tokens.holds(
            tokens, reserve, now, paces=paces
        )

    def requests_left(self) -> float:
        """Return how full the budget of requests is, 0 … 1."""
        return self._requests.left(self.clock.now())

    def tokens_left(self) -> float:
        """Return how full the budget of tokens is, 0 … 1."""
        return self._tokens.left(self.clock.now())

    def room(self) -> float:
        """Return how large a share of the usual window the tokens suggest, 0 … 1.

        Windows shrink from half of a minute's limit on, well before requests wait: what is saved while there is some
        is spent in the pauses that follow. Where several ask at a time each has an equal part of the limit.
        """
        self._apply_limits()
        now = self.clock.now()
        left = self._tokens.left(now, EARLY)
        if not self._tokens.per_minute:
            return left
        burst = self._tokens.capacity / (self._lease.active if self._lease.is_valid(now) else 1)
        return min(left, burst / (WINDOWS_IN_BURST * FIRST_NEED))

    def learn(self, said: RateLimits) -> None:
        """Take what the provider's headers say: limits and levels, where they are lower than ours."""
        now = self.clock.now()
        if said != RateLimits(token_cost=said.token_cost):
            self._heard = said, now
            self._take_headers(said, 0.0)
            self.on_change()

    def refused(self, retry_after: float | None = None) -> None:
        """Take a 429 into account: ask for less from now on, and begin with nothing, after so many seconds."""
        now = self.clock.now()
        if any(self._known_limits()):
            self._part.refused(self._used(now), now)
        else:
            self._learned.refused(max(0.0, self._requests.spent(now) - 1), now)
        self._closed_until = max(self._closed_until, now + min(retry_after or 0.0, MOST_CLOSED_S))
        self._apply_limits()
        self._requests.lower_to(0, now)
        self.on_change()

    @property
    def is_active(self) -> bool:
        """Was a request asked for in the last seconds?"""
        return self._lease.is_active(self.clock.now())

    @property
    def is_short(self) -> bool:
        """Was a request asked for lately, and does this process' part not hold another?"""
        return self._lease.is_short(self._limits, self.clock.now())

    def account(self) -> SpendingReport:
        """Return what this process spent, what it has of its part and wants, and what it learned."""
        self._apply_limits()
        now, limits = self.clock.now(), self._limits
        if self.shares_with_all:
            # A small part is for as long as the others are not heard: they are asked for a part of the whole.
            limits = Amount(*(self._part.of_refusals * it for it in self._known_limits()))
        tokens = self._tokens.history(now)
        spent = [
            Spent(ago, Amount(n, amount))
            for (ago, n), (_, amount) in zip(self._requests.history(now), tokens, strict=True)
        ]
        told = None if self._heard is None else ReportedLimits(self._heard[0], now - self._heard[1])
        closed_for_s = max(0.0, self._closed_until - now)
        learned = LearnedLimits(told, self._learned.lesson(now), closed_for_s, self._part.lesson(now))
        lease = self._lease
        return SpendingReport(
            tuple(spent),
            lease.trim(limits, now),
            lease.wanted(limits),
            limits,
            learned,
            Amount(1.0, lease.least),
            lease.is_active(now),
            lease.is_urgent(now),
            self.keeps_own_limits,
        )

    def cut_off(self, members: int = 0) -> None:
        """Note that the other processes cannot be heard: from now on an equal part of the limits may be spent.

        `members` is how many they were when they were last heard, by an earlier process; 0 where that is not known.
        """
        now = self.clock.now()
        if members > 1 and self._lease.members == 1:
            self._lease.members = members
            self._part.hear_all()
            self._apply_limits()
        if self._lease.is_valid(now):
            self._lease.end()
            self._apply_limits()

    def settle_up(self, statement: LeaseGrant) -> None:
        """Take more of the budget, what the others spent, and what they learned."""
        now, learned = self.clock.now(), statement.learned
        self._set = statement.limits
        if statement.knows_all:
            self._part.hear_all()
        self._lease.extend(statement, now)
        self._requests.note_others(((it.ago_s, it.amount.requests) for it in statement.others), now)
        self._tokens.note_others(((it.ago_s, it.amount.tokens) for it in statement.others), now)
        self._closed_until = max(self._closed_until, now + min(learned.closed_for_s or -math.inf, MOST_CLOSED_S))
        told = learned.told
        if told is not None and (self._heard is None or now - told.ago_s > self._heard[1] + SAME_S):
            self._heard = told.limits, now - told.ago_s
            self._take_headers(told.limits, told.ago_s)
        if learned.part is not None:
            self._part.adopt(learned.part, now)
        if learned.refusal is not None and self._learned.adopt(learned.refusal, now):
            self._apply_limits()
            self._lower(self._requests, 0.0, learned.refusal.ago_s)

    @property
    def _limits(self) -> Amount:
        return Amount(self._requests.per_minute, self._tokens.per_minute)

    def _take_headers(self, said: RateLimits, ago_s: float) -> None:
        self._told = (said.requests_per_minute or self._told[0], said.tokens_per_minute or self._told[1])
        self._apply_limits()
        for meter, left in ((self._requests, said.requests_left), (self._tokens, said.tokens_left)):
            if left is not None:
                self._lower(meter, left, ago_s)

    def _lower(self, meter: Meter, left: float, ago_s: float) -> None:
        """Believe that no more than this was left so long ago; it has been filling since."""
        meter.lower_to(left + ago_s * meter.per_minute / WINDOW_S, self.clock.now())

    def _apply_limits(self) -> None:
        now = self.clock.now()
        is_cut_off, n = self._lease.is_cut_off(now), self._lease.members
        if is_cut_off:
            self._forget_others(now)
        part = min(self._part.part, 1 / n if is_cut_off else 1.0)
        known = self._known_limits()
        requests = _lowest(part * known[0], self._learned.per_minute(now))
        tokens = part * known[1]
        for meter, limit in ((self._requests, requests), (self._tokens, tokens)):
            if limit != meter.per_minute:
                meter.limit_to(limit, now)

    def _known_limits(self) -> tuple[float, float]:
        """Return the requests and tokens a minute that the user, the registry or headers say; 0 where none does."""
        own = self.requests_per_minute, self.tokens_per_minute
        for_all = self._set.requests, self._set.tokens
        known = [
            _lowest(mine, others, told) if self.keeps_own_limits else _lowest(others or mine, told)
            for mine, others, told in zip(own, for_all, self._told, strict=True)
        ]
        return known[0], known[1]

    def _used(self, now: float) -> float:
        """Return the part of the known limits that was spent within a minute, 0 … 1, by all that is known of."""
        spent = self._requests.spent(now), self._tokens.spent(now)
        return max((it / limit for it, limit in zip(spent, self._known_limits(), strict=True) if limit), default=0.0)

    def _forget_others(self, now: float) -> None:
        """Count only this process' spending: it is held against this process' part of the limits."""
        for meter in (self._requests, self._tokens):
            meter.note_others((), now)

    def _correct(self, request: Spending, requests: float, of_tokens: Spending, tokens: float) -> None:
        now = self.clock.now()
        self._lease.spend(requests - request.amount, tokens - of_tokens.amount)
        self._requests.correct(request, requests, now)
        self._tokens.correct(of_tokens, tokens, now)
        self.on_change()


def _lowest(*limits: float) -> float:
    return min((limit for limit in limits if limit), default=0)
