"""Runs the index worker: sends its order, yields its reports, and ends the process when the caller is done."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import subprocess
import sys
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Final

from fim_language_server.embedded.indexer.worker import IndexOrder, IndexReport

logger = logging.getLogger(__name__)

_QUIETLY: Final = getattr(subprocess, "CREATE_NO_WINDOW", 0) | getattr(subprocess, "BELOW_NORMAL_PRIORITY_CLASS", 0)
"""Flags of Windows: no console window, low priority. Elsewhere the worker lowers its own priority."""
_LONGEST_REPORT: Final = 1 << 20
"""Most bytes of one line: a report may name a few hundred files."""


class WorkerError(Exception):
    """The worker process ended early or with a failure."""


async def run_worker(order: IndexOrder) -> AsyncGenerator[IndexReport, None]:
    """Yield the worker's reports until it ends. Raises WorkerError or OSError if it does not start or finish.

    The caller must close the generator. The worker has ended when closing returns, or when a cancellation leaves it.
    """
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-P",  # Nothing may be imported from the directory the editor happened to start us in.
        "-m",
        "fim_language_server.embedded.indexer.worker",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        limit=_LONGEST_REPORT,
        env=_environment(),
        creationflags=_QUIETLY,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        process.stdin.write(order.to_json().encode())
        await process.stdin.drain()
        async for line in process.stdout:
            try:
                report = IndexReport.from_json(line)
            except ValueError:
                logger.debug("The worker wrote a line that is not a report")
            else:
                yield report
        if await process.wait() != 0:
            raise WorkerError(f"the worker process ended with code {process.returncode}")
    except ConnectionError as error:
        raise WorkerError("the worker process ended early") from error
    finally:
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                _kill(process)
        process.stdin.close()
        await _wait_until_ended(process)


async def _wait_until_ended(process: asyncio.subprocess.Process) -> None:
    """Wait until a process that was killed, or ended by itself, has left the event loop.

    A further cancellation, such as that of `asyncio.run` at its end, is raised only after that: the transport of a
    process that outlives its event loop logs an error when it is collected.
    """
    cancellation: asyncio.CancelledError | None = None
    while True:
        try:
            await process.wait()
            break
        except asyncio.CancelledError as error:
            cancellation = error
    if cancellation is not None:
        raise cancellation


def _kill(process: asyncio.subprocess.Process) -> None:
    """Kill a process. Raises ProcessLookupError if it has ended already."""
    if sys.platform == "win32":
        process.kill()
    else:
        # `Process.kill` polls the process first, which takes its exit status away from the event loop; that logs it.
        os.kill(process.pid, signal.SIGKILL)


def _environment() -> dict[str, str]:
    """Return the worker's environment, in which it can import this package wherever the server imported it from."""
    home = str(Path(__file__).parents[3])
    inherited = os.environ.get("PYTHONPATH")
    path = f"{home}{os.pathsep}{inherited}" if inherited else home
    # Once an array was freed, glibc would otherwise allocate those of up to 32 MB on the heap, and fragment it.
    return {"MALLOC_MMAP_THRESHOLD_": "1000000", **os.environ, "PYTHONPATH": path}
