"""Requests and tokens a minute, without waiting."""

from __future__ import annotations

from fim_language_server.core.values import Context, Trigger
from fim_language_server.engine.budget import RateBudget, estimate_tokens
from tests.fakes.clock import FakeClock

AUTOMATIC, PREFETCH = Trigger.AUTOMATIC, Trigger.PREFETCH


def test_without_a_limit_everything_is_allowed() -> None:
    """0 means that there is no limit of our own."""
    budget = RateBudget(FakeClock())
    assert all(budget.reserve_nowait(10_000_000, AUTOMATIC) for _ in range(100))


async def test_requests_fill_evenly_and_hold_a_sixth_of_a_minute() -> None:
    """30 a minute: five at once, then one every two seconds."""
    clock = FakeClock()
    budget = RateBudget(clock, requests_per_minute=30)
    assert [bool(budget.reserve_nowait(1, AUTOMATIC)) for _ in range(6)] == [True] * 5 + [False]
    await clock.advance(2)
    assert [bool(budget.reserve_nowait(1, AUTOMATIC)) for _ in range(2)] == [True, False]


async def test_a_minute_never_holds_more_than_the_limit_and_one_burst() -> None:
    """However greedy the asker."""
    clock = FakeClock()
    budget = RateBudget(clock, requests_per_minute=30)
    granted = 0
    for _ in range(600):
        granted += budget.reserve_nowait(1, AUTOMATIC) is not None
        await clock.advance(0.1)
    assert granted <= 35


def test_an_estimate_is_settled_once_with_the_real_cost() -> None:
    """What was not spent comes back; settling twice changes nothing."""
    budget = RateBudget(FakeClock(), tokens_per_minute=6_000)
    permit = budget.reserve_nowait(1_000, AUTOMATIC)
    assert permit
    assert budget.reserve_nowait(500, AUTOMATIC) is None
    permit.settle(200)
    permit.settle(0)
    assert budget.reserve_nowait(900, AUTOMATIC) is None
    assert budget.reserve_nowait(800, AUTOMATIC)


async def test_a_request_dearer_than_a_burst_is_paid_by_a_full_one_and_leaves_a_debt() -> None:
    """Else a small budget would never allow a large window."""
    clock = FakeClock()
    budget = RateBudget(clock, tokens_per_minute=600)
    assert budget.reserve_nowait(400, AUTOMATIC)
    await clock.advance(30)
    assert budget.reserve_nowait(400, AUTOMATIC) is None
    await clock.advance(10)
    assert budget.reserve_nowait(400, AUTOMATIC)


def test_a_guess_ahead_leaves_half_of_the_burst_to_the_user() -> None:
    """Prefetching is the first to go."""
    budget = RateBudget(FakeClock(), requests_per_minute=24)
    assert [bool(budget.reserve_nowait(1, PREFETCH)) for _ in range(3)] == [True, True, False]
    assert budget.reserve_nowait(1, AUTOMATIC)


def test_the_estimate_counts_what_is_sent_and_what_may_come() -> None:
    """Three bytes a token, and the answer's limit."""
    assert estimate_tokens(Context("ab" * 15, "é" * 15), 64) == 20 + 64
