"""Waiting: an evaluation may wait for a host that is busy, or that allows little, which a keystroke never does.

After 429 and 5xx, a broken stream or a lost connection the question is put again, after the time the host asks for
(`Retry-After`), else after 1, 2, 4 … s. A server of this machine that is not started is not waited for.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

from attrs import define, field

from fim_language_server.errors import NotStartedError, ProviderError, RateLimitedError, StreamError, UnavailableError

_WORTH_REPEATING: Final = (RateLimitedError, UnavailableError, StreamError)

Answer = TypeVar("Answer")


def _stay_quiet(_text: str) -> None:
    """Say nothing."""


@define
class Pace:
    """Keeps to what a host is known to allow a minute; 0 means no limit. Times in seconds."""

    requests_per_minute: int = 0
    tokens_per_minute: int = 0
    _free_at: float = field(default=0.0, init=False)

    def pause(self, now: float) -> float:
        """Return how long to wait before the next question."""
        return max(0.0, self._free_at - now)

    def asked(self, began: float, tokens: int) -> None:
        """Take note of a question, and of its tokens, prompt and answer together."""
        for_request = 60 / self.requests_per_minute if self.requests_per_minute else 0.0
        for_tokens = 60 * tokens / self.tokens_per_minute if self.tokens_per_minute else 0.0
        self._free_at = began + max(for_request, for_tokens)


@define
class RetryPolicy:
    """Policy for repeating a request that failed. Times in seconds; `sleep` waits, `tell` says why."""

    sleep: Callable[[float], Awaitable[None]] = field(repr=False)
    tell: Callable[[str], None] = field(default=_stay_quiet, repr=False)
    attempts: int = 7
    longest: float = 120.0
    """A host that wants a longer pause is not waited for."""
    repeated: int = 0
    """Questions put again so far."""

    async def ask(self, ask: Callable[[], Awaitable[Answer]]) -> tuple[Answer, float]:
        """Return the answer, and the seconds of all pauses before it. Raises the last ProviderError."""
        waited = 0.0
        for attempt in range(1, self.attempts + 1):
            try:
                return await ask(), waited
            except _WORTH_REPEATING as error:
                pause = error.retry_after if error.retry_after is not None else 2.0 ** (attempt - 1)
                if attempt == self.attempts or pause > self.longest or isinstance(error, NotStartedError):
                    raise
                self.tell(f"{_first_half(error)}; asking again in {pause:g} s")
            self.repeated += 1
            await self.sleep(pause)
            waited += pause
        raise AssertionError("unreachable: the last attempt raises or returns")


def _first_half(error: ProviderError) -> str:
    return error.message.partition("; ")[0].rstrip(".")
