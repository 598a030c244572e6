"""Pauses after failures."""

from __future__ import annotations

import pytest

from fim_language_server.core.values import Trigger
from fim_language_server.engine.health import Health
from fim_language_server.errors import (
    AuthenticationError,
    NotStartedError,
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
        (RequestRejectedError("p", "m"), 1, 8),
        (UnavailableError("p", "m"), 1, 8),
        (NotStartedError("p", "m"), 1, 8),
        (RateLimitedError("p", "m"), 5, 8),
        (StreamError("p", "m"), 0.5, 8),
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


@pytest.mark.parametrize("seconds", [61, 299, 1e9, float("inf")])
async def test_what_is_asked_for_has_a_bound_and_an_explicit_request_a_lower_one(seconds: float) -> None:
    """A pause of weeks is a mistake; pressing the key asks whether it still holds."""
    clock = FakeClock()
    health = Health(clock)
    health.failed(RateLimitedError("p", "m", retry_after=seconds))
    assert health.pause_left() == min(seconds, 300)
    assert not health.allows(Trigger.INVOKED)
    await clock.advance(60)
    assert health.allows(Trigger.INVOKED)
    assert not health.allows(Trigger.AUTOMATIC)
    await clock.advance(240)
    assert health.allows(Trigger.AUTOMATIC)


@pytest.mark.parametrize("error", [UnavailableError("p", "m"), RequestRejectedError("p", "m"), StreamError("p", "m")])
async def test_a_provider_that_works_again_is_asked_within_ten_seconds(error: ProviderError) -> None:
    """However long it was away, and though each failure takes ten seconds to show."""
    clock = FakeClock()
    health = Health(clock)
    for _ in range(20):
        health.began()
        await clock.advance(9.5)
        health.failed(error)
        assert health.pause_left() <= 8
        await clock.advance(health.pause_left())


def test_patience_follows_what_the_provider_is_known_for() -> None:
    """Twice its usual silence, at least what is asked for and at most eight seconds; it is forgotten slowly."""
    health = Health(FakeClock())
    assert health.timeout_s(1.5, Trigger.AUTOMATIC) == 1.5
    health.succeeded(2.0)
    assert health.timeout_s(1.5, Trigger.AUTOMATIC) == 4.0
    health.succeeded(0.1)
    assert 3.0 < health.timeout_s(1.5, Trigger.AUTOMATIC) < 4.0
    health.succeeded(60.0)
    assert health.timeout_s(1.5, Trigger.AUTOMATIC) == 8.0
    for _ in range(100):
        health.succeeded(0.1)
    assert health.timeout_s(1.5, Trigger.AUTOMATIC) == 1.5


def test_patience_is_longer_for_who_pressed_the_key_and_shorter_on_trial() -> None:
    """The first wants the better model, the second has failed before."""
    health = Health(FakeClock())
    assert health.timeout_s(1.5, Trigger.INVOKED) == 4.5
    health.failed(UnavailableError("p", "m"))
    assert health.timeout_s(1.5, Trigger.AUTOMATIC) == 0.5


async def test_after_a_pause_one_request_tries_it() -> None:
    """The others wait for its outcome; whoever pressed the key does not."""
    clock = FakeClock()
    health = Health(clock)
    health.failed(UnavailableError("p", "m"))
    await clock.advance(1)
    assert health.allows(Trigger.AUTOMATIC)
    health.began()
    assert not health.allows(Trigger.AUTOMATIC)
    assert health.allows(Trigger.INVOKED)
    health.cancelled()
    assert health.allows(Trigger.AUTOMATIC)
