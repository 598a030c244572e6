"""What requests cost is kept and summed up; nothing waits for it, and nothing is said twice if it cannot be."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
import time
from pathlib import Path

import pytest
from attrs import evolve

from fim_language_server.core.values import Usage
from fim_language_server.usage.log import DAY_S, FLUSH_AFTER_S, KEPT_DAYS, Fate, UsageLog
from fim_language_server.usage.record import RequestRecord
from fim_language_server.usage.report import Sum, read_usage
from tests.fakes.clock import FakeClock

NOW = 1_800_000_000.0
RECORD = RequestRecord("mistral", "m", "python", "finished", 10, 200, 300, Usage(1_000, 50, 400), False, 0.25)


def log_at(path: Path, clock: FakeClock, now: float = NOW) -> UsageLog:
    return UsageLog(path, clock.call_later, lambda: now)


async def keep(path: Path, *records: RequestRecord, now: float = NOW, fates: tuple[Fate, ...] = ()) -> None:
    log = log_at(path, FakeClock(), now)
    for record in records:
        log.note(record)
    for fate in fates:
        log.note_fate(fate)
    await log.close()


def read(path: Path, by: str = "provider", days: int = 30) -> dict[str, Sum]:
    return {each.group: each for each in read_usage(path, by, days, NOW)}


async def test_records_are_written_in_batches_a_little_later(tmp_path: Path) -> None:
    """A keystroke must not wait for a disk."""
    path, clock = tmp_path / "u", FakeClock()
    log = log_at(path, clock)
    for _ in range(3):
        log.note(RECORD)
    assert not path.exists()
    await clock.advance(FLUSH_AFTER_S)
    await asyncio.gather(*(task for task in asyncio.all_tasks() if task.get_name() == "write usage"))
    assert read(path)["all"].requests == 3
    await log.close()


async def test_what_is_left_is_written_at_the_end(tmp_path: Path) -> None:
    """The last requests of a session count as well."""
    await keep(tmp_path / "u", RECORD)
    assert read(tmp_path / "u")["all"].requests == 1


async def test_several_write_one_file(tmp_path: Path) -> None:
    """Two windows of an editor are two processes."""
    await asyncio.gather(*(keep(tmp_path / "u", *[RECORD] * 20) for _ in range(4)))
    assert read(tmp_path / "u")["all"].requests == 80


async def test_tokens_money_and_times_are_summed_up(tmp_path: Path) -> None:
    """Cached tokens apart; times are medians of the requests that got so far."""
    failed = evolve(RECORD, outcome="failed", wait_ms=20, first_text_ms=None, stream_ms=None, usage=Usage(), cost=0.0)
    slow = evolve(RECORD, outcome="hung up", wait_ms=30, first_text_ms=400, stream_ms=100, is_estimated=True)
    await keep(tmp_path / "u", RECORD, failed, slow)
    found = read(tmp_path / "u")["mistral"]
    assert (found.requests, found.outcomes) == (3, {"finished": 1, "failed": 1, "hung up": 1})
    assert (found.prompt_tokens, found.cached_tokens, found.completion_tokens) == (2_000, 800, 100)
    assert (found.cost_usd, found.unpriced, found.estimated) == (0.5, 0, 1)
    latency = found.latency_ms
    assert (latency.wait, latency.first_text, latency.stream) == (20, 300, 200)


async def test_what_nobody_knows_the_price_of_is_not_free(tmp_path: Path) -> None:
    """It is counted apart."""
    unknown = evolve(RECORD, provider="codestral", cost=None)
    await keep(tmp_path / "u", RECORD, unknown, unknown)
    found = read(tmp_path / "u")
    assert (found["codestral"].cost_usd, found["codestral"].unpriced) == (None, 2)
    assert (found["all"].cost_usd, found["all"].unpriced) == (0.25, 2)


async def test_it_is_told_by_day_provider_and_language(tmp_path: Path) -> None:
    """Days in order, today among those asked for; the others by the number of requests."""
    await keep(tmp_path / "u", evolve(RECORD, language="go"), now=NOW - DAY_S)
    await keep(tmp_path / "u", RECORD, RECORD)
    assert [(it.group, it.requests) for it in read_usage(tmp_path / "u", "language", 2, NOW)] == [
        ("python", 2), ("go", 1), ("all", 3),
    ]  # fmt: skip
    days = [time.strftime("%Y-%m-%d", time.localtime(NOW - ago)) for ago in (DAY_S, 0)]
    assert [it.group for it in read_usage(tmp_path / "u", "day", 2, NOW)] == [*days, "all"]
    assert [it.group for it in read_usage(tmp_path / "u", "day", 1, NOW)] == [days[1], "all"]


async def test_what_became_of_suggestions_is_counted_and_corrected(tmp_path: Path) -> None:
    """The editor may say later that a text was accepted after all."""
    log, shown = log_at(tmp_path / "u", FakeClock()), Fate("mistral", "python", "dismissed")
    log.note_fate(shown)
    log.note_fate(shown)
    await log.close()
    log = log_at(tmp_path / "u", FakeClock())
    log.note_fate(shown, -1)
    log.note_fate(evolve(shown, outcome="accepted"))
    await log.close()
    found = read(tmp_path / "u")["mistral"]
    assert found.suggestions == {"dismissed": 1, "accepted": 1}
    assert found.accepted_share == 0.5


async def test_after_90_days_it_is_forgotten(tmp_path: Path) -> None:
    """Nobody needs it, so nobody has it."""
    fate = Fate("mistral", "python", "accepted")
    await keep(tmp_path / "u", RECORD, now=NOW - (KEPT_DAYS + 1) * DAY_S, fates=(fate,))
    await keep(tmp_path / "u", RECORD, fates=(fate,))
    with sqlite3.connect(tmp_path / "u") as connection:
        assert connection.execute("SELECT count(*) FROM requests").fetchone() == (1,)
        assert connection.execute("SELECT sum(n) FROM offers").fetchone() == (1,)


async def test_a_folder_that_cannot_be_used_is_told_once_and_costs_nothing_else(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Completing goes on."""
    (tmp_path / "file").write_text("")
    clock = FakeClock()
    log = log_at(tmp_path / "file" / "u", clock)
    with caplog.at_level(logging.WARNING):
        for _ in range(2):
            log.note(RECORD)
            await log.close()
    assert [record.message.split(":")[0] for record in caplog.records] == ["statistics are not kept"]
