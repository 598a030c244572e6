"""Messages between processes that share one budget. Values only; times are ages and spans in seconds.

A process spends only from its lease: a small part of the budget that was set aside for it ahead of need. So the sum
of all keeps within the limit, although none of them asks anybody at the moment of spending.
"""

from __future__ import annotations

import math

from attrs import frozen

from fim_language_server.spending.rate_limits import RateLimits


@frozen
class Amount:
    """Requests and tokens; as a limit, a 0 means none."""

    requests: float = 0.0
    tokens: float = 0.0


NO_LIMIT = Amount()


@frozen
class Spent:
    """Requests and tokens spent at one moment."""

    ago_s: float
    amount: Amount


@frozen
class ReportedLimits:
    """Rate limits from a provider's headers."""

    limits: RateLimits
    ago_s: float


@frozen
class Refusal:
    """Limit inferred from a 429: the requests a minute to begin with, and the most to try."""

    per_minute: float
    at_most: float
    ago_s: float


@frozen
class RefusedPart:
    """Part of known limits (0 … 1) that a 429 left to this machine, because others spend the rest."""

    part: float
    ago_s: float


@frozen
class LearnedLimits:
    """Limits learned of a provider: of each kind, the newest."""

    told: ReportedLimits | None = None
    refusal: Refusal | None = None
    closed_for_s: float = 0.0
    """Seconds for which the provider asked for no more requests."""
    part: RefusedPart | None = None


@frozen
class SpendingReport:
    """Report of one process: its spending in the last minute, the rest of its lease, and the amount it wants."""

    spent: tuple[Spent, ...]
    held: Amount
    wanted: Amount
    limits: Amount
    learned: LearnedLimits = LearnedLimits()
    least: Amount = Amount()
    """The smallest request that was asked for lately: less than this in a lease is of no use."""
    is_active: bool = True
    """Was a request asked for in the last seconds? A process that is not active needs no lease."""
    is_urgent: bool = False
    """Was one of them asked for by the user's own command?"""
    keeps_own_limits: bool = False
    """Did the user set `limits`, so that a store's never raise them?"""


@frozen
class LeaseGrant:
    """Reply to a report: the amount added to the lease, its time of validity, and the spending of other processes."""

    granted: Amount
    valid_s: float
    others: tuple[Spent, ...] = ()
    learned: LearnedLimits = LearnedLimits()
    most: Amount = Amount(math.inf, math.inf)
    """The largest lease that is fair now; what a process holds beyond it, it gives up at its next report."""
    members: int = 1
    """The processes that share the budget, this one included."""
    active: int = 1
    """Those of them that asked for a request in the last seconds, this one included."""
    limits: Amount = NO_LIMIT
    """Limits a minute that are set for all where the budget is shared; 0 where they are not."""
    knows_all: bool = False
    """Do all machines that spend the limits share the budget?"""
