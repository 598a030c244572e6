"""Shares of a limit: small ones for many before large ones for few, and never more than the limit."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fim_language_server.spending.granting import Crowd, grant
from fim_language_server.spending.shared_values import Amount, SpendingReport, Spent

amounts = st.floats(0, 5_000)


@pytest.mark.parametrize(
    ("mine", "others", "n_active", "granted"),
    [
        pytest.param(0, 0, 0, 100, id="nobody has spent"),
        pytest.param(300, 0, 0, 100, id="alone"),
        pytest.param(950, 0, 0, 50, id="what is left"),
        pytest.param(950, 20, 0, 30, id="the smallest request fits just"),
        pytest.param(950, 21, 0, 0, id="less than the smallest request is of no use"),
        pytest.param(300, 500, 1, 50, id="as the budget runs low, half of an equal part of what is left"),
        pytest.param(200, 760, 2, 30, id="less than an equal share: the smallest request, while there is one"),
        pytest.param(600, 340, 2, 0, id="more than one: the others' smallest requests are left to them"),
        pytest.param(600, 500, 2, 0, id="nothing left"),
    ],
)
def test_shares_of_a_thousand_tokens(mine: float, others: float, n_active: int, granted: float) -> None:
    """Where 100 are wanted, and 30 at least."""
    spent = (Spent(5, Amount(1, mine)),)
    report = SpendingReport(spent, Amount(), Amount(0, 100), Amount(0, 1_000), least=Amount(0, 30))
    assert grant(report, Crowd(Amount(0, others), n_active=n_active, n_others=n_active))[0].tokens == granted


def test_a_lone_request_may_be_dearer_than_the_limit() -> None:
    """Else a small budget would serve nobody."""
    assert grant(SpendingReport((), Amount(), Amount(0, 900), Amount(0, 500)), Crowd())[0].tokens == 900


def test_in_a_crowd_an_idle_process_gets_no_lease_and_one_smallest_request_is_kept_for_explicit_ones() -> None:
    """40 idle processes would hold all of the budget between them."""

    def granted(*, is_active: bool, is_urgent: bool) -> float:
        report = SpendingReport(
            (), Amount(), Amount(0, 900), Amount(0, 1_000), least=Amount(0, 100), is_active=is_active,
            is_urgent=is_urgent,
        )  # fmt: skip
        return grant(report, Crowd(Amount(0, 750), n_active=2, n_others=39))[0].tokens

    assert granted(is_active=False, is_urgent=False) == 0
    assert granted(is_active=True, is_urgent=False) == 0
    assert granted(is_active=True, is_urgent=True) == 100


@given(
    *(amounts,) * 6, st.integers(0, 50), st.integers(0, 50), st.booleans(), st.booleans(),
)  # fmt: skip
def test_no_grant_takes_the_sum_beyond_the_limit(
    spent: float, held: float, wanted: float, least: float, others: float, set_aside: float,
    n_active: int, n_idle: int, is_active: bool, is_urgent: bool,
) -> None:  # fmt: skip
    """However much is spent, held and wanted; a grant is never negative, and a lease no larger than wanted."""
    limit = 4_000.0
    report = SpendingReport(
        (Spent(1, Amount(1, spent)),), Amount(0, held), Amount(0, wanted), Amount(0, limit), least=Amount(0, least),
        is_active=is_active, is_urgent=is_urgent,
    )  # fmt: skip
    granted, most = grant(report, Crowd(Amount(0, others), Amount(), Amount(0, set_aside), n_active, n_active + n_idle))
    assert granted.tokens >= 0
    assert most.tokens <= wanted
    assert granted.tokens + held <= max(held, wanted)
    is_untouched = spent + others + set_aside + held == 0
    assert granted.tokens == 0 or is_untouched or spent + others + set_aside + held + granted.tokens <= limit + 1e-6
