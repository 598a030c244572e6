"""Time as a parameter, so that tests control it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Protocol


class Timer(Protocol):
    """A call that is scheduled, and can be cancelled; the part of `asyncio.TimerHandle` that is used."""

    def cancel(self) -> None:
        """Cancel the call; no effect where it has happened."""
        ...


CallLater = Callable[[float, Callable[[], object]], Timer]
"""Calls a function once, after a delay in seconds."""


class Clock(Protocol):
    """A source of time, as the engine and its neighbours use it."""

    def now(self) -> float:
        """Return monotonic seconds, counted from an arbitrary zero."""
        ...

    def call_later(self, seconds: float, callback: Callable[[], object]) -> Timer:
        """Call `callback` once on the event loop, after `seconds`."""
        ...


class SystemClock:
    """The running event loop's time."""

    def now(self) -> float:
        """Return the monotonic time in seconds."""
        return time.monotonic()

    def call_later(self, seconds: float, callback: Callable[[], object]) -> Timer:
        """Call `callback` once on the running event loop, after `seconds`."""
        return asyncio.get_running_loop().call_later(seconds, callback)
