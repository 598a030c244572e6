"""The parts that all transports of bytes share. The transports are `stdio.py`, `network/tcp.py`, `network/pipe.py`.

A transport feeds a client's session and closes it. None blocks the event loop: unread bytes are buffered, and the
connection of a client that has stopped reading is closed. WebSockets, which have framing, are in `web/websocket.py`.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Any, Protocol

from fim_language_server.lsp.wire.framing import MessageDecoder

logger = logging.getLogger(__name__)

GREATEST_BACKLOG = 64 * 1024 * 1024
"""Bytes that a client may leave unread before its connection is closed."""

FLUSH_S = 1.0
"""Seconds that a client may take to read the last messages of a session that has ended."""


class ClientSession(Protocol):
    """One client's server, as a transport uses it: `FirstMessage`, and `FimLanguageServer` behind it."""

    def receive(self, body: bytes | str) -> None:
        """Handle the body of one message. Never raises."""
        ...

    async def wait_ended(self) -> int:
        """Wait until the session ends itself; return the exit code."""
        ...

    async def close(self) -> None:
        """Cancel the client's requests and release all that the session holds. May be called again."""
        ...


Connect = Callable[[Callable[[bytes], None]], ClientSession]
"""Begins a session; the argument sends the body of a message to the client, and must not block."""


class Incoming(asyncio.Protocol):
    """Decodes received bytes and feeds a session; `lost` is done when the connection is closed."""

    def __init__(self) -> None:
        self._session: ClientSession | None = None
        self._early: list[bytes] = []
        self.lost: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._decoder = MessageDecoder(logger.warning)

    def begin(self, session: ClientSession) -> None:
        """Feed `session` from now on, first with the messages that have come already."""
        self._session = session
        early, self._early = self._early, []
        for body in early:
            session.receive(body)

    def data_received(self, data: bytes) -> None:
        """Pass on the messages that are complete now."""
        for body in self._decoder.feed(data):
            if self._session is not None:
                self._session.receive(body)
            else:
                self._early.append(body)

    def connection_lost(self, exc: Exception | None) -> None:
        """Note that the connection is closed."""
        if not self.lost.done():
            self.lost.set_result(None)


async def run_session(session: ClientSession, lost: asyncio.Future[None]) -> int:
    """Run a session until it ends (`exit`) or the connection is closed (`lost`); return the exit code."""
    ended = asyncio.ensure_future(session.wait_ended())
    waited: set[asyncio.Future[Any]] = {ended, lost}
    try:
        await asyncio.wait(waited, return_when=asyncio.FIRST_COMPLETED)
    finally:
        # A connection that is closed without `exit` is a failure: exit code 1.
        code = ended.result() if ended.done() and not ended.cancelled() else 1
        ended.cancel()
        await session.close()
    return code


def write_or_abort(transport: asyncio.WriteTransport, data: bytes) -> None:
    """Write, unless the transport is closing; close it where the other side has stopped reading."""
    if transport.is_closing():
        return
    transport.write(data)
    if transport.get_write_buffer_size() > GREATEST_BACKLOG:
        logger.error("the client has stopped reading; its connection is closed")
        transport.abort()
