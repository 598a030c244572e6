"""One dimension of a budget: requests, or tokens. What was spent in the last minute, and what may be spent now.

Two rules hold together. A bucket that fills evenly and holds ten seconds' worth keeps one burst from using up the
minute. The sum of the last 60 seconds keeps any minute, wherever its beginning lies, within the limit: a bucket alone
would let a minute hold its limit and one burst.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

from attrs import define, field

WINDOW_S = 60.0
BURST_S = 10.0
"""The burst: seconds' worth of the limit that may be spent at once."""
SCARCE = 1 / 3
"""The share of a minute's limit from which on what is left of it counts as little."""


@define(eq=False)
class Spending:
    """An amount that was spent, or is reserved; `Meter.correct` may change it."""

    at: float
    amount: float


@define(eq=False)
class Meter:
    """An amount per minute; `per_minute` 0 means without limit, and then only what was spent is noted."""

    per_minute: float
    _filled_at: float
    _level: float = field(init=False)
    _spent: deque[Spending] = field(factory=deque, init=False, repr=False)
    _others: deque[Spending] = field(factory=deque, init=False, repr=False)
    _lowered: tuple[float, float] | None = field(default=None, init=False)
    _total: float = field(default=0.0, init=False)

    def __attrs_post_init__(self) -> None:
        self._level = self.capacity

    @property
    def capacity(self) -> float:
        """The most that may be spent at once."""
        return max(1.0, self.per_minute * BURST_S / WINDOW_S)

    def holds(self, amount: float, reserve: float, now: float, *, paces: bool = True) -> bool:
        """Is there enough, and `reserve` (a share of the capacity) left for more important requests?

        Without `paces` only the minute counts: the pace is kept by whoever grants leases.
        """
        if not self.per_minute:
            return True
        self._pass(now)
        # One request may be dearer than a burst: a full bucket pays for it and goes into debt.
        at_once = min(amount, self.capacity)
        kept = reserve * (self.capacity - at_once)
        is_paced = not paces or self._level >= at_once + kept
        return is_paced and (self._total + amount + kept <= self.per_minute or not (self._spent or self._others))

    def take(self, amount: float, now: float) -> Spending:
        """Spend, or reserve, an amount; whether there is enough is the caller's to ask."""
        self._pass(now)
        spending = Spending(now, amount)
        self._spent.append(spending)
        self._total += amount
        self._level -= amount
        return spending

    def correct(self, spending: Spending, amount: float, now: float) -> None:
        """Say what was really spent; it counts from when it was taken."""
        self._pass(now)
        difference = amount - spending.amount
        spending.amount = amount
        self._level = min(self.capacity, self._level - difference)
        if spending.at > now - WINDOW_S:
            self._total += difference

    def limit_to(self, per_minute: float, now: float) -> None:
        """Change the limit; what was spent already counts against it."""
        self._pass(now)
        was_limited = self.per_minute > 0
        self.per_minute = per_minute
        self._level = min(self._level, self.capacity) if was_limited else self.capacity

    def lower_to(self, left: float, now: float) -> None:
        """Believe that no more than this is left; it fills again from there."""
        if self.per_minute:
            self._pass(now)
            self._level = min(self._level, left)
            self._lowered = now, left

    def note_others(self, spent: Iterable[tuple[float, float]], now: float) -> None:
        """Take what other processes spent of the same in the last minute: (seconds ago, amount) of each."""
        self._pass(now)
        if not (spent := list(spent)) and not self._others:
            return
        self._total -= sum(each.amount for each in self._others)
        self._others = deque(sorted((Spending(now - ago, it) for ago, it in spent), key=lambda each: each.at))
        self._total += sum(each.amount for each in self._others)
        self._level = self._replayed(now)

    def history(self, now: float) -> list[tuple[float, float]]:
        """Return what this process spent in the last minute: (seconds ago, amount), the oldest first."""
        self._pass(now)
        return [(now - each.at, each.amount) for each in self._spent]

    def spent(self, now: float) -> float:
        """Return what was spent, or reserved, in the last minute."""
        self._pass(now)
        return self._total

    def left(self, now: float, scarce: float = SCARCE) -> float:
        """Return how full the budget is, 0 … 1: the emptier of the burst and what the minute has left.

        The last `scarce` of a minute's limit counts as little.
        """
        if not self.per_minute:
            return 1.0
        self._pass(now)
        of_minute = (self.per_minute - self._total) / (self.per_minute * scarce)
        return max(0.0, min(1.0, self._level / self.capacity, of_minute))

    def _pass(self, now: float) -> None:
        """Let the time since the last look pass."""
        self._level = min(self.capacity, self._level + (now - self._filled_at) * self.per_minute / WINDOW_S)
        self._filled_at = now
        for spent in (self._spent, self._others):
            while spent and spent[0].at <= now - WINDOW_S:
                self._total -= spent.popleft().amount

    def _replayed(self, now: float) -> float:
        """Return how full the bucket is if all spending of the last minute, of every process, is counted again."""
        at, level = now - WINDOW_S, self.capacity
        fill = self.per_minute / WINDOW_S
        for each in sorted((*self._spent, *self._others), key=lambda each: each.at):
            if self._lowered and at <= self._lowered[0] < each.at:
                level = min(level, self._lowered[1])
            level = min(self.capacity, level + (each.at - at) * fill) - each.amount
            at = each.at
        if self._lowered and at <= self._lowered[0]:
            at, level = self._lowered[0], min(level, self._lowered[1])
        return min(self.capacity, level + (now - at) * fill)
