"""One waiting request per document: the newest. An older one is woken, and answers that it was superseded.

Neovim sends no `$/cancelRequest` while typing, so this cannot be left to the editor.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from attrs import define, field

from fim_language_server.clock import Clock
from fim_language_server.core.values import Skip
from fim_language_server.engine.decision_log import Trace


@define(eq=False)
class Turn:
    """The turn of one request in its document: the request waits on it, and `skip` says why it ended."""

    trace: Trace = field(repr=False)
    skip: Skip | None = None
    _event: asyncio.Event = field(factory=asyncio.Event)

    def wake(self) -> None:
        """Wake the waiting request, so that it looks again."""
        self._event.set()

    def end(self, reason: Skip) -> None:
        """End the turn: wake the waiting request, which answers `reason`."""
        self.skip = reason
        self._event.set()

    async def wait_until_woken(self) -> None:
        """Wait for the next `wake` or `end`; returns at once where one came since the last wait."""
        await self._event.wait()
        self._event.clear()

    async def wait_until_settled(self, clock: Clock, seconds: float) -> bool:
        """Wait until `seconds` are over, or `wake` or `end` is called; return whether the turn goes on."""
        timer = clock.call_later(seconds, self._event.set)
        try:
            await self.wait_until_woken()
        finally:
            timer.cancel()
        return self.skip is None


@define
class Turns:
    """The newest request of each document."""

    _newest: dict[str, Turn] = field(factory=dict)

    @contextmanager
    def take(self, uri: str, trace: Trace) -> Iterator[Turn]:
        """Make this request the newest of its document while the block runs."""
        self.end(uri, Skip.SUPERSEDED)
        turn = self._newest[uri] = Turn(trace)
        try:
            yield turn
        finally:
            if self._newest.get(uri) is turn:
                del self._newest[uri]

    def is_taken(self, uri: str) -> bool:
        """Is a request of this document waiting?"""
        return uri in self._newest

    def end(self, uri: str, reason: Skip) -> None:
        """End the turn of the document's waiting request, if there is one, with `reason`."""
        if (turn := self._newest.pop(uri, None)) is not None:
            turn.end(reason)

    def end_all(self, reason: Skip) -> None:
        """End the turns of all documents with `reason`."""
        for uri in list(self._newest):
            self.end(uri, reason)
