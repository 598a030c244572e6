"""Whether a provider is worth asking: a breaker that opens after failures and tries again by itself.

A failure that the user must mend is asked about seldom, one that passes by itself soon again. After a pause one request
at a time is let through, until one succeeds. An explicit request is let through in any pause but the one the provider
asked for: it is how the user says "try now".
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
"""Seconds: an API that works again is asked within ten. Nothing is charged for requests that fail, and while somebody
types there are at most eight of them a minute."""
MOST_ASKED_FOR = 300.0
"""Seconds of a pause that the provider asked for; what asks for more is a mistake, or as good as gone."""
MOST_ASKED_FOR_EXPLICIT = 60.0
"""Seconds after which an explicit request is let through in such a pause."""

PATIENCE_FACTOR = 2.0
"""A provider is late after this many times its own usual silence before a piece of text."""
LONGEST_PATIENCE = 8.0
EXPLICIT_FACTOR = 3.0
"""Who pressed the key waits longer for the better model."""
TRIAL_FACTOR = 1 / 3
"""While a provider is being tried again, the next one is asked the sooner."""


@frozen
class Pause:
    """Who would answer is left in peace for so many seconds; `stand_in` is the provider that answers for it, if any."""

    seconds: float = 0.0
    stand_in: str = ""


@define
class Health:
    """How one provider has been doing."""

    _clock: Clock
    is_late: bool = field(default=False, init=False)
    """Was an answer not there in time, and is it still awaited? Meanwhile nothing else is asked."""
    _failures: int = field(default=0, init=False)
    _until: float = field(default=float("-inf"), init=False)
    _asked_for_until: float = field(default=float("-inf"), init=False)
    _began_at: float | None = field(default=None, init=False)
    _is_tried: bool = field(default=False, init=False)
    _usual_s: float = field(default=0.0, init=False)

    @property
    def is_well(self) -> bool:
        """Did the last request succeed, as far as known?"""
        return self._failures == 0

    def allows(self, trigger: Trigger) -> bool:
        """May the provider be asked now?"""
        if self.is_late:
            return False
        is_explicit = trigger is Trigger.INVOKED
        if self._clock.now() < self._until:
            return is_explicit and self._clock.now() >= self._asked_for_until
        return self.is_well or is_explicit or not self._is_tried

    def pause_left(self) -> float:
        """Return the seconds until automatic requests go on; 0 where they do."""
        return max(0.0, self._until - self._clock.now())

    def patience(self, least: float, trigger: Trigger) -> float:
        """Return how long to wait for text before somebody else is asked, in seconds: at least about `least`.

        A provider that is known to be slow is given more time; one that failed before less.
        """
        seconds = max(least, min(LONGEST_PATIENCE, PATIENCE_FACTOR * self._usual_s))
        seconds *= EXPLICIT_FACTOR if trigger is Trigger.INVOKED else 1
        return seconds if self.is_well else seconds * TRIAL_FACTOR

    def began(self) -> None:
        """A request is under way; it ends with one of `succeeded`, `failed` and `gave_up`."""
        self._is_tried = True
        self._began_at = self._clock.now()

    def late(self) -> None:
        """The request under way is not answered in time."""
        self.is_late = True

    def gave_up(self) -> None:
        """A request was hung up before anything was known of it."""
        self._is_tried = self.is_late = False

    def succeeded(self, silence_s: float = 0.0) -> None:
        """A request was answered; before a piece of its text there was no longer silence than so many seconds."""
        self.gave_up()
        self._failures = 0
        self._until = self._asked_for_until = float("-inf")
        # What is slow now and then is what patience is for: rise at once, fall slowly.
        self._usual_s = max(silence_s, 0.8 * self._usual_s + 0.2 * silence_s)

    def failed(self, error: ProviderError) -> None:
        """A request failed: pause, longer each time, and at least as long as the provider asked for.

        The time in which a failure showed counts: where nothing came for seconds, they were a pause already.
        """
        self.gave_up()
        kind, now = type(error), self._clock.now()
        first, longest = (
            _of_kind(FIRST_PAUSE, kind, OTHER_FIRST_PAUSE),
            _of_kind(LONGEST_PAUSE, kind, OTHER_LONGEST_PAUSE),
        )
        pause = min(first * 2 ** min(self._failures, 10), longest)
        self._failures += 1
        asked_for = min(error.retry_after or 0.0, MOST_ASKED_FOR)
        if isinstance(error, RateLimitedError):
            self._asked_for_until = now + max(pause, min(asked_for, MOST_ASKED_FOR_EXPLICIT))
        else:
            pause -= min(0.0 if self._began_at is None else now - self._began_at, pause / 2)
        self._until = now + max(pause, asked_for)


def _of_kind(seconds: dict[type[ProviderError], float], kind: type[ProviderError], other: float) -> float:
    return next((seconds[base] for base in kind.__mro__ if base in seconds), other)
