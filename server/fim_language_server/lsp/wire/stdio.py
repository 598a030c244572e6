"""The transport that editors use: standard input and output, as bytes that never make the event loop wait.

Pipes and sockets are waited for by the loop; a regular file, and everything on Windows, takes a thread.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import queue
import socket
import stat
import sys
import threading
from typing import Protocol

from fim_language_server.lsp.wire.framing import frame
from fim_language_server.lsp.wire.transport import FLUSH_S, Connect, Incoming, run_session, write_or_abort

_CHUNK = 256 * 1024


async def serve_stdio(connect: Connect, source: int, sink: int) -> int:
    """Serve the client at the other end of two file descriptors; return the exit code."""
    incoming = Incoming()
    outgoing: OutputQueue
    reading: asyncio.ReadTransport | None = None
    if _are_one_socket(source, sink):
        outgoing = await _open_socket(source, sink, incoming)
    else:
        outgoing = await _open_sink(sink, incoming)
        reading = await _open_source(source, incoming)
    session = connect(lambda body: outgoing.write(frame(body)))
    incoming.begin(session)
    try:
        return await run_session(session, incoming.lost)
    finally:
        if reading is not None:
            reading.close()
        await outgoing.close()


def take_stdio() -> tuple[int, int]:
    """Return file descriptors for the client, and leave none of the two to anybody else.

    A library that prints would break the protocol, and a child process that reads would eat messages: from here on
    standard output is standard error, and standard input is empty.
    """
    source, sink = os.dup(0), os.dup(1)
    with open(os.devnull, "rb") as null:  # noqa: PTH123 (os.devnull is a name, not a path)
        os.dup2(null.fileno(), 0)
    with contextlib.suppress(OSError):  # no standard error at all
        os.dup2(2, 1)
    return source, sink


class OutputQueue(Protocol):
    """Takes bytes without blocking."""

    def write(self, data: bytes) -> None:
        """Send some bytes, or keep them until they can be sent."""
        ...

    async def close(self) -> None:
        """Wait, but not long, until all is sent."""
        ...


def _can_be_polled(descriptor: int) -> bool:
    """Can the event loop wait for it? Regular files and Windows' handles cannot, and take a thread."""
    if sys.platform == "win32":
        return False
    mode = os.fstat(descriptor).st_mode
    return stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode) or os.isatty(descriptor)


async def _open_source(descriptor: int, incoming: Incoming) -> asyncio.ReadTransport | None:
    """Feed a session from a descriptor; return what reads it, or None where that is a thread."""
    loop = asyncio.get_running_loop()
    if _can_be_polled(descriptor):
        transport, _ = await loop.connect_read_pipe(lambda: incoming, os.fdopen(descriptor, "rb", 0))
        return transport

    def pump() -> None:
        with contextlib.suppress(RuntimeError):  # The loop is closed.
            try:
                while data := os.read(descriptor, _CHUNK):
                    loop.call_soon_threadsafe(incoming.data_received, data)
            except OSError:
                pass
            loop.call_soon_threadsafe(incoming.connection_lost, None)

    threading.Thread(target=pump, name="stdin", daemon=True).start()
    return None


async def _open_sink(descriptor: int, incoming: Incoming) -> OutputQueue:
    # A terminal is shared with standard error, which must stay blocking.
    if _can_be_polled(descriptor) and not os.isatty(descriptor):
        loop = asyncio.get_running_loop()
        closing = PipeClosing(incoming)
        transport, _ = await loop.connect_write_pipe(lambda: closing, os.fdopen(descriptor, "wb", 0))
        return PipeSink(transport, closing.closed)
    return ThreadSink(descriptor)


def _are_one_socket(source: int, sink: int) -> bool:
    """Are both ends of one socket, as super-servers start programs? It must not be opened twice.

    A pipe that is written to is watched for its end by reading from it, and here there is something to read.
    """
    if sys.platform == "win32":
        return False
    first, second = os.fstat(source), os.fstat(sink)
    return stat.S_ISSOCK(first.st_mode) and (first.st_dev, first.st_ino) == (second.st_dev, second.st_ino)


async def _open_socket(source: int, sink: int, incoming: Incoming) -> OutputQueue:
    os.close(source)
    connection = socket.socket(fileno=sink)
    transport, _ = await asyncio.get_running_loop().connect_accepted_socket(lambda: incoming, connection)
    return PipeSink(transport, incoming.lost)


class PipeClosing(asyncio.BaseProtocol):
    """Notices that the reader of a pipe is gone, or that the pipe is closed."""

    def __init__(self, incoming: Incoming) -> None:
        self.closed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._incoming = incoming

    def connection_lost(self, exc: Exception | None) -> None:
        """Wake up who waits for the pipe's end; a client that does not listen any more is gone."""
        if not self.closed.done():
            self.closed.set_result(None)
        self._incoming.connection_lost(exc)


class PipeSink:
    """Writes to what the event loop can wait for; `closed` is done when nothing more can be written."""

    def __init__(self, transport: asyncio.WriteTransport, closed: asyncio.Future[None]) -> None:
        self._transport = transport
        self._closed = closed

    def write(self, data: bytes) -> None:
        """Send or buffer."""
        write_or_abort(self._transport, data)

    async def close(self) -> None:
        """Flush for at most `FLUSH_S`."""
        self._transport.close()
        _, unread = await asyncio.wait({self._closed}, timeout=FLUSH_S)
        if unread:
            self._transport.abort()


class ThreadSink:
    """Writes in a thread, where nothing can be waited for."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._queue: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._pump, name="stdout", daemon=True)
        self._thread.start()

    def write(self, data: bytes) -> None:
        """Queue some bytes."""
        self._queue.put(data)

    async def close(self) -> None:
        """Flush for at most `FLUSH_S`."""
        self._queue.put(None)
        await asyncio.to_thread(self._thread.join, FLUSH_S)

    def _pump(self) -> None:
        with contextlib.suppress(OSError):  # The reader is gone; that input ends is noticed elsewhere.
            while (data := self._queue.get()) is not None:
                view = memoryview(data)
                while view:
                    view = view[os.write(self._descriptor, view) :]
