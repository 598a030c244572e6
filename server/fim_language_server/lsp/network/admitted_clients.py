"""Clients on connections that others can open, too: each is let in first, and has a session of its own then.

Before a client is let in, nothing of what it says is acted upon, and it can hold no more than a bounded number of
bytes, for a bounded time, on one of a bounded number of connections.
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
from fim_language_server.lsp.wire.transport import FLUSH_S, ByteSession, Connect, run_session, write_or_abort

logger = logging.getLogger(__name__)

GREATEST_FIRST = 64 * 1024
"""Bytes of a first message; the largest `initialize` of an editor that we know has a third of it."""

PATIENCE_S = 10.0
"""How long a client may take for its first message, in seconds."""

MOST_WAITING = 32
"""Connections that have not been let in yet; the oldest one gives way to one more."""


@define(eq=False)
class Door:
    """What the connections of one server have in common.

    `connect` begins a session. Without `admission` everybody is let in who could connect: then something else, such
    as the owner of a socket's file, decides who can.
    """

    connect: Connect
    admission: Admission | None
    peer_refusal: Callable[[asyncio.BaseTransport], str | None] = lambda _transport: None
    """Says why a connection is refused at once, whatever it sends; None: it is not."""
    clock: Clock = field(factory=SystemClock)
    waiting: dict[Connection, None] = field(factory=dict, init=False)  # in the order in which they came
    sessions: set[asyncio.Task[int]] = field(factory=set, init=False)
    _told: set[str] = field(factory=set, init=False)

    def accept(self) -> Connection:
        """Return the protocol of one more connection."""
        return Connection(self)

    async def close(self) -> None:
        """Hang up on everybody, and wait until the sessions have ended."""
        for connection in list(self.waiting):
            connection.hang_up()
        for session in self.sessions:
            session.cancel()
        if self.sessions:
            await asyncio.wait(self.sessions)

    def complain(self, reason: str) -> None:
        """Log why somebody is not served; each reason once, however often they come."""
        if reason not in self._told:
            self._told.add(reason)
            logger.warning("hung up on a client: %s", reason)


class Connection(asyncio.Protocol):
    """One client."""

    def __init__(self, door: Door) -> None:
        self._door = door
        self._decoder = StrictDecoder()
        self._session: ByteSession | None = None
        self._timer: Timer | None = None
        self._running: asyncio.Task[int] | None = None
        self._is_over = False
        self.lost: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin the session, or wait for the first message."""
        self._wire = cast("asyncio.Transport", transport)
        if reason := self._door.peer_refusal(transport):
            self.hang_up(reason)
            return
        if self._door.admission is None:
            self._begin()
            return
        self._decoder.greatest_body = GREATEST_FIRST
        waiting = self._door.waiting
        if len(waiting) >= MOST_WAITING:
            next(iter(waiting)).hang_up("too many connections without a token")
        waiting[self] = None
        self._timer = self._door.clock.call_later(PATIENCE_S, lambda: self.hang_up("it sent no first message"))

    def data_received(self, data: bytes) -> None:
        """Hand on the messages that are complete now; hang up on what is none."""
        if self._is_over:
            return
        self._decoder.feed(data)
        try:
            while not self._is_over and (body := self._decoder.take()) is not None:
                self._take(body)
        except FramingError as error:
            # The lengths that somebody announces are theirs to choose, and would make each complaint a new one.
            logger.debug("a connection's framing: %s", error)
            self.hang_up("it does not speak the language server protocol")

    def connection_lost(self, exc: Exception | None) -> None:
        """Say that nothing more will come."""
        self._is_over = True
        self._leave_waiting()
        if not self.lost.done():
            self.lost.set_result(None)

    def hang_up(self, reason: str = "", last_words: bytes | None = None) -> None:
        """Close the connection; nothing that comes from now on is read."""
        self._is_over = True
        self._leave_waiting()
        if reason:
            self._door.complain(reason)
        if last_words is None:
            self._wire.abort()
        else:
            self._wire.write(frame(last_words))
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
            self.hang_up("its first message does not have the token", refusal(body))
            return
        self._leave_waiting()
        self._decoder.greatest_body = GREATEST_BODY
        self._begin().receive(first)

    def _begin(self) -> ByteSession:
        wire = self._wire
        self._session = session = self._door.connect(lambda body: write_or_abort(wire, frame(body)))
        self._running = asyncio.get_running_loop().create_task(self._run(session))
        self._door.sessions.add(self._running)
        self._running.add_done_callback(self._door.sessions.discard)
        return session

    async def _run(self, session: ByteSession) -> int:
        try:
            code = await run_session(session, self.lost)
        finally:
            self._is_over = True
            self._wire.close()
        _, unread = await asyncio.wait({self.lost}, timeout=FLUSH_S)
        if unread:
            self._wire.abort()
        return code

    def _leave_waiting(self) -> None:
        self._door.waiting.pop(self, None)
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
