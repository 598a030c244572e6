"""Standard input and output as a transport that never blocks the event loop.

The loop waits for pipes and sockets; a regular file, and everything on Windows, takes a thread.
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
"""Bytes that are read at a time."""


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
    """Return file descriptors (source, sink) for the client, and redirect the standard ones.

    A library that prints would break the protocol, and a child process that reads would take messages. After this
    standard output is standard error, and standard input is empty.
    """
    source, sink = os.dup(0), os.dup(1)
    with open(os.devnull, "rb") as null:  # noqa: PTH123 (os.devnull is a name, not a path)
        os.dup2(null.fileno(), 0)
    with contextlib.suppress(OSError):  # no standard error at all
        os.dup2(2, 1)
    return source, sink


class OutputQueue(Protocol):
    """An output for bytes that never blocks."""

    def write(self, data: bytes) -> None:
        """Send bytes, or buffer them until they can be sent."""
        ...

    async def close(self) -> None:
        """Wait until all bytes are sent, for at most `FLUSH_S`."""
        ...


def _can_be_polled(descriptor: int) -> bool:
    """Can the event loop wait for this descriptor? It cannot for regular files, nor on Windows."""
    if sys.platform == "win32":
        return False
    mode = os.fstat(descriptor).st_mode
    return stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode) or os.isatty(descriptor)


async def _open_source(descriptor: int, incoming: Incoming) -> asyncio.ReadTransport | None:
    """Feed `incoming` from a descriptor; return the transport that reads, or None where a thread does."""
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
    """Are both descriptors one socket, as when inetd starts a program? It must not be opened twice.

    asyncio reads from a pipe that it writes to, to notice its end; on a socket it would read messages.
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
    """The protocol of the output pipe: notices that the pipe is closed, by either side."""

    def __init__(self, incoming: Incoming) -> None:
        self.closed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._incoming = incoming

    def connection_lost(self, exc: Exception | None) -> None:
        """Mark the pipe as closed, and the input as ended: a client that reads no more is gone."""
        if not self.closed.done():
            self.closed.set_result(None)
        self._incoming.connection_lost(exc)


class PipeSink:
    """Writes to a pipe or socket by the event loop; `closed` is done when nothing more can be written."""

    def __init__(self, transport: asyncio.WriteTransport, closed: asyncio.Future[None]) -> None:
        self._transport = transport
        self._closed = closed

    def write(self, data: bytes) -> None:
        """Send bytes, or buffer them until they can be sent."""
        write_or_abort(self._transport, data)

    async def close(self) -> None:
        """Wait until all bytes are sent, for at most `FLUSH_S`."""
        self._transport.close()
        _, unread = await asyncio.wait({self._closed}, timeout=FLUSH_S)
        if unread:
            self._transport.abort()


class ThreadSink:
    """Writes in a thread, to descriptors that the event loop cannot wait for."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._queue: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._pump, name="stdout", daemon=True)
        self._thread.start()

    def write(self, data: bytes) -> None:
        """Queue bytes for the thread."""
        self._queue.put(data)

    async def close(self) -> None:
        """Wait until all bytes are sent, for at most `FLUSH_S`."""
        self._queue.put(None)
        await asyncio.to_thread(self._thread.join, FLUSH_S)

    def _pump(self) -> None:
        with contextlib.suppress(OSError):  # The reader is gone; the end of the input ends the session.
            while (data := self._queue.get()) is not None:
                view = memoryview(data)
                while view:
                    view = view[os.write(self._descriptor, view) :]
