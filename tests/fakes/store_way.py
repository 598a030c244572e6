"""A way to a server on loopback that may be encrypted, and may be cut: then bytes vanish and connections stay open."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from attrs import define, field


@define(eq=False)
class StoreWay:
    """Connections to `target`, a port, taken at `port`. While `is_cut`, nothing arrives on either side."""

    target: int
    port: int = 0
    is_cut: bool = False
    _tasks: set[asyncio.Task[None]] = field(factory=set, init=False)

    async def take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Carry one connection in both directions until a side ends it."""
        inner_reader, inner_writer = await asyncio.open_connection("127.0.0.1", self.target)
        ways = [self._carry(reader, inner_writer), self._carry(inner_reader, writer)]
        tasks = [asyncio.create_task(way) for way in ways]
        self._tasks.update(tasks)
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        writer.close()
        inner_writer.close()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while data := await reader.read(65_536):
                if not self.is_cut:
                    writer.write(data)

    async def end(self) -> None:
        """Cancel what is carried."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


@asynccontextmanager
async def way_to(target: int, context: ssl.SSLContext | None = None) -> AsyncIterator[StoreWay]:
    """Open a way to a port; with a `context` it is encrypted up to its end here."""
    way = StoreWay(target)
    server = await asyncio.start_server(way.take, "127.0.0.1", 0, ssl=context)
    way.port = server.sockets[0].getsockname()[1]
    try:
        yield way
    finally:
        server.close()
        await way.end()
