"""Watch the real server complete code, with no key and no network.

Some lines are taken out of a small project (a sample that comes along, or --folder), the server is started as an editor
starts it, and the lines are typed again, key by key. Ghost text is accepted where it is right, with one key, as you
would with Tab. Which lines are taken out is decided by --seed, not by what comes out. Exit status: 0 when all was
typed, 1 where there is nothing to type, 2 for misuse (no such folder).
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from attrs import define, field, frozen

import fim_language_server
from fim_language_server.app.application import INDEXED
from fim_language_server.cli.editor import Editor
from fim_language_server.cli.printing import remark, say
from fim_language_server.cli.screen import Screen, make_screen
from fim_language_server.embedded.index.index_cache import WITHOUT_CACHE
from fim_language_server.embedded.sources.scanner import Scanner
from fim_language_server.evaluation.held_out import HeldOut, hold_out

SUFFIXES = {".py": "python", ".ts": "typescript", ".js": "javascript", ".go": "go", ".rs": "rust", ".c": "c"}
KEYS = ("CODESTRAL_API_KEY", "MISTRAL_API_KEY")
INDEX_WAIT = 30.0
"""Seconds to wait for the index before typing without it."""
REGIONS, LINES = 40, 1
"""Number of lines typed, one in each file, as docs/embedded.md measures. Fewer lines leave the figure to chance."""
SAMPLE_NOTE = """
That was the sample project. On your own code: fim-language-server demo --folder PATH
"""
SETTINGS = {"provider": {"kind": "embedded"}, "log": {"statistics": False}}  # a show is no use


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what is typed, and how fast."""
    parser.add_argument("--folder", type=Path, help="project to take lines out of (it is copied, not touched)")
    parser.add_argument("--seed", type=int, default=7, help="decides which lines are taken out (default: 7)")
    parser.add_argument("--regions", type=int, default=REGIONS, help=f"files to type into (default: {REGIONS})")
    parser.add_argument("--lines", type=int, default=LINES, help=f"lines to type in each (default: {LINES})")
    parser.add_argument("--pace", type=float, default=None, metavar="MS", help="ms between keys")
    parser.add_argument("--plain", action="store_true", help="a transcript instead of a drawing")


def run(arguments: argparse.Namespace) -> int:
    """Run the demo; 1 where there is nothing to type, 2 where there is no such folder."""
    folder = arguments.folder or sample_project()
    if not folder.is_dir():
        remark(f"there is no folder {folder}; --folder takes one with source code")
        return 2
    files = read_project(folder)
    chosen = hold_out(files, regions=arguments.regions, lines=arguments.lines, seed=arguments.seed)
    if not chosen:
        remark(f"no source files with enough code in {folder}")
        return 1
    drawn = sys.stdout.isatty() and not arguments.plain
    pace = arguments.pace if arguments.pace is not None else (20.0 if drawn else 1.0)
    with tempfile.TemporaryDirectory(prefix="fim-demo-") as copy:
        play(Path(copy), files, chosen, make_screen(drawn), pace / 1_000)
    if arguments.folder is None:
        say(SAMPLE_NOTE.removesuffix("\n"))
    return 0


def play(folder: Path, files: dict[str, str], chosen: list[HeldOut], screen: Screen, pace: float) -> None:
    """Write the project without the held-out lines into an empty folder and type them, a key every `pace` seconds."""
    asyncio.run(_demo(folder, files, chosen, screen, pace))


def sample_project() -> Path:
    """Return the folder of the sample project: beside the package in a clone, inside of it where it is installed."""
    package = Path(fim_language_server.__file__).parent
    beside = package.parent / "sample"
    return beside if beside.is_dir() else package / "sample"


def read_project(folder: Path) -> dict[str, str]:
    """Return the source files of a folder by their relative paths: those that the index would read."""
    scan = Scanner([str(folder)]).list_sources()
    if not scan.files:  # An installed package may lie in a folder that git ignores.
        scan = Scanner([str(folder)], heed_git=False).list_sources()
    found = sorted((file.name, file.path) for file in scan.files if Path(file.name).suffix in SUFFIXES)
    return {name: Path(path).read_text(encoding="utf-8", errors="replace") for name, path in found}


@frozen
class _ShownText:
    """One ghost text that appeared, and whether it was what came next."""

    text: str
    is_right: bool


