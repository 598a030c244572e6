"""The language server for editors in a browser: JSON-RPC messages as WebSocket frames, on loopback only.

A page of any origin can open a WebSocket to this machine, and a name it controls can be made to mean this machine.
So there is a token, which a page does not know, and a check of Origin and Host, which it cannot forge.
What a message means is not known here: `cli/serve.py` passes in what begins a session.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Collection
from typing import Protocol

from aiohttp import WSMsgType, web
from attrs import field, frozen

from fim_language_server.web.serving import is_asked_by_loopback, is_same_secret, serve_application

logger = logging.getLogger(__name__)

GREATEST_MESSAGE = 256 * 1024 * 1024
"""Bytes of one message."""

GREATEST_BACKLOG = 10_000
"""Messages that a client may leave unread before its connection is closed."""

SUBPROTOCOL = "fim"
"""Offered along with the token where a page can set neither a header nor the address: `["fim", TOKEN]`."""


class MessageSession(Protocol):
    """One client's server; the shape of `lsp.wire.transport.ClientSession`, declared here as `web` imports no room."""

    def receive(self, body: bytes | str) -> None:
        """Handle one message."""
        ...

    async def wait_ended(self) -> int:
        """Wait until the session ends itself."""
        ...

    async def close(self) -> None:
        """End everything that was begun for this client."""
        ...


Connect = Callable[[Callable[[bytes], None]], MessageSession]
"""Begins a session, given what sends a message."""


@frozen
class Guard:
    """Check of a WebSocket client's right to connect."""

    token: str = field(repr=False)
    allowed_origins: Collection[str] = ()

    def refusal(self, request: web.Request) -> str | None:
        """Return why a request is refused, in one sentence; None: it is welcome."""
        host = request.headers.get("Host", "")
        if not is_asked_by_loopback(request):
            return "Ask for this server by a loopback address."
        origin = request.headers.get("Origin")
        if origin is not None and not self._is_allowed(origin, host):
            shown = origin.encode("ascii", "backslashreplace").decode()  # it may be no UTF-8
            return f"Start the server with --allow-origin {shown} to let this page in."
        if not self._has_token(request):
            return "Say the token: ?token=…, an Authorization: Bearer header, or the subprotocols fim and token."
        return None

    def _is_allowed(self, origin: str, host: str) -> bool:
        # Only a browser sends an origin; "null" is a sandboxed frame or a local file, which may be anybody's.
        return origin in self.allowed_origins or origin in {f"http://{host}", f"https://{host}"}

    def _has_token(self, request: web.Request) -> bool:
        scheme, _, bearer = request.headers.get("Authorization", "").partition(" ")
        sent_tokens = [request.query.get("token", ""), request.match_info.get("token", ""), *_subprotocols(request)]
        if scheme.lower() == "bearer":
            sent_tokens.append(bearer.strip())
        return any(is_same_secret(word, self.token) for word in sent_tokens)


async def serve_websocket(
    host: str, port: int, connect: Connect, guard: Guard, announce: Callable[[str], None]
) -> None:
    """Serve clients on a port, each with a session of its own, until cancelled. Port 0 is any free one.

    `announce` is told the real address. Raises OSError where the port cannot be had.
    """

    async def handle(request: web.Request) -> web.StreamResponse:
        if refusal := guard.refusal(request):
            logger.warning("a WebSocket client was refused: %s", refusal)
            return web.Response(status=403, text=refusal + "\n")
        return await answer_websocket(request, connect)

    application = web.Application()
    application.router.add_get("/", handle)
    await serve_application(application, host, port, lambda address: announce(f"ws {address}"))


async def answer_websocket(request: web.Request, connect: Connect) -> web.StreamResponse:
    """Run a session for a client that was let in, until either side ends it."""
    offered = [SUBPROTOCOL] if SUBPROTOCOL in _subprotocols(request) else _subprotocols(request)[:1]
    socket = web.WebSocketResponse(heartbeat=30, max_msg_size=GREATEST_MESSAGE, protocols=offered)
    if not socket.can_prepare(request).ok:
        return web.Response(status=426, text="This address speaks WebSocket.\n")
    await socket.prepare(request)
    await _run(socket, connect)
    return socket


async def _run(socket: web.WebSocketResponse, connect: Connect) -> None:
    """Run one session until either side ends it."""
    outgoing: asyncio.Queue[bytes] = asyncio.Queue()

    def send(body: bytes) -> None:
        outgoing.put_nowait(body)
        if outgoing.qsize() > GREATEST_BACKLOG:
            sender.cancel()

    session = connect(send)
    sender = asyncio.create_task(_send_all(socket, outgoing))
    ended = asyncio.create_task(_end(session, socket, outgoing))
    try:
        async for message in socket:
            if message.type in {WSMsgType.TEXT, WSMsgType.BINARY}:
                session.receive(message.data)
    finally:
        await session.close()
        for task in (sender, ended):
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError, ConnectionError):
                await task


async def _send_all(socket: web.WebSocketResponse, outgoing: asyncio.Queue[bytes]) -> None:
    try:
        while True:
            await socket.send_str((await outgoing.get()).decode())
            outgoing.task_done()
    finally:
        await socket.close()


async def _end(session: MessageSession, socket: web.WebSocketResponse, outgoing: asyncio.Queue[bytes]) -> None:
    await session.wait_ended()
    await outgoing.join()
    await socket.close()


def _subprotocols(request: web.Request) -> list[str]:
    header = request.headers.get("Sec-WebSocket-Protocol", "")
    return [word for part in header.split(",") if (word := part.strip())]
