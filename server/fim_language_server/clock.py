"""Time as a parameter, so that tests own it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Protocol


class Timer(Protocol):
    """Something that was to happen later and may be called off."""

    def cancel(self) -> None:
        """Call it off; nothing happens if it is over."""
        ...


CallLater = Callable[[float, Callable[[], object]], Timer]
"""Calls a function back once, after a delay in seconds."""


class Clock(Protocol):
    """What the engine may know of time."""

    def now(self) -> float:
        """Return seconds that only ever grow; their zero means nothing."""
        ...

    def call_later(self, seconds: float, callback: Callable[[], object]) -> Timer:
        """Call back once on the event loop after so many seconds."""
        ...


class SystemClock:
    """The running event loop's time."""

    def now(self) -> float:
        """Return the monotonic time in seconds."""
        return time.monotonic()

    def call_later(self, seconds: float, callback: Callable[[], object]) -> Timer:
        """Call back once on the running event loop after so many seconds."""
        return asyncio.get_running_loop().call_later(seconds, callback)
