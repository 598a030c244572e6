"""People who type with one llama.cpp server: tokens of their prompts that it had kept, and how long they wait.

    make model
    python -m benchmarks.shared_model [--slots 1,4] [--people 1,4] [--order prefix,suffix] [--seconds 60]

Each person is a language server of this tree with a file of its own, typed key by key into the real llama.cpp with
SmolLM2-135M. Prompts are as large as they are for a model behind an API. `order` is what stands first in the prompt:
the prefix, as Qwen's models want it, or the suffix, as Codestral does. The model says nothing of use, but reads prompts
as any other does; most of its layers are left out (--layers), so that a machine without a GPU keeps up. What is kept of
prompts does not depend on that, times do. Prints a row for each number of slots, people, and order. Time is real.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import os
import statistics
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import aiohttp
from aiohttp import web
from attrs import define, field, frozen

from benchmarks.llama_server import llama_server
from benchmarks.servers import ours
from benchmarks.small_model import MISSING, find_small_model
from benchmarks.thin_model import write_thin
from fim_language_server.cli.editor import Editor, ghost_text

FAMILIES: Final = {"prefix": "qwen", "suffix": "codestral"}
"""Families of prompts (`provider.template`) by what stands first in them."""

SLOT_TOKENS: Final = 4_096
"""Context of one slot: the longest prompt has about 2,300 tokens."""

KEY_S, LINE_S = 0.2, 1.0
"""Seconds between two keys, and before the first key of a line."""

LINES: Final = 40
"""Lines in the middle of each file that are typed anew."""


@frozen
class Read:
    """One request that got its first token: tokens of its prompt, those of them that were kept, and the wait in s."""

    tokens: int
    kept: int
    first_token_s: float


@define(eq=False)
class Passage:
    """The way to the model's server, on which requests are noted; it asks for timings with each token."""

    model_url: str
    reads: list[Read] = field(factory=list)
    n_asked: int = 0
    url: str = ""
    _runner: web.AppRunner | None = None
    _session: aiohttp.ClientSession | None = None

    async def start(self) -> None:
        """Listen on a free port."""
        self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=None))
        app = web.Application(client_max_size=8 << 20)
        app.router.add_post("/v1/completions", self._complete)
        self._runner = web.AppRunner(app, handler_cancellation=True, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"

    async def stop(self) -> None:
        """Close everything."""
        assert self._runner is not None
        assert self._session is not None
        await self._runner.cleanup()
        await self._session.close()

    async def _complete(self, request: web.Request) -> web.StreamResponse:
        assert self._session is not None
        body = {**json.loads(await request.read()), "timings_per_token": True}
        self.n_asked += 1
        began = time.monotonic()
        # Its end hangs up on the model's server, also where the handler is cancelled because the client hung up.
        async with self._session.post(f"{self.model_url}/v1/completions", json=body) as answer:
            response = web.StreamResponse(status=answer.status, headers={"Content-Type": answer.content_type})
            is_first = True
            try:
                await response.prepare(request)
                async for line in answer.content:
                    if is_first and (timings := _timings(line)) is not None:
                        is_first = False
                        kept = int(timings["cache_n"])
                        self.reads.append(Read(kept + int(timings["prompt_n"]), kept, time.monotonic() - began))
                    await response.write(line)
            except ConnectionError:
                pass  # It hung up; leaving the block hangs up on the model's server.
        return response


def _timings(line: bytes) -> Any:
    """Return the timings in an event; None where it has none, or no token was counted yet."""
    data = line.removeprefix(b"data: ").strip()
    if not data.startswith(b"{"):
        return None
    return json.loads(data).get("timings")


@frozen
class Typed:
    """One person: waits in s from a key to a text on the screen, and the keys that were pressed."""

    waits: list[float]
    keys: int


async def type_file(folder: Path, source: Path, url: str, family: str, seconds: float) -> Typed:
    """Type the middle of a file for a while, with a language server of this tree."""
    folder.mkdir()
    lines = source.read_text(encoding="utf-8").splitlines(keepends=True)
    start = max(0, len(lines) // 2 - LINES // 2)
    path = folder / source.name
    path.write_text("".join([*lines[:start], "\n", *lines[start + LINES :]]), encoding="utf-8")
    provider: dict[str, Any] = {"kind": "openai", "url": url, "model": "m", "template": family, "fallback": []}
    provider |= {"firstByteTimeoutMs": 120_000, "temperature": 0, "maxTokens": 24}
    server = ours({"provider": provider, "log": {"statistics": False}})
    assert server.command is not None
    editor = await Editor.start(server.command, folder, server.settings, with_env=server.environ)
    waits: list[float] = []
    asked: list[asyncio.Task[None]] = []
    keys = 0
    try:
        editor.open(path, "python", path.read_text(encoding="utf-8"))
        until = time.monotonic() + seconds
        row, column, running = start, 0, 0
        for text in itertools.chain.from_iterable(itertools.repeat(lines[start : start + LINES])):
            for character in text:
                await asyncio.sleep(LINE_S if column == 0 else KEY_S)
                if time.monotonic() > until:
                    return Typed(waits, keys)
                editor.insert(path, row, column, character)
                row, column = (row + 1, 0) if character == "\n" else (row, column + 1)
                keys += 1
                if running:
                    editor.cancel(running)
                running, answer = editor.begin_complete(path, row, column)
                asked.append(asyncio.create_task(_note(answer, waits)))
        return Typed(waits, keys)
    finally:
        for task in asked:
            task.cancel()
        await asyncio.gather(*asked, return_exceptions=True)
        editor.kill()


async def _note(answer: asyncio.Future[Any], waits: list[float]) -> None:
    began = time.monotonic()
    if ghost_text(await answer):
        waits.append(time.monotonic() - began)


async def try_out(model: Path, slots: int, people: int, order: str, seconds: float) -> dict[str, str]:
    """Return a row: people who type at the same time, with one server of so many slots."""
    sources = _sources(people)
    with llama_server(model, context=SLOT_TOKENS * slots, slots=slots, threads=os.cpu_count() or 1) as url:
        passage = Passage(url)
        await passage.start()
        try:
            with tempfile.TemporaryDirectory() as base:
                typed = await asyncio.gather(
                    *(
                        type_file(Path(base, str(number)), source, passage.url, FAMILIES[order], seconds)
                        for number, source in enumerate(sources)
                    )
                )
        finally:
            await passage.stop()
    reads = passage.reads
    tokens, kept = sum(read.tokens for read in reads), sum(read.kept for read in reads)
    later = [read for read in reads if read.kept]
    waits = [wait for each in typed for wait in each.waits]
    return {
        "slots": str(slots),
        "people": str(people),
        "first": order,
        "requests": str(passage.n_asked),
        "read": str(len(reads)),
        "tokens a prompt": f"{tokens / max(1, len(reads)):.0f}",
        "kept %": f"{100 * kept / max(1, tokens):.0f}",
        "read anew": f"{statistics.median(r.tokens - r.kept for r in later):.0f}" if later else "–",
        "first token s": f"{statistics.median(r.first_token_s for r in reads):.2f}" if reads else "–",
        "text after s": f"{statistics.median(waits):.2f}" if waits else "–",
        "keys with text %": f"{100 * len(waits) / max(1, sum(each.keys for each in typed)):.0f}",
    }


def _sources(count: int) -> Sequence[Path]:
    """Return files of this project that are long enough, a different one for each person."""
    package = Path(__file__).parents[1] / "server" / "fim_language_server"
    files = [path for path in sorted(package.rglob("*.py")) if 180 <= path.read_bytes().count(b"\n") <= 300]
    return [files[number % len(files)] for number in range(count)]


async def main() -> None:
    """Print the table, a row as soon as it is measured."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--slots", default="1,4", help="numbers of slots")
    parser.add_argument("--people", default="1,4", help="numbers of people")
    parser.add_argument("--order", default="prefix,suffix", help="what stands first in a prompt")
    parser.add_argument("--layers", type=int, default=2, help="layers of the model's 30 that read the prompts")
    parser.add_argument("--seconds", type=float, default=60.0, help="seconds of typing for each row")
    arguments = parser.parse_args()
    model = find_small_model()
    if model is None:
        parser.error(MISSING)
    with tempfile.TemporaryDirectory() as folder:
        thin = Path(folder, "thin.gguf")
        write_thin(model, thin, arguments.layers)
        await print_rows(arguments, thin)


async def print_rows(arguments: argparse.Namespace, model: Path) -> None:
    """Measure and print a row for each combination."""
    has_head = False
    for order in arguments.order.split(","):
        for slots, people in itertools.product(_numbers(arguments.slots), _numbers(arguments.people)):
            row = await try_out(model, slots, people, order, arguments.seconds)
            if not has_head:
                print(f"| {' | '.join(row)} |\n|{'---|' * len(row)}", flush=True)
                has_head = True
            print(f"| {' | '.join(row.values())} |", flush=True)


def _numbers(text: str) -> list[int]:
    return [int(word) for word in text.split(",")]


if __name__ == "__main__":
    asyncio.run(main())
