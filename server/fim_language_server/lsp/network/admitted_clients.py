"""Connections of network clients: each client is admitted first, and then gets a session of its own.

Before a client is admitted, no message of it takes effect, and the bytes that it may send, the time that it may take
and the number of such connections are bounded.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import cast

from attrs import define, field

from fim_language_server.clock import Clock, SystemClock, Timer
from fim_language_server.lsp.network.admission import Admission, refusal
from fim_language_server.lsp.network.strict_framing import FramingError, StrictDecoder
from fim_language_server.lsp.wire.framing import GREATEST_BODY, frame
from fim_language_server.lsp.wire.transport import FLUSH_S, ClientSession, Connect, run_session, write_or_abort

logger = logging.getLogger(__name__)

GREATEST_FIRST = 64 * 1024
"""The most bytes of a first message; the largest known `initialize` of an editor has a third of that."""

FIRST_MESSAGE_TIMEOUT_S = 10.0
"""Seconds that a client may take to send its first message."""

MOST_WAITING = 32
"""The most connections that are not admitted yet; one more closes the oldest."""


@define(eq=False)
class Door:
    """The connections of one server, and the rules by which they are admitted.

    `connect` begins a session. Without `admission` every connection is admitted: then the system decides who can
    connect, by the owner of a socket's file for instance.
    """

    connect: Connect
    admission: Admission | None
    peer_refusal: Callable[[asyncio.BaseTransport], str | None] = lambda _transport: None
    """Returns the reason why a connection is refused before it sends anything; None where it is not."""
    clock: Clock = field(factory=SystemClock)
    waiting: dict[Connection, None] = field(factory=dict, init=False)  # in the order in which they came
    sessions: set[asyncio.Task[int]] = field(factory=set, init=False)
    _logged: set[str] = field(factory=set, init=False)

    def accept(self) -> Connection:
        """Return the asyncio protocol of a new connection."""
        return Connection(self)

    async def close(self) -> None:
        """Close every connection, and wait until the sessions have ended."""
        for connection in list(self.waiting):
            connection.close()
        for session in self.sessions:
            session.cancel()
        if self.sessions:
            await asyncio.wait(self.sessions)

    def log_refusal(self, reason: str) -> None:
        """Log why a client is not served, each reason once."""
        if reason not in self._logged:
            self._logged.add(reason)
            logger.warning("closed the connection of a client: %s", reason)


class Connection(asyncio.Protocol):
    """The connection of one client."""

    def __init__(self, door: Door) -> None:
        self._door = door
        self._decoder = StrictDecoder()
        self._session: ClientSession | None = None
        self._timer: Timer | None = None
        self._running: asyncio.Task[int] | None = None
        self._is_over = False
        self.lost: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin the session, or wait for the first message where the client has to be admitted."""
        self._wire = cast("asyncio.Transport", transport)
        if reason := self._door.peer_refusal(transport):
            self.close(reason)
            return
        if self._door.admission is None:
            self._begin()
            return
        self._decoder.greatest_body = GREATEST_FIRST
        waiting = self._door.waiting
        if len(waiting) >= MOST_WAITING:
            next(iter(waiting)).close("too many connections without a token")
        waiting[self] = None
        self._timer = self._door.clock.call_later(
            FIRST_MESSAGE_TIMEOUT_S, lambda: self.close("it sent no first message")
        )

    def data_received(self, data: bytes) -> None:
        """Pass on the messages that are complete now; close the connection on bytes that are no message."""
        if self._is_over:
            return
        self._decoder.feed(data)
        try:
            while not self._is_over and (body := self._decoder.take()) is not None:
                self._take(body)
        except FramingError as error:
            # Not the reason that is logged once: it has numbers in it that the client chooses.
            logger.debug("a connection's framing: %s", error)
            self.close("it does not speak the language server protocol")

    def connection_lost(self, exc: Exception | None) -> None:
        """Note that the connection is closed."""
        self._is_over = True
        self._end_waiting()
        if not self.lost.done():
            self.lost.set_result(None)

    def close(self, reason: str = "", last_message: bytes | None = None) -> None:
        """Close the connection, after `last_message` if there is one; nothing that comes later is read."""
        self._is_over = True
        self._end_waiting()
        if reason:
            self._door.log_refusal(reason)
        if last_message is None:
            self._wire.abort()
        else:
            self._wire.write(frame(last_message))
            self._wire.close()

    async def wait_ended(self) -> int:
        """Wait until the connection is closed; return the exit code of its session, 1 where there was none."""
        await self.lost
        return await self._running if self._running else 1

    def _take(self, body: bytes) -> None:
        if self._session is not None:
            self._session.receive(body)
            return
        assert self._door.admission is not None
        first = self._door.admission.admit(body)
        if first is None:
            self.close("its first message does not have the token", refusal(body))
            return
        self._end_waiting()
        self._decoder.greatest_body = GREATEST_BODY
        self._begin().receive(first)

    def _begin(self) -> ClientSession:
        wire = self._wire
        self._session = session = self._door.connect(lambda body: write_or_abort(wire, frame(body)))
        self._running = asyncio.get_running_loop().create_task(self._run(session))
        self._door.sessions.add(self._running)
        self._running.add_done_callback(self._door.sessions.discard)
        return session

    async def _run(self, session: ClientSession) -> int:
        try:
            code = await run_session(session, self.lost)
        finally:
            self._is_over = True
            self._wire.close()
        _, unread = await asyncio.wait({self.lost}, timeout=FLUSH_S)
        if unread:
            self._wire.abort()
        return code

    def _end_waiting(self) -> None:
        self._door.waiting.pop(self, None)
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
