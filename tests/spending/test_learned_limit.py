"""A limit that nobody told, found by meeting it."""

from __future__ import annotations

from fim_language_server.spending.learned_limit import LearnedLimit


def test_nothing_is_known_before_the_first_refusal() -> None:
    """0 means without limit."""
    assert LearnedLimit().per_minute(0) == 0


def test_many_served_requests_are_believed_to_be_the_limit() -> None:
    """It is kept below, and not tried again for an hour."""
    limit = LearnedLimit()
    limit.refused(30, now=100)
    assert limit.per_minute(100) == 24
    assert limit.per_minute(3_500) == 24
    assert limit.per_minute(3_800) == 0


def test_few_served_requests_are_where_to_begin() -> None:
    """A burst was refused; how much a minute holds is found by growing."""
    limit = LearnedLimit()
    limit.refused(5, now=0)
    assert limit.per_minute(0) == 7.5
    assert limit.per_minute(59) == 7.5
    assert limit.per_minute(60) == 9.375
    assert limit.per_minute(600) > 50


def test_a_second_refusal_lowers_it_and_growth_ends_where_refusals_were_believed() -> None:
    """At most two refusals are needed for a steady limit."""
    limit = LearnedLimit()
    limit.refused(60, now=0)
    limit.refused(32, now=60)
    assert limit.per_minute(60) == 25.6
    limit.refused(10, now=120)
    assert limit.per_minute(120) == 8
    assert limit.per_minute(3_000) == 25.6