@define
class Score:
    """Figures of the summary."""

    lines: int = 0
    characters: int = 0
    keys: int = 0
    ghosts: list[_ShownText] = field(factory=list)
    times_ms: list[float] = field(factory=list)

    def summary(self) -> str:
        """Return the figures in a few lines."""
        right = sum(ghost.is_right for ghost in self.ghosts)
        share = f" ({right / len(self.ghosts):.0%})" if self.ghosts else ""
        saved = 1 - self.keys / max(1, self.characters)
        return "\n".join(
            [
                f"lines typed          {self.lines}",
                f"suggestions shown    {len(self.ghosts)}",
                f"of these right       {right} of {len(self.ghosts)}{share}",
                f"keystrokes saved     {saved:.0%} ({self.keys} keys for {self.characters} characters)",
                f"latency, median      {statistics.median(self.times_ms):.1f} ms over {len(self.times_ms)} requests",
            ]
        )


def describe_files(n_files: int, chosen: Sequence[HeldOut]) -> str:
    """Return a sentence that says which files are counted, and what is taken out of them."""
    n_lines = sum(len(region.lines) for region in chosen)
    suffixes = ", ".join(SUFFIXES)
    return f"{n_files} files copied (only {suffixes}); {n_lines} lines in {len(chosen)} of them taken out, to be typed"


async def _demo(folder: Path, files: dict[str, str], chosen: list[HeldOut], screen: Screen, pace: float) -> None:
    """Write the project without the held-out lines, start the server on it, and type them."""
    held_out = {region.path: region.text for region in chosen}
    for path, text in files.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(held_out.get(path, text), encoding="utf-8", newline="")
    indexed = asyncio.Event()
    screen.say(describe_files(len(files), chosen))
    editor = await Editor.start(
        [sys.executable, "-m", "fim_language_server", "--stdio"],
        folder,
        SETTINGS,
        on_log=lambda text: indexed.set() if text.startswith(INDEXED) else None,
        without_env=KEYS,
        with_env={WITHOUT_CACHE: "1"},
    )
    score = Score()
    try:
        began = time.monotonic()
        try:
            async with asyncio.timeout(INDEX_WAIT):
                await indexed.wait()
            screen.say(f"indexed in {time.monotonic() - began:.1f} s; no key, no network")
        except TimeoutError:
            screen.say("the index takes long; typing without it")
        for region in chosen:
            await _Typist(editor, screen, score, folder / region.path, region, pace).type_all()
    finally:
        await editor.close()
    screen.finish(score.summary())


@define
class _Typist:
    """Types one region: each line after its own line end and indentation, which editors put there by themselves."""

    editor: Editor
    screen: Screen
    score: Score
    path: Path
    region: HeldOut
    pace: float
    _ghost: str = ""

    async def type_all(self) -> None:
        self.editor.open(self.path, SUFFIXES[self.path.suffix], self.region.text)
        self.screen.begin(self.region)
        row = 0
        while row < len(self.region.lines):
            row = await self._type_line(row)
        self.editor.notify("textDocument/didClose", {"textDocument": {"uri": self.path.as_uri()}})

    async def _type_line(self, row: int) -> int:
        """Type the line and return the next one to type; an accepted text of several lines skips some."""
        line = self.region.lines[row]
        number = len(self.region.before) + row
        indent = line[: len(line) - len(line.lstrip())]
        self.editor.insert(self.path, number, 0, indent + "\n")
        column = len(indent)
        self.score.lines += bool(line.strip())
        self.score.characters += len(line) - len(indent) + 1
        self.score.keys += 1  # the line end
        while column < len(line):
            rest = "\n".join([line[column:], *self.region.lines[row + 1 :]])
            ghost = await self._ask(number, column, rest)
            if ghost and (rest + "\n").startswith(ghost + "\n"):
                self.score.keys += 1
                self.editor.insert(self.path, number, column, ghost)
                self.screen.accept(row, column, ghost)
                return self._skip(row, ghost)
            self.editor.insert(self.path, number, column, line[column])
            self.score.keys += 1
            column += 1
            self.screen.draw(row, column, "")
            await asyncio.sleep(self.pace)
        self.screen.draw(row, column, "")
        return row + 1

    def _skip(self, row: int, ghost: str) -> int:
        """Count the lines that came with an accepted text; their line ends and indentation cost no key either way."""
        self._ghost = ""
        more = ghost.count("\n")
        for line in self.region.lines[row + 1 : row + 1 + more]:
            self.score.lines += bool(line.strip())
            self.score.characters += len(line.strip()) + 1
        return row + 1 + more

    async def _ask(self, number: int, column: int, rest: str) -> str:
        began = time.monotonic()
        ghost = await self.editor.complete(self.path, number, column)
        self.score.times_ms.append((time.monotonic() - began) * 1_000)
        # The same text with one key less is the same ghost, typed through.
        if ghost and (not self._ghost or self._ghost[1:] != ghost):
            self.score.ghosts.append(_ShownText(ghost, rest.startswith(ghost)))
        self._ghost = ghost
        if ghost:
            self.screen.draw(number - len(self.region.before), column, ghost)
            await asyncio.sleep(self.pace * 3)
        return ghost
