"""A limit of the requests of one client that run at a time: a client may send without end, and read nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

from attrs import define, field

MOST_RUNNING = 64
"""The most requests that run at a time; one more cancels the oldest."""

T = TypeVar("T")


@define(eq=False)
class RunningRequests:
    """The running requests, the oldest first."""

    _scopes: dict[asyncio.Timeout, None] = field(factory=dict)

    async def wait_for(self, work: Awaitable[T]) -> T | None:
        """Return the result of `work`; None where it was cancelled, because `MOST_RUNNING` later requests came."""
        try:
            async with asyncio.timeout(None) as scope:
                self._scopes[scope] = None
                if len(self._scopes) > MOST_RUNNING:
                    oldest = next(iter(self._scopes))
                    del self._scopes[oldest]
                    oldest.reschedule(0.0)
                return await work
        except TimeoutError:
            if scope.expired():
                return None
            raise
        finally:
            self._scopes.pop(scope, None)
