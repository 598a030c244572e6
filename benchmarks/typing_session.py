"""A typing session against the real server and a FIM API on loopback.

    python -m benchmarks.typing_session [FILE …]                  lines of real files, typed again
    python -m benchmarks.typing_session --recording PATH          a recorded session, a request per edit
    … --client raw|vscode|neovim --miss 0.2 --virtual                   another editor or model; seconds, not minutes
    … --against REVISION | --server 'COMMAND {url}' | --with trigger.maxDelayMs=0     compare, in one run

docs/performance.md says what the words mean.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import shlex
import shutil
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import aiohttp
import numpy as np
from attrs import field, frozen

from benchmarks import virtual_time
from benchmarks.accepting import Accepts
from benchmarks.fake_api.provider_server import FimServer
from benchmarks.fim_api import Conditions, Pace
from benchmarks.oracle import Oracle
from benchmarks.recordings import read_recording
from benchmarks.servers import REPOSITORY, Server, WatchedEditor, in_process, merged, of_revision, ours
from benchmarks.tally import Figures, figures
from benchmarks.traces import Trace, enlarged, make_traces
from benchmarks.typist import CLIENTS, Typist
from fim_language_server.app.application import INDEXED

FILES = (
    Path(aiohttp.__file__).parent / "web_urldispatcher.py",
    REPOSITORY / "editors" / "vscode" / "src" / "environment.ts",
    Path(np.__file__).parent / "f2py" / "src" / "fortranobject.c",
)
"""Files that are typed by default: Python, TypeScript and C, installed wherever the tests run."""
KEYS = 450
LARGE_LINES = 90_000
"""Lines that make a document of 2 MB."""
WARM_UP_S = 3.0
"""Before the first key: what is loaded after `initialized` is start-up, not typing."""
INDEX_ROUNDS = 300
NOT_SOURCE = shutil.ignore_patterns(".*", "node_modules", "__pycache__", "build", "dist", "*.pyc")


@frozen
class Plan:
    """A session: the traces, the client and the API's conditions. `recorded` edits count where text was missing."""

    traces: Sequence[Trace] = field(repr=False)
    client: str = "raw"
    conditions: Conditions = field(factory=Conditions)
    seed: int = 1
    recorded: bool = False
    refreshes: bool = False
    """The client asks again on `$/fim/refresh`, as VS Code and Neovim do with the extensions here."""
    workspace: Path | None = None
    accepts: float = 0.0


async def run_session(plan: Plan, server: Server, typists: list[Typist] | None = None) -> Figures:
    """Type everything with one server, and return the figures."""
    oracle = Oracle(plan.conditions.miss, plan.seed)
    pace = Pace(plan.conditions, random.Random(plan.seed))
    with tempfile.TemporaryDirectory(prefix="fim-bench-") as scratch:
        folder, home = Path(scratch) / "project", Path(scratch) / "home"
        make_workspace(plan, folder)
        async with FimServer(oracle, choose=pace.choose) as api:
            client, key = CLIENTS[plan.client], api.api_key or ""
            editor = await server.start(
                folder,
                home,
                api.url,
                key,
                refreshes=plan.refreshes,
                draws_line_ends=client.draws_line_ends,
                has_popup=client.has_popup,
            )
            typist = Typist(editor, api, oracle, folder, client, Accepts(plan.accepts))
            if typists is not None:
                typists.append(typist)
            await _warm_up(editor, plan.workspace is not None and server.indexes)
            began = editor.usage()
            for trace in plan.traces:
                await typist.type(trace)
            await typist.finish()
            ended = editor.usage()
            tally = typist.tally
            tally.answered_twice = editor.surplus
            if began and ended:
                tally.cpu_s = ended.cpu_s - began.cpu_s
                tally.rss_mb, tally.children_rss_mb = ended.rss_mb, ended.children_rss_mb
            await editor.close()
            return figures(tally, api.completions, pace.statuses, plan.recorded)


def make_workspace(plan: Plan, folder: Path) -> None:
    """Copy the project, if there is one; of what is typed, the lines that are still to be typed are missing."""
    if plan.workspace is None:
        folder.mkdir()
    else:
        shutil.copytree(plan.workspace, folder, ignore=NOT_SOURCE)
    for trace in plan.traces:
        for path, text in trace.documents.items() if plan.workspace else ():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(text, encoding="utf-8")


async def _warm_up(editor: WatchedEditor, is_indexing: bool) -> None:
    logged: list[str] = []
    editor.on_log = logged.append
    await asyncio.sleep(WARM_UP_S)
    for _ in range(INDEX_ROUNDS if is_indexing else 0):
        if any(INDEXED in text for text in logged):
            return
        await asyncio.to_thread(time.sleep, 0.1)  # real time, also where ours is virtual: another process works
    if is_indexing:
        print("the workspace was not indexed: it was not requested, or takes too long", file=sys.stderr)


async def run_all(plans: Mapping[str, tuple[Plan, Server]]) -> dict[str, Figures]:
    """Run sessions side by side, so that all meet the same machine, and show their progress on standard error."""
    typists: list[Typist] = []
    total = sum(len(trace.edits) for plan, _ in plans.values() for trace in plan.traces)
    progress = asyncio.create_task(_show_progress(typists, total))
    try:
        made = await asyncio.gather(*(run_session(plan, server, typists) for plan, server in plans.values()))
    finally:
        progress.cancel()
        print("\r" + " " * 60 + "\r", end="", file=sys.stderr, flush=True)
    return dict(zip(plans, made, strict=True))


