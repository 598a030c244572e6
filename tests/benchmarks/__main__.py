"""`make bench`: the keystroke path, and a typing session with the editors' ways of asking. Prints JSON."""

from __future__ import annotations

import asyncio
import json
import os
import platform

from tests.benchmarks import hang_up, keystroke
from tests.benchmarks.servers import ours
from tests.benchmarks.traces import make_traces
from tests.benchmarks.typing_session import FILES, KEYS, Plan, run_all
from tests.benchmarks.typist import CLIENTS


async def main() -> None:
    """Run all measurements, one after the other."""
    files = {path.name: path.read_text(encoding="utf-8") for path in FILES}
    traces = make_traces(files, seed=1, keys=KEYS)
    sessions = await run_all({f"typing session, {client} client": (Plan(traces, client), ours()) for client in CLIENTS})
    figures = {
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}",
        "keystroke": await keystroke.measure(),
        "hang-up": await hang_up.measure(),
        **sessions,
    }
    print(json.dumps(figures, indent=2, ensure_ascii=False))


if __name__ == "__main__":
    asyncio.run(main())
