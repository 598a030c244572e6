"""Ends this process when one native call keeps the interpreter for too long.

Threads and signal handlers written in Python get no turn then, so neither would notice that the server has gone: the
worker would go on computing for nobody. The standard library's faulthandler has a timer in a thread of its own that
does not need the interpreter, on every system. (Linux's PR_SET_PDEATHSIG would leave the temporary folder behind.)
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
    """Exit with status 1 once no Python code has run for `longest_call` seconds; whoever waits for us sees that."""
    nothing = Path(os.devnull).open("w")  # noqa: SIM115 - it stays open as long as the process lives

    def wind_up() -> None:
        while True:
            faulthandler.dump_traceback_later(longest_call, exit=True, file=nothing)
            time.sleep(longest_call / 4)

    threading.Thread(target=wind_up, daemon=True, name="watchdog").start()
