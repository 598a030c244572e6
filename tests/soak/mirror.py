"""Random edits: the server's text stays the client's, and memory stays what it was.

    python -m tests.soak.mirror --count 1000000 --seed 1

A real server with the embedded model runs within this process and is given JSON messages. The client's side is worked
out here from the specification, on whole texts, and shares no code with the server's lists of lines. Both texts are
compared after each notification. Memory is that of the whole process; its growth counts from a fifth of the edits on.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import re
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from attrs import define, field

from fim_language_server.lsp.server import FimLanguageServer, create_server

PIECES = (
    *("x", "name", " ", "    ", "(", ")", "()", ":", "=", "return ", "def f(a):\n    ", "\t", "\0", "\ufeff", ""),
    *("é", "ß", "e\u0301", "🙂", "👩\u200d💻", "中文", "𝒳", "\ud83d", "\u2028", "\u2029", "\x0b", "\x0c", "\x85"),
    *("\n", "\n", "\r\n", "\r", "\n\n\n", "\r\r\n"),
)
LONGEST = 4_000  # characters of a document; a longer one is cut by the next edit
DOCUMENTS = 6
COMPLETE_EVERY = 60  # edits
_LINE_END = re.compile("\r\n|\n|\r")


@define
class Mirror:
    """One document as the client has it."""

    uri: str
    text: str
    version: int = 1


def line_starts(text: str) -> list[int]:
    """Return where each line begins (LSP 3.18: a line ends with \\r\\n, \\n or \\r, and with nothing else)."""
    return [0, *(match.end() for match in _LINE_END.finditer(text))]


def units(text: str, encoding: str) -> int:
    """Return how many of the encoding's units a text has."""
    return len(text.encode(encoding, "surrogatepass")) // {"utf-8": 1, "utf-16-le": 2, "utf-32-le": 4}[encoding]


def position(text: str, offset: int, starts: list[int], encoding: str) -> dict[str, int]:
    """Return the position of an offset that is not between \\r and \\n."""
    line = max(number for number, start in enumerate(starts) if start <= offset)
    return {"line": line, "character": units(text[starts[line] : offset], encoding)}


@define(eq=False)
class Editor:
    """Edits documents at random, here and in the server."""

    rng: random.Random
    encoding: str  # of LSP
    server: FimLanguageServer = field(init=False)
    documents: list[Mirror] = field(factory=list)
    edits: int = 0
    notifications: int = 0
    asked: int = 0
    differences: list[str] = field(factory=list)
    _opened: int = 0
    _waiting: dict[int, asyncio.Future[Any]] = field(factory=dict)

    def __attrs_post_init__(self) -> None:
        self.server = create_server(self._receive)

    @property
    def codec(self) -> str:
        """Python's name of the encoding, without a byte order mark."""
        return self.encoding if self.encoding == "utf-8" else f"{self.encoding}-le"

    def _receive(self, body: bytes) -> None:
        message = json.loads(body)
        if "method" not in message and (future := self._waiting.pop(message["id"], None)):
            future.set_result(message)

    def notify(self, method: str, params: Any) -> None:
        """Send a notification."""
        self.server.receive(json.dumps({"jsonrpc": "2.0", "method": method, "params": params}))

    async def ask(self, method: str, params: Any) -> Any:
        """Send a request and wait for its answer; TimeoutError where there is none."""
        self.asked += 1
        self._waiting[self.asked] = answer = asyncio.get_running_loop().create_future()
        self.server.receive(json.dumps({"jsonrpc": "2.0", "id": self.asked, "method": method, "params": params}))
        return await asyncio.wait_for(answer, 20)

    async def begin(self) -> None:
        """Begin the session, with the first documents."""
        capabilities = {"general": {"positionEncodings": [self.encoding]}}
        settings = {"provider": {"kind": "embedded"}, "log": {"level": "error"}}
        await self.ask("initialize", {"capabilities": capabilities, "initializationOptions": settings})
        self.notify("initialized", {})
        for _ in range(DOCUMENTS):
            self._open(self._text(60))

    async def step(self) -> None:
        """Do one thing that an editor does, and compare."""
        document = self.rng.choice(self.documents)
        kind = self.rng.random()
        if kind < 0.002:
            self._rename(document)
        elif kind < 0.01 or len(document.text) > LONGEST:
            document.text = self._text(40)
            self._change(document, [{"text": document.text}])
        else:
            changes = [self._edit(document) for _ in range(self.rng.choice([1, 1, 1, 1, 2, 3, 10, 40]))]
            self._change(document, changes)
        self._compare(document)
        if self.edits // COMPLETE_EVERY > self.asked:
            await self._complete(document)

    def _edit(self, document: Mirror) -> dict[str, Any]:
        """Replace a random range of the document; return the change as LSP has it."""
        text, starts = document.text, line_starts(document.text)
        first = self._place(text)
        second = first if self.rng.random() < 0.6 else self._place(text, near=first)
        start, end = sorted((first, second))
        told = {"start": position(text, start, starts, self.codec), "end": position(text, end, starts, self.codec)}
        if self.rng.random() < 0.02:  # clients count to "the end" by a number beyond it
            end = self._line_end(text, starts, told["end"]["line"])
            told["end"]["character"] += self.rng.choice([100_000, 2**31 - 1])
        inserted = self._text(self.rng.choice([0, 1, 1, 1, 3]))
        document.text = text[:start] + inserted + text[end:]
        return {"range": told, "text": inserted}

    def _line_end(self, text: str, starts: list[int], line: int) -> int:
        end = starts[line + 1] if line + 1 < len(starts) else len(text)
        while end > starts[line] and text[end - 1] in "\r\n":
            end -= 1
        return end

    def _place(self, text: str, near: int | None = None) -> int:
        place = self.rng.randint(0, len(text)) if near is None else min(len(text), near + self.rng.randrange(30))
        inside_end = 0 < place < len(text) and text[place - 1] == "\r" and text[place] == "\n"
        return place - 1 if inside_end else place

    def _text(self, most: int) -> str:
        return "".join(self.rng.choice(PIECES) for _ in range(self.rng.randint(0, most)))

    def _open(self, text: str) -> None:
        self._opened += 1
        document = Mirror(f"file:///project/{self._opened}%20a.py", text)
        self.documents.append(document)
        item = {"uri": document.uri, "languageId": "python", "version": 1, "text": text}
        self.notify("textDocument/didOpen", {"textDocument": item})

    def _rename(self, document: Mirror) -> None:
        self.notify("textDocument/didClose", {"textDocument": {"uri": document.uri}})
        self.documents.remove(document)
        self._open(document.text)

    def _change(self, document: Mirror, changes: list[dict[str, Any]]) -> None:
        document.version += 1
        self.edits += len(changes)
        self.notifications += 1
        identifier = {"uri": document.uri, "version": document.version}
        self.notify("textDocument/didChange", {"textDocument": identifier, "contentChanges": changes})

    def _compare(self, document: Mirror) -> None:
        if document not in self.documents:
            document = self.documents[-1]
        theirs = self.server.session.workspace.find(document.uri)
        text = None if theirs is None else "".join(theirs.lines)
        if text != document.text:
            self.differences.append(f"{document.uri}: {text!r} instead of {document.text!r}")
            self._change(document, [{"text": document.text}])

    async def _complete(self, document: Mirror) -> None:
        if document not in self.documents:
            return
        offset = self._place(document.text)
        place = position(document.text, offset, line_starts(document.text), self.codec)
        params = {"textDocument": {"uri": document.uri}, "position": place, "context": {"triggerKind": 2}}
        answer = await self.ask("textDocument/inlineCompletion", params)
        if "result" not in answer:
            self.differences.append(f"a completion was answered with {answer}")


