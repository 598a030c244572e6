"""`eval --context`: which words of held-out lines the prompt holds, asked of the real server over LSP.

Each line is asked for twice: in the middle of its file, and as the file's end while it is being written. Then some
lines of each file are written one after the other, to see how much of each prompt a cache may keep.
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
from collections.abc import Awaitable, Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from attrs import define, field, frozen

from fim_language_server.cli.complete import read_settings_file
from fim_language_server.cli.printing import say, say_json
from fim_language_server.cli.prompt_session import PromptSession, RecordedServer, recorded_session
from fim_language_server.errors import SettingsError
from fim_language_server.evaluation.prompts.coverage import LineCoverage, cover
from fim_language_server.evaluation.prompts.places import RUN_LINES, LineToWrite, Subject, Subjects, choose_subjects
from fim_language_server.evaluation.prompts.recorded import RecordedPrompt
from fim_language_server.evaluation.prompts.report import (
    MIDDLE,
    RUN,
    WRITTEN,
    PassResult,
    PromptFigures,
    as_json,
    as_text,
    figures_of,
)
from fim_language_server.settings import merge_settings

KINDS: Final = ("mistral", "codestral", "langdock", "llamacpp")
"""Kinds of providers in whose requests pieces of files can be told from the windows."""

DEFAULT_KIND: Final = "mistral"
OWN_BUDGET: Final = "default"
"""The name of a budget that is left to the settings."""


@frozen
class Extent:
    """Number of files, of lines in each, of files whose lines are written in a row, and the seed."""

    files: int = 30
    lines: int = 12
    runs: int = 10
    seed: int = 7
    index_wait: float = 120.0


def add_context_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of `--context`."""
    group = parser.add_argument_group("what the prompt holds, instead of what a model says")
    group.add_argument(
        "--context", action="store_true", help="record prompts of --files × --holes lines, and ask no model"
    )
    group.add_argument(
        "--budgets",
        metavar="N,N",
        type=_budgets,
        default=(),
        help="values of context.snippetChars, one after the other (default: the settings')",
    )
    group.add_argument(
        "--runs", metavar="N", type=int, default=10, help="files in which lines are written in a row (default: 10)"
    )
    group.add_argument(
        "--index-wait", metavar="S", type=float, default=120.0, help="most seconds to wait for the index (default: 120)"
    )


def run_context(words: argparse.Namespace) -> int:
    """Measure and print; 0 where every line led to a prompt, else 1. Raises SettingsError for what cannot be done."""
    if not words.repo.is_dir():
        raise SettingsError(f"there is no folder {words.repo}; REPO is one with source code")
    server = RecordedServer(read_kind(words.provider or [DEFAULT_KIND]), read_settings_file(words.settings))
    extent = Extent(words.files, words.holes, words.runs, words.seed, words.index_wait)
    folder = words.repo.resolve()
    subjects = choose_subjects(folder, extent.files, extent.lines, extent.seed)
    figures = asyncio.run(measure(folder, subjects, server, extent, words.budgets))
    if words.json:
        say_json(as_json(describe(folder, subjects, server, extent), figures), indent=2)
    else:
        say(as_text(heading(folder, subjects, server, extent), figures))
    return 1 if any(each.missing for each in figures) else 0


def read_kind(providers: Sequence[str]) -> str:
    """Return the kind of provider whose wire format is recorded. Raises SettingsError for another, or a second one."""
    if len(providers) == 1 and providers[0] in KINDS:
        return providers[0]
    raise SettingsError(f"--context takes one --provider without model and address: {', '.join(KINDS)}")


async def measure(
    folder: Path,
    subjects: Subjects,
    server: RecordedServer,
    extent: Extent = Extent(),
    budgets: Sequence[int] = (),
) -> list[PromptFigures]:
    """Return the figures of each budget and place; without budgets of the settings' own."""
    results: list[PassResult] = []
    for budget in budgets or (None,):
        settings = server.settings
        if budget is not None:
            settings = merge_settings(settings, {"context": {"snippetChars": budget}})
        one = RecordedServer(server.kind, settings, server.command, server.environ)
        name = OWN_BUDGET if budget is None else str(budget)
        with tempfile.TemporaryDirectory(prefix="fim-eval-", ignore_cleanup_errors=True) as home:
            # A server of its own for the run: places that were asked about before would be answered from its cache.
            for places in ((MIDDLE, WRITTEN), (RUN,)):
                async with recorded_session(folder, one, home, extent.index_wait) as session:
                    results += await PromptPasses(session, subjects, name, extent.runs).run(places)
    return [figures_of(result, extent.seed) for result in results]


