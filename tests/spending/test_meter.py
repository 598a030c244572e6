"""An amount a minute: paced, and never more than it in any minute."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from fim_language_server.spending.meter import Meter


def spend(meter: Meter, amount: float, now: float, reserve: float = 0.0) -> bool:
    """Take the amount if the meter holds it; return whether it did."""
    holds = meter.holds(amount, reserve, now)
    if holds:
        meter.take(amount, now)
    return holds


def test_a_burst_holds_ten_seconds_worth_and_fills_evenly() -> None:
    """30 a minute: five at once, then one every two seconds."""
    meter = Meter(30, 0.0)
    assert [spend(meter, 1, 0.0) for _ in range(6)] == [True] * 5 + [False]
    assert [spend(meter, 1, 2.0) for _ in range(2)] == [True, False]


@given(st.lists(st.floats(0, 4), min_size=1, max_size=300), st.sampled_from([1, 6, 30, 90]))
def test_no_minute_holds_more_than_the_limit(gaps: list[float], limit: int) -> None:
    """Wherever it begins, and however greedy the asker."""
    meter, now, taken = Meter(limit, 0.0), 0.0, []
    for gap in gaps:
        now += gap
        while spend(meter, 1, now):
            taken.append(now)
    assert all(sum(start <= at < start + 60 for at in taken) <= limit for start in taken)


def test_the_whole_limit_is_there_to_be_used() -> None:
    """Pacing costs nothing over a minute."""
    meter = Meter(30, 0.0)
    assert sum(spend(meter, 1, at / 10) for at in range(600)) == 30


def test_a_request_dearer_than_a_burst_is_paid_by_a_full_one_and_leaves_a_debt() -> None:
    """Else a small budget would never allow a large window."""
    meter = Meter(600, 0.0)
    assert spend(meter, 300, 0.0)
    assert not spend(meter, 300, 29.0)
    assert spend(meter, 300, 30.0)


def test_one_dearer_than_the_limit_is_allowed_once_nothing_else_was_spent() -> None:
    """The alternative is a budget that never serves."""
    meter = Meter(100, 0.0)
    assert spend(meter, 150, 0.0)
    assert not spend(meter, 150, 59.0)
    assert spend(meter, 150, 120.0)


def test_what_is_corrected_counts_from_when_it_was_taken() -> None:
    """An estimate that was too high comes back; both leave the minute together."""
    meter = Meter(60, 0.0)
    spending = meter.take(10, 0.0)
    meter.correct(spending, 2, 30.0)
    assert meter.spent(59.0) == 2
    assert meter.spent(60.0) == 0
    meter.correct(spending, 50, 61.0)
    assert meter.spent(61.0) == 0


def test_a_reserve_is_left_to_those_who_are_owed_more() -> None:
    """In the burst, and in the minute."""
    meter = Meter(30, 0.0)
    assert [spend(meter, 1, 0.0, reserve=0.25) for _ in range(5)] == [True] * 4 + [False]
    assert spend(meter, 1, 0.0)


def test_a_limit_that_is_learned_counts_what_was_spent_before() -> None:
    """A 429 came because of it."""
    meter = Meter(0, 0.0)
    for at in range(30):
        meter.take(1, float(at))
    meter.limit_to(20, 30.0)
    assert not meter.holds(1, 0.0, 30.0)
    assert not meter.holds(1, 0.0, 69.0)
    assert meter.holds(1, 0.0, 71.0)


def test_how_full_it_is() -> None:
    """The emptier of the burst and what the minute has left."""
    meter = Meter(60, 0.0)
    assert meter.left(0.0) == 1
    meter.take(5, 0.0)
    assert meter.left(0.0) == 0.5
    meter.take(45, 0.0)
    assert meter.left(59.0) == 0.5
    assert Meter(0, 0.0).left(0.0) == 1


def test_a_minute_that_is_looked_at_early_seems_emptier() -> None:
    """With all of it counted as little, half of it is half."""
    meter = Meter(60, 0.0)
    for at in range(30):
        meter.take(1, float(at))
    assert meter.left(40.0) == 1
    assert meter.left(40.0, scarce=1.0) == 0.5


def test_what_others_spend_is_spent() -> None:
    """Of the minute, and of the burst, from when they spent it; and it leaves with its minute."""
    meter = Meter(60, 0.0)
    meter.take(4, 100.0)
    meter.note_others([(0.0, 5)], 100.0)
    assert meter.spent(100.0) == 9
    assert [spend(meter, 1, 100.0) for _ in range(2)] == [True, False]
    meter.note_others([(10.0, 5)], 110.0)  # the same again
    assert meter.spent(110.0) == 10
    assert meter.left(110.0) == 1
    meter.note_others([], 110.0)
    assert meter.spent(110.0) == 5


def test_a_level_that_was_told_holds_although_others_spend() -> None:
    """What the provider says is left is all there is."""
    meter = Meter(60, 0.0)
    meter.lower_to(1, 100.0)
    meter.note_others([(50.0, 1)], 100.0)
    assert [spend(meter, 1, 100.0) for _ in range(2)] == [True, False]
