"""Dollars of one day, by all processes of this machine, and the most that may be spent (`budget.dollarsPerDay`).

A day is one of UTC: a user's time zone makes no second day of it. What is spent is kept in the usage log's file, also
where statistics are off. It is read and written by a thread; asking for more never waits.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import logging
import math
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path

from attrs import define, field

from fim_language_server.clock import CallLater
from fim_language_server.state.database import CLOSE_S, UnusableError, transaction
from fim_language_server.usage.database import open_usage
from fim_language_server.usage.log import DAY_S, FLUSH_AFTER_S, KEPT_DAYS

logger = logging.getLogger(__name__)

SPENT = "CREATE TABLE IF NOT EXISTS spent (day INTEGER PRIMARY KEY, dollars REAL NOT NULL)"
"""Days since 1970 in UTC."""
ADD = "INSERT INTO spent VALUES (?, ?) ON CONFLICT DO UPDATE SET dollars = dollars + excluded.dollars"

ROUNDING = 1e-9
"""Dollars by which a sum of small costs may be wrong."""


@define(eq=False)
class DaySpending:
    """The limit of a day, and what is spent of it. Belongs to one event loop; `close` writes what is left.

    `on_spent` gets the limit and the day, as 2026-01-31, when a request is refused for the first time on a day.
    """

    _path: Path | None
    """The usage log's file; None where the user has no folder for it, so that this process keeps to the limit alone."""
    _call_later: CallLater = field(repr=False)
    _on_spent: Callable[[float, str], None] = field(repr=False)
    _wall_time: Callable[[], float] = field(default=time.time, repr=False)
    _most: float = field(default=0.0, init=False)
    _day: int = field(default=0, init=False)
    _in_file: float = field(default=0.0, init=False)
    _own: float = field(default=0.0, init=False)
    """Dollars of this process that are not in the file yet."""
    _held: float = field(default=0.0, init=False)
    _told_on: int = field(default=-1, init=False)
    _is_due: bool = field(default=False, init=False)
    _is_unusable: bool = field(default=False, init=False)
    _writing: asyncio.Task[None] | None = field(default=None, init=False, repr=False)

    @property
    def has_limit(self) -> bool:
        """Is there a limit?"""
        return self._most > 0

    async def limit_to(self, dollars: float) -> None:
        """Set the limit, 0 for none; where there is one it is known at the return what others have spent today."""
        self._most = dollars
        if self.has_limit:
            await self._flush()

    def allows(self, dollars: float | None) -> bool:
        """Would a request that costs at most `dollars` (None: not known) be within the limit?"""
        if not self.has_limit or dollars == 0:
            return True
        self._begin_day()
        return dollars is not None and self._in_file + self._own + self._held + dollars <= self._most + ROUNDING

    def reserve_nowait(self, dollars: float | None) -> bool:
        """Set aside what a request costs at most; False where that would exceed the limit. `settle` ends it."""
        if not self.has_limit:
            return True
        if not self.allows(dollars):
            if dollars is not None and self._told_on != self._day:
                self._told_on = self._day
                self._on_spent(self._most, _date(self._day))
            return False
        self._held += dollars or 0.0
        return True

    def settle(self, reserved: float | None, dollars: float | None) -> None:
        """Take what a request has cost, in place of what was reserved for it."""
        if not self.has_limit:
            return
        self._begin_day()
        self._held = max(0.0, self._held - (reserved or 0.0))
        if dollars:
            self._own += dollars
            self._write_soon()

    async def close(self) -> None:
        """Write what is left; what another process' lock on the file holds up for `CLOSE_S` is lost."""
        try:
            async with asyncio.timeout(CLOSE_S):
                if self._writing is not None:
                    await asyncio.gather(self._writing, return_exceptions=True)
                if self._own:
                    await self._flush()
        except TimeoutError:
            logger.debug("the last dollars are not recorded: the file is in use")

    def _begin_day(self) -> None:
        day = int(self._wall_time() // DAY_S)
        if day != self._day:
            # What others have spent since midnight is read with the next writing.
            self._day, self._in_file, self._own = day, 0.0, 0.0
            self._write_soon()

    def _write_soon(self) -> None:
        if not self._is_due and not self._is_unusable:
            self._is_due = True
            self._call_later(FLUSH_AFTER_S, self._begin_writing)

    def _begin_writing(self) -> None:
        self._writing = asyncio.get_running_loop().create_task(self._flush(), name="write spending")

    async def _flush(self) -> None:
        self._is_due = False
        path = self._path
        if not self.has_limit or self._is_unusable or path is None:
            return
        day, own = int(self._wall_time() // DAY_S), self._own
        if day != self._day:
            self._day, self._own, own = day, 0.0, 0.0
        try:
            in_file = await asyncio.to_thread(_write, path, day, own)
        except (UnusableError, sqlite3.Error) as error:
            self._is_unusable = isinstance(error, UnusableError)
            logger.warning("budget.dollarsPerDay is kept by this process alone: %s", error)
            return
        if day == self._day:
            self._in_file, self._own = in_file, self._own - own


def _write(path: Path, day: int, own: float) -> float:
    """Add this process' dollars to a day; return the sum of all processes. Raises UnusableError and sqlite3.Error."""
    connection = open_usage(path)
    try:
        with transaction(connection):
            connection.execute(SPENT)
            if own:
                connection.execute(ADD, [day, own])
                connection.execute("DELETE FROM spent WHERE day < ?", [day - KEPT_DAYS])
        found = [
            connection.execute("SELECT sum(dollars) FROM spent WHERE day = ?", [day]).fetchone()[0],
            # Of before the limit was set, and of older programs.
            connection.execute(
                "SELECT sum(cost) FROM entries WHERE at >= ? AND at < ?", [day * DAY_S, (day + 1) * DAY_S]
            ).fetchone()[0],
        ]
    finally:
        connection.close()
    return max((float(sum_) for sum_ in found if sum_ is not None and math.isfinite(sum_)), default=0.0)


def _date(day: int) -> str:
    return (dt.date(1970, 1, 1) + dt.timedelta(days=day)).isoformat()
