"""The language server on TCP, on this machine only. Each client is admitted by its token (`admission.py`)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from fim_language_server.lsp.network.admitted_clients import Door


async def serve_tcp(host: str, port: int, door: Door, announce: Callable[[str], None]) -> None:
    """Serve clients on a port, each with a session of its own, until cancelled. Port 0 is any free one.

    `announce` gets the real address in words. Raises OSError where the port is not available.
    """
    server = await asyncio.get_running_loop().create_server(door.accept, host, port)
    address = server.sockets[0].getsockname()
    announce(f"tcp {_bracketed(address[0])}:{address[1]}")
    try:
        await asyncio.get_running_loop().create_future()
    finally:
        server.close()
        await door.close()


async def serve_client_at(host: str, port: int, door: Door) -> int:
    """Serve the one client that listens on a port, until either side ends it; return the exit code.

    Raises OSError where no client listens there.
    """
    _, connection = await asyncio.get_running_loop().create_connection(door.accept, host, port)
    try:
        return await connection.wait_ended()
    finally:
        await door.close()


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host
