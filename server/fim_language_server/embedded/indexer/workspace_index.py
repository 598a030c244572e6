"""The index of the workspace: made by a worker process, and kept current as files change.

The worker finds, reads and sorts the files, or confirms that the index of an earlier session is current; here its
index is loaded, in a thread. Changed files are laid over it (`index.overlay`) until there are too many; then the
worker starts again. If no worker can run, the model uses the open document alone.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import shutil
import tempfile
from array import array
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from attrs import frozen

from fim_language_server.embedded.index.corpus import Corpus
from fim_language_server.embedded.index.index_cache import is_usable, place_of
from fim_language_server.embedded.index.index_file import Index, IndexFileError
from fim_language_server.embedded.index.overlay import Overlay
from fim_language_server.embedded.indexer.worker import MOST_CHANGED_FILES, IndexOrder, IndexReport
from fim_language_server.embedded.indexer.worker_process import WorkerError, run_worker
from fim_language_server.embedded.sources.git_ignored import IgnoreRules
from fim_language_server.embedded.sources.installed_packages import package_folders
from fim_language_server.embedded.sources.scanner import Scanner
from fim_language_server.embedded.sources.source_files import read_source

logger = logging.getLogger(__name__)

_SETTLE_SECONDS: Final = 0.3
"""Seconds for which changes are collected before they are read: a save or a checkout causes many events."""
_LARGEST_OVERLAY: Final = 0.05
"""Share of the index, in tokens, that changed files may reach before the workspace is indexed again."""
_IGNORE_FILES: Final = ("/.gitignore", "\\.gitignore", "/.git/info/exclude", "\\.git\\info\\exclude")
"""Ends of the paths of files whose change causes the workspace to be indexed again."""
_SMALL_OVERLAY: Final = 100_000
"""Tokens that changed files may have in any case: sorting them takes a few dozen ms."""


@frozen
class IndexStatistics:
    """Size of an index."""

    files: int = 0
    bytes: int = 0
    """Bytes of source text in UTF-8."""
    tokens: int = 0


def _ignore_progress(done: int, total: int, finished: bool) -> None:
    """Ignore a report of progress."""


class WorkspaceIndex:
    """The index of the workspace folders, made in the background and kept current. Lives as long as the server."""

    def __init__(
        self,
        folders: Sequence[str],
        *,
        max_source_bytes: int,
        exclude: Sequence[str] = (),
        near: Callable[[], str] = str,
        cache: str = "",
        with_packages: bool = False,
        on_progress: Callable[[int, int, bool], None] = _ignore_progress,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        """Prepare the index of folders, given by absolute paths; nothing is read before `start`.

        `exclude` are patterns of files to leave out, as in .gitignore (the setting `trigger.exclude`). If there are
        more than `max_source_bytes` of source, the files nearest to the document `near` (its name in the index; "":
        none), and then the newest, are indexed; with 0 nothing is indexed.
        `cache` is the folder (`index_cache.cache_folder`) in which the index is kept for the next session; "": none.
        With `with_packages` the installed packages of the active environment are indexed, too.
        `on_progress` is called with the files done, all files (0: not known yet), and whether it is the last report.
        The attribute `scanner` says which files may be read; `judged` says by name in which versions, of (bytes, time
        of the last change in ns), files were judged for the index: one pair for each folder that has the name.
        """
        self._folders = tuple(folders)
        self._exclude = tuple(exclude)
        self._max_source_bytes = max_source_bytes
        self._near = near
        self._cache = cache
        self._with_packages = with_packages
        self._on_progress = on_progress
        self._sleep = sleep
        self.scanner = Scanner(self._folders, exclude=self._exclude)
        self.judged: Mapping[str, Sequence[tuple[int, int]]] = {}
        self._rules: Sequence[IgnoreRules] = ()  # the rules that held when the worker chose the files
        self._overlay = Overlay.over(Corpus.empty())
        self._statistics = IndexStatistics()
        self._ready = asyncio.Event()
        self._is_unfinished = True  # No last report of progress has been made.
        self._changes = asyncio.Event()
        self._changed_paths: set[str] = set()
        self._task: asyncio.Task[None] | None = None

    @property
    def corpus(self) -> Corpus:
        """The workspace as it is indexed now; empty until the first index is loaded."""
        return self._overlay.corpus

    @property
    def stats(self) -> IndexStatistics:
        """Size of the last complete index."""
        return self._statistics

    @property
    def is_loaded(self) -> bool:
        """Is there an index with files?"""
        return bool(self._overlay.corpus.segments)

    @property
    def is_indexing(self) -> bool:
        """Is the first index still being made?"""
        return self._task is not None and not self._ready.is_set()

    async def start(self) -> None:
        """Begin indexing in the background; returns at once."""
        if not self._folders or self._max_source_bytes <= 0:
            self._ready.set()
        elif self._task is None:
            self._task = asyncio.create_task(self._follow_workspace(), name="workspace index")

    async def wait_until_ready(self) -> None:
        """Wait until the first index is loaded, or has failed."""
        await self._ready.wait()

    def files_changed(self, paths: Sequence[str]) -> None:
        """Note files (absolute paths) that were written, created or deleted; they are read in the background."""
        self._changed_paths.update(paths)
        self._changes.set()

    async def close(self) -> None:
        """Stop indexing; the worker has ended and its files are removed when this returns.

        If the caller is cancelled meanwhile, another call of `close` goes on waiting.
        """
        if (task := self._task) is None:
            return
        if not task.cancelling():  # A second cancellation would interrupt the ending of the worker.
            task.cancel()
        await asyncio.wait([task])
        self._task = None

    async def _follow_workspace(self) -> None:
        """Index the workspace, then follow its changes, until cancelled."""
        await self._index_all()
        while True:
            await self._changes.wait()
            await self._sleep(_SETTLE_SECONDS)
            self._changes.clear()
            paths, self._changed_paths = self._changed_paths, set()
            try:
                overlay = await asyncio.to_thread(self._read_changes, paths)
            except Exception:
                # One unusual file must not end the following of changes; the index stays as it is.
                logger.exception("Reading changed files failed")
                continue
            if overlay is None:
                await self._index_all()
            else:
                self._overlay = overlay
                self._overlay = await asyncio.to_thread(overlay.compacted)

    async def _index_all(self) -> None:
        """Run the worker and load its index. A failure is logged, and the old index stays.

        It is tried twice, because a worker may be killed for lack of memory, and a kept file may be removed while it
        is opened.
        """
        for is_last in (False, True):
            try:
                await self._run_worker()
                break
            except (OSError, WorkerError, IndexFileError) as error:
                if is_last:
                    logger.warning("The workspace is not indexed, only open documents are used: %s", error)
                else:
                    logger.info("The workspace is indexed once more: %s", error)
            except NotImplementedError as error:
                # Some event loops of Windows have no subprocesses.
                logger.warning("The workspace is not indexed, only open documents are used: %s", error)
                break
        if self._is_unfinished:
            self._finish()

    async def _run_worker(self) -> None:
        with _private_directory() as directory:
            order = await asyncio.to_thread(self._order, f"{directory}/index.npz", self._near())
            async with contextlib.aclosing(run_worker(order)) as reports:
                async for report in reports:
                    await self._handle_report(report)

    def _order(self, output: str, document: str) -> IndexOrder:
        """Return the worker's order. It reads from the disk, so it runs in a thread."""
        directories = [Path(path).parent for path in self.scanner.paths_of(document)] if document else []
        near = next((directory.as_posix() for directory in directories if directory.is_dir()), "")
        self._rules = self.scanner.rules()
        packages = tuple(package_folders(self._folders)) if self._with_packages else ()
        kept = ""
        if self._cache and is_usable(self._cache):
            kept = place_of(self._cache, self._folders, self._exclude, self._max_source_bytes, *packages)
        elif self._cache:
            logger.info("The index is not kept for the next session: %s cannot be used", self._cache)
        return IndexOrder(self._folders, self._exclude, near, self._max_source_bytes, output, kept, packages)

    async def _handle_report(self, report: IndexReport) -> None:
        """Load the index that a report names, or report its progress."""
        if report.note:
            logger.info("Indexing: %s", report.note)
        if report.index:
            index, overlay, judged = await asyncio.to_thread(self._load, report)
            self._overlay, self.judged = overlay, judged
            self._statistics = IndexStatistics(index.files, index.source_bytes, len(index.order))
            logger.info("Indexed %d files, %.1f MB of source", index.files, index.source_bytes / 1e6)
            self._finish()
        else:
            self._is_unfinished = True
            self._on_progress(report.done, report.total, False)

    def _finish(self) -> None:
        """Report that the index is as complete as it gets."""
        self._is_unfinished = False
        self._on_progress(self._statistics.files, self._statistics.files, True)
        self._ready.set()

    def _load(self, report: IndexReport) -> tuple[Index, Overlay, Mapping[str, Sequence[tuple[int, int]]]]:
        """Read the index that a report names, and the files that changed since. Runs in a thread."""
        index = Index.read(report.index)
        overlay = Overlay.over(index.corpus())
        if report.stale:
            overlay = overlay.with_changes({name: self._read(overlay, name) for name in report.stale})
        return index, overlay, index.files_seen()

    def _read_changes(self, paths: Iterable[str]) -> Overlay | None:
        """Return the overlay with these files read again; None if all must be indexed again. Runs in a thread."""
        if any(path.endswith(_IGNORE_FILES) for path in paths) or self.scanner.rules() != self._rules:
            return None
        names = {name for path in paths if (name := self.scanner.name_of(path)) is not None}
        if len(names) > MOST_CHANGED_FILES:
            return None
        overlay = self._overlay.with_changes({name: self._read(self._overlay, name) for name in sorted(names)})
        limit = max(_SMALL_OVERLAY, int(_LARGEST_OVERLAY * self._statistics.tokens))
        return overlay if overlay.tokens <= limit else None

    def _read(self, overlay: Overlay, name: str) -> list[array[int]]:
        """Return the tokens of the files with a name, one array for each folder that has one to be indexed."""
        texts = (read_source(path) for path in self.scanner.paths_of(name) if self.scanner.admit(path) is not None)
        return [array("i", overlay.base.vocabulary.document(text)[0]) for text in texts if text is not None]


@contextlib.contextmanager
def _private_directory() -> Iterator[str]:
    """Create a temporary directory that only the user can read; remove it and its contents at the end."""
    directory = tempfile.mkdtemp(prefix="fim-language-server-")
    try:
        yield directory
    finally:
        shutil.rmtree(directory, ignore_errors=True)
