"""The worker process that makes the index: `python -P -m fim_language_server.embedded.indexer.worker`.

`worker_process` starts it. It reads one order, a line of JSON, from standard input, writes reports of its progress to
standard output, each a line of JSON, and leaves the index in a file that a report names. An index kept from an earlier
session is compared with the files as they are now: if few have changed, it is reported first, with their names.
Standard input stays open as long as the server needs the index: when it closes, for whatever reason, the worker
removes its temporary files and exits at once.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from math import inf
from pathlib import Path
from typing import Any, Final, TextIO

from attrs import asdict, define, evolve, field, frozen

from fim_language_server.embedded.index.index_cache import drop_oldest, note_use, unfinished_name
from fim_language_server.embedded.index.index_file import Index, Indexer, IndexFileError
from fim_language_server.embedded.indexer.watchdog import watch_over_process
from fim_language_server.embedded.sources.installed_packages import FOLDER, MOST_BYTES
from fim_language_server.embedded.sources.scanner import MOST_FILES, Scanner, SourceFile
from fim_language_server.embedded.sources.source_files import read_source

_NICENESS: Final = 5
_REPORT_EVERY: Final = 0.1
"""Seconds between two reports of progress."""
MOST_CHANGED_FILES: Final = 300
_MOST_CHANGED_BYTES: Final = 500_000
"""Most changes with which a kept index is used; the server reads the changed files itself."""
_MOST_NOTES: Final = 5
"""Most directories that are reported as left out."""
_MOST_CHANGED_CHARACTERS: Final = 80_000
"""Most code points of all changed names: a report is one line of at most 1 MB, with up to 12 bytes each in JSON."""


@frozen
class IndexOrder:
    """The folders to index, and the files to write the index to."""

    folders: tuple[str, ...]
    exclude: tuple[str, ...]
    near: str
    """The directory whose files are indexed first; "": none."""
    max_source_bytes: int
    output: str
    """The temporary file for an index that cannot be kept."""
    kept: str = ""
    """The file for an index that is kept for later sessions; it may hold one already. "": none."""
    packages: tuple[str, ...] = ()
    """Folders of installed packages, to be indexed last."""

    @classmethod
    def from_json(cls, line: str) -> IndexOrder:
        """Return the order that `to_json` wrote as a line."""
        data: dict[str, Any] = json.loads(line)
        return cls(
            folders=tuple(data["folders"]),
            exclude=tuple(data["exclude"]),
            near=str(data["near"]),
            max_source_bytes=int(data["max_source_bytes"]),
            output=str(data["output"]),
            kept=str(data["kept"]),
            packages=tuple(data["packages"]),
        )

    def to_json(self) -> str:
        """Return one line of JSON with its end."""
        return json.dumps(asdict(self)) + "\n"


@frozen
class IndexReport:
    """Progress of the worker."""

    done: int
    total: int
    """Files to be indexed; 0 while they are being searched for."""
    note: str = ""
    """A sentence for the log."""
    index: str = ""
    """Path of an index that is ready; "": none."""
    stale: tuple[str, ...] = field(default=(), repr=False)
    """Names of files that are missing in that index, or have changed since."""

    @classmethod
    def from_json(cls, line: bytes) -> IndexReport:
        """Return the report that is one line of the worker's output. Raises ValueError if the line is no report."""
        data = json.loads(line)
        try:
            return cls(
                int(data["done"]), int(data["total"]), str(data["note"]), str(data["index"]), tuple(data["stale"])
            )
        except (KeyError, TypeError) as error:
            raise ValueError("no report") from error

    def to_json(self) -> str:
        """Return one line of JSON with its end."""
        return json.dumps(asdict(self)) + "\n"


@define
class _Progress:
    """Reporter of progress, at most every _REPORT_EVERY seconds."""

    _reports: TextIO
    _last: float = -inf

    def update(self, done: int, total: int = 0) -> None:
        """Take the number of files done and of all files; `total` 0: not known yet."""
        if (now := time.monotonic()) - self._last > _REPORT_EVERY:
            self._last = now
            _report(self._reports, IndexReport(done, total))


@frozen
class _Changes:
    """The differences between the files and an index: files of other size or time of change, and missing ones."""

    written: Sequence[SourceFile]
    gone: Sequence[str]

    @property
    def names(self) -> tuple[str, ...]:
        return (*(file.name for file in self.written), *self.gone)

    @property
    def are_few(self) -> bool:
        return (
            len(self.written) + len(self.gone) <= MOST_CHANGED_FILES
            and sum(file.size for file in self.written) <= _MOST_CHANGED_BYTES
            and sum(map(len, self.names)) <= _MOST_CHANGED_CHARACTERS
        )


def index_workspace(order: IndexOrder, reports: TextIO) -> None:
    """Find, read and index the files of an order, and write the index; progress and results go to `reports`."""
    files = list(_files(order, reports))
    if order.kept and (changes := _compare(order, files)) is not None and changes.are_few:
        _report(reports, IndexReport(len(files), len(files), index=order.kept, stale=changes.names))
        note_use(order.kept)
        if not changes.gone:
            return
        # Text of files that are gone or ignored by now must not stay on disk, so the index is made anew.
    index = _make_index(order, files, reports)
    _report(reports, IndexReport(len(files), len(files), index=_write(index, order)))


