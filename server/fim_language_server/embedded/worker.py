"""The process that makes the index: `python -P -m fim_language_server.embedded.worker`, started by `workspace`.

It reads one order, a line of JSON, from standard input; writes its progress to standard output, a line of JSON each;
and leaves the index in the file that the order names. Standard input stays open as long as the server wants the
index: when it ends, the worker leaves at once, without a trace, whatever became of the server.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
import threading
import time
from pathlib import Path
from typing import Any, Final, TextIO

from attrs import asdict, frozen

from fim_language_server.embedded.indexing import Indexer
from fim_language_server.embedded.scanner import MOST_ENTRIES, Scanner
from fim_language_server.embedded.sources import read_source

_NICENESS: Final = 10
_REPORT_EVERY: Final = 0.1
"""Seconds between two reports of progress."""


@frozen
class Order:
    """What to index, and where to leave the index."""

    folders: tuple[str, ...]
    exclude: tuple[str, ...]
    near: str
    max_source_bytes: int
    output: str

    @classmethod
    def from_json(cls, line: str) -> Order:
        """Read what `to_json` wrote."""
        data: dict[str, Any] = json.loads(line)
        return cls(
            folders=tuple(data["folders"]),
            exclude=tuple(data["exclude"]),
            near=str(data["near"]),
            max_source_bytes=int(data["max_source_bytes"]),
            output=str(data["output"]),
        )

    def to_json(self) -> str:
        """Return it as one line."""
        return json.dumps(asdict(self)) + "\n"


@frozen
class Report:
    """How far the worker is; `note` is a sentence for the log, or ""."""

    done: int
    total: int
    note: str = ""

    @classmethod
    def from_json(cls, line: bytes) -> Report:
        """Read one line of the worker's output. Raises ValueError for anything else."""
        data = json.loads(line)
        try:
            return cls(int(data["done"]), int(data["total"]), str(data["note"]))
        except (KeyError, TypeError) as error:
            raise ValueError("no report") from error

    def to_json(self) -> str:
        """Return it as one line."""
        return json.dumps(asdict(self)) + "\n"


def index_workspace(order: Order, reports: TextIO) -> None:
    """Scan, read and index, and leave the index in a file. Progress counts files, up to the limit in bytes."""
    listing = Scanner(order.folders, exclude=order.exclude).list_sources(order.near)
    total = len(listing.files)
    if not listing.complete:
        note = f"the workspace has more than {MOST_ENTRIES:,} files: only the upper levels are indexed"
        _report(reports, Report(0, total, note))
    indexer, last_report = Indexer(), 0.0
    for done, file in enumerate(listing.files):
        if indexer.source_bytes >= order.max_source_bytes:
            note = f"{done:,} of {total:,} source files are indexed: embedded.maxSourceMb is reached"
            _report(reports, Report(done, total, note))
            break
        if (text := read_source(file.path)) is not None:
            indexer.add(file.name, text)
        if time.monotonic() - last_report > _REPORT_EVERY:
            _report(reports, Report(done, total))
            last_report = time.monotonic()
    indexer.finish().write(order.output)
    _report(reports, Report(total, total))


def _report(reports: TextIO, report: Report) -> None:
    reports.write(report.to_json())
    reports.flush()


def _leave_at_end_of(orders: TextIO, output: str) -> None:
    """Wait for the server to let go, or to die, and end the process with nothing left behind."""
    with contextlib.suppress(OSError, ValueError):
        while orders.read(1):
            pass
    with contextlib.suppress(OSError):
        Path(output).unlink(missing_ok=True)
    with contextlib.suppress(OSError):
        Path(output).parent.rmdir()
    os._exit(0)


def main() -> None:
    """Take one order and carry it out."""
    if hasattr(os, "nice"):
        os.nice(_NICENESS)
    order = Order.from_json(sys.stdin.readline())
    threading.Thread(target=_leave_at_end_of, args=(sys.stdin, order.output), daemon=True).start()
    index_workspace(order, sys.stdout)
    # The interpreter would wait for the thread that holds standard input.
    sys.stdout.flush()
    os._exit(0)


if __name__ == "__main__":
    main()
