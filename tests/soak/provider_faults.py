"""Provider faults: each request is answered in time, with the fallback's text where it has one, and it mends itself.

    python -m tests.soak.provider_faults                every fault of every wire API, at each of four moments
    python -m tests.soak.provider_faults --count 100    so many of them, drawn by --seed

The real server runs within this process, in virtual time, against a server on loopback that misbehaves. A case is a
session: the fault is met at the first request, after a good one, while typing, or at an explicit request; then the
API works again, and typing goes on until its text is shown. What the embedded model says at the same places, where
it is asked alone, is what a fallback has.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from attrs import define, field, frozen

from benchmarks import virtual_time
from benchmarks.servers import InProcessEditor
from fim_language_server.cli.editor import ghost_text
from fim_language_server.evaluation.process_usage import usage_of
from tests.soak.wire_faults import GOOD, WIRES, Fault, Wire, faults, respond

MOMENTS = ("first", "later", "typing", "explicit")
AUTOMATIC_S = 3.5
"""Within which a request at a pause is answered: a model may be silent for 1.5 s, and a late one that long again."""
EXPLICIT_S = 7.0
"""The same where a key was pressed: 4.5 s and 1.5 s, and the others to choose from."""
SLOW_TEXT_S = 4.5
"""How much later where a text grows all the time, and is never enough to show."""
RECOVERY_S = 10.0
LONGEST_S = 40.0
KEY_S = 0.15
SLOW_S = 8.0
OTHERS = 60
HEAD = """\
def compute_total(values):
    total = sum(values)
    return total


def compute_mean(values):
    total = sum(values)
    return total / len(values)


def compute_spread(values):
    """
TYPED = "total = su"
KEYS = "result = max(values) - min(values)"


@define
class FaultyServer:
    """Answers as a healthy API does, or with a fault."""

    wire: Wire
    fault: Fault | None = None
    n_requests: int = 0
    port: int = 0
    _server: asyncio.Server | None = None
    _writers: set[asyncio.StreamWriter] = field(factory=set)
    _tasks: set[asyncio.Task[Any]] = field(factory=set)

    async def open(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None
        for writer in list(self._writers):
            writer.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks)

    async def have(self, fault: Fault | None) -> None:
        """Be faulty, or well, from now on; connections that are open stay open."""
        if self.fault is not None and self.fault.write is None:
            await self.open()
        self.fault = fault
        if fault is not None and fault.write is None:
            await self.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        if (task := asyncio.current_task()) is not None:
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        with suppress(OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, asyncio.CancelledError):
            start = await reader.readuntil(b"\r\n\r\n")
            length = next(
                (
                    int(line.split(b":")[1])
                    for line in start.split(b"\r\n")
                    if line.lower().startswith(b"content-length")
                ),
                0,
            )
            body = json.loads(await reader.readexactly(length) or b"{}")
            self.n_requests += 1
            write = self.fault.write if self.fault and self.fault.write else self._healthy(start.split()[1], body)
            await write(writer)
            await writer.drain()
        self._writers.discard(writer)
        writer.close()

    def _healthy(self, path: bytes, body: Any) -> Any:
        if path.endswith((b"/props", b"/tokenize", b"/show", b"/models", b"/health")):
            return respond("200 OK", "{}")
        if self.wire.kind == "tabby":
            return respond("200 OK", json.dumps(self.wire.whole(GOOD)))
        return respond("200 OK", self.wire.stream(GOOD), self.wire.label)


@frozen
class Asked:
    """One answer: its text, and after how many seconds it came (None: it did not)."""

    text: str
    seconds: float | None


@define
class Session:
    """An editor with one open document, the server in this process, and the API behind it."""

    editor: Any
    api: FaultyServer
    folder: Path
    path: Path
    messages: list[str]
    errors: list[str]
    text: str = ""

    @classmethod
    async def begin(cls, folder: Path, wire: Wire, settings: Mapping[str, Any]) -> Session:
        """Start the server; nothing is open yet."""
        api = FaultyServer(wire)
        await api.open()
        messages: list[str] = []
        errors: list[str] = []

        class Watching(InProcessEditor):
            def _take(self, message: dict[str, Any]) -> None:
                if message.get("method") == "window/showMessage":
                    messages.append(message["params"]["message"])
                if "error" in message:
                    errors.append(str(message["error"]))
                super()._take(message)

        provider = {"kind": wire.kind, "url": f"http://127.0.0.1:{api.port}", "apiKeyEnv": "FIM_SOAK_KEY"}
        options = {"provider": {**provider, **wire.settings, **settings}, "embedded": {"maxSourceMb": 0}}
        editor = await Watching.begin_session(folder, options, {})
        return cls(editor, api, folder, folder / "none.py", messages, errors)

    def open(self, name: str, text: str) -> None:
        self.path, self.text = self.folder / name, text
        self.editor.open(self.path, "python", text)

    @property
    def place(self) -> tuple[int, int]:
        return self.text.count("\n"), len(self.text) - self.text.rfind("\n") - 1

    def type(self, text: str) -> None:
        self.editor.insert(self.path, *self.place, text)
        self.text += text

    async def ask(self, kind: int = 2, limit_s: float = LONGEST_S) -> Asked:
        """Ask at the document's end."""
        line, character = self.place
        params = {
            "textDocument": {"uri": self.path.as_uri()},
            "position": {"line": line, "character": character},
            "context": {"triggerKind": kind},
        }
        began = time.monotonic()
        _, answer = self.editor.begin("textDocument/inlineCompletion", params)
        try:
            result = await asyncio.wait_for(asyncio.shield(answer), limit_s)
        except TimeoutError:
            return Asked("", None)
        except RuntimeError:
            return Asked("", time.monotonic() - began)
        return Asked(ghost_text(result), time.monotonic() - began)

    async def close(self) -> None:
        await self.editor.close()
        await self.api.close()


