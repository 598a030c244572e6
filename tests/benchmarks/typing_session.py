"""A typing session against the real server and a FIM API on loopback, with the editor that is hardest to serve.

    python -m tests.benchmarks.typing_session [--client raw|vscode] [--miss 0.08] [FILE …]

The API answers after 180 ms, then a token every 8 ms, from the finished file, and goes wrong with the given chance per
token. `raw` sends cancel, didChange and request at every key; `vscode` asks 30 ms after it. The screen keeps a text as
long as typing agrees with it. Everything is counted over all keys; see docs/performance.md for the words.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from attrs import define, field

import fim_language_server
from fim_language_server.cli.editor import Editor, ghost_text
from tests.benchmarks.traces import Key, Trace, make_traces
from tests.fakes.answers import Oracle
from tests.fakes.mistral_dialect import split_tokens
from tests.fakes.provider_server import FimServer
from tests.fakes.scripted_answer import Script

LANGUAGES = {".py": "python", ".ts": "typescript", ".go": "go"}
ASK_AFTER_S = {"raw": 0.0, "vscode": 0.03}


@define
class Tally:
    """What happened, key by key."""

    keys: int = 0
    shown: int = 0
    right: int = 0
    pauses: int = 0
    pauses_shown: int = 0
    asked: int = 0
    answered: int = 0
    repeats: int = 0  # answers that repeat what follows the cursor
    known_ms: list[float] = field(factory=list)  # answers that needed no new API request


@define(eq=False)
class Session:
    """One trace being typed."""

    editor: Editor
    api: FimServer
    path: Path
    trace: Trace
    ask_after: float
    tally: Tally
    _ghost: str = ""
    _reading: set[asyncio.Task[None]] = field(factory=set)
    _running: int | None = None

    async def type_all(self) -> None:
        """Type every key and wait until every request is answered."""
        region = self.trace.region
        self.editor.open(self.path, LANGUAGES[self.path.suffix], region.text)
        due = time.monotonic()
        for key in self.trace.keys:
            due += key.gap_s
            await asyncio.sleep(max(0.0, due - time.monotonic()))
            self._press(key)
        await asyncio.sleep(0.5)
        self.editor.notify("textDocument/didClose", {"textDocument": {"uri": self.path.as_uri()}})
        async with asyncio.timeout(10):
            await asyncio.gather(*self._reading)

    def _press(self, key: Key) -> None:
        self._look(key)
        if self._running is not None:
            self.editor.cancel(self._running)
            self._running = None
        if key.text:
            self.editor.insert(self.path, key.line, key.column, key.text)
        else:
            self.editor.insert(self.path, key.line, key.column - 1, "", replaced=1)
        typed = key.text or "\b"
        self._ghost = self._ghost[len(typed) :] if self._ghost.startswith(typed) else ""
        reading = asyncio.create_task(self._ask(key))
        self._reading.add(reading)

    def _look(self, key: Key) -> None:
        """Judge what is on the screen just before a key is pressed."""
        wanted = key.text + key.rest
        first_line = self._ghost.partition("\n")[0]
        is_right = bool(first_line.strip()) and wanted.startswith(first_line)
        self.tally.keys += 1
        self.tally.shown += bool(self._ghost)
        self.tally.right += is_right
        if key.gap_s >= 0.5:
            self.tally.pauses += 1
            self.tally.pauses_shown += bool(self._ghost)

    async def _ask(self, key: Key) -> None:
        if self.ask_after:
            await asyncio.sleep(self.ask_after)
        n_requests = len(self.api.completions)
        line, column = key.cursor
        began = time.monotonic()
        number, answer = self.editor.begin_complete(self.path, line, column)
        self._running = number
        self.tally.asked += 1
        try:
            ghost = ghost_text(await answer)
        except RuntimeError:  # cancelled: an answer, too
            self.tally.answered += 1
            return
        elapsed_ms = (time.monotonic() - began) * 1_000
        self.tally.answered += 1
        if self._running != number:
            return
        self._running = None
        self._ghost = ghost
        self.tally.repeats += bool(ghost) and self._repeats_suffix(ghost)
        if ghost and len(self.api.completions) == n_requests:
            self.tally.known_ms.append(elapsed_ms)

    def _repeats_suffix(self, ghost: str) -> bool:
        following = [line.strip() for line in self.trace.region.after if line.strip()][:1]
        lines = [line.strip() for line in ghost.split("\n")]
        return bool(following) and len(following[0]) > 3 and lines[-1] == following[0]


def fallible(oracle: Oracle, miss: float, seed: int) -> Callable[[Mapping[str, Any]], str]:
    """Return an oracle that goes wrong with this chance at each token, and from there on; the place decides."""

    def answer(body: Mapping[str, Any]) -> str:
        tokens = split_tokens(oracle(body))
        said = body["prompt"]
        for number, token in enumerate(tokens):
            digest = hashlib.sha256(f"{seed}\0{said[-60:]}".encode()).digest()
            if int.from_bytes(digest[:4], "big") / 2**32 < miss:
                return "".join(tokens[:number]) + "wrong_turn(1)"
            said += token
        return "".join(tokens)

    return answer


async def run_session(files: dict[str, str], client: str, miss: float, seed: int, **size: int) -> dict[str, Any]:
    """Type the traces of all files and return the figures."""
    traces = make_traces(files, seed=seed, **size)
    tally = Tally()
    with tempfile.TemporaryDirectory(prefix="fim-bench-") as folder:
        root = Path(folder)
        script = Script(first_byte_after=0.18, per_token=0.008)
        async with FimServer(fallible(Oracle(tuple(files.values())), miss, seed), script=script) as api:
            os.environ["FIM_BENCH_KEY"] = api.api_key or ""
            provider = {"kind": "mistral", "url": api.url, "model": "codestral-latest", "apiKeyEnv": "FIM_BENCH_KEY"}
            editor = await Editor.start(
                [sys.executable, "-m", "fim_language_server", "--stdio"], root, {"provider": provider}
            )
            for trace in traces:
                path = root / trace.region.path.replace("/", "_")
                await Session(editor, api, path, trace, ASK_AFTER_S[client], tally).type_all()
            await editor.close()
            return _figures(tally, api)


def _figures(tally: Tally, api: FimServer) -> dict[str, Any]:
    requests = api.completions
    sent = sum(len(it.body["prompt"].encode()) + len(it.body.get("suffix", "").encode()) for it in requests)
    per_100 = 100 / max(1, tally.keys)
    return {
        "keys": tally.keys,
        "API requests / 100 keys": round(len(requests) * per_100, 1),
        "KB sent / 100 keys": round(sent / 1_000 * per_100, 1),
        "tokens generated / 100 keys": round(sum(it.n_sent for it in requests) * per_100),
        "requests hung up": round(sum(it.hung_up_at is not None for it in requests) / max(1, len(requests)), 2),
        "keys with a suggestion": round(tally.shown / max(1, tally.keys), 2),
        "keys with a right one": round(tally.right / max(1, tally.keys), 2),
        "pauses >= 0.5 s with one": f"{tally.pauses_shown} of {tally.pauses}",
        "answers that repeat the suffix": tally.repeats,
        "answers without a new request, median ms": round(statistics.median(tally.known_ms or [0.0]), 2),
        "LSP requests never answered": tally.asked - tally.answered,
    }


def main() -> None:
    """Run one session and print its figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="*", type=Path, help="source files to type (default: this package's engine)")
    parser.add_argument("--client", choices=ASK_AFTER_S, default="raw")
    parser.add_argument("--miss", type=float, default=0.08, help="chance per token that the model goes wrong")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--regions", type=int, default=3)
    parser.add_argument("--lines", type=int, default=6)
    arguments = parser.parse_args()
    paths = arguments.files or sorted((Path(fim_language_server.__file__).parent / "engine").glob("*.py"))
    files = {path.name: path.read_text(encoding="utf-8") for path in paths}
    size = {"regions": arguments.regions, "lines": arguments.lines}
    figures = asyncio.run(run_session(files, arguments.client, arguments.miss, arguments.seed, **size))
    print(json.dumps(figures, indent=2))


if __name__ == "__main__":
    main()
