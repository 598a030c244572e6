"""Pauses after failures."""

from __future__ import annotations

import pytest

from fim_language_server.core.values import Trigger
from fim_language_server.engine.health import Health
from fim_language_server.errors import (
    AuthenticationError,
    ProviderError,
    RateLimitedError,
    RequestRejectedError,
    StreamError,
    UnavailableError,
)
from tests.fakes.clock import FakeClock


@pytest.mark.parametrize(
    ("error", "first", "longest"),
    [
        (AuthenticationError("p", "m"), 60, 600),
        (RequestRejectedError("p", "m"), 1, 60),
        (UnavailableError("p", "m"), 1, 60),
        (RateLimitedError("p", "m"), 5, 60),
        (StreamError("p", "m"), 0.5, 60),
    ],
)
def test_each_failure_in_a_row_doubles_the_pause_up_to_a_limit(
    error: ProviderError, first: float, longest: float
) -> None:
    """The first pause is short, and none lasts for ever."""
    health = Health(FakeClock())
    health.failed(error)
    assert health.pause_left() == first
    health.failed(error)
    assert health.pause_left() == min(2 * first, longest)
    for _ in range(20):
        health.failed(error)
    assert health.pause_left() == longest


async def test_a_success_ends_every_pause() -> None:
    """The next failure is a first one again."""
    clock = FakeClock()
    health = Health(clock)
    for _ in range(4):
        health.failed(UnavailableError("p", "m"))
    assert not health.allows(Trigger.AUTOMATIC)
    health.succeeded()
    assert health.allows(Trigger.AUTOMATIC)
    health.failed(UnavailableError("p", "m"))
    assert health.pause_left() == 1


def test_retry_after_is_a_lower_bound() -> None:
    """The provider knows better how long it needs."""
    health = Health(FakeClock())
    health.failed(RateLimitedError("p", "m", retry_after=90))
    assert health.pause_left() == 90
    assert not health.allows(Trigger.INVOKED)
