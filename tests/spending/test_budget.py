"""Requests and tokens a minute, without waiting."""

from __future__ import annotations

import pytest

from fim_language_server.core.prompt_room import SHRINK_BELOW
from fim_language_server.core.values import Context, Trigger
from fim_language_server.spending.budget import RateBudget
from fim_language_server.spending.rate_limits import RateLimits
from fim_language_server.spending.shared_values import Amount, LeaseGrant
from fim_language_server.spending.token_estimate import TokenEstimate
from tests.fakes.clock import FakeClock

INVOKED, AUTOMATIC, PREFETCH = Trigger.INVOKED, Trigger.AUTOMATIC, Trigger.PREFETCH


def granted(budget: RateBudget, n: int, trigger: Trigger = INVOKED, tokens: float = 1) -> int:
    """Return how many of so many requests are granted at once."""
    return sum(budget.reserve_nowait(tokens, trigger) is not None for _ in range(n))


def test_without_a_limit_everything_is_allowed() -> None:
    """0 means that there is no limit of our own."""
    assert granted(RateBudget(FakeClock()), 100, AUTOMATIC, 10_000_000) == 100


def test_both_dimensions_hold_together() -> None:
    """The scarcer one decides."""
    assert granted(RateBudget(FakeClock(), 60, 60_000), 20, tokens=100) == 10
    assert granted(RateBudget(FakeClock(), 60, 60_000), 20, tokens=2_000) == 5


def test_who_is_owed_more_finds_something_left() -> None:
    """A guess ahead gives way to what is typed, and that to who pressed the key."""
    budget = RateBudget(FakeClock(), requests_per_minute=48)
    assert [granted(budget, 9, trigger) for trigger in (PREFETCH, AUTOMATIC, INVOKED)] == [3, 3, 2]


def test_an_estimate_is_settled_once_with_the_real_cost() -> None:
    """What was not spent comes back; settling twice changes nothing."""
    budget = RateBudget(FakeClock(), tokens_per_minute=6_000)
    permit = budget.reserve_nowait(1_000, INVOKED)
    assert permit
    assert not budget.holds(500, INVOKED)
    permit.settle(200)
    permit.settle(0)
    assert not budget.holds(900, INVOKED)
    assert budget.holds(800, INVOKED)


def test_a_request_that_was_never_sent_costs_nothing() -> None:
    """Nobody saw it."""
    budget = RateBudget(FakeClock(), requests_per_minute=6)
    permit = budget.reserve_nowait(100, INVOKED)
    assert permit
    permit.give_back()
    assert budget.holds(100, INVOKED)


def test_headers_lower_the_limit_and_the_level() -> None:
    """What the provider says is left is all there is, whatever we thought."""
    budget = RateBudget(FakeClock(), requests_per_minute=600)
    budget.learn(RateLimits(requests_per_minute=60, requests_left=3))
    assert granted(budget, 20) == 3


async def test_headers_set_a_limit_where_none_was_known() -> None:
    """The first answer tells it, before any refusal."""
    clock = FakeClock()
    budget = RateBudget(clock)
    budget.learn(RateLimits(requests_per_minute=30, requests_left=29))
    assert granted(budget, 20) == 5
    await clock.advance(10)
    assert granted(budget, 20) == 5


def test_headers_never_raise_a_limit_that_the_user_set() -> None:
    """Whoever sets one means it."""
    budget = RateBudget(FakeClock(), requests_per_minute=30)
    budget.learn(RateLimits(requests_per_minute=3_000, requests_left=2_999))
    assert granted(budget, 20) == 5


async def test_a_refusal_teaches_the_limit_and_empties_the_budget() -> None:
    """30 were served in this minute, so fewer are asked for in the next."""
    clock = FakeClock()
    budget = RateBudget(clock)
    for _ in range(31):
        assert budget.reserve_nowait(1, INVOKED)
        await clock.advance(1)
    budget.refused()
    asked = 0
    for _ in range(120):
        asked += granted(budget, 1)
        await clock.advance(1)
    assert 24 <= asked <= 48


@pytest.mark.parametrize(("counted", "low", "high"), [(100, 2.9, 4.0), (1, 3.0, 3.0), (10_000, 3.0, 3.0)])
def test_the_estimate_learns_what_a_provider_counts(counted: int, low: float, high: float) -> None:
    """400 bytes were 100 tokens, so a token is longer than thought; nonsense is not believed."""
    estimate, context = TokenEstimate(), Context("ab" * 100, "é" * 100)
    assert estimate.tokens(context) == pytest.approx(400 / 3)
    for _ in range(30):
        estimate.learn(context, counted)
    assert low <= estimate.bytes_per_token <= high


def test_windows_are_saved_at_before_requests_wait() -> None:
    """Half of the minute's tokens are spent: requests go on at full pace, with smaller windows."""
    clock = FakeClock()
    budget = RateBudget(clock, tokens_per_minute=60_000)
    for _ in range(3):
        assert budget.reserve_nowait(10_000, INVOKED)
        clock._now += 10
    assert budget.tokens_left() == 1
    assert budget.room() == 0.5


