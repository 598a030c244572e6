"""Faults of processes and disks: the session goes on, ends in time, with the right status, and leaves nothing behind.

    python -m tests.soak.processes --count 5 --seed 1

Each round tries every fault once, on a workspace of its own, at a random moment of indexing. A fault passes if requests
are answered within the deadline, the server ends within two seconds of being told to (or of losing its client) with
the status that is expected, no process of it is left, and its log has no traceback.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import random
import signal
import sqlite3
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from attrs import define, field

from tests.e2e.raw_client import RawClient, completion, did_open, notification, request, server_environment

DEADLINE_S = 5.0
END_S = 2.5  # two seconds, and what starting and looking costs on a busy machine
TEXT = "def scale(vector, factor):\n    return [component * factor for component in vector]\n\n\n"


@define(eq=False)
class Scene:
    """A server on a workspace, and folders of its own."""

    client: RawClient
    folder: Path
    rng: random.Random
    patience: float = 1.0  # how many times as long as it may take on a machine that does nothing else
    failures: list[str] = field(factory=list)

    @property
    def process_id(self) -> int:
        """The server's process."""
        return self.client.process.pid

    @property
    def log(self) -> str:
        """What it has written to standard error so far."""
        return (self.folder / "log").read_text(encoding="utf-8", errors="replace")

    async def wait_a_moment(self) -> None:
        """Let it get somewhere: indexing takes about a second."""
        await asyncio.sleep(self.rng.choice([0.0, 0.1, 0.3, 0.7, 1.5]))

    async def ask(self, request_id: object) -> None:
        """Ask for a completion, which must be answered in time."""
        self.client.send(did_open(TEXT + "def f(vector):\n    return "), completion(request_id, 5, 11, kind=1))
        try:
            answer = await asyncio.wait_for(self.client.answer(request_id), DEADLINE_S * self.patience)
        except (TimeoutError, EOFError) as error:
            self.failures.append(f"no answer: {error!r}")
        else:
            if "result" not in answer:
                self.failures.append(f"answered with {answer}")

    async def end_well(self) -> None:
        """Say `shutdown` and `exit`: the status must be 0."""
        self.client.send(request("end", "shutdown"), notification("exit"))
        await self.check_end(0)

    async def check_end(self, *statuses: int) -> None:
        """Wait for the server's end, and for that of all that it started."""
        began = time.monotonic()
        children = descendants(self.process_id)
        try:
            status = await asyncio.wait_for(self.client.process.wait(), 15 * self.patience)
        except TimeoutError:
            self.failures.append("it did not end within 15 s")
            return
        took = time.monotonic() - began
        if took > END_S * self.patience:
            self.failures.append(f"it took {took:.1f} s to end")
        if status not in statuses:
            self.failures.append(f"exit status {status} instead of {statuses}")
        for _ in range(40):
            left = [child for child in children if is_alive(child)]
            if not left:
                return
            await asyncio.sleep(0.05)
        self.failures.append(f"processes left behind: {left}")
        for child in left:
            os.kill(child, signal.SIGKILL)


def descendants(process_id: int) -> list[int]:
    """Return the processes that a process started, and those that they did (Linux)."""
    found: list[int] = []
    for task in Path(f"/proc/{process_id}/task").glob("*/children"):
        with contextlib.suppress(OSError):
            for child in map(int, task.read_text(encoding="ascii").split()):
                found += [child, *descendants(child)]
    return found


