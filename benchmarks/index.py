"""Cost of the embedded model's index: made by the real worker, kept current, and searched in process.

    python -m benchmarks.index [DIRECTORY] [--megabytes 20]

DIRECTORY is any source; without one the packages of this environment. It is copied, for files of it are edited.
Times are of CPUs, because they hold on a busy machine, too.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import os
import random
import shutil
import statistics
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Callable, Sequence
from itertools import cycle, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fim_language_server.embedded.indexer.workspace_index import WorkspaceIndex
from fim_language_server.embedded.model import EmbeddedModel
from fim_language_server.embedded.sources.scanner import Scanner, SourceFile
from fim_language_server.embedded.sources.source_files import read_source
from fim_language_server.evaluation.holes import KINDS, punch_holes
from fim_language_server.evaluation.process_usage import usage_of

if TYPE_CHECKING:
    import resource

EDITED_BYTES = range(25_000, 35_000)
MOST_EDITED = 40
PLACES = 400


def measure(directory: str = "", megabytes: int = 20) -> dict[str, Any]:
    """Return the figures of a process of its own, whose memory nothing else has used."""
    command = [sys.executable, "-m", "benchmarks.index", directory, "--megabytes", str(megabytes), "--json"]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True)
    figures: dict[str, Any] = json.loads(done.stdout)
    return figures


async def _measure(directory: str, megabytes: int) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="fim-bench-") as temporary:
        workspace, empty = f"{os.path.realpath(temporary)}/w", f"{temporary}/empty"
        Path(empty).mkdir()
        _copy(directory or sysconfig.get_path("purelib"), workspace, megabytes * 1_000_000)
        nothing = await _indexed(empty, 1)
        EmbeddedModel(nothing).complete("x = 1\nx = ", "\n", "a.py", invoked=True)
        before_mb, before_s = _memory_mb(), _workers().ru_utime + _workers().ru_stime
        index = await _indexed(workspace, megabytes * 1_000_000)
        worker_s = _workers().ru_utime + _workers().ru_stime - before_s
        source_mb = index.stats.bytes / 1e6
        grown_mb = _memory_mb() - before_mb
        figures = {
            "source, MB": round(source_mb, 1),
            "tokens, millions": round(index.stats.tokens / 1e6, 1),
            "indexing, CPU seconds per MB": round(worker_s / source_mb, 3),
            "the worker's most memory, MB per MB": round(_workers().ru_maxrss / 1_000 / source_mb, 1),
            "the server's memory over that with an empty index, MB per MB": round(grown_mb / source_mb, 1),
        }
        files = list(Scanner([workspace]).list_sources().files)
        figures |= _completions(EmbeddedModel(index), files)
        figures |= _edits(index, files)
        await nothing.close()
        await index.close()
    return figures


async def _indexed(folder: str, most_bytes: int) -> WorkspaceIndex:
    index = WorkspaceIndex([folder], max_source_bytes=most_bytes)
    await index.start()
    await index.wait_until_ready()
    return index


def _copy(directory: str, workspace: str, most_bytes: int) -> None:
    """Copy as much source as will be indexed, in the order of names, so that it is the same each time."""
    left = most_bytes
    files = Scanner([os.path.realpath(directory)], heed_git=False).list_sources().files
    for file in sorted(files, key=lambda file: file.name):
        if (text := read_source(file.path)) is not None and left > 0:
            left -= len(text)
            place = Path(workspace, file.name)
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file.path, place)


def _workers() -> resource.struct_rusage:
    import resource  # Windows has no such module, and its tests import this one.

    return resource.getrusage(resource.RUSAGE_CHILDREN)


def _memory_mb() -> float:
    gc.collect()
    usage = usage_of(os.getpid())
    return usage.rss_mb if usage else 0.0


def _completions(model: EmbeddedModel, files: Sequence[SourceFile]) -> dict[str, Any]:
    """Complete at places in lines of code, as `eval` does, mostly of documents that are not cached."""
    choose, times = random.Random(1), []
    for number, file in enumerate(islice(cycle(choose.sample(files, len(files))), 50 * PLACES)):
        hole = next(punch_holes(file.name, read_source(file.path) or "", 1, number, KINDS[number % 3 :]), None)
        if hole is not None:
            times.append(_cpu_ms(lambda: model.complete(hole.prefix, hole.suffix, file.name, invoked=True)))  # noqa: B023 - called here
        if len(times) == PLACES:
            break
    return {"a completion, CPU ms: p50 / p99": f"{statistics.median(times):.1f} / {_p99(times):.1f}"}


def _edits(index: WorkspaceIndex, files: Sequence[SourceFile]) -> dict[str, Any]:
    """Have files read again, one after the other, as the server does when they are saved: every other one is open."""
    model = EmbeddedModel(index)
    is_open: list[float] = []
    is_closed: list[float] = []
    afterwards: list[float] = []
    for number, file in enumerate([file for file in files if file.size in EDITED_BYTES][:MOST_EDITED]):
        if number % 2:
            text = read_source(file.path) or ""
            model.complete(text[: len(text) // 2], text[len(text) // 2 :], file.name, invoked=True)
        with Path(file.path).open("a", encoding="utf-8") as opened:
            opened.write(f"\nedited = {number}\n")
        times = is_open if number % 2 else is_closed
        times.append(_cpu_ms(lambda: _read_again(index, file)))  # noqa: B023 - called here
        afterwards.append(_cpu_ms(lambda: _compact(index)))
    rows = {"that is open": is_open, "that is not": is_closed, "layers made few afterwards": afterwards}
    return {
        f"a changed 30 KB file read again, {name}, CPU ms: p50 / most": f"{statistics.median(it):.1f} / {max(it):.1f}"
        for name, it in rows.items()
        if it
    }


def _read_again(index: WorkspaceIndex, file: SourceFile) -> None:
    overlay = index._read_changes([file.path])
    if overlay is not None:  # None: so much has changed that all would be indexed again.
        index._overlay = overlay


def _compact(index: WorkspaceIndex) -> None:
    index._overlay = index._overlay.compacted()


def _cpu_ms(work: Callable[[], object]) -> float:
    began = time.thread_time()
    work()
    return (time.thread_time() - began) * 1_000


def _p99(times: Sequence[float]) -> float:
    return statistics.quantiles(times, n=100)[98]


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("directory", nargs="?", default="")
    parser.add_argument("--megabytes", type=int, default=20, help="most source that is indexed (default: 20)")
    parser.add_argument("--json", action="store_true", help="print figures for a program")
    arguments = parser.parse_args()
    figures = asyncio.run(_measure(arguments.directory, arguments.megabytes))
    print(json.dumps(figures) if arguments.json else "\n".join(f"{name}: {value}" for name, value in figures.items()))


if __name__ == "__main__":
    main()