def test_nothing_is_spent_beyond_a_lease_and_what_was_too_much_comes_back() -> None:
    """Other processes have the rest; without word of them for long, all is there again."""
    clock = FakeClock()
    budget = RateBudget(clock, tokens_per_minute=60_000)
    budget.settle_up(LeaseGrant(Amount(0, 1_500), valid_s=100))
    permit = budget.reserve_nowait(1_000, INVOKED)
    assert permit
    assert not budget.holds(600, INVOKED)
    assert budget.is_short
    permit.settle(300)
    assert budget.holds(1_200, INVOKED)
    clock._now += 100
    assert budget.holds(5_000, INVOKED)


def test_a_request_that_the_lease_does_not_hold_is_told() -> None:
    """So that more is fetched at once, and not with the next renewal."""
    told: list[None] = []
    budget = RateBudget(FakeClock(), tokens_per_minute=60_000, on_change=lambda: told.append(None))
    budget.settle_up(LeaseGrant(Amount(), valid_s=100))
    assert budget.reserve_nowait(1_000, INVOKED) is None
    assert told == [None]
    assert budget.account().wanted.tokens >= 1_000


def test_a_small_limit_has_small_windows_from_the_beginning() -> None:
    """A minute is to hold some 25 requests, as many as a person who types without a break asks for."""
    rooms = [RateBudget(FakeClock(), 0, tokens).room() for tokens in (0, 60_000, 33_000, 30_000, 15_000, 7_500)]
    assert [sum(room < share for share in SHRINK_BELOW) for room in rooms] == [0, 0, 0, 1, 2, 3]


def test_windows_are_as_small_as_an_equal_part_of_a_shared_limit_needs_them() -> None:
    """Forty share a limit, and ten type: each has a tenth of it. Once cut off, a fortieth."""
    clock = FakeClock()
    budget = RateBudget(clock, 500, 60_000)
    budget.settle_up(LeaseGrant(Amount(2, 5_000), 30, members=40, active=10))
    assert budget.room() == pytest.approx(RateBudget(clock, 500, 6_000).room())
    clock._now += 31
    assert budget.room() == pytest.approx(RateBudget(clock, 500, 1_500).room())


def test_a_refusal_below_a_known_limit_teaches_ones_own_part_of_it() -> None:
    """Others spend it, too: half of what was spent is kept to, of requests and of tokens."""
    clock = FakeClock()
    budget = RateBudget(clock, 500, 60_000)
    for _ in range(12):
        assert budget.reserve_nowait(1_000, INVOKED)
        clock._now += 1
    budget.refused()
    assert budget.account().limits == Amount(50, 6_000)
    other = RateBudget(clock, 500, 60_000)
    other.settle_up(LeaseGrant(Amount(), 30, learned=budget.account().learned))
    assert other.account().limits == Amount(50, 6_000)


def crowded(budget: RateBudget, *, tokens: float = 0, members: int = 40, valid_s: float = 30) -> None:
    """Let a budget hear that many share it."""
    most = Amount(2, 500)
    budget.settle_up(LeaseGrant(Amount(2, tokens), valid_s, most=most, members=members))


def test_in_a_crowd_an_idle_process_gives_its_lease_back() -> None:
    """Ten seconds after the last request; while it is asked for some, it keeps no more than is fair."""
    clock = FakeClock()
    budget = RateBudget(clock, 500, 60_000)
    crowded(budget, tokens=3_000)
    assert budget.reserve_nowait(1_000, AUTOMATIC)
    report = budget.account()
    assert (report.is_active, report.is_urgent, report.held.tokens) == (True, False, 500)
    clock._now += 10
    report = budget.account()
    assert (report.is_active, report.held) == (False, Amount())


def test_an_explicit_request_goes_over_an_empty_lease_once() -> None:
    """Some is kept back for it in the shared budget; an automatic one waits for the next lease."""
    budget = RateBudget(FakeClock(), 500, 60_000)
    crowded(budget)
    assert budget.reserve_nowait(400, PREFETCH) is not None  # the first after a break
    budget.account()
    assert budget.reserve_nowait(400, AUTOMATIC) is None
    assert budget.reserve_nowait(400, INVOKED)
    assert budget.reserve_nowait(400, INVOKED) is None
    assert budget.account().is_urgent


@pytest.mark.parametrize("how", ["cut off", "the lease has ended"])
def test_where_the_others_cannot_be_heard_an_equal_part_is_left(how: str) -> None:
    """Neither all of it nor nothing: completing goes on, and the sum of all parts is the limit."""
    clock = FakeClock()
    budget = RateBudget(clock, 0, 60_000)
    crowded(budget, members=6)
    if how == "cut off":
        budget.cut_off()
    else:
        clock._now += 30
    spent = 0.0
    for _ in range(60):
        spent += 400 * granted(budget, 1, tokens=400)
        clock._now += 1
    assert 8_000 <= spent <= 10_000
    budget.account()
    crowded(budget, tokens=500, members=6)
    assert budget.holds(400, INVOKED)
    assert budget.account().limits == Amount(0, 60_000)
