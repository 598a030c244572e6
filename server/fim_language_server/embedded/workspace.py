"""What the model knows of the workspace, and how it comes by it: a worker process, and the files that changed since.

The worker scans, reads and sorts; here its finished index is loaded, in a thread. Changed files are laid over it as
a small segment of their own until they are many; then the worker starts again. Where no worker can run, the model
goes on with the open document.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import shutil
import subprocess
import sys
import tempfile
from array import array
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final

from attrs import evolve, field, frozen

from fim_language_server.embedded.corpus import Corpus
from fim_language_server.embedded.indexing import Index, IndexFileError
from fim_language_server.embedded.scanner import Scanner
from fim_language_server.embedded.segment import Segment
from fim_language_server.embedded.sources import read_source
from fim_language_server.embedded.worker import Order, Report

logger = logging.getLogger(__name__)

_SETTLE_SECONDS: Final = 0.3
"""How long changes are gathered before they are read: a save or a checkout comes as many events."""
_MOST_CHANGED_FILES: Final = 300
_LARGEST_OVERLAY: Final = 0.05
"""Share of the index, in tokens, that changed files may make up before all is indexed again."""
_SMALL_OVERLAY: Final = 100_000
"""Tokens up to which changed files are sorted in a few dozen ms, whatever their share."""


class _WorkerError(Exception):
    """The worker process could not be started, or did not finish."""


@frozen
class IndexStatistics:
    """How much is indexed."""

    files: int = 0
    bytes: int = 0
    """Of source text, in UTF-8."""
    tokens: int = 0


@frozen
class _Overlay:
    """The loaded index, and the token numbers of files that changed since; None for one that is gone."""

    base: Corpus = field(repr=False)
    changed: dict[str, array[int] | None] = field(factory=dict, repr=False)

    @property
    def tokens(self) -> int:
        return sum(len(numbers) for numbers in self.changed.values() if numbers is not None)

    def corpus(self) -> Corpus:
        """Return the base with the changed files' old text hidden, and their new text as a segment."""
        segments = [_hide(segment, self.changed) for segment in self.base.segments]
        if files := [(name, numbers) for name, numbers in self.changed.items() if numbers is not None]:
            segments.append(Segment.build(files, self.base.abstraction.of))
        return evolve(self.base, segments=tuple(segments))


def _hide(segment: Segment, names: Iterable[str]) -> Segment:
    wanted = frozenset(names)
    files = [number for number, path in enumerate(segment.paths) if path in wanted]
    return segment.without(files) if files else segment


def _ignore_progress(done: int, total: int, finished: bool) -> None:
    """Take a report of progress, and do nothing with it."""


