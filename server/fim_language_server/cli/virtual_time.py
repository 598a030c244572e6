"""An event loop whose time passes only while nothing is left to do: a session of four minutes takes seconds.

Sockets on loopback are real; what is sent is there at once. `time.monotonic` tells the loop's time while it runs, so
that everything in the process agrees on it. Time stands still while one of the loop's threads works, so that reading
files and closing a database take none; other processes are waited for where a thread waits for them.
"""

from __future__ import annotations

import asyncio
import os
import selectors
import threading
import time
from collections.abc import Coroutine
from typing import Any, TypeVar
from unittest import mock

from fim_language_server.lsp.documents.link_targets import THREAD_NAME

T = TypeVar("T")

LOOK_S = 0.0002
"""Real seconds for which messages under way are waited for before time is moved on."""


THREAD_S = 10.0
"""Real seconds for which a thread is waited for before time moves on without it."""

_REAL_TIME = time.perf_counter


class VirtualSelector(selectors.DefaultSelector):
    """Waits for what is there already, and then moves the time on instead of waiting."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 1_000.0
        self.working: set[asyncio.Future[Any]] = set()

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """Return what is ready; where nothing is, let `timeout` seconds have passed."""
        events: list[tuple[selectors.SelectorKey, int]] = super().select(0)
        if events or (timeout is not None and timeout <= 0):
            return events
        if timeout is not None and (events := self._wait_for_links()):
            return events
        look = THREAD_S if self.working else LOOK_S
        events = super().select(None if timeout is None else look if self.working else min(timeout, look))
        if not events and timeout is not None:
            self.now += timeout
        return events

    def _wait_for_links(self) -> list[tuple[selectors.SelectorKey, int]]:
        """Wait while links are resolved, in threads that are not the loop's own; return what is ready then."""
        events: list[tuple[selectors.SelectorKey, int]] = []
        ends = _REAL_TIME() + THREAD_S
        while not events and _REAL_TIME() < ends and any(it.name == THREAD_NAME for it in threading.enumerate()):
            events = super().select(LOOK_S)
        return events or super().select(0)


class VirtualLoop(asyncio.SelectorEventLoop):
    """A loop that tells its selector which of its threads work."""

    def __init__(self, selector: VirtualSelector) -> None:
        super().__init__(selector)
        self._working = selector.working

    def run_in_executor(self, executor: Any, func: Any, *args: Any) -> asyncio.Future[Any]:  # type: ignore[override]
        """Let a thread run it."""
        future: asyncio.Future[Any] = super().run_in_executor(executor, func, *args)
        self._working.add(future)
        future.add_done_callback(self._working.discard)
        return future


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run to the end in virtual time."""
    selector = VirtualSelector()
    with (
        mock.patch.object(time, "monotonic", lambda: selector.now),  # noqa: PT008 (it changes)
        mock.patch.dict(os.environ),
        asyncio.Runner(loop_factory=lambda: VirtualLoop(selector)) as runner,
    ):
        return runner.run(work)
