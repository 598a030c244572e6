"""Watchdog that ends this process when one native call holds the interpreter for too long.

Threads and signal handlers written in Python do not run then, so the worker would not notice that the server has
ended. The timer of the standard library's faulthandler runs in a thread that does not need the interpreter, on every
system. (Linux's PR_SET_PDEATHSIG would leave the temporary folder behind.)
"""

from __future__ import annotations

import faulthandler
import os
import threading
import time
from pathlib import Path
from typing import Final

LONGEST_CALL: Final = 30.0
"""Seconds. Sorting the largest index takes one or two, on a slow and busy machine several."""


def watch_over_process(longest_call: float = LONGEST_CALL) -> None:
    """Exit with status 1 once no Python code has run for `longest_call` seconds; the parent process sees the status."""
    discarded = Path(os.devnull).open("wb")  # noqa: SIM115 - it stays open as long as the process lives

    def restart_timer() -> None:
        while True:
            faulthandler.dump_traceback_later(longest_call, exit=True, file=discarded)
            time.sleep(longest_call / 4)

    threading.Thread(target=restart_timer, daemon=True, name="watchdog").start()
