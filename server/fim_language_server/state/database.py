"""A small SQLite file that several processes read and write at once. What stands in it is the caller's.

Write-ahead logging lets readers and a writer go on beside each other. What is kept is worth a transaction, not a disk
flush: after a power cut the last seconds may be missing, and the file is whole.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

BUSY_S = 2.0
"""Seconds to wait for another process' transaction; a transaction takes about a millisecond."""

CLOSE_S = 0.5
"""Seconds to wait for it while the server ends: an editor that closes does not wait for another."""

_AGAIN_S = 0.02


class UnusableError(Exception):
    """The file, or its folder, cannot be used: `str(error)` says why, in words for a log or a terminal."""


def open_database(path: Path, schema: str, version: int) -> sqlite3.Connection:
    """Return a connection to the file, made with its folder if need be; only its owner can read it.

    `schema` makes the tables of this `version`: statements, each but the last ended by ";" at a line's end. The
    connection is handed from thread to thread, one at a time, and begins no transaction by itself. Raises
    UnusableError, also for a file that a newer program made.
    """
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.touch(mode=0o600)
        connection = sqlite3.connect(path, timeout=BUSY_S, isolation_level=None, check_same_thread=False)
    except (OSError, sqlite3.Error) as error:
        raise UnusableError(f"{path} cannot be used ({_reason(error)})") from None
    try:
        _write_ahead(connection)
        connection.execute("PRAGMA synchronous = NORMAL")
        _set_up(connection, path, schema, version)
    except sqlite3.Error as error:
        connection.close()
        raise UnusableError(f"{path} cannot be used ({_reason(error)}); remove it, and it is made anew") from None
    except UnusableError:
        connection.close()
        raise
    return connection


def open_to_read(path: Path) -> sqlite3.Connection:
    """Return a connection that only reads. Raises UnusableError where there is no such file, or none of ours."""
    if not path.is_file():
        raise UnusableError(f"there is no {path} yet")
    try:
        connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", timeout=BUSY_S, uri=True)
        connection.execute("PRAGMA user_version").fetchone()
    except sqlite3.Error as error:
        raise UnusableError(f"{path} cannot be read ({_reason(error)})") from None
    return connection


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """Do all that the block does, or nothing of it; no other process writes meanwhile. Raises sqlite3.Error."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


def _write_ahead(connection: sqlite3.Connection) -> None:
    """Switch the log's mode; SQLite does not wait for its turn there, so this does."""
    deadline = time.monotonic() + BUSY_S
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(_AGAIN_S)
        else:
            return  # Where a file system cannot do it, the mode stays as it is, which works as well.


def _set_up(connection: sqlite3.Connection, path: Path, schema: str, version: int) -> None:
    def found() -> int:
        return int(connection.execute("PRAGMA user_version").fetchone()[0])

    if found() > version:
        raise UnusableError(f"{path} was made by a newer fim-language-server")
    if found() == version:
        return
    with transaction(connection):
        if found() == version:
            return  # Another process was faster.
        for statement in filter(str.strip, schema.split(";\n")):
            connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {version:d}")


def _reason(error: Exception) -> str:
    return (error.strerror if isinstance(error, OSError) else str(error)) or type(error).__name__
