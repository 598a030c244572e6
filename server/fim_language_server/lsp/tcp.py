"""The language server on a TCP port, for clients that connect instead of starting it: one session for each."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import cast

from fim_language_server.lsp.framing import frame
from fim_language_server.lsp.transport import Connect, Incoming, Session, run_session, write_or_abort


async def serve_tcp(host: str, port: int, connect: Connect, announce: Callable[[str], None]) -> None:
    """Serve clients on a port, each with a session of its own, until cancelled. Port 0 is any free one.

    `announce` is told the real address. Raises OSError where the port cannot be had.
    """
    loop = asyncio.get_running_loop()
    sessions: set[asyncio.Task[None]] = set()

    def accept() -> asyncio.Protocol:
        return TcpConnection(connect, sessions)

    server = await loop.create_server(accept, host, port)
    address = server.sockets[0].getsockname()
    announce(f"tcp {_bracketed(address[0])}:{address[1]}")
    try:
        await loop.create_future()
    finally:
        server.close()
        for session in sessions:
            session.cancel()
        if sessions:
            await asyncio.wait(sessions)


class TcpConnection(Incoming):
    """One client on TCP."""

    def __init__(self, connect: Connect, sessions: set[asyncio.Task[None]]) -> None:
        super().__init__()
        self._connect = connect
        self._sessions = sessions

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin the session."""
        wire = cast("asyncio.Transport", transport)
        session = self._connect(lambda body: write_or_abort(wire, frame(body)))
        self.begin(session)
        task = asyncio.get_running_loop().create_task(self._run(session, wire))
        self._sessions.add(task)
        task.add_done_callback(self._sessions.discard)

    async def _run(self, session: Session, wire: asyncio.Transport) -> None:
        try:
            await run_session(session, self.lost)
        finally:
            wire.close()


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host
