"""Budgets are exchanged off the loop and ahead of need; a folder that cannot be used costs the sharing alone."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from attrs import define, field

from fim_language_server.core.values import Trigger
from fim_language_server.spending.budget import RateBudget
from fim_language_server.spending.shared.file_store import FileStore
from fim_language_server.spending.shared.lease_exchange import IDLE_S, RENEW_S, SPACING_S, BudgetSharing
from fim_language_server.spending.shared.ledger import Ledger
from fim_language_server.spending.shared_values import LeaseGrant, SpendingReport
from tests.fakes.clock import FakeClock

INVOKED = Trigger.INVOKED


@define(eq=False)
class Heard:
    """A budget whose exchanges can be waited for."""

    budget: RateBudget
    n: int = 0
    threads: set[int] = field(factory=set)
    _more: asyncio.Event = field(factory=asyncio.Event)
    _is_cut_off: asyncio.Event = field(factory=asyncio.Event)

    @property
    def on_change(self) -> Callable[[], None]:
        return self.budget.on_change

    @on_change.setter
    def on_change(self, call: Callable[[], None]) -> None:
        self.budget.on_change = call

    @property
    def is_active(self) -> bool:
        return self.budget.is_active

    @property
    def is_short(self) -> bool:
        return self.budget.is_short

    def account(self) -> SpendingReport:
        return self.budget.account()

    def settle_up(self, statement: LeaseGrant) -> None:
        self.budget.settle_up(statement)
        self.n += 1
        self._more.set()

    def cut_off(self, members: int = 0) -> None:
        self.budget.cut_off(members)
        self._is_cut_off.set()

    async def wait_until_cut_off(self) -> None:
        async with asyncio.timeout(10):
            await self._is_cut_off.wait()

    async def wait_for(self, n: int) -> None:
        async with asyncio.timeout(10):
            while self.n < n:
                self._more.clear()
                await self._more.wait()


def scope(_salt: bytes) -> bytes | None:
    return b"scope"


async def test_two_processes_share_what_there_is(tmp_path: Path) -> None:
    """Six at once, as far as the burst goes: three here, three there."""
    clock = FakeClock()
    sharings = [BudgetSharing(FileStore(str(tmp_path), lambda: 1e9 + clock.now()), clock.call_later) for _ in range(2)]
    first, second = (Heard(RateBudget(clock, 36)) for _ in range(2))
    sharings[0].share(first, scope)
    await first.wait_for(1)
    for n in range(3):
        assert first.budget.reserve_nowait(1, INVOKED)
        await first.wait_for(n + 2)  # its lease is one request, and is fetched again at once
    sharings[1].share(second, scope)
    await second.wait_for(1)
    for n in range(3):
        assert second.budget.reserve_nowait(1, INVOKED)
        await second.wait_for(n + 2)
    assert not second.budget.reserve_nowait(1, INVOKED)
    for sharing in sharings:
        await sharing.close()


async def test_where_the_lease_lasts_there_is_one_exchange_a_second(tmp_path: Path) -> None:
    """And one each 10 s for a while, and one a minute where nothing happens at all."""
    clock = FakeClock()
    sharing, heard = BudgetSharing(FileStore(str(tmp_path)), clock.call_later), Heard(RateBudget(clock, 6_000))
    sharing.share(heard, scope)
    await heard.wait_for(1)
    for _ in range(50):
        assert heard.budget.reserve_nowait(1, INVOKED)
    await clock.advance(SPACING_S)
    await heard.wait_for(2)
    await clock.advance(RENEW_S)
    await heard.wait_for(3)
    await clock.advance(IDLE_S)
    await heard.wait_for(4)
    assert heard.n == 4
    await sharing.close()


async def test_the_file_is_never_touched_on_the_loop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A home on a slow disk must not stop a keystroke."""
    threads = set()
    real = Ledger.exchange

    def exchange(self: Ledger, *arguments: object) -> LeaseGrant:
        threads.add(threading.get_ident())
        return real(self, *arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(Ledger, "exchange", exchange)
    sharing, heard = BudgetSharing(FileStore(str(tmp_path)), FakeClock().call_later), Heard(RateBudget(FakeClock()))
    sharing.share(heard, scope)
    await heard.wait_for(1)
    await sharing.close()
    assert threads
    assert threading.get_ident() not in threads


async def test_a_key_that_is_not_known_yet_is_waited_for(tmp_path: Path) -> None:
    """A program that prints it is not run for this; the first request does."""
    known: list[bytes] = []
    clock = FakeClock()
    sharing, heard = BudgetSharing(FileStore(str(tmp_path)), clock.call_later), Heard(RateBudget(clock, 6))
    asked = asyncio.Event()

    def scope_when_known(_salt: bytes) -> bytes | None:
        asked.set()
        return known[0] if known else None

    sharing.share(heard, scope_when_known)
    await asked.wait()
    assert heard.budget.reserve_nowait(1, INVOKED)
    known.append(b"scope")
    await clock.advance(SPACING_S)
    await heard.wait_for(1)
    await sharing.close()


@pytest.mark.parametrize("broken", ["file", "garbage"])
async def test_a_broken_folder_costs_the_sharing_and_is_told_once(
    tmp_path: Path, broken: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Each process keeps to the limit by itself then."""
    if broken == "file":
        (tmp_path / "state").write_text("")
    else:
        (tmp_path / "state").mkdir()
        (tmp_path / "state" / "budget.sqlite3").write_text("no database " * 200)
    clock = FakeClock()
    sharing, budgets = (
        BudgetSharing(FileStore(str(tmp_path / "state")), clock.call_later),
        [RateBudget(clock, 6) for _ in "ab"],
    )
    with caplog.at_level(logging.WARNING):
        for budget in budgets:
            sharing.share(budget, scope)
        async with asyncio.timeout(10):
            while not caplog.records:
                await asyncio.sleep(0)
        await sharing.close()
    assert [record.message.split(":")[0] for record in caplog.records] == ["budgets are not shared with other editors"]
    assert [budget.reserve_nowait(1, INVOKED) is not None for budget in budgets for _ in "12"] == [True, False] * 2