def _files(order: IndexOrder, reports: TextIO) -> Iterator[SourceFile]:
    progress = _Progress(reports)
    scanner = Scanner(order.folders, exclude=order.exclude, on_progress=progress.update)
    listing = scanner.list_sources(order.near)
    if not listing.complete:
        note = f"the workspace has more than {MOST_FILES:,} files or directories: only the upper levels are indexed"
        _report(reports, IndexReport(0, len(listing.files), note))
    for directory in listing.hidden[:_MOST_NOTES]:
        note = f"nothing in {directory} is indexed: its .gitignore is too long, or has too many wildcards, to be judged"
        _report(reports, IndexReport(0, len(listing.files), note))
    yield from listing.files
    if order.packages:
        scanner = Scanner(order.packages, exclude=order.exclude, heed_git=False, on_progress=progress.update)
        for file in scanner.list_sources().files:
            yield evolve(file, name=f"{FOLDER}/{file.name}")


def _compare(order: IndexOrder, files: Sequence[SourceFile]) -> _Changes | None:
    """Return the changes since the kept index was made; None if there is no usable one."""
    try:
        index = Index.read(order.kept)
    except (OSError, IndexFileError):
        return None
    known: Mapping[str, list[tuple[int, int]]] = index.files_seen()
    here: dict[str, list[tuple[int, int]]] = {}
    for file in files:
        here.setdefault(file.name, []).append((file.size, file.modified))
    # If not all files fitted, those left out count as changed only if they were written since, or are in the directory
    # of the open document.
    full = index.source_bytes >= order.max_source_bytes
    newest = int(index.modified.max(initial=0)) if full else -1
    beside = _beside(order, files)
    written = [
        file
        for file in files
        if (
            sorted(known[file.name]) != sorted(here[file.name])
            if file.name in known
            else file.modified > newest or file.name in beside
        )
    ]
    return _Changes(written, sorted(known.keys() - here.keys()))


def _beside(order: IndexOrder, files: Sequence[SourceFile]) -> set[str]:
    """Return the names of the files in the directory `near` for which there is room."""
    found, size = set[str](), 0
    for file in files:
        if size >= order.max_source_bytes or file.path.rpartition("/")[0] != order.near:
            break  # Files of that directory come first.
        found.add(file.name)
        size += file.size
    return found


def _make_index(order: IndexOrder, files: Sequence[SourceFile], reports: TextIO) -> Index:
    indexer, progress, room = Indexer(), _Progress(reports), order.max_source_bytes
    in_packages = False
    for done, file in enumerate(files):
        if order.packages and not in_packages and file.name.startswith(f"{FOLDER}/"):
            in_packages, room = True, min(room, indexer.source_bytes + MOST_BYTES)
        if indexer.source_bytes >= room:
            note = f"{done:,} of {len(files):,} source files are indexed: embedded.maxSourceMb is reached"
            _report(reports, IndexReport(done, len(files), note))
            break
        indexer.note(file.name, file.size, file.modified)
        if (text := read_source(file.path)) is not None:
            indexer.add(file.name, text)
        progress.update(done, len(files))
    return indexer.finish()


def _write(index: Index, order: IndexOrder) -> str:
    """Write the index to the order's kept file, or to its temporary one if that fails; return the path."""
    if order.kept:
        unfinished = unfinished_name(order.kept)
        try:
            index.write(unfinished)
            Path(unfinished).replace(order.kept)
        except OSError:
            with contextlib.suppress(OSError):
                Path(unfinished).unlink(missing_ok=True)
        else:
            drop_oldest(str(Path(order.kept).parent))
            return order.kept
    index.write(order.output)
    return order.output


def _report(reports: TextIO, report: IndexReport) -> None:
    reports.write(report.to_json())
    reports.flush()


def _exit_when_closed(orders: TextIO, temporary_files: Iterable[str]) -> None:
    """Wait until the server closes `orders` or ends, then remove the temporary files and their folders, and exit."""
    with contextlib.suppress(OSError, ValueError):
        while orders.read(1):
            pass
    for path in temporary_files:
        with contextlib.suppress(OSError):
            Path(path).unlink(missing_ok=True)
        with contextlib.suppress(OSError):
            Path(path).parent.rmdir()
    os._exit(0)


def main() -> None:
    """Read one order and carry it out."""
    if hasattr(os, "nice"):
        os.nice(_NICENESS)
    line = sys.stdin.readline()
    if not line:
        return  # The server was killed before it sent an order.
    order = IndexOrder.from_json(line)
    watch_over_process()
    threading.Thread(target=_exit_when_closed, args=(sys.stdin, [order.output]), daemon=True).start()
    with contextlib.suppress(BrokenPipeError):  # The server has ended, and nobody reads the reports.
        index_workspace(order, sys.stdout)
        sys.stdout.flush()
    # A normal exit would wait for the thread that reads standard input.
    os._exit(0)


if __name__ == "__main__":
    main()
