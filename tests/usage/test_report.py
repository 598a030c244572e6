"""Sums of usage: by any keys the groups add up to the sum of all, on one machine and on several."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from fim_language_server.usage.report import compact, sum_up
from fim_language_server.usage.rows import GROUPS, UsageRow, _row_of_wire, as_wire

NAMES = st.sampled_from(["", "a", "b", "(none)"])
COUNTS = st.integers(0, 10**6)


@st.composite
def rows(draw: st.DrawFn) -> UsageRow:
    """A row of one request, with whole cents so that sums are exact."""
    keys = (draw(st.sampled_from(["2026-11-28", "2026-11-29"])), *(draw(NAMES) for _ in GROUPS[1:]))
    is_priced = draw(st.booleans())
    return UsageRow(
        keys, 1, {draw(st.sampled_from(["finished", "failed"])): 1}, draw(COUNTS), draw(COUNTS), draw(COUNTS),
        draw(st.integers(0, 1_000)) * 0.25 if is_priced else 0.0, int(not is_priced), draw(st.integers(0, 1)),
        {"accepted": draw(st.integers(0, 3))}, (1.0, None, None),
    )  # fmt: skip


@given(st.lists(rows(), max_size=30), st.lists(st.sampled_from(GROUPS), min_size=1, unique=True))
def test_groups_add_up(some: list[UsageRow], by: list[str]) -> None:
    """Each request is in one group, and all of them are in the last sum."""
    if not some:
        assert sum_up(some, by) == []
        return
    *groups, total = sum_up(some, by)
    for name in ("requests", "prompt_tokens", "cached_tokens", "completion_tokens", "unpriced", "estimated"):
        assert sum(getattr(group, name) for group in groups) == getattr(total, name)
    assert sum(group.cost_usd or 0 for group in groups) == (total.cost_usd or 0)
    assert len({group.group for group in groups}) == len(groups)


@given(st.lists(rows(), max_size=30), st.lists(rows(), max_size=30), st.sampled_from(GROUPS))
def test_machines_add_up(mine: list[UsageRow], theirs: list[UsageRow], by: str) -> None:
    """Rows that went through JSON, machine by machine, sum up to what all of them sum up to, but for the times."""
    travelled = [_row_of_wire(as_wire(row)) for some in (mine, theirs) for row in compact(some)]
    there = {
        each.group: (each.requests, each.outcomes, each.cost_usd, each.suggestions) for each in sum_up(travelled, [by])
    }
    here = {
        each.group: (each.requests, each.outcomes, each.cost_usd, each.suggestions)
        for each in sum_up([*mine, *theirs], [by])
    }
    assert there == here


def test_an_outcome_of_an_old_program_is_in_the_sum_of_all_only() -> None:
    """It was kept without model, host, person and project."""
    old = UsageRow(("2026-11-29", None, None, None, "mistral", None, "go"), suggestions={"accepted": 2})
    assert [each.group for each in sum_up([old], ["model"])] == ["all"]
    assert [each.group for each in sum_up([old], ["provider", "language"])] == ["mistral · go", "all"]