def is_alive(process_id: int) -> bool:
    """Does it still run? A dead one that nobody has collected does not."""
    try:
        return Path(f"/proc/{process_id}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@asynccontextmanager
async def scene(rng: random.Random, patience: float, **environment: str) -> AsyncIterator[Scene]:
    """Start a server on a small workspace; folders for state and cache are inside a temporary one."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "work").mkdir()
        for number in range(60):
            (folder / "work" / f"module_{number}.py").write_text(TEXT * 40, encoding="utf-8")
        own = {"HOME": name, "XDG_STATE_HOME": f"{name}/state", "XDG_CACHE_HOME": f"{name}/cache", **environment}
        _prepare(folder, own)
        with (folder / "log").open("wb") as log:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "fim_language_server"),
                stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=log,
                limit=1 << 24, env=server_environment(**own),
            )  # fmt: skip
        assert process.stdout
        assert process.stdin
        made = Scene(RawClient(process, process.stdout, process.stdin), folder, rng, patience)
        try:
            await made.client.initialize(
                {"provider": {"kind": "embedded"}},
                workspaceFolders=[{"uri": (folder / "work").as_uri(), "name": "work"}],
            )
            yield made
        finally:
            for child in [made.process_id, *descendants(made.process_id)]:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(child, signal.SIGKILL)
            await process.wait()
        if "Traceback" in made.log:
            made.failures.append(f"a traceback: {made.log[made.log.index('Traceback') :][:1_500]}")


def _prepare(folder: Path, own: Mapping[str, str]) -> None:
    """Break the folders as the environment says: `FIM_TRIAL` names how."""
    state, cache = folder / "state" / "fim-language-server", folder / "cache" / "fim-language-server"
    kind = own.get("FIM_TRIAL", "")
    if kind == "files":
        (folder / "state").write_text("", encoding="utf-8")
        (folder / "cache").write_text("", encoding="utf-8")
    elif kind == "broken databases":
        state.mkdir(parents=True)
        (state / "usage.sqlite3").write_bytes(b"SQLite format 3\0" + b"\xff" * 5_000)
        (state / "budget.sqlite3").write_bytes(b"no database at all")
    elif kind == "directories":
        for name in ("usage.sqlite3", "budget.sqlite3"):
            (state / name).mkdir(parents=True)
    elif kind == "broken index":
        (cache / "index").mkdir(parents=True)
        for number in range(4):
            (cache / "index" / f"{number}.index").write_bytes(os.urandom(3_000))
    elif kind == "locked databases":
        state.mkdir(parents=True)


Trial = Callable[[Scene], Awaitable[None]]


async def worker_killed(it: Scene) -> None:
    """Kill the process that indexes."""
    await it.wait_a_moment()
    for child in descendants(it.process_id):
        with contextlib.suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)
    await it.ask(1)
    await it.end_well()


async def worker_stopped(it: Scene) -> None:
    """Stop the process that indexes, and never let it go on."""
    await it.wait_a_moment()
    for child in descendants(it.process_id):
        with contextlib.suppress(ProcessLookupError):
            os.kill(child, signal.SIGSTOP)
    await it.ask(1)
    await it.end_well()


async def server_stopped_for_a_while(it: Scene) -> None:
    """Stop the server, as a laptop's lid does, while messages come in."""
    os.kill(it.process_id, signal.SIGSTOP)
    it.client.send(did_open(TEXT), completion("early", 0, 5, kind=1))
    await asyncio.sleep(1.0)
    os.kill(it.process_id, signal.SIGCONT)
    await asyncio.wait_for(it.client.answer("early"), DEADLINE_S)
    await it.ask(1)
    await it.end_well()


async def input_closed(it: Scene) -> None:
    """End the input without a word, at any moment."""
    await it.wait_a_moment()
    if it.rng.random() < 0.5:
        it.client.send(did_open(TEXT), completion(1, 0, 5, kind=1))
    it.client.writer.close()
    await it.check_end(1)


async def input_closed_within_a_message(it: Scene) -> None:
    """End the input in the middle of a message."""
    it.client.write(b"Content-Length: 1000\r\n\r\n{")
    it.client.writer.close()
    await it.check_end(1)


async def signal_sent(it: Scene) -> None:
    """Send a signal that ends programs."""
    await it.wait_a_moment()
    number = it.rng.choice([signal.SIGTERM, signal.SIGINT])
    children = it.process_id
    os.kill(children, number)
    await it.check_end(128 + number)


async def server_killed(it: Scene) -> None:
    """Kill the server itself: what it started must notice."""
    await it.wait_a_moment()
    children = descendants(it.process_id)
    it.client.process.kill()
    await it.check_end(-signal.SIGKILL)
    for _ in range(60):
        if not any(map(is_alive, children)):
            return
        await asyncio.sleep(0.05)
    it.failures.append("what it started outlived it")


async def folders_unusable(it: Scene) -> None:
    """Use a server whose folders were broken before it began."""
    await it.wait_a_moment()
    await it.ask(1)
    await it.end_well()


async def databases_locked(it: Scene) -> None:
    """Hold the state's files locked, from now on or from before they are first used."""
    await it.wait_a_moment()
    held = []
    for name in ("usage.sqlite3", "budget.sqlite3"):
        held.append(sqlite3.connect(it.folder / "state" / "fim-language-server" / name, isolation_level=None))
        with contextlib.suppress(sqlite3.OperationalError):
            held[-1].execute("BEGIN EXCLUSIVE")
    await it.ask(1)
    await it.ask(2)
    await it.end_well()
    for connection in held:
        connection.close()


async def workspace_removed(it: Scene) -> None:
    """Remove the files that are being indexed."""
    await it.wait_a_moment()
    for file in (it.folder / "work").iterdir():
        file.unlink()
    (it.folder / "work").rmdir()
    await it.ask(1)
    await it.end_well()


async def output_not_read(it: Scene) -> None:
    """Ask a lot, read nothing, and leave."""
    it.client.send(did_open(TEXT))
    for number in range(3_000):
        it.client.send(request(number, "textDocument/hover"), completion(f"c{number}", 0, 5, kind=1))
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(it.client.writer.drain(), DEADLINE_S)
    it.client.process.stdin.close()
    await it.check_end(1)


TRIALS: list[tuple[str, Trial, dict[str, str]]] = [
    ("worker killed", worker_killed, {}),
    ("worker stopped", worker_stopped, {}),
    ("server stopped for a while", server_stopped_for_a_while, {}),
    ("input closed", input_closed, {}),
    ("input closed within a message", input_closed_within_a_message, {}),
    ("signal", signal_sent, {}),
    ("server killed", server_killed, {}),
    ("workspace removed", workspace_removed, {}),
    ("output not read", output_not_read, {}),
    ("databases locked", databases_locked, {"FIM_TRIAL": "locked databases"}),
    ("files in place of folders", folders_unusable, {"FIM_TRIAL": "files"}),
    ("broken databases", folders_unusable, {"FIM_TRIAL": "broken databases"}),
    ("directories in place of databases", folders_unusable, {"FIM_TRIAL": "directories"}),
    ("broken index", folders_unusable, {"FIM_TRIAL": "broken index"}),
    ("folders that cannot be made", folders_unusable, {"XDG_STATE_HOME": "/proc/x", "XDG_CACHE_HOME": "/proc/y"}),
    ("a full disk", folders_unusable, {"XDG_STATE_HOME": "/dev/full/x", "XDG_CACHE_HOME": "/dev/full/y"}),
    ("no temporary folder", folders_unusable, {"TMPDIR": "/no/such/folder"}),
    ("warnings as errors", folders_unusable, {"PYTHONWARNINGS": "error"}),
    ("no home", folders_unusable, {"HOME": "", "XDG_STATE_HOME": "", "XDG_CACHE_HOME": ""}),
]
"""Each fault, how it is tried, and the environment that it takes."""


async def run(
    count: int, seed: int, wanted: Callable[[str], bool] = lambda _name: True, patience: float = 1.0
) -> tuple[int, list[str]]:
    """Try the faults `count` times each; return how many were tried, and what went wrong.

    With `patience` all may take so many times as long: beside other tests the machine is not the server's alone.
    """
    rng, tried, failures = random.Random(seed), 0, []
    for _ in range(count):
        for name, trial, environment in TRIALS:
            if wanted(name):
                tried += 1
                it = None
                try:
                    async with scene(rng, patience, **environment) as it:
                        await trial(it)
                except (TimeoutError, EOFError, ConnectionError) as error:
                    failures.append(f"{name}: {error!r}")
                failures += [f"{name}: {failure}" for failure in (it.failures if it else [])]
    return tried, failures


def main() -> int:
    """Print one row; the exit status is 1 where something went wrong."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=5, help="rounds over all faults")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", default="", help="faults with this in their name")
    arguments = parser.parse_args()
    began = time.monotonic()
    tried, failures = asyncio.run(run(arguments.count, arguments.seed, lambda name: arguments.only in name))
    for failure in failures[:20]:
        print(failure, file=sys.stderr)
    print(
        f"processes and disks | {tried} faults of {len(TRIALS)} kinds tried | {len(failures)} failures | "
        f"{time.monotonic() - began:.0f} s"
    )
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
