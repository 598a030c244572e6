"""Whether the provider is worth asking: pauses after failures, and ends them by itself.

A failure that the user must mend is asked about seldom, one that passes by itself soon again. An explicit request
is let through in any pause but the one the provider asked for: it is how the user says "try now".
"""

from __future__ import annotations

from attrs import define, field

from fim_language_server.core.values import Trigger
from fim_language_server.engine.clock import Clock
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
OTHER_LONGEST_PAUSE = 60.0


@define
class Health:
    """How the provider has been doing."""

    _clock: Clock
    _failures: int = 0
    _until: float = field(default=float("-inf"))
    _is_asked_for: bool = False

    @property
    def is_well(self) -> bool:
        """Did the last request succeed, as far as known?"""
        return self._failures == 0

    def allows(self, trigger: Trigger) -> bool:
        """May the provider be asked now?"""
        if self._clock.now() >= self._until:
            return True
        return trigger is Trigger.INVOKED and not self._is_asked_for

    def pause_left(self) -> float:
        """Return the seconds until automatic requests go on; 0 where they do."""
        return max(0.0, self._until - self._clock.now())

    def succeeded(self) -> None:
        """A request was answered."""
        self._failures = 0
        self._until = float("-inf")

    def failed(self, error: ProviderError) -> None:
        """A request failed: pause, longer each time, and at least as long as the provider asked for."""
        kind = type(error)
        pause = FIRST_PAUSE.get(kind, OTHER_FIRST_PAUSE) * 2 ** min(self._failures, 10)
        pause = min(pause, LONGEST_PAUSE.get(kind, OTHER_LONGEST_PAUSE))
        self._failures += 1
        self._is_asked_for = isinstance(error, RateLimitedError)
        self._until = self._clock.now() + max(pause, error.retry_after or 0.0)
