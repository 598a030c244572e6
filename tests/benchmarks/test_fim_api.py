"""The API of a session, as limited and unreliable as it is told to be."""

from __future__ import annotations

import random

from benchmarks.fim_api import Conditions, Pace


def test_more_than_the_limit_is_refused_with_the_time_to_wait() -> None:
    """429 with Retry-After; what is left is told where the API tells limits."""
    pace = Pace(Conditions(requests_per_minute=2, tells_limits=True), random.Random(1))
    scripts = [pace.choose() for _ in range(3)]
    assert [script.status for script in scripts] == [None, None, 429]
    assert scripts[1].headers["x-ratelimit-remaining-req-minute"] == "0"
    assert 1 <= int(scripts[2].headers["Retry-After"]) <= 60
    assert pace.statuses == {200: 2, 429: 1}


def test_a_share_of_requests_fails() -> None:
    """As often as told, decided by the seed."""
    pace = Pace(Conditions(error_rate=0.2), random.Random(1))
    for _ in range(1_000):
        pace.choose()
    assert 150 < pace.statuses[503] < 250
    assert pace.statuses[429] == 0


def test_answers_come_at_the_pace_that_is_told() -> None:
    """Milliseconds of the conditions become the script's seconds."""
    script = Pace(Conditions(first_token_ms=180, per_token_ms=8), random.Random(1)).choose()
    assert (script.first_byte_after, script.per_token) == (0.18, 0.008)
