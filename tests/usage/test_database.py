"""Files of the usage log are read and written by programs of the first version and of this one, in any order."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from attrs import evolve

from fim_language_server.core.values import Usage
from fim_language_server.state.database import open_database, transaction
from fim_language_server.usage.attribution import Attribution
from fim_language_server.usage.database import SCHEMA, VERSION, open_usage
from fim_language_server.usage.log import DAY_S, Fate, UsageLog, local_day
from fim_language_server.usage.record import RequestRecord
from fim_language_server.usage.report import read_usage
from tests.fakes.clock import FakeClock

NOW = 1_800_000_000.0
RECORD = RequestRecord(
    "mistral", "m", "python", "finished", 10, 200, 300, Usage(1_000, 50, 400), False, 0.25, "api.mistral.ai",
    "file:///w/shop/a.py",
)  # fmt: skip
OLD_ROW = (NOW, "codestral", "m", "go", "finished", 1.0, 2.0, 3.0, 100, 10, 0, 0, 0.5)


def old_program_opens(path: Path) -> sqlite3.Connection:
    """Open the file as the first version does; it refuses a file of a later version."""
    return open_database(path, SCHEMA, VERSION)


def old_program_writes(connection: sqlite3.Connection) -> None:
    """Insert as the first version does: without the names of the columns."""
    with transaction(connection):
        connection.executemany(
            "INSERT INTO requests VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", [OLD_ROW, OLD_ROW]
        )
        connection.executemany(
            "INSERT INTO offers VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET n = n + excluded.n",
            [(local_day(NOW), "codestral", "go", "accepted", 1)],
        )


def old_program_reads(path: Path) -> tuple[int, int]:
    """Return the sums of requests and of outcomes as the first version reads them."""
    connection = old_program_opens(path)
    rows = connection.execute(
        "SELECT at, provider, model, language, outcome, wait_ms, first_text_ms, stream_ms,"
        " prompt_tokens, cached_tokens, completion_tokens, is_estimated, cost FROM requests"
    ).fetchall()
    offers = connection.execute("SELECT day, provider, language, outcome, n FROM offers").fetchall()
    connection.close()
    return len(rows), sum(offer[-1] for offer in offers)


async def new_program_writes(path: Path, now: float = NOW) -> None:
    log = UsageLog(path, FakeClock().call_later, lambda: now, Attribution("Ada", "hash", "ada@laptop", ("/w/shop",)))
    log.note(RECORD)
    log.note_fate(Fate("mistral", "python", "accepted", "m", "api.mistral.ai", RECORD.uri))
    await log.close()


@pytest.mark.parametrize("order", ["on", "no", "onon", "noon", "oonno", "nnoo"])
async def test_old_and_new_programs_write_one_file(order: str, tmp_path: Path) -> None:
    """Whoever made the file: nothing is lost, and what only the new one knows is kept."""
    path, old, new = tmp_path / "u", order.count("o"), order.count("n")
    for which in order:
        if which == "o":
            connection = old_program_opens(path)
            old_program_writes(connection)
            connection.close()
        else:
            await new_program_writes(path)
    assert old_program_reads(path) == (2 * old + new, old + new)
    by_person = {each.group: each for each in read_usage(path, "person", 30, NOW)}
    assert (by_person["(none)"].requests, by_person["Ada"].requests) == (2 * old, new)
    assert by_person["Ada"].suggestions == {"accepted": new}
    assert by_person["all"].suggestions == {"accepted": old + new}


async def test_an_old_program_that_runs_meanwhile_goes_on(tmp_path: Path) -> None:
    """Its connection has been open since before the file was brought to this version."""
    path = tmp_path / "u"
    connection = old_program_opens(path)
    old_program_writes(connection)
    await new_program_writes(path)
    old_program_writes(connection)
    with transaction(connection):
        connection.execute("DELETE FROM requests WHERE at < ?", [NOW - DAY_S])
    assert old_program_reads(path) == (5, 3)
    with transaction(connection):
        connection.execute("DELETE FROM requests WHERE at < ?", [NOW + 1])
    connection.close()
    assert old_program_reads(path) == (0, 3)


def test_a_file_of_an_old_program_is_read_without_changing_it(tmp_path: Path) -> None:
    """`stats` only reads."""
    path = tmp_path / "u"
    connection = old_program_opens(path)
    old_program_writes(connection)
    connection.close()
    assert [each.group for each in read_usage(path, "host", 30, NOW)] == ["(none)", "all"]
    with sqlite3.connect(path) as again:
        assert again.execute("SELECT type FROM sqlite_master WHERE name = 'requests'").fetchone() == ("table",)


async def test_a_project_is_a_hash_of_its_folder_or_a_name(tmp_path: Path) -> None:
    """The innermost folder counts, the hash is the same for each of its files, and no path is in the file."""
    path = tmp_path / "u"
    for project in ("hash", "off", "billing"):
        names = Attribution("hash", project, "ada@laptop", ("/w", "/w/shop/", "/other"))
        log = UsageLog(path, FakeClock().call_later, lambda: NOW, names)
        for uri in (
            "file:///w/shop/a.py",
            "file:///w/shop/lib/b.py",
            "file:///w/c.py",
            "file:///tmp/d.py",
            "untitled:1",
        ):
            log.note(evolve(RECORD, uri=uri))
        await log.close()
    counts = {each.group: each.requests for each in read_usage(path, "project", 30, NOW)}
    assert counts.pop("(none)") == 2 + 5
    assert (counts.pop("billing"), counts.pop("all")) == (5, 15)
    assert sorted(counts.values()) == [1, 2]
    content = b"".join(file.read_bytes() for file in tmp_path.iterdir())
    assert not [word for word in (b"shop", b"/w", b"ada", b"laptop") if word in content]


def test_hashes_differ_from_machine_to_machine(tmp_path: Path) -> None:
    """A hash that all machines make alike could be looked up in a list of names."""
    salts = set()
    for name in ("a", "b"):
        connection = open_usage(tmp_path / name)
        salts |= {bytes(row[0]) for row in connection.execute("SELECT value FROM salt")}
        connection.close()
    assert len(salts) == 2
