"""How many requests of one client are worked on at a time: a client may ask without end, and read nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

from attrs import define, field

MOST_UNDER_WAY = 64
"""Requests at a time; the oldest is given up where one more comes."""

T = TypeVar("T")


@define(eq=False)
class RunningRequests:
    """The requests that are worked on, the oldest first."""

    _scopes: dict[asyncio.Timeout, None] = field(factory=dict)

    async def wait_for(self, work: Awaitable[T]) -> T | None:
        """Return what the work gives; None where so many requests came after it that it was given up."""
        try:
            async with asyncio.timeout(None) as scope:
                self._scopes[scope] = None
                if len(self._scopes) > MOST_UNDER_WAY:
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
