"""The round trip of one keystroke (didChange, then a request that is answered at once), as ratios in one run.

Against a server without a framework, against node's vscode-languageserver, and on a long document against a short
one. Start-up: spawn to initialize reply. Memory: after it is warm, and with the long document.
"""

from __future__ import annotations

import asyncio
import statistics
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

from benchmarks.node import node_server
from benchmarks.servers import WatchedEditor

OURS = (sys.executable, "-m", "fim_language_server", "--stdio")
BARE = (sys.executable, "-m", "benchmarks.bare_server")
STOCK = (sys.executable, "-m", "benchmarks.stock_server")
KEYS = 300
ROUNDS = 3
SHORT, LONG = 100, 50_000
OFF = {"trigger": {"mode": "off"}, "provider": {"kind": "mistral", "url": "http://127.0.0.1:9"}}
WARM_UP_S = 1.0
"""After `initialized`: what is loaded late must not be measured as a keystroke."""


async def measure() -> dict[str, Any]:
    """Return medians in ms, memory in MB, and their ratios."""
    node = node_server()
    servers = {"ours": OURS, "bare": BARE, "stock": STOCK} | ({} if isinstance(node, str) else {"node": node})
    keys: dict[tuple[str, int], list[float]] = defaultdict(list)
    starts: dict[str, list[float]] = defaultdict(list)
    memory: dict[tuple[str, int], float] = {}
    with tempfile.TemporaryDirectory(prefix="fim-bench-") as folder:
        for _ in range(ROUNDS):  # in turn, because machines drift
            for name, command in servers.items():
                for lines in (SHORT,) if name == "stock" else (SHORT, LONG):
                    began = time.perf_counter()
                    editor = await WatchedEditor.start(command, Path(folder), OFF)
                    starts[name].append((time.perf_counter() - began) * 1e3)
                    keys[name, lines].append(await _type(editor, Path(folder) / "a.py", lines))
                    usage = editor.usage()
                    memory[name, lines] = usage.rss_mb if usage else 0.0
                    await editor.close()
    return _figures(
        {place: statistics.median(times) for place, times in keys.items()},
        {name: statistics.median(times) for name, times in starts.items()},
        memory,
        node if isinstance(node, str) else None,
    )


async def _type(editor: WatchedEditor, path: Path, lines: int) -> float:
    """Type into the middle of a document and return the median round trip in ms."""
    editor.open(path, "python", "value = compute(first, second)\n" * lines)
    await editor.complete(path, 0, 0)
    await asyncio.sleep(WARM_UP_S)
    times = []
    for column in range(KEYS):
        began = time.perf_counter()
        editor.insert(path, lines // 2, column, "x")
        await editor.complete(path, lines // 2, column + 1)
        times.append((time.perf_counter() - began) * 1e3)
    return statistics.median(times)


def _figures(
    keys: dict[tuple[str, int], float],
    starts: dict[str, float],
    memory: dict[tuple[str, int], float],
    no_node: str | None,
) -> dict[str, Any]:
    short, long = keys["ours", SHORT], keys["ours", LONG]
    made: dict[str, Any] = {
        "keystroke, 100 lines, ms": round(short, 3),
        "keystroke, 50,000 lines, ms": round(long, 3),
        "keystroke, long / short document": round(long / short, 2),
        "keystroke, 100 lines, ours / bare asyncio": round(short / keys["bare", SHORT], 2),
        "keystroke, 50,000 lines, ours / bare asyncio": round(long / keys["bare", LONG], 2),
        "keystroke, 100 lines, ours / stock pygls": round(short / keys["stock", SHORT], 2),
    }
    if no_node is None:
        made["keystroke, 100 lines, ours / node"] = round(short / keys["node", SHORT], 2)
        made["keystroke, 50,000 lines, ours / node"] = round(long / keys["node", LONG], 2)
        made["spawn to initialize reply, ours / node"] = round(starts["ours"] / starts["node"], 2)
    else:
        made["against node"] = f"left out: {no_node}"
    made |= {
        "spawn to initialize reply, ms": round(starts["ours"]),
        "spawn to initialize reply, ours / stock pygls": round(starts["ours"] / starts["stock"], 2),
        "spawn to initialize reply, ours / bare asyncio": round(starts["ours"] / starts["bare"], 2),
    }
    for (name, lines), size in memory.items():
        made[f"RSS, {name}, {lines:,} lines, MB"] = round(size)
    return made


if __name__ == "__main__":
    print(asyncio.run(measure()))
