"""Rate-limit headers of every generation say the same few things."""

from __future__ import annotations

import pytest

from fim_language_server.spending.rate_limits import RateLimits, read_rate_limits


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        pytest.param({}, RateLimits(), id="none"),
        pytest.param(
            {
                "x-ratelimit-limit-tokens-minute": 5_000_000,
                "x-ratelimit-remaining-tokens-minute": 4_999_000,
                "x-ratelimit-tokens-query-cost": 52,
                "x-ratelimit-limit-req-minute": 720,
                "x-ratelimit-remaining-req-minute": 719,
            },
            RateLimits(720, 719, 5_000_000, 4_999_000, 52),
            id="Mistral, 2026",
        ),
        pytest.param(
            {
                "ratelimitbysize-limit": 500_000,
                "ratelimitbysize-remaining": 499_000,
                "ratelimitbysize-reset": 34,
                "ratelimitbysize-query-cost": 32,
            },
            RateLimits(tokens_per_minute=500_000, tokens_left=499_000, token_cost=32),
            id="Mistral, 2024",
        ),
        pytest.param(
            {
                "x-ratelimitbysize-limit-minute": 500_000,
                "x-ratelimitbysize-remaining-minute": 1_000,
                "x-ratelimitbysize-limit-month": 1_000_000_000,
                "x-ratelimitbysize-remaining-month": 400,
            },
            RateLimits(tokens_per_minute=500_000, tokens_left=400),
            id="what is left of a month counts, its limit does not",
        ),
        pytest.param(
            {"x-ratelimit-limit-requests": 60, "x-ratelimit-remaining-requests": 59},
            RateLimits(requests_per_minute=60, requests_left=59),
            id="OpenAI",
        ),
        pytest.param({"x-ratelimit-remaining": 3}, RateLimits(requests_left=3), id="no dimension means requests"),
        pytest.param({"ratelimit-limit-second": 1}, RateLimits(requests_per_minute=60), id="a limit per second"),
        pytest.param({"x-ratelimit-limit-hour": 100, "x-ratelimit-reset": 1e9}, RateLimits(), id="per hour"),
        pytest.param({"x-ratelimit-limit": 0, "x-ratelimit-remaining": -2}, RateLimits(requests_left=0), id="odd"),
    ],
)
def test_all_generations_are_read(headers: dict[str, float], expected: RateLimits) -> None:
    """A limit per minute, what is left, what it cost; the rest says nothing."""
    assert read_rate_limits(headers.items()) == expected
