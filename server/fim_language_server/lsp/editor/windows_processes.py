"""Processes of Windows: whether one has ended, by the system's own functions.

`Kernel` is the part of kernel32.dll that is called, so that tests can stand in for it where there is no Windows. Each
function returns what Microsoft documents for it ("Process and Thread Functions", "Synchronization Functions").
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final, Protocol

SYNCHRONIZE: Final = 0x0010_0000
"""The right to wait for a process; it says nothing about its memory or its user."""
ERROR_INVALID_PARAMETER: Final = 87
"""The error of OpenProcess where no process has the id."""
WAIT_OBJECT_0: Final = 0
"""The result of WaitForSingleObject where the process has ended."""
GREATEST_ID: Final = 0xFFFF_FFFF
"""Process ids are DWORDs."""


class Kernel(Protocol):
    """The functions of kernel32.dll that are needed."""

    def open_process(self, rights: int, process_id: int) -> int:
        """Return a handle; 0 where there is none, and `last_error` says why (OpenProcess)."""
        ...

    def last_error(self) -> int:
        """Return the error of the last call (GetLastError)."""
        ...

    def wait(self, handle: int, milliseconds: int) -> int:
        """Wait for a process to end; return WAIT_OBJECT_0 where it has (WaitForSingleObject)."""
        ...

    def close(self, handle: int) -> None:
        """Give a handle back (CloseHandle)."""
        ...


class Kernel32:
    """Windows' own kernel32.dll."""

    def __init__(self) -> None:
        """Load the library with the types of its functions: a handle is as wide as a pointer, which ctypes' int is not.

        Raises AttributeError on other systems.
        """
        import ctypes
        from ctypes import wintypes

        windows: Any = ctypes
        self._ctypes = windows
        self._library = library = windows.WinDLL("kernel32", use_last_error=True)
        library.OpenProcess.argtypes = (wintypes.DWORD, wintypes.BOOL, wintypes.DWORD)
        library.OpenProcess.restype = wintypes.HANDLE
        library.WaitForSingleObject.argtypes = (wintypes.HANDLE, wintypes.DWORD)
        library.WaitForSingleObject.restype = wintypes.DWORD
        library.CloseHandle.argtypes = (wintypes.HANDLE,)
        library.CloseHandle.restype = wintypes.BOOL

    def open_process(self, rights: int, process_id: int) -> int:
        """Return a handle, or 0."""
        return int(self._library.OpenProcess(rights, False, process_id) or 0)

    def last_error(self) -> int:
        """Return the error of the last call, as ctypes has kept it."""
        return int(self._ctypes.get_last_error())

    def wait(self, handle: int, milliseconds: int) -> int:
        """Wait for a process to end."""
        return int(self._library.WaitForSingleObject(handle, milliseconds))

    def close(self, handle: int) -> None:
        """Give a handle back."""
        self._library.CloseHandle(handle)


class WatchedProcess:
    """One process, held by its handle, so that another process that gets its id later is not taken for it.

    Only a process that has surely ended counts as ended: one that may not be opened (an editor that runs as
    administrator), or cannot be waited for, counts as alive, because a server that stops by mistake costs the session.
    """

    def __init__(self, process_id: int, kernel: Kernel) -> None:
        """Open the process."""
        self._kernel = kernel
        self._handle = 0
        self._was_there = True
        if 0 < process_id <= GREATEST_ID:
            self._handle = kernel.open_process(SYNCHRONIZE, process_id)
            self._was_there = bool(self._handle) or kernel.last_error() != ERROR_INVALID_PARAMETER

    def is_alive(self) -> bool:
        """Say whether the process may still run; never waits."""
        if not self._handle:
            return self._was_there
        return self._kernel.wait(self._handle, 0) != WAIT_OBJECT_0

    def close(self) -> None:
        """Give the handle back; the process is not asked about any more."""
        if self._handle:
            self._kernel.close(self._handle)
            self._handle = 0


@contextmanager
def watched(process_id: int, kernel: Kernel) -> Iterator[WatchedProcess]:
    """Hold a process of this id for as long as the block runs."""
    process = WatchedProcess(process_id, kernel)
    try:
        yield process
    finally:
        process.close()
