"""Detection that the process which started this server has ended (LSP 3.18, `InitializeParams.processId`).

An editor that is killed sends no `exit`. Mostly the transport ends with it, but another child of the editor may hold
a pipe open.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager

from fim_language_server.lsp.editor.windows_processes import Kernel, Kernel32, watched

POLL_S = 3.0
"""Seconds between two checks."""


async def wait_until_gone(
    process_id: int, sleep: Callable[[float], Awaitable[None]], make_kernel: Callable[[], Kernel] = Kernel32
) -> None:
    """Wait until the process has ended. `sleep` waits between two checks; `make_kernel` is called on Windows only."""
    with liveness_check(process_id, make_kernel) as is_alive:
        while is_alive():
            await sleep(POLL_S)


@contextmanager
def liveness_check(process_id: int, make_kernel: Callable[[], Kernel] = Kernel32) -> Iterator[Callable[[], bool]]:
    """Give a function that says whether the process is alive. A number that is no process' id counts as alive.

    For the parent process it compares the parent's id: an ended process that was not waited for still takes signals.
    """
    if sys.platform == "win32":  # os.kill(id, 0) would end the process there
        with watched(process_id, make_kernel()) as process:
            yield process.is_alive
    elif process_id == os.getppid():
        yield lambda: os.getppid() == process_id
    else:
        yield lambda: _takes_signals(process_id)


def _takes_signals(process_id: int) -> bool:
    if process_id <= 0:
        return True  # To kill(2) it is a group of processes.
    try:
        os.kill(process_id, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        return True  # It belongs to another user; or the number is no process id, and nothing is known.
    return True
