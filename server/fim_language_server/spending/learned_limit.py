"""Limit per minute that a provider does not publish, inferred from its refusals.

A 429 says: what was served in the last minute was the limit, or a burst was. Many requests served make the first
likely, so their number is believed and not tried again for an hour; few make the second likely, so the number is only
where to begin, and grows until it is met again.
"""

from __future__ import annotations

import math

from attrs import define

from fim_language_server.spending.shared_values import Refusal

BELIEVABLE = 20
"""From so many requests a minute on, what was served is taken for the limit."""
BACK_OFF = 0.8
"""The share of what was served that is asked for afterwards: other programs may use the same key."""
SMALLEST = 7.5
GROWTH = 1.25
"""The factor by which a limit that is not believed grows in each quiet minute."""
BELIEVED_S = 3_600.0
SAME_S = 0.1
"""Two refusals so near to each other are the same one, told by way of another clock."""


@define
class LearnedLimit:
    """Limit of a provider inferred from its refusals, in requests per minute."""

    _base: float = 0.0
    _refused_at: float = -math.inf
    _ceiling: float = math.inf

    def refused(self, served: float, now: float) -> None:
        """Take a 429 into account, `served` requests after a minute ago."""
        if now - self._refused_at > BELIEVED_S:
            self._ceiling = math.inf
        if served >= BELIEVABLE:
            self._ceiling = min(self._ceiling, served * BACK_OFF)
        self._base = min(max(SMALLEST, served * BACK_OFF), self._ceiling)
        self._refused_at = now

    def lesson(self, now: float) -> Refusal | None:
        """Return what the last refusal taught, for others; None where there was none that is still believed."""
        ago_s = now - self._refused_at
        return Refusal(self._base, self._ceiling, ago_s) if ago_s <= BELIEVED_S else None

    def adopt(self, lesson: Refusal, now: float) -> bool:
        """Believe what another process was taught, if that is news; was it?"""
        if lesson.ago_s >= now - self._refused_at - SAME_S:
            return False
        self._base, self._ceiling, self._refused_at = lesson.per_minute, lesson.at_most, now - lesson.ago_s
        return True

    def per_minute(self, now: float) -> float:
        """Return the limit to keep now; 0 where none is known."""
        quiet_s = now - self._refused_at
        if quiet_s > BELIEVED_S:
            return 0.0
        return min(self._base * GROWTH ** int(quiet_s // 60), self._ceiling)
