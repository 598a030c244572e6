"""Serving an aiohttp application on a loopback port until it is told to stop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from aiohttp import web


async def serve_application(
    application: web.Application, host: str, port: int, announce: Callable[[str], None]
) -> None:
    """Serve until cancelled. Port 0 is any free one; `announce` is told the real address, as HOST:PORT.

    Raises OSError where the port cannot be had.
    """
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=1)
    await runner.setup()
    try:
        await web.TCPSite(runner, host, port).start()
        address = runner.addresses[0]
        announce(f"{f'[{address[0]}]' if ':' in address[0] else address[0]}:{address[1]}")
        await asyncio.get_running_loop().create_future()
    finally:
        await runner.cleanup()
