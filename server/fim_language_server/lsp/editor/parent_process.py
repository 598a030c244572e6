"""Notices that the process which started this server is gone (LSP 3.18, `InitializeParams.processId`).

An editor that is killed says no `exit`; mostly the transport ends with it, but not always: a pipe may be held open
by another child.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Awaitable, Callable

POLL_S = 3.0


async def wait_until_gone(
    process_id: int, sleep: Callable[[float], Awaitable[None]], is_alive: Callable[[int], bool]
) -> None:
    """Return once no process has this id any more."""
    while is_alive(process_id):
        await sleep(POLL_S)


def watch(process_id: int) -> Callable[[int], bool]:
    """Return a question that tells whether a process is alive.

    A parent is asked for by its being our parent: as long as nobody has collected it, a dead process can still be
    sent signals.
    """
    if sys.platform == "win32":
        return _is_alive_on_windows
    if process_id == os.getppid():
        return lambda parent: os.getppid() == parent
    return _is_alive_on_posix


def _is_alive_on_posix(process_id: int) -> bool:
    try:
        os.kill(process_id, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        return True  # It exists and is somebody else's; or the number is none, and nothing can be said.
    return True


def _is_alive_on_windows(process_id: int) -> bool:
    # os.kill(pid, 0) would end the process there.
    import ctypes

    kernel = ctypes.windll.kernel32  # type: ignore[attr-defined, unused-ignore]
    synchronize, timed_out = 0x00100000, 0x00000102
    handle = kernel.OpenProcess(synchronize, False, process_id)
    if not handle:
        return False
    try:
        return bool(kernel.WaitForSingleObject(handle, 0) == timed_out)
    finally:
        kernel.CloseHandle(handle)
