"""Log of each request's cost and each suggestion's outcome: kept for 90 days, and never any text or path.

Written in batches by a thread, so that a keystroke never waits for a disk; several processes write one file.
`fim-language-server stats` reads it (`usage_report`).
"""

from __future__ import annotations

import asyncio
import logging
import os
import sqlite3
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

from attrs import define, field, frozen

from fim_language_server.clock import CallLater
from fim_language_server.state.database import CLOSE_S, UnusableError, transaction
from fim_language_server.usage.attribution import SALT_BYTES, Attribution
from fim_language_server.usage.database import FIRST_COLUMNS, open_usage, salt_of
from fim_language_server.usage.record import RequestRecord

logger = logging.getLogger(__name__)

KEPT_DAYS = 90
DAY_S = 86_400

FLUSH_AFTER_S = 5.0
"""The longest that a record waits to be written."""
MOST_WAITING = 2_000
"""Records that wait for a disk that does not answer; the oldest is dropped for another."""


@frozen
class Fate:
    """Outcome of a ghost text, in the words of `core.acceptance`: one more, or one less where it is corrected.

    `uri` is the document's, of whose workspace folder the log keeps a hash at most.
    """

    provider: str
    language: str
    outcome: str
    model: str = ""
    host: str = ""
    uri: str = field(default="", repr=False)


_Noted = tuple[float, RequestRecord, Attribution]
_Counted = tuple[int, Fate, Attribution]


@define(eq=False)
class UsageLog:
    """Keeps what is noted. Belongs to one event loop; `close` writes what is left."""

    _path: Path
    _call_later: CallLater = field(repr=False)
    _wall_time: Callable[[], float] = field(default=time.time, repr=False)
    attribution: Attribution = field(factory=Attribution)
    """For whom and for what is counted from now on."""
    _requests: list[_Noted] = field(factory=list, init=False, repr=False)
    _fates: Counter[_Counted] = field(factory=Counter, init=False, repr=False)
    _connection: sqlite3.Connection | None = field(default=None, init=False, repr=False)
    _is_due: bool = field(default=False, init=False)
    _is_unusable: bool = field(default=False, init=False)
    _writing: asyncio.Task[None] | None = field(default=None, init=False, repr=False)

    def note(self, record: RequestRecord) -> None:
        """Take a request that has ended; it is written a little later."""
        if not self._is_unusable:
            self._requests.append((self._wall_time(), record, self.attribution))
            del self._requests[:-MOST_WAITING]
            self._write_soon()

    def note_fate(self, fate: Fate, n: int = 1) -> None:
        """Take what became of a suggestion."""
        if not self._is_unusable:
            self._fates[local_day(self._wall_time()), fate, self.attribution] += n
            self._write_soon()

    async def close(self) -> None:
        """Write what is left, and be done; what another process' lock on the file holds up for `CLOSE_S` is lost."""
        try:
            async with asyncio.timeout(CLOSE_S):
                if self._writing is not None:
                    await asyncio.gather(self._writing, return_exceptions=True)
                await self._flush()
                if self._connection is not None:
                    connection, self._connection = self._connection, None
                    await asyncio.to_thread(connection.close)
        except TimeoutError:
            logger.debug("the last statistics are lost: the file is in use")

    def _write_soon(self) -> None:
        if not self._is_due:
            self._is_due = True
            self._call_later(FLUSH_AFTER_S, self._begin_writing)

    def _begin_writing(self) -> None:
        self._writing = asyncio.get_running_loop().create_task(self._flush(), name="write usage")

    async def _flush(self) -> None:
        self._is_due = False
        requests, self._requests = self._requests, []
        fates, self._fates = self._fates, Counter()
        if not (requests or fates) or self._is_unusable:
            return
        try:
            await asyncio.to_thread(self._write, requests, fates)
        except UnusableError as error:
            self._is_unusable = True
            logger.warning("statistics are not kept: %s", error)
        except sqlite3.Error as error:
            logger.debug("statistics of %d requests are lost: %s", len(requests), error)

    def _write(self, requests: Sequence[_Noted], fates: Counter[_Counted]) -> None:
        if self._connection is None:
            self._connection = open_usage(self._path)
            self._forget_old()
        salt = salt_of(self._connection)
        with transaction(self._connection):
            self._connection.executemany(
                f"INSERT INTO entries ({FIRST_COLUMNS}, host, person, project) VALUES ({_marks(16)})",  # noqa: S608
                [_row(*noted, salt) for noted in requests],
            )
            self._connection.executemany(
                "INSERT INTO offers VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET n = n + excluded.n",
                [(day, it.provider, it.language, it.outcome, n) for (day, it, _), n in fates.items() if n],
            )
            self._connection.executemany(
                f"INSERT INTO fates VALUES ({_marks(9)}) ON CONFLICT DO UPDATE SET n = n + excluded.n",  # noqa: S608
                [_fate_row(*counted, n, salt) for counted, n in fates.items() if n],
            )

    def _forget_old(self) -> None:
        assert self._connection is not None
        now = self._wall_time()
        with transaction(self._connection):
            self._connection.execute("DELETE FROM entries WHERE at < ?", [now - KEPT_DAYS * DAY_S])
            for table in ("offers", "fates"):
                self._connection.execute(f"DELETE FROM {table} WHERE day < ?", [local_day(now) - KEPT_DAYS])  # noqa: S608


def read_salt(path: Path) -> bytes:
    """Return the random key of the hashes in the file at `path`; a new one where the file cannot be used."""
    try:
        connection = open_usage(path)
    except (UnusableError, sqlite3.Error):
        return os.urandom(SALT_BYTES)
    try:
        return salt_of(connection)
    finally:
        connection.close()


def local_day(at: float) -> int:
    """Return the day of a moment where the user is, in days since 1970."""
    return int((at + time.localtime(at).tm_gmtoff) // DAY_S)


def _row(at: float, record: RequestRecord, attribution: Attribution, salt: bytes) -> tuple[object, ...]:
    usage = record.usage
    return (
        at, record.provider, record.model, record.language, record.outcome,
        record.wait_ms, record.first_text_ms, record.stream_ms,
        usage.prompt_tokens, usage.completion_tokens, usage.cached_tokens,
        record.is_estimated, record.cost,
        record.host, attribution.person_name(salt), attribution.project_name(record.uri, salt),
    )  # fmt: skip


def _fate_row(day: int, fate: Fate, attribution: Attribution, n: int, salt: bytes) -> tuple[object, ...]:
    return (
        day, fate.provider, fate.language, fate.outcome, fate.model, fate.host,
        attribution.person_name(salt), attribution.project_name(fate.uri, salt), n,
    )  # fmt: skip


def _marks(n: int) -> str:
    return ", ".join("?" * n)
