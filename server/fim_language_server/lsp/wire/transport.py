"""What every transport of bytes has: a session to feed and to end. The transports are `stdio.py`, `tcp.py`, `pipe.py`.

None blocks the event loop: what a client does not read is buffered, and one that has stopped reading altogether is
hung up on. WebSockets, which are framed already, are in `web/websocket.py`.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Any, Protocol

from fim_language_server.lsp.wire.framing import MessageDecoder

logger = logging.getLogger(__name__)

GREATEST_BACKLOG = 64 * 1024 * 1024
"""Bytes that a client may leave unread before it is hung up on."""

FLUSH_S = 1.0
"""How long the last messages may take to be read when a session has ended."""


class ByteSession(Protocol):
    """One client's server, as far as a transport knows it."""

    def receive(self, body: bytes) -> None:
        """Handle one message."""
        ...

    async def wait_ended(self) -> int:
        """Wait until the session ends itself; return the exit code."""
        ...

    async def close(self) -> None:
        """End everything that was begun for this client."""
        ...


Connect = Callable[[Callable[[bytes], None]], ByteSession]
"""Begins a session, given what sends a message's body."""


class Incoming(asyncio.Protocol):
    """Feeds a session with what comes in; `lost` is done when nothing more will."""

    def __init__(self) -> None:
        self._session: ByteSession | None = None
        self._early: list[bytes] = []
        self.lost: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._decoder = MessageDecoder(logger.warning)

    def begin(self, session: ByteSession) -> None:
        """Feed this session, first of all with what has come in already."""
        self._session = session
        early, self._early = self._early, []
        for body in early:
            session.receive(body)

    def data_received(self, data: bytes) -> None:
        """Hand on the messages that are complete now."""
        for body in self._decoder.feed(data):
            if self._session is not None:
                self._session.receive(body)
            else:
                self._early.append(body)

    def connection_lost(self, exc: Exception | None) -> None:
        """Say that nothing more will come."""
        if not self.lost.done():
            self.lost.set_result(None)


async def run_session(session: ByteSession, lost: asyncio.Future[None]) -> int:
    """Run a session to its end, which is its own (`exit`) or the transport's; return the exit code."""
    ended = asyncio.ensure_future(session.wait_ended())
    waited: set[asyncio.Future[Any]] = {ended, lost}
    try:
        await asyncio.wait(waited, return_when=asyncio.FIRST_COMPLETED)
    finally:
        # A client that is gone without `exit` is no reason to stay, nor to call that a success.
        code = ended.result() if ended.done() and not ended.cancelled() else 1
        ended.cancel()
        await session.close()
    return code


def write_or_abort(transport: asyncio.WriteTransport, data: bytes) -> None:
    """Write, unless the transport is closing; hang up where the other side has stopped reading."""
    if transport.is_closing():
        return
    transport.write(data)
    if transport.get_write_buffer_size() > GREATEST_BACKLOG:
        logger.error("the client has stopped reading; hung up")
        transport.abort()
