"""How long to wait before asking."""

from __future__ import annotations

import pytest

from fim_language_server.core.pacing import delay_ms


@pytest.mark.parametrize(
    ("failures", "minimum", "maximum", "budget_left", "expected"),
    [
        pytest.param(0, 0, 250, 1.0, 0, id="ask at once while guesses are right"),
        pytest.param(2, 0, 250, 1.0, 0, id="and where one or two went wrong"),
        pytest.param(4, 0, 250, 1.0, 100, id="each further failure in a row adds"),
        pytest.param(9, 0, 250, 1.0, 250, id="up to the longest wait"),
        pytest.param(0, 80, 250, 1.0, 80, id="never below the shortest"),
        pytest.param(0, 0, 250, 0.6, 0, id="a budget more than half full is spent freely"),
        pytest.param(0, 0, 250, 0.3, 150, id="a short one on the longer gaps"),
        pytest.param(0, 0, 250, 0.0, 300, id="an empty one on the pauses"),
        pytest.param(6, 0, 250, 0.3, 200, id="the longer of both waits"),
    ],
)
def test_the_wait(failures: int, minimum: int, maximum: int, budget_left: float, expected: int) -> None:
    """It grows with failed guesses, and as the budget runs low."""
    assert delay_ms(failures, minimum, maximum, budget_left) == expected
