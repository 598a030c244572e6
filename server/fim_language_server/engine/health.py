"""The health of a provider: a circuit breaker that pauses requests after failures, and tries again by itself.

The pause is long after a failure that the user must mend, and short after one that passes by itself. After a pause one
request at a time is let through, until one succeeds. An explicit request is let through in any pause but one that the
provider required (`Retry-After`): pressing the key means "try now".
"""

from __future__ import annotations

from attrs import define, field, frozen

from fim_language_server.clock import Clock
from fim_language_server.core.values import Trigger
from fim_language_server.errors import (
    AuthenticationError,
    ProviderError,
    RateLimitedError,
    StreamError,
)

FIRST_PAUSE: dict[type[ProviderError], float] = {AuthenticationError: 60.0, RateLimitedError: 5.0, StreamError: 0.5}
"""Seconds of the first pause; each failure in a row doubles it."""
OTHER_FIRST_PAUSE = 1.0
LONGEST_PAUSE: dict[type[ProviderError], float] = {AuthenticationError: 600.0}
OTHER_LONGEST_PAUSE = 8.0
"""Seconds: an API that works again gets a request within ten. Failed requests are not charged, and while a user types
there are at most eight of them a minute."""
LONGEST_RETRY_AFTER = 300.0
"""The most seconds of a `Retry-After` that are heeded; a longer one is taken for a mistake."""
LONGEST_RETRY_AFTER_EXPLICIT = 60.0
"""The most seconds of a `Retry-After` that are heeded for explicit requests."""

TIMEOUT_FACTOR = 2.0
"""The timeout is this many times the provider's own usual silence before a piece of text …"""
LONGEST_TIMEOUT_S = 8.0
"""… but at most this long, in seconds, for automatic requests."""
EXPLICIT_FACTOR = 3.0
"""The timeout of explicit requests is longer by this factor: the user waits for the better model."""
TRIAL_FACTOR = 1 / 3
"""The timeout is shorter by this factor while a failed provider is tried again."""


@frozen
class Pause:
    """A pause of the preferred provider for `seconds`; `fallback` names the one that answers meanwhile, "" for none."""

    seconds: float = 0.0
    fallback: str = ""


@define
class Health:
    """The recent successes and failures of one provider, and the pause that follows from them."""

    _clock: Clock
    is_late: bool = field(default=False, init=False)
    """Is a late answer still expected? Meanwhile this provider gets no other request."""
    _failures: int = field(default=0, init=False)
    _paused_until: float = field(default=float("-inf"), init=False)
    _required_until: float = field(default=float("-inf"), init=False)
    _began_at: float | None = field(default=None, init=False)
    _is_trying: bool = field(default=False, init=False)
    _usual_silence_s: float = field(default=0.0, init=False)

    @property
    def is_healthy(self) -> bool:
        """Did the last request succeed, as far as known?"""
        return self._failures == 0

    def allows(self, trigger: Trigger) -> bool:
        """May the provider get a request of this kind now?"""
        if self.is_late:
            return False
        is_explicit = trigger is Trigger.INVOKED
        if self._clock.now() < self._paused_until:
            return is_explicit and self._clock.now() >= self._required_until
        return self.is_healthy or is_explicit or not self._is_trying

    def pause_left(self) -> float:
        """Return the seconds until automatic requests go on; 0 where they do."""
        return max(0.0, self._paused_until - self._clock.now())

    def timeout_s(self, least_s: float, trigger: Trigger) -> float:
        """Return the seconds without text after which another provider is requested: `least_s` or more.

        A provider that is known to be slow gets more time; one whose last request failed gets less than `least_s`.
        """
        seconds = max(least_s, min(LONGEST_TIMEOUT_S, TIMEOUT_FACTOR * self._usual_silence_s))
        seconds *= EXPLICIT_FACTOR if trigger is Trigger.INVOKED else 1
        return seconds if self.is_healthy else seconds * TRIAL_FACTOR

    def began(self) -> None:
        """Note that a request was sent; one of `succeeded`, `failed` and `cancelled` is called at its end."""
        self._is_trying = True
        self._began_at = self._clock.now()

    def mark_late(self) -> None:
        """Note that the running request has not been answered in time."""
        self.is_late = True

    def cancelled(self) -> None:
        """Note that a request was cancelled before it succeeded or failed."""
        self._is_trying = self.is_late = False

    def succeeded(self, silence_s: float = 0.0) -> None:
        """Note that a request was answered; `silence_s` is the longest time before a piece of its text, in seconds."""
        self.cancelled()
        self._failures = 0
        self._paused_until = self._required_until = float("-inf")
        # Rise at once, fall slowly: the timeout has to cover the answers that are slow now and then.
        self._usual_silence_s = max(silence_s, 0.8 * self._usual_silence_s + 0.2 * silence_s)

    def failed(self, error: ProviderError) -> None:
        """Note a failure: pause, longer after each failure in a row, and at least for the error's `retry_after`.

        The time since the request began counts as a part of the pause: nothing else was sent in it.
        """
        self.cancelled()
        kind, now = type(error), self._clock.now()
        first, longest = (
            _of_kind(FIRST_PAUSE, kind, OTHER_FIRST_PAUSE),
            _of_kind(LONGEST_PAUSE, kind, OTHER_LONGEST_PAUSE),
        )
        pause = min(first * 2 ** min(self._failures, 10), longest)
        self._failures += 1
        required = min(error.retry_after or 0.0, LONGEST_RETRY_AFTER)
        if isinstance(error, RateLimitedError):
            self._required_until = now + max(pause, min(required, LONGEST_RETRY_AFTER_EXPLICIT))
        else:
            pause -= min(0.0 if self._began_at is None else now - self._began_at, pause / 2)
        self._paused_until = now + max(pause, required)


def _of_kind(seconds: dict[type[ProviderError], float], kind: type[ProviderError], other: float) -> float:
    return next((seconds[base] for base in kind.__mro__ if base in seconds), other)
