"""The real server, which notes for how long its event loop was held: `python -m tests.soak.timed_server FILE …`.

What follows FILE are the server's own arguments. On SIGUSR1 the notes are dropped (starting is not measured); at the
end FILE has them as JSON. `holds` are the longest callbacks: seconds of processor time of the loop's thread, for which
other programs of the machine do not count, and the callback. `lag` is the longest time by the clock that the loop, or
the interpreter, let another thread wait: a native call in any thread shows there.
"""

from __future__ import annotations

import asyncio
import atexit
import json
import signal
import sys
import threading
import time
from pathlib import Path
from typing import Any

from attrs import define, field

from fim_language_server.cli import main

KEPT = 5
PULSE_S = 0.02
LONGEST_WAIT_S = 60.0

_run = asyncio.events.Handle._run


@define
class Notes:
    """What was seen since the last SIGUSR1."""

    holds: list[tuple[float, str]] = field(factory=list)
    lag: float = 0.0
    watched: bool = False

    def clear(self, *_: Any) -> None:
        """Forget it."""
        self.holds.clear()
        self.lag = 0.0

    def note(self, cpu: float, handle: asyncio.Handle) -> None:
        """Keep a callback that is among the longest."""
        if len(self.holds) < KEPT or cpu > self.holds[-1][0]:
            self.holds.append((cpu, repr(handle)[:300]))
            self.holds.sort(reverse=True)
            del self.holds[KEPT:]

    def watch(self, loop: asyncio.AbstractEventLoop) -> None:
        """Knock at the loop for ever, and see when it opens."""
        while not loop.is_closed():
            began, opened = time.perf_counter(), threading.Event()
            loop.call_soon_threadsafe(opened.set)
            opened.wait(LONGEST_WAIT_S)
            time.sleep(PULSE_S)
            self.lag = max(self.lag, time.perf_counter() - began - PULSE_S)


notes = Notes()


def _timed_run(handle: asyncio.Handle) -> None:
    if not notes.watched:
        notes.watched = True
        threading.Thread(target=notes.watch, args=[asyncio.get_running_loop()], daemon=True).start()
    began = time.thread_time()
    _run(handle)
    notes.note(time.thread_time() - began, handle)


if __name__ == "__main__":
    output = Path(sys.argv[1])
    asyncio.events.Handle._run = _timed_run  # type: ignore[assignment]
    signal.signal(signal.SIGUSR1, notes.clear)
    atexit.register(lambda: output.write_text(json.dumps({"holds": notes.holds, "lag": notes.lag})))
    main(sys.argv[2:])