async def _show_progress(typists: Sequence[Typist], total: int) -> None:
    while True:
        done = sum(typist.tally.keys for typist in typists)
        print(f"\r{done:,} of {total:,} keys typed", end="", file=sys.stderr, flush=True)
        await asyncio.sleep(1.0)


def table(columns: Mapping[str, Figures]) -> str:
    """Return figures side by side, one column a session."""
    names = list(dict.fromkeys(name for column in columns.values() for name in column))
    rows = [["", *columns], *([name, *(_cell(column.get(name)) for column in columns.values())] for name in names)]
    widths = [max(len(row[place]) for row in rows) for place in range(len(rows[0]))]
    return "\n".join(
        "  ".join([row[0].ljust(widths[0]), *(cell.rjust(w) for cell, w in zip(row[1:], widths[1:], strict=True))])
        for row in rows
    )


def _cell(value: float | str | None) -> str:
    return "-" if value is None else f"{value:,}" if isinstance(value, int) else str(value)


def make_plan(arguments: argparse.Namespace) -> Plan:
    """Return what the command line asks for."""
    conditions = Conditions(
        arguments.first_token_ms, arguments.per_token_ms, arguments.miss, arguments.error_rate, arguments.rate_limit,
        arguments.limit_headers,
    )  # fmt: skip
    if arguments.recording:
        traces = [read_recording(arguments.recording, arguments.first, arguments.last)]
    else:
        paths = [path.absolute() for path in arguments.files] or FILES
        root = arguments.workspace.absolute() if arguments.workspace else None
        files = {str(path.relative_to(root)) if root else path.name: path.read_text(encoding="utf-8") for path in paths}
        traces = make_traces(files, seed=arguments.seed, keys=arguments.keys)
        if arguments.large:
            traces = [enlarged(trace, LARGE_LINES) for trace in traces]
    return Plan(
        traces, arguments.client, conditions, arguments.seed, arguments.recording is not None, arguments.refresh,
        arguments.workspace, arguments.accept,
    )  # fmt: skip


def make_servers(arguments: argparse.Namespace) -> list[Server]:
    """Return the servers that the command line compares."""
    settings = parse_settings(arguments.set)
    make = in_process if arguments.virtual else ours
    servers = [make(settings)]
    servers += [make(merged(settings, parse_settings(more)), " ".join(more)) for more in arguments.with_]
    servers += [of_revision(revision, settings) for revision in arguments.against]
    servers += [Server(command, tuple(shlex.split(command)), {}, settings) for command in arguments.server]
    return servers


def parse_settings(pairs: Sequence[str]) -> dict[str, Any]:
    """Read `section.key=JSON`, or a plain text, as settings."""
    settings: dict[str, Any] = {}
    for pair in pairs:
        name, _, text = pair.partition("=")
        section, _, key = name.partition(".")
        try:
            value = json.loads(text)
        except ValueError:
            value = text
        settings.setdefault(section, {})[key] = value
    return settings


def make_parser() -> argparse.ArgumentParser:
    """Return the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="*", type=Path, help="source files to type (default: three that are at hand)")
    parser.add_argument("--recording", type=Path, metavar="PATH", help="a recorded session instead of files")
    parser.add_argument("--first", type=int, default=0, help="the first edit of the recording")
    parser.add_argument("--last", type=int, help="the edit before which it ends")
    parser.add_argument("--client", choices=CLIENTS, default="raw")
    parser.add_argument("--refresh", action="store_true", help="the client asks again on $/fim/refresh")
    parser.add_argument("--miss", type=float, default=0.08, help="chance per token that the model goes wrong")
    parser.add_argument("--accept", type=float, default=0.0, help="chance per key that a right suggestion is accepted")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keys", type=int, default=KEYS, help="keys per file")
    parser.add_argument("--first-token-ms", type=float, default=180.0)
    parser.add_argument("--per-token-ms", type=float, default=8.0)
    parser.add_argument("--error-rate", type=float, default=0.0, help="share of requests that the API fails")
    parser.add_argument("--rate-limit", type=int, default=0, help="requests a minute, 429 above")
    parser.add_argument("--limit-headers", action="store_true", help="the API says how much is left")
    parser.add_argument("--large", action="store_true", help="in the middle of a document of 2 MB, 90,000 lines")
    parser.add_argument("--workspace", type=Path, help="the project the files are from; it is there, they are not")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="a setting, for all servers")
    parser.add_argument(
        "--with",
        nargs="+",
        action="append",
        default=[],
        dest="with_",
        metavar="KEY=VALUE",
        help="compare these settings",
    )
    parser.add_argument("--against", action="append", default=[], metavar="REVISION", help="compare another commit")
    parser.add_argument("--server", action="append", default=[], metavar="COMMAND", help="compare another server")
    parser.add_argument("--virtual", action="store_true", help="in virtual time, within this process: counts only")
    parser.add_argument("--json", type=Path, metavar="PATH", help="write the figures here, too")
    return parser


def main() -> None:
    """Run one session with each server, and print the figures."""
    arguments = make_parser().parse_args()
    plan, servers = make_plan(arguments), make_servers(arguments)
    if arguments.virtual:  # one after the other: they share the process
        columns = {server.name: virtual_time.run(run_session(plan, server)) for server in servers}
    else:
        columns = asyncio.run(run_all({server.name: (plan, server) for server in servers}))
    print(table(columns))
    if arguments.json:
        arguments.json.write_text(json.dumps(columns, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
