"""The dollars of a day: a limit that all processes of a machine keep together, until midnight UTC."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fim_language_server.core.values import Usage
from fim_language_server.usage.day_spending import DaySpending
from fim_language_server.usage.log import DAY_S, UsageLog
from fim_language_server.usage.record import RequestRecord
from tests.fakes.clock import FakeClock

NOON = 20_000 * DAY_S + DAY_S / 2


class Wall:
    """The time of day, as a test sets it."""

    def __init__(self) -> None:
        self.now = float(NOON)

    def __call__(self) -> float:
        return self.now


def spending(path: Path | None, said: list[str] | None = None, wall: Wall | None = None) -> DaySpending:
    told = said if said is not None else []
    return DaySpending(path, FakeClock().call_later, lambda most, day: told.append(f"{most:g} {day}"), wall or Wall())


async def spend(day: DaySpending, dollars: float) -> bool:
    if not day.reserve_nowait(dollars):
        return False
    day.settle(dollars, dollars)
    return True


async def test_no_more_than_the_limit_is_spent_and_it_is_told_once(tmp_path: Path) -> None:
    """Also of what is under way; what costs nothing goes on."""
    said: list[str] = []
    day = spending(tmp_path / "u", said)
    await day.limit_to(1.0)
    assert day.reserve_nowait(0.6)
    assert not day.reserve_nowait(0.6)
    day.settle(0.6, 0.1)
    assert [await spend(day, 0.3) for _ in range(5)] == [True, True, True, False, False]
    assert day.reserve_nowait(0.0)
    assert said == ["1 2024-10-04"]


async def test_what_has_no_known_price_is_not_asked(tmp_path: Path) -> None:
    """It could cost anything; that is no news of a day that is spent."""
    said: list[str] = []
    day = spending(tmp_path / "u", said)
    await day.limit_to(1.0)
    assert not day.reserve_nowait(None)
    assert said == []


async def test_without_a_limit_nothing_is_read_or_written(tmp_path: Path) -> None:
    """The file is not even made."""
    day = spending(tmp_path / "u")
    await day.limit_to(0.0)
    assert day.reserve_nowait(None)
    day.settle(None, 5.0)
    await day.close()
    assert not (tmp_path / "u").exists()


async def test_processes_share_a_day_and_the_next_one_begins_anew(tmp_path: Path) -> None:
    """What one has spent another one lacks, also after it has ended."""
    wall = Wall()
    for expected in (True, True, False):
        day = spending(tmp_path / "u", wall=wall)
        await day.limit_to(1.0)
        assert await spend(day, 0.5) is expected
        await day.close()
    wall.now += DAY_S
    day = spending(tmp_path / "u", wall=wall)
    await day.limit_to(1.0)
    assert await spend(day, 0.5)


async def test_a_process_that_runs_over_midnight_begins_anew(tmp_path: Path) -> None:
    """And tells the user once a day."""
    said: list[str] = []
    wall = Wall()
    day = spending(tmp_path / "u", said, wall)
    await day.limit_to(1.0)
    assert [await spend(day, 1.0), await spend(day, 1.0)] == [True, False]
    wall.now += DAY_S / 2
    assert [await spend(day, 1.0), await spend(day, 1.0), await spend(day, 1.0)] == [True, False, False]
    assert said == ["1 2024-10-04", "1 2024-10-05"]


async def test_what_the_log_has_of_the_day_counts(tmp_path: Path) -> None:
    """A limit that is set at noon knows of the morning."""
    record = RequestRecord("mistral", "m", "python", "finished", 1, 1, 1, Usage(1, 1), False, 0.75)
    log = UsageLog(tmp_path / "u", FakeClock().call_later, lambda: NOON - 3_600)
    log.note(record)
    await log.close()
    yesterday = UsageLog(tmp_path / "u", FakeClock().call_later, lambda: NOON - DAY_S)
    yesterday.note(record)
    await yesterday.close()
    day = spending(tmp_path / "u")
    await day.limit_to(1.0)
    assert [await spend(day, 0.5), await spend(day, 0.25)] == [False, True]


async def test_without_a_folder_this_process_keeps_to_the_limit_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the user has no home nothing is written anywhere."""
    monkeypatch.chdir(tmp_path)
    day = spending(None)
    await day.limit_to(1.0)
    assert [await spend(day, 0.6), await spend(day, 0.6)] == [True, False]
    await day.close()
    assert list(tmp_path.iterdir()) == []


async def test_a_file_that_cannot_be_used_costs_the_sharing_alone(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """This process keeps to the limit by itself."""
    (tmp_path / "file").write_text("")
    day = spending(tmp_path / "file" / "u")
    await day.limit_to(1.0)
    assert [await spend(day, 0.6), await spend(day, 0.6)] == [True, False]
    await day.close()
    assert len(caplog.records) == 1


@settings(max_examples=30)
@given(st.lists(st.tuples(st.floats(0, 0.5), st.floats(0, 1), st.integers(0, 1)), max_size=40))
async def test_no_order_of_requests_exceeds_the_limit(
    tmp_path_factory: pytest.TempPathFactory, requests: list[tuple[float, float, int]]
) -> None:
    """Whatever is under way at a time, and whatever part of its most each costs in the end."""
    day = spending(tmp_path_factory.mktemp("day") / "u")
    await day.limit_to(1.0)
    spent = 0.0
    under_way: list[tuple[float, float]] = []
    for most, part, ends in requests:
        if day.reserve_nowait(most):
            under_way.append((most, most * part))
        if ends and under_way:
            reserved, cost = under_way.pop(0)
            day.settle(reserved, cost)
            spent += cost
        assert spent + sum(most for most, _ in under_way) <= 1.0 + 1e-6
