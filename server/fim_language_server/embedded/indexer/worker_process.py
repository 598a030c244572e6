"""Running the worker: its order in, its reports out, and nothing of it left when the caller is done with it."""

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
"""Bytes of one line: it may name a few hundred files."""


class WorkerError(Exception):
    """The worker process could not be started, or did not finish."""


async def run_worker(order: IndexOrder) -> AsyncGenerator[IndexReport, None]:
    """Yield the worker's reports until it ends. Raises WorkerError or OSError where it does not get there.

    Close the generator: the worker is gone when that returns.
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
                logger.debug("The worker said something that is no report")
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
        await process.wait()


def _kill(process: asyncio.subprocess.Process) -> None:
    """End a process at once. Raises ProcessLookupError where it is gone."""
    if sys.platform == "win32":
        process.kill()
    else:
        # `Process.kill` looks first whether it has ended, and so takes its status from the event loop, which logs that.
        os.kill(process.pid, signal.SIGKILL)


def _environment() -> dict[str, str]:
    """Return an environment in which the worker finds this package, however the server found it."""
    home = str(Path(__file__).parents[3])
    inherited = os.environ.get("PYTHONPATH")
    path = f"{home}{os.pathsep}{inherited}" if inherited else home
    # glibc otherwise takes arrays of up to 32 MB from the heap once one was freed, and keeps the holes between them.
    return {"MALLOC_MMAP_THRESHOLD_": "1000000", **os.environ, "PYTHONPATH": path}
