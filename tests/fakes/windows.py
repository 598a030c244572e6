"""The parts of Windows that the server calls, for tests on other systems. Each follows Microsoft's documentation."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from attrs import define, field

from fim_language_server.lsp.editor.windows_processes import ERROR_INVALID_PARAMETER, SYNCHRONIZE, WAIT_OBJECT_0

ERROR_ACCESS_DENIED = 5
WAIT_TIMEOUT = 0x102
WAIT_FAILED = 0xFFFF_FFFF


@define
class FakeKernel:
    """The process functions of kernel32.dll, over processes that a test starts, protects and ends."""

    running: set[int] = field(factory=set)
    protected: set[int] = field(factory=set)
    """Processes that others may not open: those of an administrator, or the system's own."""
    cannot_wait: bool = False
    opened: dict[int, int] = field(factory=dict)
    """Handles that were not given back, with the start of the process that each is for."""
    _starts: dict[int, int] = field(factory=dict)
    _ended: set[int] = field(factory=set)
    _error: int = 0
    _next: int = 0x1_0000_0004
    """Handles are as wide as pointers: this one does not fit into 32 bits."""

    def start(self, process_id: int) -> None:
        """Start a process; its id may be that of one that has ended."""
        self.running.add(process_id)
        self._starts[process_id] = len(self._ended) + len(self._starts) + 1

    def end(self, process_id: int) -> None:
        """End a process."""
        self.running.discard(process_id)
        self._ended.add(self._starts.pop(process_id))

    def open_process(self, rights: int, process_id: int) -> int:
        """OpenProcess: 0 with ERROR_INVALID_PARAMETER for no process, with ERROR_ACCESS_DENIED for a protected one."""
        assert rights == SYNCHRONIZE, "more rights are refused more often"
        assert 0 <= process_id <= 0xFFFF_FFFF, "a DWORD"
        if process_id == 0 or process_id not in self.running:
            self._error = ERROR_INVALID_PARAMETER
            return 0
        if process_id in self.protected:
            self._error = ERROR_ACCESS_DENIED
            return 0
        self._next += 4
        self.opened[self._next] = self._starts[process_id]
        return self._next

    def last_error(self) -> int:
        """GetLastError, which a success need not reset."""
        return self._error

    def wait(self, handle: int, milliseconds: int) -> int:
        """WaitForSingleObject, for 0 ms."""
        assert milliseconds == 0, "the event loop would stand still"
        assert handle in self.opened, "a handle that was given back"
        if self.cannot_wait:
            return WAIT_FAILED
        return WAIT_OBJECT_0 if self.opened[handle] in self._ended else WAIT_TIMEOUT

    def close(self, handle: int) -> None:
        """CloseHandle; a handle that is given back twice may be another's by then."""
        del self.opened[handle]


class PipeTransport(asyncio.Transport):
    """A named pipe's transport as asyncio's proactor event loop makes it: it has a "pipe", and no "socket".

    Behind it is the transport of a Unix domain socket.
    """

    def __init__(self, wire: asyncio.Transport) -> None:
        super().__init__({"pipe": object()})
        self._wire = wire

    def __getattribute__(self, name: str) -> Any:
        """Pass on all but what differs."""
        if name in ("get_extra_info", "_extra", "_wire", "__class__"):
            return super().__getattribute__(name)
        return getattr(super().__getattribute__("_wire"), name)


class PipeProtocol(asyncio.Protocol):
    """A protocol behind a Unix domain socket that is told of a named pipe."""

    def __init__(self, inner: asyncio.Protocol) -> None:
        self.inner = inner

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Tell of a pipe."""
        assert isinstance(transport, asyncio.Transport)
        self.inner.connection_made(PipeTransport(transport))

    def data_received(self, data: bytes) -> None:
        """Pass bytes on."""
        self.inner.data_received(data)

    def connection_lost(self, exc: Exception | None) -> None:
        """Pass the end on."""
        self.inner.connection_lost(exc)


@define
class FakePipes:
    r"""Named pipes, by name; behind each is a Unix domain socket that a test listens at."""

    places: dict[str, str] = field(factory=dict)

    async def create_pipe_connection(
        self, make: Callable[[], asyncio.Protocol], name: str
    ) -> tuple[asyncio.BaseTransport, asyncio.Protocol]:
        """Connect, as `ProactorEventLoop.create_pipe_connection` does; FileNotFoundError where no pipe has the name."""
        if name not in self.places:
            raise FileNotFoundError(2, "The system cannot find the file specified", name)
        loop = asyncio.get_running_loop()
        transport, protocol = await loop.create_unix_connection(lambda: PipeProtocol(make()), self.places[name])
        return transport, protocol.inner