@frozen
class Outcome:
    """What became of one case."""

    wire: str
    fault: Fault
    moment: str
    answers: tuple[tuple[str, Asked], ...]  # by what was asked: "automatic" or "explicit"
    recovery_s: float | None
    messages: Sequence[str]
    errors: Sequence[str]
    requests: int

    def faults(self, known: Mapping[str, str]) -> list[str]:
        """Return what is wrong with it; `known` is what the fallback has to say, by moment and request."""
        found = [f"an LSP error: {error}" for error in self.errors]
        for kind, asked in self.answers:
            limit = AUTOMATIC_S if kind == "automatic" else EXPLICIT_S
            limit += SLOW_TEXT_S if self.fault.expects == "slow text" else 0
            if asked.seconds is None:
                found.append(f"the {kind} request was not answered")
            elif asked.seconds > limit:
                found.append(f"the {kind} request was answered after {asked.seconds:.1f} s")
            if not asked.text and known[f"{self.moment} {kind}"] and self.fault.expects != "quiet":
                found.append(
                    f"the {kind} request shows nothing, and the fallback has {known[f'{self.moment} {kind}']!r}"
                )
            if "not_this" in asked.text or len(asked.text) > 4_096:
                found.append(f"it shows {asked.text[:40]!r}")
        if len(self.messages) > 1:
            found.append(f"{len(self.messages)} messages")
        if self.fault.expects != "asked pause" and (self.recovery_s is None or self.recovery_s > RECOVERY_S):
            found.append(f"well again after {self.recovery_s} s")
        return found


async def meet(session: Session, fault: Fault | None, moment: str) -> list[tuple[str, Asked]]:
    """Meet a fault at a moment; return the answers from then on."""
    answers: list[tuple[str, Asked]] = []
    if moment == "later":
        session.open("before.py", HEAD + "x = ")
        await session.ask()
    await session.api.have(fault)
    if moment == "typing":
        session.open("typed.py", HEAD)
        waiting = []
        for key in TYPED:
            session.type(key)
            waiting.append(asyncio.ensure_future(session.ask()))
            await asyncio.sleep(KEY_S)
        asked = [("automatic", one) for one in await asyncio.gather(*waiting)]
        answers += [("key", one) for _, one in asked[:-1] if one.seconds is None]
        answers += [asked[-1], ("explicit", await session.ask(1))]
    else:
        session.open("met.py", HEAD + TYPED)
        kinds = ("explicit",) if moment == "explicit" else ("automatic",)
        answers += [(kind, await session.ask(1 if kind == "explicit" else 2)) for kind in kinds]
    return answers


async def recover(session: Session) -> float | None:
    """Let the API work again, and type on until its text is shown; return how long that took."""
    await session.api.have(None)
    began = time.monotonic()
    session.open("after.py", HEAD)
    while time.monotonic() - began < LONGEST_S:
        for key in KEYS:
            session.type(key)
            asked = await session.ask()
            if GOOD in asked.text:
                return time.monotonic() - began
            await asyncio.sleep(KEY_S)
        session.type("\n    ")
    return None


async def run_case(folder: Path, wire: Wire, fault: Fault, moment: str) -> Outcome:
    """Run one case."""
    session = await Session.begin(folder, wire, {})
    try:
        answers = await meet(session, fault, moment)
        recovery = None if fault.expects == "asked pause" else await recover(session)
        return Outcome(
            wire.kind, fault, moment, tuple(answers), recovery, session.messages, session.errors, session.api.n_requests
        )
    finally:
        await session.close()


