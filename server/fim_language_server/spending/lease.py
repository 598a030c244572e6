"""This process' part of a budget that others spend as well: fetched ahead of need, so that spending never waits.

While no other process is known of, or cannot be heard, there is no lease, and the whole budget is there to be spent.
"""

from __future__ import annotations

import math

from attrs import define, field

from fim_language_server.spending.shared_values import Amount, LeaseGrant

AHEAD_S = 2.0
"""Seconds' worth of the budget in one lease, or one request where that is more."""
IN_USE_S = 60.0
FORGETTING = 0.95
"""The share by which a new request's size replaces the earlier average."""


@define(eq=False)
class Lease:
    """Lease: the part of a shared budget that a process may spend without a further exchange, and its best size."""

    need: float
    """Tokens of a request such as were asked for lately."""
    requests: float = field(default=0.0, init=False)
    tokens: float = field(default=0.0, init=False)
    _until: float = field(default=-math.inf, init=False)
    _asked_at: float = field(default=-math.inf, init=False)

    def asked(self, tokens: float, now: float) -> None:
        """Note that a request of so many tokens is wanted."""
        self.need = max(tokens, FORGETTING * self.need)
        self._asked_at = now

    def holds(self, tokens: float, limits: Amount, now: float) -> bool:
        """May a request of so many tokens be sent?"""
        if now >= self._until:
            return True
        return (not limits.requests or self.requests >= 1) and (not limits.tokens or self.tokens >= tokens)

    def is_short(self, limits: Amount, now: float) -> bool:
        """Was a request asked for lately, and could another such not be sent?"""
        is_shared = now < self._until
        return is_shared and now - self._asked_at < IN_USE_S and not self.holds(self.need, limits, now)

    def spend(self, requests: float, tokens: float) -> None:
        """Take from it; negative amounts come back."""
        self.requests -= requests
        self.tokens -= tokens

    def wanted(self, limits: Amount) -> Amount:
        """Return how much should be set aside."""
        return Amount(
            max(1.0, limits.requests * AHEAD_S / 60) if limits.requests else 0.0,
            max(self.need, limits.tokens * AHEAD_S / 60) if limits.tokens else 0.0,
        )

    def trim(self, limits: Amount) -> Amount:
        """Give up what is more than wanted, and forget a debt; return what is left.

        What was spent beyond the lease is told as spent, so it is no debt to anybody.
        """
        wanted = self.wanted(limits)
        self.requests = min(max(0.0, self.requests), wanted.requests)
        self.tokens = min(max(0.0, self.tokens), wanted.tokens)
        return Amount(self.requests, self.tokens)

    def extend(self, statement: LeaseGrant, now: float) -> None:
        """Take what was granted."""
        self.spend(-statement.granted.requests, -statement.granted.tokens)
        self._until = now + statement.valid_s
