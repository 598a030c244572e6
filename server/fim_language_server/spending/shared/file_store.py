"""The ledger's file as a budget store: a thread reads and writes it, so that no key waits for a disk."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

from attrs import define, field

from fim_language_server.spending.shared.budget_store import StoreError
from fim_language_server.spending.shared.ledger import FILE, Ledger
from fim_language_server.spending.shared_values import LeaseGrant, SpendingReport

BUSY_S = 0.4
"""Seconds until the next try after the file was busy."""

T = TypeVar("T")


@define(eq=False)
class FileStore:
    """A budget store in `folder`, for the processes of one user on one machine."""

    _folder: str
    _wall_time: Callable[[], float] = field(default=time.time, repr=False)
    others: str = field(default="other editors", init=False)
    _ledger: Ledger = field(init=False)
    # One thread: whoever is cancelled while it writes must not meet the next one in the file.
    _thread: ThreadPoolExecutor = field(factory=lambda: ThreadPoolExecutor(1, "budget"), init=False, repr=False)

    def __attrs_post_init__(self) -> None:
        self._ledger = Ledger(Path(self._folder) / FILE, self._wall_time)

    async def open(self) -> bytes:
        """Open the file, and return its salt. Raises StoreError and UnusableError."""
        return await self._in_thread(self._ledger.open)

    async def exchange(self, scope: bytes, process: str, report: SpendingReport) -> LeaseGrant:
        """Enter what a process says of itself; return its grant. Raises StoreError."""
        return await self._in_thread(self._ledger.exchange, scope, process, report)

    async def leave(self, process: str) -> None:
        """Give back what a process has set aside. Raises StoreError."""
        await self._in_thread(self._ledger.leave, process)

    async def close(self) -> None:
        """Close the file, if it is not in use for long."""
        try:
            await self._in_thread(self._ledger.close)
        finally:
            self._thread.shutdown(wait=False, cancel_futures=True)

    async def _in_thread(self, work: Callable[..., T], *arguments: Any) -> T:
        try:
            return await asyncio.get_running_loop().run_in_executor(self._thread, work, *arguments)
        except sqlite3.Error as error:
            raise StoreError(str(error), BUSY_S, is_lost=False) from None
