"""This machine's part of known limits that others spend as well, and of whom nothing is known but their refusals.

A 429 below one's own limit says that others had the rest. For the next minute half of what was spent is kept to, and
from then on somewhat less than before; the part that proved too much is remembered, and approached slowly. A part
rises while requests that are wanted find no room in it, so that parts meet where all are served, or near equal shares.
Where a limit is known to be that of a whole workspace, the part begins small.
"""

from __future__ import annotations

import math

from attrs import define, field

from fim_language_server.spending.shared_values import RefusedPart

AT_THE_START = 0.065
"""Part of a workspace's limit to begin with: of 60,000 tokens a minute 3,900, or 15 small requests."""
SMALLEST = 1 / 64
NEARLY_ALL = 0.8
"""From this part of the limit on a refusal says that the limit was met, and not that others spend."""
A_LITTLE_LESS, LESS, MUCH_LESS = 0.9, 0.7, 0.5
"""Factors of the lasting part: at the limit itself, after a refusal, and after one that follows another."""
AT_ONCE = 0.5
"""The share of what was spent that is kept to at first after a refusal."""
AT_A_TIME_S = 5.0
"""Seconds in which refusals teach once: of requests that were sent together."""
SOON_S = 120.0
"""Seconds in which a second refusal says that the first one taught too little."""
FIRST_QUIET_S, STEP_S = 120.0, 30.0
"""Seconds without a refusal before the part rises for the first time, and between two rises."""
FAST, BACK = 1.1, 1.4
"""Factors of a rise before the first refusal, and back to the lasting part after one."""
ADDED = 0.0003
"""Part that a rise adds beyond the lasting part: equal steps for all, so that unequal parts come near each other."""
BOLDER_S = 600.0
"""Seconds of quiet after which steps are twice as large, and then larger: others may have gone."""
WANTING = 0.85
"""The share of a part that must be used for it to rise because requests find no room …"""
ROOMY = 0.97
"""… and the one from which on it rises though all find room: larger windows are worth something, too."""
FORGOTTEN_S = 900.0
"""Seconds without a request after which a part begins anew, and a refusal that was not followed by another is over."""


@define
class OwnPart:
    """Part of the limits that may be spent, 0 … 1; `is_of_workspace`: others are known to spend the same limits."""

    is_of_workspace: bool = False
    part: float = field(init=False)
    _lasting: float = field(default=1.0, init=False)  # the part that refusals left, beyond the minute that follows one
    _refused_at: float = field(default=-math.inf, init=False)
    _met_at: float = field(default=-math.inf, init=False)  # when the lasting part was last lowered, or come back to
    _rose_at: float = field(default=-math.inf, init=False)
    _asked_at: float = field(default=-math.inf, init=False)
    _lacks: bool = field(default=False, init=False)  # did a request find no room since the last rise?

    def __attrs_post_init__(self) -> None:
        self.part = self._first

    def asked(self, used: float, now: float, *, finds_room: bool = True) -> None:
        """Note that a request is wanted, after `used` of the limits (0 … 1) was spent within a minute.

        `finds_room`: at least its smallest form may be sent.
        """
        if now - self._asked_at > FORGOTTEN_S:
            self._begin(now)
        self._asked_at = now
        self._lacks = self._lacks or not finds_room
        is_due = self.part < 1 and now - self._rose_at >= STEP_S
        if is_due and used >= (WANTING if self._lacks else ROOMY) * self.part:
            self._rise(now)

    def refused(self, used: float, now: float) -> None:
        """Take a 429 into account, after `used` of the limits (0 … 1) was spent within a minute."""
        if used >= NEARLY_ALL:
            self._lower(A_LITTLE_LESS, A_LITTLE_LESS * used, now)
        else:
            self._lower(LESS, max(SMALLEST, AT_ONCE * used), now)

    def lesson(self, now: float) -> RefusedPart | None:
        """Return what the last refusal taught, for others; None where there was none lately."""
        ago_s = now - self._refused_at
        return RefusedPart(self.part, ago_s) if ago_s <= FORGOTTEN_S else None

    def adopt(self, lesson: RefusedPart, now: float) -> None:
        """Believe what another process was taught, if that is newer."""
        if lesson.ago_s < now - self._refused_at - SAME_S:
            self._lower(LESS, lesson.part, now - lesson.ago_s)

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

    def _begin(self, now: float) -> None:
        """Begin after a long break: what was learned before it may not hold any more."""
        if now - self._refused_at >= FORGOTTEN_S:
            self._refused_at, self._lasting = -math.inf, 1.0
        self.part = min(self.part, self._first) if self.is_of_workspace else min(self._first, self._lasting)
        self._rose_at = now + FIRST_QUIET_S - STEP_S

    def _lower(self, factor: float, at_once: float, at: float) -> None:
        """Lower the lasting part by a factor, or by more where it was lowered just before; keep to `at_once` first."""
        if at - self._refused_at < AT_A_TIME_S:
            return
        if at - self._refused_at < SOON_S:
            factor = min(factor, MUCH_LESS)
        before = self.part if math.isinf(self._refused_at) else self._lasting
        self._lasting = max(SMALLEST, factor * before)
        self.part = min(self.part, self._lasting, at_once)
        self._refused_at = self._met_at = self._rose_at = at

    def _rise(self, now: float) -> None:
        if math.isinf(self._refused_at):
            self.part = min(1.0, self.part * FAST)
        elif self.part < self._lasting:
            self.part = min(self._lasting, self.part * BACK)
            self._met_at = now
        else:
            quiet = (now - self._met_at) / BOLDER_S
            self.part = self._lasting = min(1.0, self._lasting + ADDED * (1 + quiet * quiet))
        self._rose_at, self._lacks = now, False


SAME_S = 0.1
"""Two refusals so near to each other are the same one, told by way of another clock."""
