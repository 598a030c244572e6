"""Rule by which a shared budget is given out: how much of it a process gets, and how large a lease may be. Pure.

The spending of all in the last minute and all leases together are no more than the limit. As the budget runs low leases
get smaller, down to one smallest request: many small ones go before few large ones. `exchange.lua` has the rule again,
and a test compares both.
"""

from __future__ import annotations

from collections.abc import Iterable

from attrs import evolve, frozen

from fim_language_server.spending.lease import FEW
from fim_language_server.spending.shared_values import Amount, SpendingReport

MOST_COURTESY = 4
"""A process that had more than an equal share leaves a smallest request to so many others at most."""

PACE_S = 10.0
PACE = 1.25
"""In a crowd no more than so many times an even pace is given out for PACE_S, so that no minute ends with nothing."""

OTHERS_TO_ONE_KEPT = 20
"""For so many others in a crowd one smallest request is kept back: for explicit ones, and the first after a break."""


NOTHING = Amount()


@frozen
class Crowd:
    """The others that share a budget: their spending, their leases, and their number."""

    spent: Amount = NOTHING
    lately: Amount = NOTHING
    """Their spending in the last PACE_S."""
    set_aside: Amount = NOTHING
    n_active: int = 0
    """The others that asked for a request in the last seconds."""
    n_others: int = 0


def grant(report: SpendingReport, crowd: Crowd) -> tuple[Amount, Amount]:
    """Return the amount that is added to a process' lease, and the largest lease that is fair now."""
    spent = sum_of(it.amount for it in report.spent)
    lately = sum_of(it.amount for it in report.spent if it.ago_s < PACE_S)
    tokens = _granted(report, crowd, "tokens", spent.tokens, lately.tokens)
    if report.limits.tokens and report.least.tokens:
        # Requests beyond those that the tokens pay for would be kept from others for nothing.
        paid = max(1.0, tokens[1] / report.least.tokens)
        wanted = Amount(min(report.wanted.requests, paid), report.wanted.tokens)
        report = evolve(report, wanted=wanted)
    requests = _granted(report, crowd, "requests", spent.requests, lately.requests)
    return Amount(requests[0], tokens[0]), Amount(requests[1], tokens[1])


def _granted(report: SpendingReport, crowd: Crowd, of: str, spent: float, lately: float) -> tuple[float, float]:
    limit, held, wanted, least = (getattr(it, of) for it in (report.limits, report.held, report.wanted, report.least))
    others, set_aside = getattr(crowd.spent, of), getattr(crowd.set_aside, of)
    if not limit:
        return 0.0, wanted
    n_equals = 1 + (crowd.n_active if report.is_active else crowd.n_others)
    free = max(0.0, limit - spent - others)
    most = min(wanted, max(least, free / (2 * n_equals) if n_equals > 1 else free))
    is_crowded = crowd.n_others >= FEW
    if is_crowded and not report.is_active:
        return 0.0, most
    if spent + others + set_aside + held == 0:
        return wanted if not is_crowded else most, most  # Even if it is more than the limit: a small budget is used.
    left = free - set_aside - held
    if spent + held > limit / n_equals:
        left -= least * min(crowd.n_active, MOST_COURTESY)
    if is_crowded and not report.is_urgent:
        paced = limit * PACE * PACE_S / 60 - lately - getattr(crowd.lately, of)
        left = min(left - least * max(1.0, crowd.n_others / OTHERS_TO_ONE_KEPT), paced)
    granted = max(0.0, min(most - held, left))
    return (granted if held + granted >= least else 0.0), most


def sum_of(amounts: Iterable[Amount]) -> Amount:
    """Return all of it together."""
    requests = tokens = 0.0
    for each in amounts:
        requests += each.requests
        tokens += each.tokens
    return Amount(requests, tokens)
