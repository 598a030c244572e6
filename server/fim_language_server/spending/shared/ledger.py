"""File in which processes share a budget: the spending of each in the last minute, and the lease of each.

For each scope (one host, key and model) it holds: the spending of all within a minute + what all have set aside is no
more than the limit. A process that dies leaves its spending, which counts until its minute is over, and its lease,
which ends by itself. The times in it are the machine's wall time: its processes agree on no other.
"""

from __future__ import annotations

import hashlib
import math
import secrets
import sqlite3
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from attrs import define, evolve, field

from fim_language_server.spending.granting import PACE_S, Crowd, grant, sum_of
from fim_language_server.spending.lease import ACTIVE_S
from fim_language_server.spending.rate_limits import RateLimits
from fim_language_server.spending.shared_values import (
    Amount,
    LearnedLimits,
    LeaseGrant,
    Refusal,
    RefusedPart,
    ReportedLimits,
    SpendingReport,
    Spent,
)
from fim_language_server.state.database import open_database, transaction

FILE = "budget.sqlite3"
VERSION = 1
MINUTE_S = 61.0
"""Seconds for which spending counts: it is recorded to the second, and reaches the provider a little later."""
LEASE_S = 30.0
"""Seconds for which a lease is good that is not renewed. A dead process keeps a few seconds' worth of the budget."""
IDLE_LEASE_S = 150.0
"""Seconds for which a process that asks for nothing is taken for one that is there, and keeps what it has."""

LONGEST_CLOSED_S = 3_600.0
"""More than that is no wish of a provider but a clock that was set back."""

SCHEMA = """
CREATE TABLE salt (value BLOB NOT NULL);
CREATE TABLE spending (
    scope BLOB NOT NULL, process TEXT NOT NULL, at INTEGER NOT NULL, requests REAL NOT NULL, tokens REAL NOT NULL,
    PRIMARY KEY (scope, process, at)
) WITHOUT ROWID;
CREATE TABLE leases (
    scope BLOB NOT NULL, process TEXT NOT NULL, requests REAL NOT NULL, tokens REAL NOT NULL, until REAL NOT NULL,
    PRIMARY KEY (scope, process)
) WITHOUT ROWID;
CREATE TABLE learned (
    scope BLOB PRIMARY KEY, requests_per_minute REAL, requests_left REAL, tokens_per_minute REAL, tokens_left REAL,
    told_at REAL, refused_to REAL, refused_at_most REAL, refused_at REAL, closed_until REAL NOT NULL
) WITHOUT ROWID
"""

ADDED = (
    """
CREATE TABLE IF NOT EXISTS members (
    scope BLOB NOT NULL, process TEXT NOT NULL, asked_at REAL NOT NULL, until REAL NOT NULL,
    PRIMARY KEY (scope, process)
) WITHOUT ROWID
""",
    "CREATE TABLE IF NOT EXISTS parts (scope BLOB PRIMARY KEY, part REAL NOT NULL, at REAL NOT NULL) WITHOUT ROWID",
)
"""Beside the tables of version 1, so that an older program can go on sharing the file."""


