"""An event loop whose time passes only while nothing is left to do: a session of four minutes takes seconds.

Sockets on loopback are real; what is sent is there at once. `time.monotonic` tells the loop's time while it runs, so
that everything in the process agrees on it. What runs in threads or other processes is not waited for.
"""

from __future__ import annotations

import asyncio
import os
import selectors
import time
from collections.abc import Coroutine
from typing import Any, TypeVar
from unittest import mock

T = TypeVar("T")

LOOK_S = 0.0002
"""How long, in real time, messages under way are waited for before time is moved on."""


class Selector(selectors.DefaultSelector):  # type: ignore[valid-type, misc]
    """Waits for what is there already, and then moves the time on instead of waiting."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 1_000.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """Return what is ready; where nothing is, let `timeout` seconds have passed."""
        events: list[tuple[selectors.SelectorKey, int]] = super().select(0)
        if events or (timeout is not None and timeout <= 0):
            return events
        events = super().select(None if timeout is None else min(timeout, LOOK_S))
        if not events and timeout is not None:
            self.now += timeout
        return events


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run to the end in virtual time."""
    selector = Selector()
    with (
        mock.patch.object(time, "monotonic", lambda: selector.now),  # noqa: PT008 (it changes)
        mock.patch.dict(os.environ),
        asyncio.Runner(loop_factory=lambda: asyncio.SelectorEventLoop(selector)) as runner,
    ):
        return runner.run(work)
