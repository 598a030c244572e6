"""A busy host is asked again, after the time it asks for; a refusal is not."""

from __future__ import annotations

import pytest

from fim_language_server.errors import (
    AuthenticationError,
    NotStartedError,
    ProviderError,
    RateLimitedError,
    RequestRejectedError,
    StreamError,
    UnavailableError,
)
from fim_language_server.evaluation.retrying import Pace, RetryPolicy


class Host:
    """Fails with these errors, one a question, and then answers."""

    def __init__(self, *errors: ProviderError) -> None:
        self.errors = list(errors)
        self.asked = 0

    async def __call__(self) -> str:
        self.asked += 1
        if self.errors:
            raise self.errors.pop(0)
        return "answer"


class Naps(list[float]):
    """The pauses that were made."""

    async def __call__(self, seconds: float) -> None:
        self.append(seconds)


def busy(retry_after: float | None = None) -> RateLimitedError:
    return RateLimitedError("mistral", "Mistral takes no more requests for now (429); wait.", retry_after=retry_after)


def broken() -> UnavailableError:
    return UnavailableError("mistral", "Mistral is out of order (503).")


@pytest.mark.parametrize(
    ("errors", "naps"),
    [
        ([], []),
        ([busy()], [1.0]),
        ([broken(), broken(), StreamError("m", "broke off")], [1.0, 2.0, 4.0]),
        ([busy(7.5), busy()], [7.5, 2.0]),
        ([busy(0)], [0]),
    ],
)
async def test_pauses_double_unless_the_host_says_how_long(errors: list[ProviderError], naps: list[float]) -> None:
    """`Retry-After` is honoured as it is."""
    sleep = Naps()
    answer, waited = await RetryPolicy(sleep).ask(Host(*errors))
    assert (answer, list(sleep), waited) == ("answer", naps, sum(naps))


@pytest.mark.parametrize(
    "error",
    [AuthenticationError("m", "no key"), RequestRejectedError("m", "no model"), NotStartedError("m", "nobody there")],
)
async def test_what_would_be_refused_again_is_not_asked_again(error: ProviderError) -> None:
    host, sleep = Host(error), Naps()
    with pytest.raises(type(error)):
        await RetryPolicy(sleep).ask(host)
    assert (host.asked, sleep) == (1, [])


async def test_patience_ends() -> None:
    """After seven questions; the last error is raised."""
    host, sleep = Host(*[broken() for _ in range(9)]), Naps()
    with pytest.raises(UnavailableError):
        await RetryPolicy(sleep).ask(host)
    assert (host.asked, sleep) == (7, [1, 2, 4, 8, 16, 32])


async def test_a_pause_that_is_too_long_is_not_made() -> None:
    host, sleep = Host(busy(3_600)), Naps()
    with pytest.raises(RateLimitedError):
        await RetryPolicy(sleep).ask(host)
    assert sleep == []


async def test_the_user_is_told_why_it_takes_so_long() -> None:
    told: list[str] = []
    await RetryPolicy(Naps(), told.append).ask(Host(busy(2)))
    assert told == ["Mistral takes no more requests for now (429); asking again in 2 s"]


@pytest.mark.parametrize(
    ("pace", "tokens", "pauses"),
    [
        (Pace(), 1_000, [0, 0, 0]),
        (Pace(requests_per_minute=60), 1_000, [1.0, 0.5, 0]),
        (Pace(tokens_per_minute=60_000), 3_000, [3.0, 2.5, 0]),
        (Pace(60, 60_000), 500, [1.0, 0.5, 0]),  # the stricter one
    ],
)
def test_what_a_host_allows_is_kept_to(pace: Pace, tokens: int, pauses: list[float]) -> None:
    """Right after a question, half a second later, and long after."""
    pace.asked(100.0, tokens)
    assert [pace.pause(now) for now in (100.0, 100.5, 200.0)] == pauses
