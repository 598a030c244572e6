"""This machine's part of known limits that others spend as well, and of whom nothing is known but their refusals.

A 429 below one's own limit says that others had the rest. So half of what was spent is kept to from then on, and the
part rises slowly while it is used. Where a limit is known to be that of a whole workspace, the part begins small.
"""

from __future__ import annotations

import math

from attrs import define, field

from fim_language_server.spending.shared_values import RefusedPart

AT_THE_START = 0.06
"""Part of a workspace's limit to begin with: of 60,000 tokens a minute 3,600, or 13 small requests."""
SMALLEST = 1 / 64
NEARLY_ALL = 0.8
"""From this part of the limit on a refusal says that the limit was met, and not that others spend."""
A_LITTLE_LESS, MUCH_LESS = 0.9, 0.5
FIRST_QUIET_S, QUIET_S = 120.0, 60.0
"""Seconds without a refusal before the part rises for the first time, and between two rises."""
FAST, SLOW = 1.5, 1.06
"""Factors of a rise before the first refusal, and after it."""
USED = 0.5
"""A part that is used less than this does not rise: nothing says that there is more."""
FORGOTTEN_S = 900.0
"""Seconds without a request after which a part begins anew, and a refusal that was not followed by another is over."""


@define
class OwnPart:
    """Part of the limits that may be spent, 0 … 1; `is_of_workspace`: others are known to spend the same limits."""

    is_of_workspace: bool = False
    part: float = field(init=False)
    _refused_at: float = field(default=-math.inf, init=False)
    _rose_at: float = field(default=-math.inf, init=False)
    _asked_at: float = field(default=-math.inf, init=False)

    def __attrs_post_init__(self) -> None:
        self.part = self._first

    def asked(self, used: float, now: float) -> None:
        """Note that a request is wanted, after `used` of the limits (0 … 1) was spent within a minute."""
        if now - self._asked_at > FORGOTTEN_S:
            self.part = min(self.part, self._first) if self.is_of_workspace else self._first
            self._rose_at = now + FIRST_QUIET_S - QUIET_S
        self._asked_at = now
        if now - self._rose_at >= QUIET_S and self.part < 1:
            self._rose_at = now
            if used >= USED * self.part:
                self.part = min(1.0, self.part * (FAST if math.isinf(self._refused_at) else SLOW))

    def refused(self, used: float, now: float) -> None:
        """Take a 429 into account, after `used` of the limits (0 … 1) was spent within a minute."""
        factor = A_LITTLE_LESS if used >= NEARLY_ALL else MUCH_LESS
        self.part = min(self.part, max(SMALLEST, factor * used))
        self._refused_at = self._rose_at = now

    def lesson(self, now: float) -> RefusedPart | None:
        """Return what the last refusal taught, for others; None where there was none lately."""
        ago_s = now - self._refused_at
        return RefusedPart(self.part, ago_s) if ago_s <= FORGOTTEN_S else None

    def adopt(self, lesson: RefusedPart, now: float) -> None:
        """Believe what another process was taught, if that is newer."""
        if lesson.ago_s < now - self._refused_at - SAME_S:
            self.part = min(self.part, lesson.part)
            self._refused_at = self._rose_at = now - lesson.ago_s

    @property
    def of_refusals(self) -> float:
        """The part that refusals left, 0 … 1; 1 where there was none."""
        return 1.0 if math.isinf(self._refused_at) else self.part

    def hear_all(self) -> None:
        """Note that all who spend the limits are heard of: only a refusal makes the part less than all."""
        if self.is_of_workspace:
            self.is_of_workspace = False
            self.part = self.of_refusals

    @property
    def _first(self) -> float:
        return AT_THE_START if self.is_of_workspace else 1.0


SAME_S = 0.1
"""Two refusals so near to each other are the same one, told by way of another clock."""
