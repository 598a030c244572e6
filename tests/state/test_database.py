"""A file for several processes: made once, private, and refused with a reason where it is not ours."""

from __future__ import annotations

import sqlite3
import stat
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from fim_language_server.state.database import UnusableError, open_database, open_to_read, transaction

SCHEMA = "CREATE TABLE t (n INTEGER);\nCREATE INDEX t_n ON t (n)"


def test_it_is_made_with_its_folder_and_found_again(tmp_path: Path) -> None:
    """Whoever comes first makes it."""
    path = tmp_path / "new" / "x.sqlite3"
    first, second = open_database(path, SCHEMA, 1), open_database(path, SCHEMA, 1)
    first.execute("INSERT INTO t VALUES (7)")
    assert second.execute("SELECT n FROM t").fetchall() == [(7,)]
    assert open_to_read(path).execute("SELECT n FROM t").fetchall() == [(7,)]


def test_many_may_make_it_at_once(tmp_path: Path) -> None:
    """Editors are started together; none of them finds half a file."""
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: open_database(tmp_path / "x.sqlite3", SCHEMA, 1), range(8)))
    assert all(one.execute("SELECT count(*) FROM t").fetchone() == (0,) for one in found)


@pytest.mark.skipif(sys.platform == "win32", reason="permissions are the folder's there")
def test_only_its_owner_can_read_it(tmp_path: Path) -> None:
    """It tells when somebody worked, and on what language."""
    open_database(tmp_path / "x" / "x.sqlite3", SCHEMA, 1)
    assert stat.S_IMODE((tmp_path / "x").stat().st_mode) == 0o700
    assert stat.S_IMODE((tmp_path / "x" / "x.sqlite3").stat().st_mode) == 0o600


def test_a_transaction_is_whole_or_nothing(tmp_path: Path) -> None:
    """What fails in its middle leaves nothing behind."""
    connection = open_database(tmp_path / "x.sqlite3", SCHEMA, 1)
    with pytest.raises(sqlite3.Error), transaction(connection):  # noqa: PT012
        connection.execute("INSERT INTO t VALUES (1)")
        connection.execute("INSERT INTO nowhere VALUES (1)")
    with transaction(connection):
        connection.execute("INSERT INTO t VALUES (2)")
    assert connection.execute("SELECT n FROM t").fetchall() == [(2,)]


def test_what_cannot_be_used_says_why(tmp_path: Path) -> None:
    """A folder that is a file, a file that is no database, a newer program's, and none at all."""
    (tmp_path / "file").write_text("no database, and longer than a header of SQLite would be" * 20)
    with pytest.raises(UnusableError, match="remove it"):
        open_database(tmp_path / "file", SCHEMA, 1)
    with pytest.raises(UnusableError, match="cannot be used"):
        open_database(tmp_path / "file" / "x.sqlite3", SCHEMA, 1)
    open_database(tmp_path / "newer.sqlite3", SCHEMA, 2).close()
    with pytest.raises(UnusableError, match="newer"):
        open_database(tmp_path / "newer.sqlite3", SCHEMA, 1)
    with pytest.raises(UnusableError, match="there is no"):
        open_to_read(tmp_path / "none.sqlite3")


def test_who_only_reads_cannot_write(tmp_path: Path) -> None:
    """`stats` must not disturb the editors."""
    open_database(tmp_path / "x.sqlite3", SCHEMA, 1)
    with pytest.raises(sqlite3.OperationalError):
        open_to_read(tmp_path / "x.sqlite3").execute("INSERT INTO t VALUES (1)")
