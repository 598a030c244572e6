"""Interface of a place where a budget is shared, and its errors: the file of one machine, or a team's server."""

from __future__ import annotations

from typing import Protocol

from fim_language_server.spending.shared_values import LeaseGrant, SpendingReport


class StoreError(Exception):
    """A failure that may pass; the message says what, and after a semicolon what to do.

    `retry_s` are the seconds until the next try. `is_lost`: the other processes cannot be heard; `members` is how many
    shared the budget when they were last heard, 0 where that is not known.
    """

    def __init__(self, message: str, retry_s: float, *, is_lost: bool, members: int = 0) -> None:
        super().__init__(message)
        self.retry_s = retry_s
        self.is_lost = is_lost
        self.members = members


class BudgetStore(Protocol):
    """Keeps what processes report, and grants leases. Belongs to one event loop; nothing in it blocks the loop.

    Every method raises StoreError, or UnusableError where no later try can succeed.
    """

    others: str
    """Words of messages for those that share the budget."""

    async def open(self) -> bytes:
        """Get ready, and return the salt of its scopes."""
        ...

    async def exchange(self, scope: bytes, process: str, report: SpendingReport) -> LeaseGrant:
        """Enter what a process says of itself; return what it may spend, and what the others did."""
        ...

    async def leave(self, process: str) -> None:
        """Give back what a process has set aside."""
        ...

    async def close(self) -> None:
        """Be done with it."""
        ...
