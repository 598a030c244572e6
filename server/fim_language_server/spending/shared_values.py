"""What processes that spend one budget tell each other. Values only; times are ages and spans in seconds.

A process spends only from its lease: a small part of the budget that was set aside for it ahead of need. So the sum
of all keeps within the limit, although none of them asks anybody at the moment of spending.
"""

from __future__ import annotations

from attrs import frozen

from fim_language_server.spending.rate_limits import RateLimits


@frozen
class Amount:
    """Requests and tokens; as a limit, a 0 means none."""

    requests: float = 0.0
    tokens: float = 0.0


@frozen
class Spent:
    """What was spent at one moment."""

    ago_s: float
    amount: Amount


@frozen
class ReportedLimits:
    """What a provider's headers said."""

    limits: RateLimits
    ago_s: float


@frozen
class Refusal:
    """What a 429 taught: the requests a minute to begin with, and the most to try."""

    per_minute: float
    at_most: float
    ago_s: float


@frozen
class LearnedLimits:
    """What was learned of a provider: of each, what is newest."""

    told: ReportedLimits | None = None
    refusal: Refusal | None = None
    closed_for_s: float = 0.0
    """How long the provider asked to be left alone."""


@frozen
class SpendingReport:
    """What a process says of itself: what it spent in the last minute, and what it has of its lease, and wants."""

    spent: tuple[Spent, ...]
    held: Amount
    wanted: Amount
    limits: Amount
    learned: LearnedLimits = LearnedLimits()


@frozen
class LeaseGrant:
    """What comes back: what is added to the lease, for how long it is good, and what the others did."""

    granted: Amount
    valid_s: float
    others: tuple[Spent, ...] = ()
    learned: LearnedLimits = LearnedLimits()