class WorkspaceIndex:
    """The index of the workspace folders, made in the background and kept current. Lives as long as the server."""

    def __init__(
        self,
        folders: Sequence[str],
        *,
        max_source_bytes: int,
        exclude: Sequence[str] = (),
        near: str = "",
        on_progress: Callable[[int, int, bool], None] = _ignore_progress,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        """Take absolute paths of folders; nothing is read before `start`.

        `exclude` are patterns of files to leave out, as in .gitignore (the setting `trigger.exclude`). Of more than
        `max_source_bytes` the files nearest to the directory `near` and the newest are indexed; 0: none.
        `on_progress` is told files done, files in all, and whether that was the last report.
        """
        self._folders = tuple(folders)
        self._exclude = tuple(exclude)
        self._near = near
        self._max_source_bytes = max_source_bytes
        self._on_progress = on_progress
        self._sleep = sleep
        self._scanner = Scanner(self._folders, exclude=self._exclude)
        self._overlay = _Overlay(Corpus.empty())
        self._corpus = self._overlay.base
        self._statistics = IndexStatistics()
        self._ready = asyncio.Event()
        self._changes = asyncio.Event()
        self._changed_paths: set[str] = set()
        self._task: asyncio.Task[None] | None = None

    @property
    def corpus(self) -> Corpus:
        """The workspace as it is known now; empty until the first index is loaded."""
        return self._corpus

    @property
    def stats(self) -> IndexStatistics:
        """How much the last complete index holds."""
        return self._statistics

    async def start(self) -> None:
        """Begin indexing in the background; returns at once."""
        if not self._folders or self._max_source_bytes <= 0:
            self._ready.set()
        elif self._task is None:
            self._task = asyncio.create_task(self._live(), name="workspace index")

    async def wait_until_ready(self) -> None:
        """Wait until the first index is loaded, or cannot be made."""
        await self._ready.wait()

    def files_changed(self, paths: Sequence[str]) -> None:
        """Read these files (absolute paths) again soon, in the background: written, created or deleted ones."""
        self._changed_paths.update(paths)
        self._changes.set()

    async def close(self) -> None:
        """Stop indexing: the worker is gone, and its files are, when this returns."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.wait([task])

    async def _live(self) -> None:
        """Index everything once, then follow the changes, until cancelled."""
        await self._index_all()
        while True:
            await self._changes.wait()
            await self._sleep(_SETTLE_SECONDS)
            self._changes.clear()
            paths, self._changed_paths = self._changed_paths, set()
            try:
                overlay = await asyncio.to_thread(self._read_changes, paths)
                if overlay is None:
                    await self._index_all()
                else:
                    self._corpus = await asyncio.to_thread(overlay.corpus)
                    self._overlay = overlay
            except Exception:
                # One odd file must not end the following of changes; what is known stays known.
                logger.exception("Reading changed files failed")

    async def _index_all(self) -> None:
        """Have the worker index everything, and load what it made. What fails is logged, and the old index stays."""
        try:
            with _private_directory() as directory:
                output = f"{directory}/index.npz"
                await self._run_worker(output)
                index, corpus = await asyncio.to_thread(_load, output)
        except (OSError, NotImplementedError, _WorkerError, IndexFileError) as error:
            # NotImplementedError: some event loops of Windows have no subprocesses.
            logger.warning("The workspace is not indexed, only open documents are used: %s", error)
        else:
            self._overlay, self._corpus = _Overlay(corpus), corpus
            self._statistics = IndexStatistics(index.files, index.source_bytes, len(index.order))
            logger.info("Indexed %d files, %.1f MB of source", index.files, index.source_bytes / 1e6)
        self._ready.set()
        self._on_progress(self._statistics.files, self._statistics.files, True)

    async def _run_worker(self, output: str) -> None:
        """Run the worker process to its end. Raises _WorkerError or OSError where it does not get there."""
        order = Order(self._folders, self._exclude, self._near, self._max_source_bytes, output)
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-P",  # Nothing may be imported from the directory the editor happened to start us in.
            "-m",
            "fim_language_server.embedded.worker",
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            env=_environment(),
            creationflags=_QUIETLY,
        )
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            process.stdin.write(order.to_json().encode())
            await process.stdin.drain()
            async for line in process.stdout:
                self._note(line)
            if await process.wait() != 0:
                raise _WorkerError(f"the worker process ended with code {process.returncode}")
        except ConnectionError as error:
            raise _WorkerError("the worker process ended early") from error
        finally:
            if process.returncode is None:
                with contextlib.suppress(ProcessLookupError):
                    process.kill()
            process.stdin.close()
            await process.wait()

    def _note(self, line: bytes) -> None:
        try:
            report = Report.from_json(line)
        except ValueError:
            logger.debug("The worker said something that is no report")
            return
        if report.note:
            logger.info("Indexing: %s", report.note)
        self._on_progress(report.done, report.total, False)

    def _read_changes(self, paths: Iterable[str]) -> _Overlay | None:
        """Return the overlay with these files read again; None where it would grow too large. Runs in a thread."""
        names = {name: path for path in paths if (name := self._scanner.name_of(path)) is not None}
        if len(names) > _MOST_CHANGED_FILES:
            return None
        changed = dict(self._overlay.changed)
        for name, path in names.items():
            text = read_source(path) if self._scanner.admit(path) is not None else None
            numbers = self._overlay.base.vocabulary.document(text)[0] if text is not None else None
            changed[name] = array("i", numbers) if numbers is not None else None
        overlay = evolve(self._overlay, changed=changed)
        limit = max(_SMALL_OVERLAY, int(_LARGEST_OVERLAY * self._statistics.tokens))
        return overlay if overlay.tokens <= limit else None


_QUIETLY: Final = getattr(subprocess, "CREATE_NO_WINDOW", 0) | getattr(subprocess, "BELOW_NORMAL_PRIORITY_CLASS", 0)
"""Flags of Windows: no console window, low priority. Elsewhere the worker lowers its own priority."""


@contextlib.contextmanager
def _private_directory() -> Iterator[str]:
    """Give a temporary directory that nobody else can read, and remove it with what is in it."""
    directory = tempfile.mkdtemp(prefix="fim-language-server-")
    try:
        yield directory
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def _environment() -> dict[str, str]:
    """Return an environment in which the worker finds this package, however the server found it."""
    home = str(Path(__file__).parents[2])
    inherited = os.environ.get("PYTHONPATH")
    return {**os.environ, "PYTHONPATH": f"{home}{os.pathsep}{inherited}" if inherited else home}


def _load(path: str) -> tuple[Index, Corpus]:
    """Read a finished index and make it ready to use. Runs in a thread."""
    index = Index.read(path)
    return index, index.corpus()
