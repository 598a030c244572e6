"""A session ends with its transport, and a client that reads nothing is let go of in the end."""

from __future__ import annotations

import asyncio

import pytest

from fim_language_server.lsp.wire.framing import frame
from fim_language_server.lsp.wire.transport import GREATEST_BACKLOG, Incoming, run_session, write_or_abort


class StandInSession:
    def __init__(self) -> None:
        self.bodies: list[bytes | str] = []
        self.code: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self.is_closed = False

    def receive(self, body: bytes | str) -> None:
        self.bodies.append(body)

    async def wait_ended(self) -> int:
        return await self.code

    async def close(self) -> None:
        self.is_closed = True


class FullTransport(asyncio.WriteTransport):
    """Takes all and sends nothing."""

    def __init__(self) -> None:
        super().__init__()
        self.size = 0
        self.is_aborted = False

    def write(self, data) -> None:  # type: ignore[no-untyped-def]
        self.size += len(data)

    def get_write_buffer_size(self) -> int:
        return self.size

    def is_closing(self) -> bool:
        return self.is_aborted

    def abort(self) -> None:
        self.is_aborted = True


@pytest.mark.parametrize(("ends_itself", "expected"), [(True, 0), (False, 1)])
async def test_a_session_ends_by_itself_or_with_its_transport(ends_itself: bool, expected: int) -> None:
    session, incoming = StandInSession(), Incoming()
    incoming.data_received(frame(b"1") + frame(b"2")[:5])
    incoming.begin(session)
    incoming.data_received(frame(b"2")[5:])
    running = asyncio.create_task(run_session(session, incoming.lost))
    if ends_itself:
        session.code.set_result(0)
    else:
        incoming.connection_lost(None)
        incoming.connection_lost(None)
    assert await running == expected
    assert session.is_closed
    assert session.bodies == [b"1", b"2"]


async def test_a_cancelled_session_is_closed_too() -> None:
    session, incoming = StandInSession(), Incoming()
    running = asyncio.create_task(run_session(session, incoming.lost))
    await asyncio.sleep(0)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert session.is_closed


async def test_what_is_not_read_is_kept_up_to_a_limit() -> None:
    transport = FullTransport()
    write_or_abort(transport, b"x" * GREATEST_BACKLOG)
    assert not transport.is_aborted
    write_or_abort(transport, b"x")
    assert transport.is_aborted
    write_or_abort(transport, b"x")
    assert transport.size == GREATEST_BACKLOG + 1