async def ask_fallback(folder: Path, moment: str) -> dict[str, str]:
    """Return what the embedded model says at the places of a moment, by moment and kind of request."""
    session = await Session.begin(folder, WIRES[0], {"kind": "embedded", "url": "", "apiKeyEnv": ""})
    try:
        return {f"{moment} {kind}": asked.text for kind, asked in await meet(session, None, moment)}
    finally:
        await session.close()


def cases(count: int, seed: int) -> list[tuple[Wire, Fault, str]]:
    """Return all cases: every fault of the first wire API at every moment, and `OTHERS` of each other at one."""
    dice = random.Random(seed)
    found = [(WIRES[0], fault, moment) for fault in faults(WIRES[0]) for moment in MOMENTS]
    for wire in WIRES[1:]:
        found += [(wire, fault, dice.choice(MOMENTS)) for fault in dice.sample(list(faults(wire)), OTHERS)]
    return found if not count else dice.sample(found, min(count, len(found)))


def run(count: int, seed: int, only: str = "") -> tuple[list[Outcome], dict[str, str]]:
    """Run the cases, each in a virtual time of its own; return their outcomes, and what the fallback has."""
    with tempfile.TemporaryDirectory(prefix="fim-soak-") as scratch:
        folder = Path(scratch) / "project"
        folder.mkdir()
        homes = {f"XDG_{kind}_HOME": str(Path(scratch) / kind) for kind in ("CACHE", "STATE", "DATA", "CONFIG")}
        os.environ.update({**homes, "FIM_SOAK_KEY": "key-of-the-soak"})
        known: dict[str, str] = {}
        for moment in MOMENTS:
            known |= virtual_time.run(ask_fallback(folder, moment))
        outcomes = []
        for wire, fault, moment in cases(count, seed):
            if only in f"{wire.kind} {fault.name} {moment}":
                began = time.monotonic()
                outcomes.append(virtual_time.run(run_case(folder, wire, fault, moment)))
                if (took := time.monotonic() - began) > SLOW_S:
                    print(f"{wire.kind}: {fault.name}, {moment}: {took:.0f} s of real time", file=sys.stderr)
        return outcomes, known


def summary(outcomes: Sequence[Outcome], known: Mapping[str, str], memory_mb: Sequence[float]) -> str:
    """Return one row of figures."""
    asked = [one for outcome in outcomes for _, one in outcome.answers]
    n_late = sum("answered" in fault for outcome in outcomes for fault in outcome.faults(known))
    due = [
        one.text
        for outcome in outcomes
        if outcome.fault.expects != "quiet"
        for kind, one in outcome.answers
        if known[f"{outcome.moment} {kind}"]
    ]
    recovery = sorted(it.recovery_s for it in outcomes if it.recovery_s is not None)
    median = recovery[len(recovery) // 2] if recovery else 0.0
    worst = recovery[-1] if recovery else 0.0
    messages = max((len(outcome.messages) for outcome in outcomes), default=0)
    return (
        f"provider faults | {len(outcomes):,} cases of {len({it.fault.name for it in outcomes})} faults, "
        f"{sum(it.requests for it in outcomes):,} requests | "
        f"{len(asked) - n_late:,} of {len(asked):,} answered in time | "
        f"a text at {sum(map(bool, due)):,} of {len(due):,} places where the fallback has one | "
        f"well again after {median:.1f} s (median), {worst:.1f} s (longest) | {messages} message at most | "
        f"{memory_mb[-1]:.0f} MB, {memory_mb[-1] - memory_mb[0]:+.0f} MB"
    )


def main() -> int:
    """Print one row; the exit status is 1 where anything was wrong."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=0, help="cases; 0: all")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", default="", help="a part of the name of the cases to run")
    arguments = parser.parse_args()
    run(1, arguments.seed)
    memory = [_memory_mb()]
    outcomes, known = run(arguments.count, arguments.seed, arguments.only)
    memory.append(_memory_mb())
    wrong = [(outcome, fault) for outcome in outcomes for fault in outcome.faults(known)]
    for outcome, fault in wrong:
        print(f"{outcome.wire}: {outcome.fault.name}, {outcome.moment}: {fault}", file=sys.stderr)
    print(summary(outcomes, known, memory))
    return 1 if wrong else 0


def _memory_mb() -> float:
    usage = usage_of(os.getpid())
    return usage.rss_mb if usage else 0.0


if __name__ == "__main__":
    sys.exit(main())
