"""One budget for the editors of one user on one machine: each process spends from a lease, which is fetched ahead.

Spending never waits: it takes from the lease that lies ready (`spending.budget`). Here a task for each budget exchanges
accounts with the ledger in a thread, soon after something was spent or learned, and now and then to keep its lease.
"""

from __future__ import annotations

import asyncio
import logging
import os
import secrets
import sqlite3
import time
from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Protocol, TypeVar

from attrs import define, field

from fim_language_server.clock import CallLater, Timer
from fim_language_server.spending.shared.ledger import FILE, Ledger
from fim_language_server.spending.shared_values import LeaseGrant, SpendingReport
from fim_language_server.state.database import CLOSE_S, UnusableError

logger = logging.getLogger(__name__)

SPACING_S = 1.0
"""Between two exchanges, where the lease lasts."""
RETRY_S = 0.4
"""Until the next where it does not, and the budget had no more to give; and after the file was busy."""
RENEW_S = 10.0
"""Until the next where nothing happens, for a process that was asked for a request a few seconds ago."""
IDLE_S = 60.0
"""Until the next where nothing happens at all."""

T = TypeVar("T")

ScopeOf = Callable[[bytes], bytes | None]
"""Names a budget by a hash with the salt; None while its key is not known."""


class Shareable(Protocol):
    """A budget that can be shared; `spending.budget` has one."""

    on_change: Callable[[], None]
    """Called whenever something was spent or learned."""

    @property
    def is_active(self) -> bool:
        """Was a request asked for in the last seconds?"""
        ...

    @property
    def is_short(self) -> bool:
        """Was a request asked for lately, and does the lease not hold another?"""
        ...

    def account(self) -> SpendingReport:
        """Return what this process spent, has and wants."""
        ...

    def settle_up(self, statement: LeaseGrant) -> None:
        """Take what the others did, and more of the budget."""
        ...


@define(eq=False)
class _Member:
    """A budget that is shared, and the task that keeps its lease."""

    budget: Shareable
    scope_of: ScopeOf
    process: str
    wake: asyncio.Event = field(factory=asyncio.Event)
    timer: Timer | None = None
    is_due: bool = False
    """Is an exchange coming soon?"""
    task: asyncio.Task[None] | None = None


@define(eq=False)
class BudgetSharing:
    """Shares budgets by a file in `folder`. Belongs to one event loop; `close` gives back all leases."""

    _folder: str
    _call_later: CallLater = field(repr=False)
    _wall_time: Callable[[], float] = field(default=time.time, repr=False)
    _ledger: Ledger = field(init=False)
    # One thread: whoever is cancelled while it writes must not meet the next one in the file.
    _thread: ThreadPoolExecutor = field(factory=lambda: ThreadPoolExecutor(1, "budget"), init=False, repr=False)
    _salt: bytes = field(default=b"", init=False, repr=False)
    _members: dict[int, _Member] = field(factory=dict, init=False, repr=False)  # by the budget's id
    _is_unusable: bool = field(default=False, init=False)
    _has_complained: bool = field(default=False, init=False)

    def __attrs_post_init__(self) -> None:
        self._ledger = Ledger(Path(self._folder) / FILE, self._wall_time)

    def share(self, budget: Shareable, scope_of: ScopeOf) -> None:
        """Share a budget from now on, under this name. Returns at once."""
        member = self._members.get(id(budget))
        if member is not None:
            member.scope_of = scope_of
            return
        member = _Member(budget, scope_of, f"{os.getpid()}-{secrets.token_hex(4)}")
        self._members[id(budget)] = member
        budget.on_change = lambda: self._changed(member)
        member.task = asyncio.get_running_loop().create_task(self._keep(member), name="share a budget")

    async def leave_all_but(self, budgets: Collection[Shareable]) -> None:
        """Share the others no more."""
        kept = {id(budget) for budget in budgets}
        for member in [member for key, member in self._members.items() if key not in kept]:
            await self._leave(member)

    async def close(self) -> None:
        """Give back what is set aside, and be done; leases end by themselves where the file is in use for long."""
        try:
            async with asyncio.timeout(CLOSE_S):
                await self.leave_all_but([])
                await self._in_thread(self._ledger.close)
        except TimeoutError:
            logger.debug("leases are left to end by themselves: the file is in use")
        self._thread.shutdown(wait=False, cancel_futures=True)

    def _changed(self, member: _Member) -> None:
        """Exchange now, if the lease is used up, or in a while."""
        if member.budget.is_short:
            member.wake.set()
        elif not member.is_due:
            member.is_due = True
            self._wake_in(SPACING_S, member)

    async def _keep(self, member: _Member) -> None:
        """Exchange as long as the budget is shared."""
        while not self._is_unusable:
            member.wake.clear()
            member.is_due = False
            is_done = await self._exchange(member)
            if not member.is_due:
                self._wake_in(pause_s(member.budget) if is_done else RETRY_S, member)
            await member.wake.wait()

    def _wake_in(self, seconds: float, member: _Member) -> None:
        if member.timer is not None:
            member.timer.cancel()
        member.timer = self._call_later(seconds, member.wake.set)

    async def _exchange(self, member: _Member) -> bool:
        """Tell and hear; False where the file is busy."""
        try:
            if not self._salt:
                self._salt = await self._in_thread(self._ledger.open)
            scope = member.scope_of(self._salt)
            if scope is None:
                return True
            account = member.budget.account()
            statement = await self._in_thread(self._ledger.exchange, scope, member.process, account)
            member.budget.settle_up(statement)
        except UnusableError as error:
            self._is_unusable = True
            self._complain(error)
        except sqlite3.Error as error:
            self._complain(error)
            return False
        return True

    async def _leave(self, member: _Member) -> None:
        del self._members[id(member.budget)]
        member.budget.on_change = lambda: None
        if member.task is not None:
            member.task.cancel()
            await asyncio.gather(member.task, return_exceptions=True)
        if member.timer is not None:
            member.timer.cancel()
        try:
            await self._in_thread(self._ledger.leave, member.process)
        except sqlite3.Error as error:
            logger.debug("a lease is left to end by itself: %s", error)

    async def _in_thread(self, work: Callable[..., T], *arguments: Any) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work, *arguments)

    def _complain(self, error: Exception) -> None:
        if not self._has_complained:
            self._has_complained = True
            logger.warning("budgets are not shared with other editors: %s", error)


def pause_s(budget: Shareable) -> float:
    """Return the seconds until the next exchange, where nothing happens before."""
    if budget.is_short:
        return RETRY_S
    return RENEW_S if budget.is_active else IDLE_S
