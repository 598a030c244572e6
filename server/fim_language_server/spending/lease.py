"""This process' part of a budget that others spend as well: fetched ahead of need, so that spending never waits.

As long as no other process was ever heard of there is no lease, and the whole budget is there to be spent. Where the
others were heard of and cannot be heard any more, an equal part of the limits is.
"""

from __future__ import annotations

import math

from attrs import define, field

from fim_language_server.spending.shared_values import Amount, LeaseGrant

AHEAD_S = 2.0
"""Seconds' worth of the budget in one lease …"""
REQUESTS_AHEAD = 2
"""… or so many requests where that is more; a grant may name less."""
ACTIVE_S = 10.0
"""Seconds after the last request asked for during which a process is active, and a lease is kept for it."""
FEW = 4
"""Up to so many processes an idle one keeps its lease: what lies idle is little, and the first key finds it ready."""
FORGETTING = 0.95
"""The share by which a new request's size replaces the earlier average."""
FIRST_LEAST = 400.0
"""Tokens of the smallest request before one was asked for: the smallest windows, and an answer."""


@define(eq=False)
class Lease:
    """Lease: the part of a shared budget that a process may spend without a further exchange, and its best size."""

    need: float
    """Tokens of the largest request such as were asked for lately."""
    least: float = field(default=FIRST_LEAST, init=False)
    """Tokens of the smallest one."""
    requests: float = field(default=0.0, init=False)
    tokens: float = field(default=0.0, init=False)
    members: int = field(default=1, init=False)
    """The processes that share the budget, as last heard."""
    active: int = field(default=1, init=False)
    """Those of them that ask for requests."""
    _most: Amount = field(default=Amount(math.inf, math.inf), init=False)
    _until: float = field(default=-math.inf, init=False)
    _asked_at: float = field(default=-math.inf, init=False)
    _invoked_at: float = field(default=-math.inf, init=False)

    def asked(self, tokens: float, now: float, is_invoked: bool = False) -> None:
        """Note that a request of `tokens` is wanted; `is_invoked`: the user asked for it by a command."""
        self.need = max(tokens, FORGETTING * self.need)
        self.least = min(tokens, self.least / FORGETTING)
        self._asked_at = now
        if is_invoked:
            self._invoked_at = now

    def is_smallest(self, tokens: float) -> bool:
        """Is a request of `tokens` as small as those that were asked for lately get?"""
        return tokens <= self.least / FORGETTING

    def is_active(self, now: float) -> bool:
        """Was a request asked for in the last seconds?"""
        return now - self._asked_at < ACTIVE_S

    def is_urgent(self, now: float) -> bool:
        """Was one asked for by a command in the last seconds?"""
        return now - self._invoked_at < ACTIVE_S

    def is_valid(self, now: float) -> bool:
        """Are the other processes heard, so that only the lease may be spent?"""
        return now < self._until

    def is_cut_off(self, now: float) -> bool:
        """Were others heard of that are not heard any more?"""
        return self.members > 1 and not self.is_valid(now)

    def is_in_crowd(self, now: float) -> bool:
        """Do many share the budget, so that leases are small and paced where they are granted?"""
        return self.members > FEW and self.is_valid(now)

    def holds(self, tokens: float, limits: Amount, now: float) -> bool:
        """May a request of so many tokens be sent?"""
        if not self.is_valid(now):
            return True
        return (not limits.requests or self.requests >= 1) and (not limits.tokens or self.tokens >= tokens)

    def may_go_over(self, tokens: float, now: float, is_invoked: bool) -> bool:
        """May one smallest request be sent beyond the lease, where the budget as known holds it?

        In a crowd, where some is kept back for that: `is_invoked`, or the first after a break, for which no lease was
        kept; and only while nothing is owed.
        """
        is_first = is_invoked or not self.is_active(now)
        is_owing = self.tokens < 0 or self.requests < 0
        return self.is_in_crowd(now) and is_first and not is_owing and tokens <= self.least

    def is_short(self, limits: Amount, now: float) -> bool:
        """Was a request asked for lately, and could another such not be sent?"""
        need = min(self.need, max(self.least, self._most.tokens))
        return self.is_valid(now) and self.is_active(now) and not self.holds(need, limits, now)

    def spend(self, requests: float, tokens: float) -> None:
        """Take from it; negative amounts come back."""
        self.requests -= requests
        self.tokens -= tokens

    def wanted(self, limits: Amount) -> Amount:
        """Return how much should be set aside, if there is enough for all."""
        return Amount(
            max(1.0, limits.requests * AHEAD_S / 60) if limits.requests else 0.0,
            max(REQUESTS_AHEAD * self.need, limits.tokens * AHEAD_S / 60) if limits.tokens else 0.0,
        )

    def trim(self, limits: Amount, now: float) -> Amount:
        """Give up what is more than wanted, or fair, or kept for nobody; forget a debt; return what is left.

        What was spent beyond the lease is told as spent, so it is no debt to anybody.
        """
        wanted = self.wanted(limits)
        if self.members > FEW and not self.is_active(now):
            wanted = Amount()
        self.requests = min(max(0.0, self.requests), wanted.requests, self._most.requests)
        self.tokens = min(max(0.0, self.tokens), wanted.tokens, self._most.tokens)
        return Amount(self.requests, self.tokens)

    def extend(self, statement: LeaseGrant, now: float) -> None:
        """Take what was granted."""
        self.spend(-statement.granted.requests, -statement.granted.tokens)
        self._until = now + statement.valid_s
        self._most, self.members, self.active = statement.most, statement.members, max(1, statement.active)

    def end(self) -> None:
        """Spend from it no more: the others cannot be heard."""
        self.requests = self.tokens = 0.0
        self._until = -math.inf
