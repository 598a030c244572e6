"""The round trip of one keystroke (didChange, then a request that is answered at once), as ratios in one run.

Against a server without a framework, and on a long document against a short one. Start-up: spawn to initialize reply.
"""

from __future__ import annotations

import asyncio
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from fim_language_server.cli.editor import Editor

OURS = [sys.executable, "-m", "fim_language_server", "--stdio"]
BARE = [sys.executable, "-m", "tests.benchmarks.bare_server"]
STOCK = [sys.executable, "-m", "tests.benchmarks.stock_server"]
KEYS = 300
OFF = {"trigger": {"mode": "off"}, "provider": {"kind": "mistral", "url": "http://127.0.0.1:9"}}


async def measure() -> dict[str, Any]:
    """Return medians in ms, and their ratios."""
    ours_short, ours_long, bare_short = [], [], []
    starts: dict[str, list[float]] = {"ours": [], "bare": [], "stock": []}
    with tempfile.TemporaryDirectory(prefix="fim-bench-") as folder:
        for _ in range(3):  # in turn, because machines drift
            ours_short.append(await _type(OURS, Path(folder), 100, starts["ours"]))
            ours_long.append(await _type(OURS, Path(folder), 50_000, starts["ours"]))
            bare_short.append(await _type(BARE, Path(folder), 100, starts["bare"]))
            await _type(STOCK, Path(folder), 100, starts["stock"])
    short, long, bare = (statistics.median(times) for times in (ours_short, ours_long, bare_short))
    start = {name: statistics.median(times) for name, times in starts.items()}
    return {
        "keystroke, 100 lines, ms": round(short, 3),
        "keystroke, 50,000 lines, ms": round(long, 3),
        "keystroke, long / short document": round(long / short, 2),
        "keystroke, ours / bare asyncio": round(short / bare, 2),
        "spawn to initialize reply, ms": round(start["ours"]),
        "spawn to initialize reply, ours / stock pygls": round(start["ours"] / start["stock"], 2),
        "spawn to initialize reply, ours / bare asyncio": round(start["ours"] / start["bare"], 2),
    }


async def _type(command: Sequence[str], folder: Path, lines: int, starts: list[float]) -> float:
    """Type into the middle of a document and return the median round trip in ms."""
    began = time.perf_counter()
    editor = await Editor.start(command, folder, OFF)
    starts.append((time.perf_counter() - began) * 1_000)
    path = folder / "a.py"
    editor.open(path, "python", "value = compute(first, second)\n" * lines)
    await editor.complete(path, 0, 0)
    times = []
    for column in range(KEYS):
        began = time.perf_counter()
        editor.insert(path, lines // 2, column, "x")
        await editor.complete(path, lines // 2, column + 1)
        times.append((time.perf_counter() - began) * 1_000)
    await editor.close()
    return statistics.median(times)


if __name__ == "__main__":
    print(asyncio.run(measure()))
