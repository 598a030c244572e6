"""What the model knows of the workspace, and how it comes by it: a worker process, and the files that changed since.

The worker scans, reads and sorts, or finds that the index of an earlier session still holds; here its index is
loaded, in a thread. Changed files are laid over it (`overlay`) until they are many; then the worker starts again.
Where no worker can run, the model goes on with the open document.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import shutil
import tempfile
from array import array
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
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
"""How long changes are gathered before they are read: a save or a checkout comes as many events."""
_LARGEST_OVERLAY: Final = 0.05
"""Share of the index, in tokens, that changed files may make up before all is indexed again."""
_IGNORE_FILES: Final = ("/.gitignore", "\\.gitignore", "/.git/info/exclude", "\\.git\\info\\exclude")
"""What the paths of files end with that, once written, have all indexed again."""
_SMALL_OVERLAY: Final = 100_000
"""Tokens up to which changed files are sorted in a few dozen ms, whatever their share."""


@frozen
class IndexStatistics:
    """How much is indexed."""

    files: int = 0
    bytes: int = 0
    """Of source text, in UTF-8."""
    tokens: int = 0


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
        near: Callable[[], str] = str,
        cache: str = "",
        with_packages: bool = False,
        on_progress: Callable[[int, int, bool], None] = _ignore_progress,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        """Take absolute paths of folders; nothing is read before `start`.

        `exclude` are patterns of files to leave out, as in .gitignore (the setting `trigger.exclude`). Of more than
        `max_source_bytes` the files nearest to the document `near` (as the index calls it; "": none) and the newest
        are indexed; 0: none.
        `cache` is the folder (`keeping.cache_folder`) in which the index is kept for the next session; "": it is not.
        `with_packages`: the installed packages of the active environment, too.
        `on_progress` is told files done, files in all (0: not known yet), and whether that was the last report.
        """
        self._folders = tuple(folders)
        self._exclude = tuple(exclude)
        self._max_source_bytes = max_source_bytes
        self._near = near
        self._cache = cache
        self._with_packages = with_packages
        self._on_progress = on_progress
        self._sleep = sleep
        self._scanner = Scanner(self._folders, exclude=self._exclude)
        self._rules: Sequence[IgnoreRules] = ()  # by which the worker chose the files
        self._overlay = Overlay.over(Corpus.empty())
        self._statistics = IndexStatistics()
        self._ready = asyncio.Event()
        self._is_unfinished = True  # Reports of progress wait for a last one.
        self._changes = asyncio.Event()
        self._changed_paths: set[str] = set()
        self._task: asyncio.Task[None] | None = None

    @property
    def corpus(self) -> Corpus:
        """The workspace as it is known now; empty until the first index is loaded."""
        return self._overlay.corpus

    @property
    def stats(self) -> IndexStatistics:
        """How much the last complete index holds."""
        return self._statistics

    @property
    def is_indexing(self) -> bool:
        """Is the first index still to come?"""
        return self._task is not None and not self._ready.is_set()

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
        """Stop indexing; the worker has ended and its files are removed when this returns.

        If the caller is cancelled meanwhile, another call of `close` goes on waiting.
        """
        if (task := self._task) is None:
            return
        if not task.cancelling():  # A second cancellation would interrupt the ending of the worker.
            task.cancel()
        await asyncio.wait([task])
        self._task = None

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
            except Exception:
                # One odd file must not end the following of changes; what is known stays known.
                logger.exception("Reading changed files failed")
                continue
            if overlay is None:
                await self._index_all()
            else:
                self._overlay = overlay
                self._overlay = await asyncio.to_thread(overlay.compacted)

    async def _index_all(self) -> None:
        """Have the worker index everything, and load what it made. What fails is logged, and the old index stays.

        It is tried once more: a worker may be killed for want of memory, and a kept file go while it is being opened.
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
                    await self._take(report)

    def _order(self, output: str, document: str) -> IndexOrder:
        """Return what the worker is to do. Looks at the disk, so it runs in a thread."""
        directories = [Path(path).parent for path in self._scanner.paths_of(document)] if document else []
        near = next((directory.as_posix() for directory in directories if directory.is_dir()), "")
        self._rules = self._scanner.rules()
        packages = tuple(package_folders(self._folders)) if self._with_packages else ()
        kept = ""
        if self._cache and is_usable(self._cache):
            kept = place_of(self._cache, self._folders, self._exclude, self._max_source_bytes, *packages)
        elif self._cache:
            logger.info("The index is not kept for the next session: %s cannot be used", self._cache)
        return IndexOrder(self._folders, self._exclude, near, self._max_source_bytes, output, kept, packages)

    async def _take(self, report: IndexReport) -> None:
        """Load the index that a report names, and tell of the progress."""
        if report.note:
            logger.info("Indexing: %s", report.note)
        if report.index:
            index, overlay = await asyncio.to_thread(self._load, report)
            self._overlay = overlay
            self._statistics = IndexStatistics(index.files, index.source_bytes, len(index.order))
            logger.info("Indexed %d files, %.1f MB of source", index.files, index.source_bytes / 1e6)
            self._finish()
        else:
            self._is_unfinished = True
            self._on_progress(report.done, report.total, False)

    def _finish(self) -> None:
        """Tell that the index is as complete as it gets."""
        self._is_unfinished = False
        self._on_progress(self._statistics.files, self._statistics.files, True)
        self._ready.set()

    def _load(self, report: IndexReport) -> tuple[Index, Overlay]:
        """Read an index and make it ready to use, with what changed since. Runs in a thread."""
        index = Index.read(report.index)
        overlay = Overlay.over(index.corpus())
        if report.stale:
            overlay = overlay.with_changes({name: self._read(overlay, name) for name in report.stale})
        return index, overlay

    def _read_changes(self, paths: Iterable[str]) -> Overlay | None:
        """Return the overlay with these files read again; None where all must be indexed again. Runs in a thread."""
        if any(path.endswith(_IGNORE_FILES) for path in paths) or self._scanner.rules() != self._rules:
            return None
        names = {name for path in paths if (name := self._scanner.name_of(path)) is not None}
        if len(names) > MOST_CHANGED_FILES:
            return None
        overlay = self._overlay.with_changes({name: self._read(self._overlay, name) for name in sorted(names)})
        limit = max(_SMALL_OVERLAY, int(_LARGEST_OVERLAY * self._statistics.tokens))
        return overlay if overlay.tokens <= limit else None

    def _read(self, overlay: Overlay, name: str) -> list[array[int]]:
        """Return the token numbers of the files with a name that may be indexed, one for each folder that has it."""
        texts = (read_source(path) for path in self._scanner.paths_of(name) if self._scanner.admit(path) is not None)
        return [array("i", overlay.base.vocabulary.document(text)[0]) for text in texts if text is not None]


@contextlib.contextmanager
def _private_directory() -> Iterator[str]:
    """Give a temporary directory that nobody else can read, and remove it with what is in it."""
    directory = tempfile.mkdtemp(prefix="fim-language-server-")
    try:
        yield directory
    finally:
        shutil.rmtree(directory, ignore_errors=True)
