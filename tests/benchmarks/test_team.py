"""Many members share one limit: the sum keeps within it, and most of it is used."""

from __future__ import annotations

from typing import Any

import pytest

from benchmarks.team.simulation import Plan, simulate


def figures(**plan: Any) -> Any:
    return simulate(Plan(minutes=5, **plan))


def test_forty_members_use_what_there_is_and_none_is_refused() -> None:
    """60,000 tokens a minute are some 225 smallest requests, of 340 that are wanted."""
    found = figures(members=40)
    assert found["refusals"] == 0
    assert found["tokens in the fullest minute"] <= 60_000
    assert found["tokens used"] >= 0.8
    assert found["… of the arithmetic ceiling"] >= 0.75
    least, _, median, _ = found["served, of each: least, a tenth, median, most"]
    assert least >= median / 3
    assert found["explicit requests served"] >= 0.9


@pytest.mark.parametrize(("members", "served"), [(5, 0.9), (10, 0.75)])
def test_few_members_are_nearly_all_served(members: int, served: float) -> None:
    """With larger windows than a crowd has."""
    found = figures(members=members)
    assert found["refusals"] == 0
    assert found["served"] >= served
    assert found["tokens a request"] >= 400


def test_without_sharing_the_same_members_are_refused() -> None:
    """So that the test of the shared budget can fail."""
    found = figures(members=40, way="unaware")
    assert found["refusals"] > 20


@pytest.mark.parametrize("members", [8, 16])
def test_laptops_that_know_nothing_of_each_other_begin_small(members: int) -> None:
    """A limit of a workspace is none of one laptop: two minutes without a refusal, as with equal shares."""
    found = simulate(Plan(minutes=2, members=members, way="alone", always_types=True))
    shares = simulate(Plan(minutes=2, members=16, way="shares", always_types=True))
    assert found["refusals"] == 0
    assert float(str(found["served"])) >= 0.95 * float(str(shares["served"]))


def test_laptops_that_know_nothing_of_each_other_settle_near_fair_shares() -> None:
    """By refusals alone: few, of thousands of requests."""
    found: Any = simulate(Plan(minutes=20, members=16, way="alone", always_types=True))
    shares: Any = simulate(Plan(minutes=20, members=16, way="shares", always_types=True))
    assert found["refusals"] <= 0.02 * 20 * found["wanted a minute"] * found["served"]
    assert found["served"] >= 0.9 * shares["served"]