@define(eq=False)
class PromptPasses:
    """The three passes over lines in one session."""

    session: PromptSession
    subjects: Subjects
    budget: str
    runs: int
    _lines: list[LineCoverage] = field(factory=list, init=False)
    _asked: int = field(default=0, init=False)

    async def run(self, places: Sequence[str]) -> list[PassResult]:
        """Return what the passes at these places found, after the index is ready."""
        await self._warm_up()
        passes = {MIDDLE: self._ask_in_middle, WRITTEN: self._ask_written, RUN: self._write_runs}
        return [await self._pass(place, passes[place]) for place in places]

    async def _warm_up(self) -> None:
        """Open a document and ask once: a server may begin to index only then. Wait for the index."""
        first = self.subjects.files[0]
        self.session.open(first.path, "\n".join(first.rows))
        await self.session.prompt_at(first.path, len(first.rows) - 1)
        await self.session.wait_until_indexed()
        self.session.close(first.path)

    async def _pass(self, place: str, ask: Callable[[], Awaitable[None]]) -> PassResult:
        self._lines, self._asked = [], 0
        before = self.session.usage
        await ask()
        after = self.session.usage
        cpu_ms = (after.cpu_s - before.cpu_s) * 1_000 / max(1, self._asked) if before and after else None
        memory = after.rss_mb + after.children_rss_mb if after else None
        missing = self._asked - len(self._lines)
        return PassResult(self.budget, place, self._lines, missing, cpu_ms, self.session.index_state, memory)

    async def _ask_in_middle(self) -> None:
        for subject, line in self._in_turn():
            rows = [*subject.rows[: line.row], *subject.rows[line.row + 1 :]]
            await self._ask(subject, line, rows)

    async def _ask_written(self) -> None:
        for subject, line in self._in_turn():
            await self._ask(subject, line, list(subject.rows[: line.row]))

    def _in_turn(self) -> Iterator[tuple[Subject, LineToWrite]]:
        """Yield the first line of each file, then the second of each: no question follows one of the same file."""
        most = max(len(subject.lines) for subject in self.subjects.files)
        for turn in range(most):
            for subject in self.subjects.files:
                if turn < len(subject.lines):
                    yield subject, subject.lines[turn]

    async def _ask(self, subject: Subject, line: LineToWrite, rows: Sequence[str]) -> None:
        """Open the file with these rows, type the line's line end and indentation, and ask there."""
        session, path = self.session, subject.path
        with session.opened(subject.neighbours):
            text = "\n".join(rows)
            session.open(path, text)
            indent = _indent(subject.rows[line.row])
            if line.row:
                session.append(path, line.row - 1, "\n" + indent)
            elif indent:
                session.append(path, 0, indent)
            self.take(subject, line, text, await session.prompt_at(path, line.row))
            session.close(path)

    async def _write_runs(self) -> None:
        written = [subject for subject in self.subjects.files if subject.run_start is not None][: self.runs]
        for subject in written:
            with self.session.opened(subject.neighbours):
                await self._write_run(subject)

    async def _write_run(self, subject: Subject) -> None:
        start = subject.run_start
        assert start is not None
        words = {line.row: line for line in subject.run}
        last: RecordedPrompt | None = None
        self.session.open(subject.path, "\n".join(subject.rows[:start]))
        for row in range(start, start + RUN_LINES):
            text, indent = subject.rows[row], _indent(subject.rows[row])
            self.session.append(subject.path, row - 1, "\n" + indent)
            if not text.strip():
                continue
            prompt = await self.session.prompt_at(subject.path, row)
            line = words.get(row) or LineToWrite(row, frozenset())
            fresh = 0 if prompt is None else prompt.fresh_after(last)
            self.take(subject, line, "\n".join(subject.rows[:row]), prompt, fresh)
            last = prompt or last
            self.session.append(subject.path, row, text[len(indent) :])
        self.session.close(subject.path)

    def take(
        self, subject: Subject, line: LineToWrite, document: str, prompt: RecordedPrompt | None, fresh: int = 0
    ) -> None:
        """Count the answer to a line of a file, which is open as `document`."""
        self._asked += 1
        if prompt is not None:
            elsewhere = self.subjects.elsewhere(subject.path)
            self._lines.append(cover(subject.path, line.words, document, elsewhere, prompt, fresh))


def describe(folder: Path, subjects: Subjects, server: RecordedServer, extent: Extent) -> dict[str, Any]:
    """Return what was measured, for the JSON report."""
    return {
        "repository": folder.name,
        "provider": server.kind,
        "seed": extent.seed,
        "files": len(subjects.files),
        "lines": sum(len(subject.lines) for subject in subjects.files),
        "sources": subjects.n_sources,
        "sources_read": subjects.n_read,
        "source_bytes": subjects.source_bytes,
    }


def heading(folder: Path, subjects: Subjects, server: RecordedServer, extent: Extent) -> list[str]:
    """Return what was measured, in sentences of at most 80 columns."""
    facts = describe(folder, subjects, server, extent)
    lines = [
        f"{folder.name[:40]}: {facts['lines']} lines in {facts['files']} files, seed {extent.seed}, {server.kind}",
        f"{facts['sources']:,} source files, {facts['source_bytes'] / 1e6:.1f} MB read for their words",
    ]
    if subjects.n_read < subjects.n_sources:
        lines.append(f"only {subjects.n_read:,} files were read: words of the others count for none")
    return lines


def _indent(line: str) -> str:
    return line[: len(line) - len(line.lstrip())]


def _budgets(text: str) -> tuple[int, ...]:
    """Read numbers such as `1024,4096`."""
    words = [word.strip() for word in text.split(",")]
    if not all(word.isascii() and word.isdigit() for word in words):
        raise argparse.ArgumentTypeError(f"{text!r} is no list of whole numbers, such as 1024,4096")
    return tuple(map(int, words))
