"""One budget for many processes: each spends from a lease, which is fetched ahead of need.

Spending never waits: it takes from the lease that lies ready (`spending.budget`). Here a task for each budget exchanges
accounts with the store, soon after something was spent or learned, and now and then to keep its lease. The store is a
file of this machine, or a server of the team.
"""

from __future__ import annotations

import asyncio
import logging
import os
import secrets
from collections.abc import Callable, Collection
from typing import Protocol

from attrs import define, field

from fim_language_server.clock import CallLater, Timer
from fim_language_server.spending.shared.budget_store import BudgetStore, StoreError
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

    def cut_off(self, members: int = 0) -> None:
        """Note that the other processes cannot be heard; `members` is how many they were, where that is known."""
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
    is_away: bool = False
    """Could the store not be reached at the last try?"""
    task: asyncio.Task[None] | None = None


@define(eq=False)
class BudgetSharing:
    """Shares budgets by a store. Belongs to one event loop; `close` gives back all leases."""

    _store: BudgetStore
    _call_later: CallLater = field(repr=False)
    _salt: bytes | None = field(default=None, init=False, repr=False)
    _members: dict[int, _Member] = field(factory=dict, init=False, repr=False)  # by the budget's id
    _is_unusable: bool = field(default=False, init=False)
    _has_complained: bool = field(default=False, init=False)

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
                await self._store.close()
        except (TimeoutError, StoreError):
            logger.debug("leases are left to end by themselves: the store is in use")

    def _changed(self, member: _Member) -> None:
        """Exchange now, if the lease is used up, or in a while."""
        if member.is_away:
            return
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
            retry_s = await self._exchange(member)
            if retry_s:
                member.wake.clear()  # What happened meanwhile can wait: a store that is away is not asked at each key.
                member.is_due = True
                self._wake_in(retry_s, member)
            elif not member.is_due:
                self._wake_in(pause_s(member.budget), member)
            await member.wake.wait()

    def _wake_in(self, seconds: float, member: _Member) -> None:
        if member.timer is not None:
            member.timer.cancel()
        member.timer = self._call_later(seconds, member.wake.set)

    async def _exchange(self, member: _Member) -> float:
        """Tell and hear; return 0, or the seconds until the next try where the store cannot be reached."""
        try:
            if self._salt is None:
                self._salt = await self._store.open()
            scope = member.scope_of(self._salt)
            if scope is None:
                return 0
            statement = await self._store.exchange(scope, member.process, member.budget.account())
            member.budget.settle_up(statement)
        except UnusableError as error:
            self._is_unusable = True
            self._complain(error)
        except StoreError as error:
            self._complain(error)
            member.is_away = error.is_lost
            if error.is_lost:
                member.budget.cut_off(error.members)
            return error.retry_s
        if member.is_away:
            member.is_away = self._has_complained = False
            logger.info("budgets are shared with %s again", self._store.others)
        return 0

    async def _leave(self, member: _Member) -> None:
        del self._members[id(member.budget)]
        member.budget.on_change = lambda: None
        if member.task is not None:
            member.task.cancel()
            await asyncio.gather(member.task, return_exceptions=True)
        if member.timer is not None:
            member.timer.cancel()
        try:
            await self._store.leave(member.process)
        except StoreError as error:
            logger.debug("a lease is left to end by itself: %s", error)

    def _complain(self, error: Exception) -> None:
        if not self._has_complained:
            self._has_complained = True
            logger.warning("budgets are not shared with %s: %s", self._store.others, error)


def pause_s(budget: Shareable) -> float:
    """Return the seconds until the next exchange, where nothing happens before."""
    if budget.is_short:
        return RETRY_S
    return RENEW_S if budget.is_active else IDLE_S
