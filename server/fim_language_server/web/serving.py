"""Serving an aiohttp application on a loopback port until it is cancelled, and the check of its clients."""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import Callable
from urllib.parse import urlsplit

from aiohttp import web

_LOOPBACK = {"127.0.0.1", "localhost", "::1"}


def is_asked_by_loopback(request: web.Request) -> bool:
    """Was the request sent to a name of this machine? A name that was made to mean it comes from a web page."""
    try:
        return urlsplit(f"//{request.headers.get('Host', '')}").hostname in _LOOPBACK
    except ValueError:
        return False


def is_same_secret(said: str, secret: str) -> bool:
    """Compare what a client said with a secret, in a time that does not tell how much of it is right."""
    return hmac.compare_digest(_bytes(said), _bytes(secret))


def _bytes(text: str) -> bytes:
    # Bytes that are no UTF-8 come out of headers, and of the environment, as surrogates; JSON may hold others.
    return text.encode("utf-8", "surrogatepass")


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