def resident_mb() -> float:
    """Return this process' memory in MB, as the system counts it; not a number where it cannot be asked."""
    try:
        return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20
    except OSError:
        return float("nan")


@define
class Outcome:
    """What a run has shown."""

    edits: int = 0
    notifications: int = 0
    completions: int = 0
    differences: list[str] = field(factory=list)
    memory_mb: list[float] = field(factory=list)  # after each twentieth

    @property
    def growth(self) -> float:
        """Return the growth of memory since a fifth of the edits, as a share of it."""
        after_warm_up = self.memory_mb[len(self.memory_mb) // 5 :]
        return after_warm_up[-1] / after_warm_up[0] - 1 if after_warm_up else 0.0


async def run(count: int, seed: int) -> Outcome:
    """Make about `count` edits, a third in each encoding."""
    outcome = Outcome()
    rng = random.Random(seed)
    for encoding in ("utf-16", "utf-8", "utf-32"):
        editor = Editor(rng, encoding)
        try:
            await editor.begin()
            while editor.edits < count / 3 and len(outcome.differences) < 20:
                await editor.step()
                outcome.differences += editor.differences
                editor.differences.clear()
                if outcome.edits + editor.edits >= (len(outcome.memory_mb) + 1) * count / 20:
                    outcome.memory_mb.append(resident_mb())
        finally:
            await editor.server.close()
        outcome.edits += editor.edits
        outcome.notifications += editor.notifications
        outcome.completions += editor.asked
    return outcome


def main() -> int:
    """Print one row; the exit status is 1 where the texts differed, or memory grew by more than a tenth."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        os.environ.update({"HOME": folder, "XDG_STATE_HOME": folder, "XDG_CACHE_HOME": folder})
        outcome = asyncio.run(run(arguments.count, arguments.seed))
    for difference in outcome.differences[:5]:
        print(difference[:2_000], file=sys.stderr)
    memory = [round(mb, 1) for mb in outcome.memory_mb]
    print(f"memory in MB after each twentieth: {memory}", file=sys.stderr)
    print(
        f"mirror | {outcome.edits:,} edits in {outcome.notifications:,} notifications, "
        f"{outcome.completions:,} completions answered | {len(outcome.differences)} differences | "
        f"{memory[-1]} MB, {outcome.growth:+.1%} since warm-up | {time.monotonic() - began:.0f} s"
    )
    return 1 if outcome.differences or (arguments.count >= 100_000 and outcome.growth > 0.1) else 0


if __name__ == "__main__":
    sys.exit(main())
