"""Detection that the process which started this server has ended (LSP 3.18, `InitializeParams.processId`).

An editor that is killed sends no `exit`. Mostly the transport ends with it, but another child of the editor may hold
a pipe open.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Awaitable, Callable

POLL_S = 3.0
"""Seconds between two checks."""


async def wait_until_gone(
    process_id: int, sleep: Callable[[float], Awaitable[None]], is_alive: Callable[[int], bool]
) -> None:
    """Wait until `is_alive` says that the process has ended."""
    while is_alive(process_id):
        await sleep(POLL_S)


def liveness_check(process_id: int) -> Callable[[int], bool]:
    """Return a function that says whether the process of an id is alive.

    For the parent process it compares the parent's id: an ended process that was not waited for still takes signals.
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
        return True  # It belongs to another user; or the number is no process id, and nothing is known.
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