@define(eq=False)
class Ledger:
    """One process' way to the file. Every call waits for the disk, and raises sqlite3.Error; one runs at a time."""

    _path: Path
    _wall_time: Callable[[], float] = field(default=time.time, repr=False)
    _connection: sqlite3.Connection | None = field(default=None, init=False, repr=False)

    def open(self) -> bytes:
        """Open the file, and return its salt. Raises UnusableError."""
        self._connection = connection = open_database(self._path, SCHEMA, VERSION)
        # Nothing in it outlives a minute, so it may as well be lost.
        connection.execute("PRAGMA synchronous = OFF")
        with transaction(connection):
            for statement in ADDED:
                connection.execute(statement)
            found = connection.execute("SELECT value FROM salt").fetchone()
            if found is None:
                found = (secrets.token_bytes(16),)
                connection.execute("INSERT INTO salt VALUES (?)", found)
        return bytes(found[0])

    def exchange(self, scope: bytes, process: str, account: SpendingReport) -> LeaseGrant:
        """Enter what a process says of itself; return what it may spend, and what the others did."""
        assert self._connection is not None, "open it first"
        connection, now = self._connection, self._wall_time()
        with transaction(connection):
            self._forget(now)
            self._enter(scope, process, account.spent, now)
            learned = self._learn(scope, account.learned, now)
            others = self._others(scope, process, now)
            crowd = self._crowd(scope, process, others, now)
            granted, most = grant(account, crowd)
            lease = sum_of([account.held, granted])
            valid_s = LEASE_S if account.is_active else IDLE_LEASE_S
            connection.execute(
                "INSERT OR REPLACE INTO leases VALUES (?, ?, ?, ?, ?)",
                [scope, process, lease.requests, lease.tokens, now + valid_s],
            )
            connection.execute(
                "INSERT OR REPLACE INTO members VALUES (?, ?, ?, ?)",
                [scope, process, now if account.is_active else 0.0, now + valid_s],
            )
        return LeaseGrant(granted, valid_s, others, learned, most, crowd.n_others + 1, crowd.n_active + 1)

    def leave(self, process: str) -> None:
        """Give back what a process has set aside; what it spent still counts."""
        if self._connection is not None:
            for table in ("leases", "members"):
                self._connection.execute(f"DELETE FROM {table} WHERE process = ?", [process])  # noqa: S608

    def close(self) -> None:
        """Be done with the file."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _forget(self, now: float) -> None:
        assert self._connection is not None
        # What lies in the future was entered before the clock was set back.
        self._connection.execute("DELETE FROM spending WHERE at <= ? OR at > ?", [now - MINUTE_S, now + MINUTE_S])
        for table in ("leases", "members"):
            self._connection.execute(
                f"DELETE FROM {table} WHERE until <= ? OR until > ?",  # noqa: S608
                [now, now + 2 * IDLE_LEASE_S],
            )

    def _enter(self, scope: bytes, process: str, spent: Sequence[Spent], now: float) -> None:
        """Write the process' spending anew, by seconds: amounts are corrected for as long as streams run."""
        assert self._connection is not None
        by_second: dict[int, Amount] = {}
        for each in spent:
            second = math.floor(now - each.ago_s)
            by_second[second] = sum_of([by_second.get(second, Amount()), each.amount])
        self._connection.execute("DELETE FROM spending WHERE scope = ? AND process = ?", [scope, process])
        self._connection.executemany(
            "INSERT INTO spending VALUES (?, ?, ?, ?, ?)",
            [(scope, process, second, it.requests, it.tokens) for second, it in by_second.items()],
        )

    def _others(self, scope: bytes, process: str, now: float) -> tuple[Spent, ...]:
        """Return the spending of the others within a minute, by seconds."""
        assert self._connection is not None
        rows = self._connection.execute(
            "SELECT at, sum(requests), sum(tokens) FROM spending WHERE scope = ? AND process != ? GROUP BY at",
            [scope, process],
        ).fetchall()
        return tuple(Spent(max(0.0, now - at), Amount(requests, tokens)) for at, requests, tokens in rows)

    def _crowd(self, scope: bytes, process: str, others: Sequence[Spent], now: float) -> Crowd:
        """Return what the other processes have of the budget, and how many they are."""
        assert self._connection is not None
        requests, tokens = self._connection.execute(
            "SELECT ifnull(sum(requests), 0), ifnull(sum(tokens), 0) FROM leases WHERE scope = ? AND process != ?",
            [scope, process],
        ).fetchone()
        n_active, n_others = self._connection.execute(
            "SELECT ifnull(sum(asked_at > ?), 0), count(*) FROM members WHERE scope = ? AND process != ?",
            [now - ACTIVE_S, scope, process],
        ).fetchone()
        spent, lately = (sum_of(it.amount for it in others if it.ago_s < ago_s) for ago_s in (math.inf, PACE_S))
        return Crowd(spent, lately, Amount(requests, tokens), n_active, n_others)

    def _learn(self, scope: bytes, said: LearnedLimits, now: float) -> LearnedLimits:
        """Put what a process learned to what is known; return what is newest of each."""
        assert self._connection is not None
        row = self._connection.execute("SELECT * FROM learned WHERE scope = ?", [scope]).fetchone()
        known = evolve(
            LearnedLimits() if row is None else _from_row(row[1:], now),
            part=self._learn_part(scope, said.part, now),
        )
        newest = _newest(said, known)
        if newest != known:
            self._connection.execute(
                "INSERT OR REPLACE INTO learned VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                [scope, *_as_row(newest, now)],
            )
        return newest

    def _learn_part(self, scope: bytes, said: RefusedPart | None, now: float) -> RefusedPart | None:
        """Put the part that a refusal left to a process to the one that is known; return the newer one."""
        assert self._connection is not None
        row = self._connection.execute("SELECT part, at FROM parts WHERE scope = ?", [scope]).fetchone()
        known = None if row is None else RefusedPart(row[0], max(0.0, now - row[1]))
        if said is None or (known is not None and known.ago_s <= said.ago_s):
            return known
        values = [scope, said.part, now - said.ago_s]
        self._connection.execute("INSERT OR REPLACE INTO parts VALUES (?, ?, ?)", values)
        return said


def scope_of(salt: bytes, *parts: str) -> bytes:
    """Return what a scope is called in the file: a hash, from which neither key nor host can be told."""
    return hashlib.blake2b("\0".join(parts).encode("utf-8", "surrogatepass"), key=salt, digest_size=16).digest()


def _newest(said: LearnedLimits, known: LearnedLimits) -> LearnedLimits:
    told = [each for each in (said.told, known.told) if each is not None]
    refusals = [each for each in (said.refusal, known.refusal) if each is not None]
    return LearnedLimits(
        min(told, key=lambda each: each.ago_s, default=None),
        min(refusals, key=lambda each: each.ago_s, default=None),
        max(said.closed_for_s, known.closed_for_s),
        known.part,
    )


def _as_row(learned: LearnedLimits, now: float) -> tuple[float | None, ...]:
    told, refusal = learned.told, learned.refusal
    limits = told.limits if told else RateLimits()
    return (
        limits.requests_per_minute,
        limits.requests_left,
        limits.tokens_per_minute,
        limits.tokens_left,
        now - told.ago_s if told else None,
        refusal.per_minute if refusal else None,
        refusal.at_most if refusal else None,
        now - refusal.ago_s if refusal else None,
        now + learned.closed_for_s,
    )


def _from_row(row: Sequence[Any], now: float) -> LearnedLimits:
    per_minute, left, tokens_per_minute, tokens_left, told_at, refused_to, at_most, refused_at, closed_until = row
    limits = RateLimits(per_minute, left, tokens_per_minute, tokens_left)
    return LearnedLimits(
        None if told_at is None else ReportedLimits(limits, max(0.0, now - told_at)),
        None if refused_at is None else Refusal(refused_to, at_most, max(0.0, now - refused_at)),
        max(0.0, min(closed_until - now, LONGEST_CLOSED_S)),
    )
