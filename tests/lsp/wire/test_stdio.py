"""Standard input and output by threads, as Windows needs them: its event loop cannot wait for such pipes."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable

import pytest

from fim_language_server.lsp.wire.framing import frame
from fim_language_server.lsp.wire.stdio import serve_stdio

BODY = "größe 😀 \r\n".encode() * 50_000
"""More than a pipe holds, with line ends that a text mode would change, and Ctrl-Z, which would end the input."""
BODIES = [b"{}", BODY + b"\x1a", *(b"%d" % number for number in range(200))]


class EchoSession:
    """A session that sends back what it receives, and ends with status 0 after a message "exit"."""

    def __init__(self, send: Callable[[bytes], None]) -> None:
        self._send = send
        self._code: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self.is_closed = False

    def receive(self, body: bytes | str) -> None:
        assert isinstance(body, bytes)
        if body == b"exit":
            self._code.set_result(0)
        else:
            self._send(body)

    async def wait_ended(self) -> int:
        return await self._code

    async def close(self) -> None:
        self.is_closed = True


@pytest.fixture
async def windows(monkeypatch: pytest.MonkeyPatch) -> None:
    """An event loop that cannot wait for the pipes of a parent process, which are not made for overlapped I/O."""

    def refuse(*_words: object, **_options: object) -> Awaitable[object]:
        raise OSError(6, "The handle is invalid")

    loop = asyncio.get_running_loop()
    monkeypatch.setattr("sys.platform", "win32")
    for name in ("connect_read_pipe", "connect_write_pipe", "add_reader", "add_writer"):
        monkeypatch.setattr(loop, name, refuse)


async def serve(messages: list[bytes], *, reads: bool = True) -> tuple[int, bytes, list[EchoSession]]:
    """Serve a client that sends messages and then ends its output; return the status, and what the client read."""
    source, to_server = os.pipe()
    from_server, sink = os.pipe()
    sessions: list[EchoSession] = []

    def connect(send: Callable[[bytes], None]) -> EchoSession:
        sessions.append(EchoSession(send))
        return sessions[-1]

    def write() -> None:
        with open(to_server, "wb") as pipe:  # noqa: PTH123 - a descriptor
            pipe.writelines(frame(message) for message in messages)

    def read() -> bytes:
        with open(from_server, "rb") as pipe:  # noqa: PTH123 - a descriptor
            return pipe.read()

    if not reads:
        os.close(from_server)
    writing = asyncio.create_task(asyncio.to_thread(write))
    reading = asyncio.create_task(asyncio.to_thread(read)) if reads else None
    code = await serve_stdio(connect, source, sink)
    os.close(sink)
    await writing
    return code, await reading if reading else b"", sessions


@pytest.mark.parametrize("end", [True, False])
async def test_each_byte_goes_to_and_fro(windows: None, end: bool) -> None:
    """The status is the session's, or 1 where the client is gone without a word."""
    code, answer, sessions = await serve([*BODIES, b"exit"] if end else BODIES)
    assert code == (0 if end else 1)
    assert answer == b"".join(map(frame, BODIES))
    assert [session.is_closed for session in sessions] == [True]


async def test_a_client_that_has_closed_its_input_costs_nothing(windows: None) -> None:
    code, _, sessions = await serve([b"{}", b"{}", b"exit"], reads=False)
    assert code == 0
    assert [session.is_closed for session in sessions] == [True]
