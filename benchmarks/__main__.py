"""`make bench`: every measurement, in about eleven minutes. Prints tables; `--json PATH` keeps the figures.

`--part NAME` runs one part: sessions, guess, keystroke, edits, index, first-byte, hang-up, shaping, block-ends,
next-edit or context. `--repository DIR` names what the last one takes its lines from (default: this project);
`python -m benchmarks.context` compares commits.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from attrs import evolve

from benchmarks import context, edits, first_byte, hang_up, index, keystroke, next_edit, shaping_damage
from benchmarks.fim_api import Conditions
from benchmarks.servers import REPOSITORY, Server, ours
from benchmarks.syntax import block_ends
from benchmarks.tally import Figures
from benchmarks.traces import enlarged, make_traces
from benchmarks.typing_session import FILES, KEYS, LARGE_LINES, Plan, run_all, table

PARTS = (
    *("keystroke", "edits", "index", "first-byte", "hang-up", "shaping", "block-ends", "context"),
    *("next-edit", "sessions", "guess"),
)
PROJECT = REPOSITORY / "server" / "fim_language_server"
IN_PROJECT = ("engine/model_chain.py", "lsp/session.py", "providers/apis/ollama_generate.py")
"""Files that are typed beside the rest of their project."""


def session_plans() -> dict[str, Plan]:
    """Return the sessions that run side by side: one trace, typed in several editors and under several conditions."""
    files = {path.name: path.read_text(encoding="utf-8") for path in FILES}
    raw = Plan(make_traces(files, seed=1, keys=KEYS))
    return {
        "raw": raw,
        "vscode": evolve(raw, client="vscode"),
        "neovim": evolve(raw, client="neovim"),
        "20 % wrong": evolve(raw, conditions=Conditions(miss=0.2)),
        "2 MB": evolve(raw, traces=[enlarged(trace, LARGE_LINES) for trace in raw.traces]),
        "30 a minute": evolve(raw, conditions=Conditions(requests_per_minute=30)),
    }


def guess_sessions() -> dict[str, tuple[Plan, Server]]:
    """Return sessions beside the rest of a project: without the instant guess, with it, and with a client that asks
    again when it is told to."""
    files = {name: (PROJECT / name).read_text(encoding="utf-8") for name in IN_PROJECT}
    plan = Plan(make_traces(files, seed=1, keys=KEYS), workspace=PROJECT)
    on = ours({"embedded": {"instantGuess": True}})
    return {
        "off": (plan, ours()),
        "on": (plan, on),
        "on, and the client asks again": (evolve(plan, refreshes=True), on),
    }


async def measure(parts: tuple[str, ...] = PARTS, repositories: Sequence[Path] = ()) -> dict[str, Any]:
    """Run these parts, one after the other, and return their figures; `repositories` are those of part context."""
    machine = f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"
    figures: dict[str, Any] = {"machine": machine}
    for part in parts:
        print(f"measuring: {part}", file=sys.stderr, flush=True)
        figures[part] = await context.measure_part(repositories) if part == "context" else await _measure(part)
    return figures


async def _measure(part: str) -> dict[str, Any] | dict[str, Figures]:
    if part == "keystroke":
        return await keystroke.measure()
    if part == "edits":
        return edits.measure()
    if part == "index":
        return await asyncio.to_thread(index.measure)
    if part == "first-byte":
        return await first_byte.measure()
    if part == "hang-up":
        return await hang_up.measure()
    if part == "shaping":
        return await asyncio.to_thread(shaping_damage.measure)
    if part == "block-ends":
        return await asyncio.to_thread(block_ends.measure)
    if part == "next-edit":
        return await asyncio.to_thread(next_edit.measure)
    if part == "guess":
        return await run_all(guess_sessions())
    return await run_all({name: (plan, ours()) for name, plan in session_plans().items()})


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--part", choices=PARTS, action="append", help="only this part; may be given several times")
    parser.add_argument("--json", type=Path, metavar="PATH", help="write the figures here, too")
    parser.add_argument("--repository", type=Path, metavar="DIR", action="append", help="source for part context")
    arguments = parser.parse_args()
    figures = asyncio.run(measure(tuple(arguments.part or PARTS), arguments.repository or ()))
    for part, found in figures.items():
        text = (
            found
            if isinstance(found, str)
            else table(found if part in ("sessions", "guess", "context", "next-edit") else {"": found})
        )
        print(f"\n{part}\n{text}")
    if arguments.json:
        arguments.json.write_text(json.dumps(figures, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
