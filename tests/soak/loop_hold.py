"""The longest time for which any file or message holds the server's event loop, and with it all other requests.

    python -m tests.soak.loop_hold [--seed S] [--only NAME] [--most-ms 200]

Each scene is tried on a real server over standard input and output (`timed_server`); a completion is asked for in it,
and has to be answered. One row sums up; status 1 where a scene held the loop for longer than `--most-ms` of processor
time, or had no answer, or where the loop answered nothing for `LONGEST_LAG_MS` by the clock, on whatever machine. The
goal is 50 ms; scenes whose single message has megabytes are told apart: JSON is parsed in one go, about 10 ms a
megabyte, and a message has at most `lsp.wire.framing.GREATEST_BODY` bytes.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import random
import signal
import sys
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from attrs import frozen

from fim_language_server.cli.editor import METHOD, Editor
from fim_language_server.lsp.wire.framing import frame

ANSWER_S = 60.0
LONGEST_LAG_MS = 3_000
CODE = "def alpha(beta):\n    gamma = beta.delta()\n    return gamma\n\n\n"
HOSTILE_PATTERN = "*a" * 16 + "*b.py\n"


@frozen
class Trial:
    """A server that runs, its workspace, and chance."""

    editor: Editor
    folder: Path
    chance: random.Random

    async def ask(self, path: Path, line: int, column: int) -> None:
        """Ask for a completion, explicitly, and wait for the answer."""
        place = {"line": line, "character": column}
        params = {"textDocument": {"uri": path.as_uri()}, "position": place, "context": {"triggerKind": 1}}
        await asyncio.wait_for(self.editor.request(METHOD, params), ANSWER_S)

    async def type_in(self, path: Path, text: str, line: int, column: int) -> None:
        """Open a document, ask in it, and type and ask some more."""
        self.editor.open(path, "python", text)
        await self.ask(path, line, column)
        for number in range(5):
            self.editor.insert(path, line, column + number, "x")
            await self.ask(path, line, column + number + 1)

    def changed(self, *paths: Path) -> None:
        """Tell of files that were written."""
        changes = [{"uri": path.as_uri(), "type": 2} for path in paths]
        self.editor.notify("workspace/didChangeWatchedFiles", {"changes": changes})

    async def settle(self) -> None:
        """Wait until what was told is likely to be under way, and answer something then."""
        await asyncio.sleep(2)
        await self.type_in(self.folder / "last.py", CODE, 1, 4)

    def send_bytes(self, data: bytes) -> None:
        """Send what is no message."""
        assert self.editor._process.stdin is not None
        self.editor._process.stdin.write(data)


async def long_document(trial: Trial) -> None:
    await trial.type_in(trial.folder / "a.py", CODE * 32_000, 1, 4)
    await trial.type_in(trial.folder / "b.py", CODE * 32_000, 80_000, 0)


async def one_line(trial: Trial) -> None:
    await trial.type_in(trial.folder / "a.py", "x = [" + "1, " * 700_000, 0, 1_000_000)
    await trial.type_in(trial.folder / "b.py", "x" * 2_000_000, 0, 2_000_000)
    await trial.type_in(trial.folder / "c.py", "(" * 2_000_000, 0, 2_000_000)


async def many_blank_lines(trial: Trial) -> None:
    await trial.type_in(trial.folder / "a.py", "\n" * 1_000_000, 500_000, 0)
    await trial.type_in(trial.folder / "b.py", "\r" * 1_000_000, 500_000, 0)


async def gitignore(trial: Trial) -> None:
    for name, text in (
        ("a", HOSTILE_PATTERN),
        ("b", "*[ab]*c*\n" * 20_000),
        ("c", "[" * 2_000_000),
        ("d", "x\n" * 10**6),
    ):
        (trial.folder / name).mkdir()
        (trial.folder / name / ("a" * 60 + ".py")).write_text("x = 1\n")
        (trial.folder / name / ".gitignore").write_text(text)
        trial.changed(trial.folder / name / ("a" * 60 + ".py"))
    await trial.settle()
    for name in "abcd":
        (trial.folder / name / ("a" * 61 + ".py")).write_text("x = 2\n")
        trial.changed(trial.folder / name / ("a" * 61 + ".py"))
    await trial.settle()


async def git_configuration(trial: Trial) -> None:
    git = trial.folder / ".git"
    git.mkdir()
    (git / "HEAD").write_text("ref: refs/heads/" + "a" * 200)
    texts = ["[include]\n" + "path = config\n" * 80, "\n" * 990_000, '[a]\nb = "' + ";" * 900_000]
    texts.append(f'[includeIf "onbranch:{"*a" * 16}*b"]\npath = x\n' * 10_000)
    (git / "info").mkdir()
    (git / "info" / "exclude").write_text(HOSTILE_PATTERN * 1_000)
    for number, text in enumerate(texts):
        (git / "config").write_text(text)
        (trial.folder / f"n{number}.py").write_text(CODE)
        trial.changed(git / "info" / "exclude", trial.folder / f"n{number}.py")
        await trial.settle()


async def exclude_setting(trial: Trial) -> None:
    for exclude in (
        [HOSTILE_PATTERN.strip()] * 100,
        [f"*[ab]*{n}*" for n in range(5_000)],
        ["*" * 9_000 + "b", "[" * 9_999],
    ):
        settings = {"fim": {"provider": {"kind": "embedded"}, "trigger": {"exclude": exclude}}}
        trial.editor.notify("workspace/didChangeConfiguration", {"settings": settings})
        await trial.type_in(trial.folder / ("a" * 100 + ".py"), CODE, 1, 4)


async def settings_without_end(trial: Trial) -> None:
    settings: dict[str, Any] = {"fim": {"provider": {"kind": "embedded"}, **{f"k{n}": n for n in range(20_000)}}}
    settings["fim"]["trigger"] = {"languages": {f"l{n}": True for n in range(20_000)}, "exclude": ["x" * 500_000]}
    trial.editor.notify("workspace/didChangeConfiguration", {"settings": settings})
    await trial.settle()


async def broken_messages(trial: Trial) -> None:
    trial.send_bytes(b"x" * 5_000_000 + b"\n")
    trial.send_bytes(b"\n" * 1_000_000)
    trial.send_bytes(b"Content-Length: 3\r\n\r\n{]}" * 2_000)
    trial.send_bytes(frame(b"[" * 500_000))
    trial.send_bytes(frame(b'{"a":' * 100_000))
    trial.send_bytes(frame(json.dumps([{"jsonrpc": "2.0", "method": "x"}] * 20_000).encode()))
    trial.send_bytes(frame(b'{"jsonrpc": "2.0", "method": "' + b"m" * 1_000_000 + b'", "id": 99}'))
    for _ in range(2_000):
        trial.editor.notify(trial.chance.choice(["$/x", "textDocument/didChange", "initialized"]), {"a": [1]})
    await trial.settle()


async def many_folders(trial: Trial) -> None:
    folders = []
    for number in range(500):
        (trial.folder / f"f{number}").mkdir()
        (trial.folder / f"f{number}" / "a.py").write_text(CODE)
        folders.append({"uri": (trial.folder / f"f{number}").as_uri(), "name": str(number)})
    event = {"added": folders, "removed": []}
    trial.editor.notify("workspace/didChangeWorkspaceFolders", {"event": event})
    await trial.settle()
    await asyncio.sleep(5)
    await trial.type_in(trial.folder / "f7" / "a.py", CODE, 1, 4)


async def large_index(trial: Trial) -> None:
    for number in range(3_000):
        (trial.folder / f"m{number}.py").write_text(
            "".join(f"v{number}_{n} = call_{n}(x{number % 50})\n" for n in range(40))
        )
    trial.changed(trial.folder / ".gitignore")
    await asyncio.sleep(8)
    await trial.settle()


async def many_changed_files(trial: Trial) -> None:
    paths = [trial.folder / f"gone{number}.py" for number in range(20_000)]
    trial.changed(*paths)
    await trial.settle()


async def long_names(trial: Trial) -> None:
    await trial.type_in(trial.folder / ("a/" * 50_000 + "x.py"), CODE, 1, 4)
    await trial.type_in(trial.folder / ("%2F" * 50_000 + "x.py"), CODE, 1, 4)


async def huge_document(trial: Trial) -> None:
    await trial.type_in(trial.folder / "a.py", CODE * 160_000, 1, 4)
    await trial.type_in(trial.folder / "b.py", "x = 1 " * 1_700_000, 0, 5_000_000)


SCENES: dict[str, Callable[[Trial], Awaitable[None]]] = {
    scene.__name__: scene
    for scene in (
        long_document, one_line, many_blank_lines, gitignore, git_configuration, exclude_setting, settings_without_end,
        broken_messages, many_folders, large_index, many_changed_files, long_names, huge_document,
    )
}  # fmt: skip

MEGABYTES_AT_ONCE = {"huge_document": 10.0}
"""Scenes of which one message has so many megabytes: each may take 40 ms besides."""


async def measure(scene: Callable[[Trial], Awaitable[None]], seed: int) -> tuple[float, float, str]:
    """Return the longest hold of a scene and its lag, in ms, and what held. Raises TimeoutError without an answer."""
    with tempfile.TemporaryDirectory(prefix="loop-hold-") as scratch:
        folder, notes = Path(scratch, "w"), Path(scratch, "notes")
        folder.mkdir()
        (folder / "m.py").write_text(CODE * 5)
        own = {"HOME": scratch, "XDG_CACHE_HOME": f"{scratch}/cache", "XDG_STATE_HOME": f"{scratch}/state"}
        command = [sys.executable, "-m", "tests.soak.timed_server", str(notes)]
        editor = await Editor.start(command, folder, {"provider": {"kind": "embedded"}}, with_env=own)
        trial = Trial(editor, folder, random.Random(seed))
        try:
            await trial.settle()
            os.kill(editor.process_id, signal.SIGUSR1)
            await scene(trial)
        finally:
            with contextlib.suppress(TimeoutError, RuntimeError, OSError):
                await asyncio.wait_for(editor.close(), 20)
        seen = json.loads(notes.read_text())
        cpu, what = seen["holds"][0]
        return cpu * 1_000, seen["lag"] * 1_000, what


def main() -> int:
    """Try all scenes and print a row."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", choices=SCENES, help="one scene instead of all")
    parser.add_argument("--most-ms", type=float, default=200, help="processor time that fails (default: 200)")
    arguments = parser.parse_args()
    longest, lags, failed = dict[str, float](), [0.0], list[str]()
    for name in [arguments.only] if arguments.only else SCENES:
        try:
            longest[name], lag, what = asyncio.run(measure(SCENES[name], arguments.seed))
        except (TimeoutError, RuntimeError, OSError, IndexError) as error:
            failed.append(f"{name}: {type(error).__name__} {error}")
            continue
        print(f"{name:22} {longest[name]:7.1f} ms, lag {lag:7.1f} ms  {what[:120]}", file=sys.stderr, flush=True)
        if longest[name] > arguments.most_ms + 40 * MEGABYTES_AT_ONCE.get(name, 0):
            failed.append(f"{name}: {longest[name]:.0f} ms")
        lags.append(lag)
        if lag > LONGEST_LAG_MS:
            failed.append(f"{name}: no turn for {lag:.0f} ms")
    ordinary = [held for name, held in longest.items() if name not in MEGABYTES_AT_ONCE]
    over = sum(held > 50 for held in ordinary)
    print(
        f"loop hold | {len(longest)} scenes | longest {max(ordinary, default=0):.0f} ms, {over} above 50 ms | "
        f"longest lag {max(lags):.0f} ms | failed: {'; '.join(failed) or 'none'}"
    )
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
