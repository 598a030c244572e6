"""Words of held-out lines that prompts hold, bytes that a cache may keep and CPU time, of several servers side by side.

    python -m benchmarks.context REPOSITORY... [--revision REV]... [--budgets 1024,4096] [--files 60] [--lines 6]

One row for each repository, server and budget, by `fim-language-server eval --context`; docs/eval.md defines the
figures. This tree's server is measured and, with --revision, those of other commits: on the same lines, with the
same measure.
"""

from __future__ import annotations

import argparse
import asyncio
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from attrs import frozen

from benchmarks.servers import REPOSITORY, Server, of_revision, ours
from fim_language_server.cli.eval_context import Extent, measure
from fim_language_server.cli.prompt_session import RecordedServer
from fim_language_server.evaluation.prompts.coverage import Interval
from fim_language_server.evaluation.prompts.places import choose_subjects
from fim_language_server.evaluation.prompts.report import (
    MIDDLE,
    RUN,
    WRITTEN,
    PromptFigures,
    as_number,
    as_whole_number,
)

HEADS = (
    "cross % middle",
    "cross % written",
    "cross % in a row",
    "all % m/w",
    "prompt B m/w",
    "fresh B a line",
    "CPU ms m/w",
)


@frozen
class ContextRow:
    """Figures of one server with one budget on one repository."""

    repository: str
    server: str
    budget: str
    passes: Mapping[str, PromptFigures]

    def cells(self) -> dict[str, str]:
        """Return the figures as text, by their heads."""
        middle, written, in_a_row = (self.passes[place] for place in (MIDDLE, WRITTEN, RUN))
        values = (
            _ends(middle.cross),
            _ends(written.cross),
            _ends(in_a_row.cross),
            f"{as_number(middle.every)}/{as_number(written.every)}",
            f"{as_whole_number(middle.prompt_bytes)}/{as_whole_number(written.prompt_bytes)}",
            as_whole_number(in_a_row.fresh_bytes),
            f"{middle.cpu_ms or 0:.1f}/{written.cpu_ms or 0:.1f}",
        )
        return dict(zip(HEADS, values, strict=True))


async def measure_rows(
    repositories: Sequence[Path],
    servers: Sequence[Server],
    budgets: Sequence[int] = (),
    extent: Extent = Extent(60, 6),  # noqa: B008
) -> list[ContextRow]:
    """Return a row for each repository, server and budget; each server is asked about the same lines."""
    rows = []
    for repository in repositories:
        folder = repository.resolve()
        subjects = await asyncio.to_thread(choose_subjects, folder, extent.files, extent.lines, extent.seed)
        for server in servers:
            assert server.command is not None
            recorded = RecordedServer("mistral", server.settings, server.command, server.environ)
            figures = await measure(folder, subjects, recorded, extent, budgets)
            for budget in dict.fromkeys(each.budget for each in figures):
                passes = {each.place: each for each in figures if each.budget == budget}
                rows.append(ContextRow(folder.name, server.name, budget, passes))
    return rows


async def measure_part(repositories: Sequence[Path] = ()) -> dict[str, dict[str, str]]:
    """Return the figures of `make bench`, by repository; without any of this project."""
    rows = await measure_rows(repositories or [REPOSITORY], [ours()])
    return {row.repository: row.cells() for row in rows}


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("repositories", metavar="REPOSITORY", nargs="+", type=Path, help="folder with source code")
    parser.add_argument("--revision", metavar="REV", action="append", default=[], help="measure this commit, too")
    parser.add_argument("--settings", metavar="FILE", type=Path, help="JSON file with settings of all servers")
    parser.add_argument("--budgets", metavar="N,N", default="", help="values of context.snippetChars")
    parser.add_argument("--files", type=int, default=60, help="files with lines to write (default: 60)")
    parser.add_argument("--lines", type=int, default=6, help="lines in each (default: 6)")
    parser.add_argument("--runs", type=int, default=10, help="files in which lines are written in a row (default: 10)")
    parser.add_argument("--seed", type=int, default=7, help="decides which lines (default: 7)")
    parser.add_argument("--json", metavar="FILE", type=Path, help="write the figures here, too")
    words = parser.parse_args()
    settings: Any = json.loads(words.settings.read_text(encoding="utf-8")) if words.settings else {}
    servers = [*(of_revision(revision, settings) for revision in words.revision), ours(settings)]
    budgets = [int(number) for number in words.budgets.split(",") if number]
    extent = Extent(words.files, words.lines, words.runs, words.seed)
    rows = asyncio.run(measure_rows(words.repositories, servers, budgets, extent))
    print(as_table(rows))
    if words.json:
        found = [
            {"repository": row.repository, "server": row.server, "budget": row.budget} | row.cells() for row in rows
        ]
        words.json.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")


def as_table(rows: Sequence[ContextRow]) -> str:
    """Return the rows under their heads."""
    texts: list[tuple[str, ...]] = [("repository", "server", "budget", *HEADS)]
    texts += [(row.repository, row.server, row.budget, *row.cells().values()) for row in rows]
    widths = [max(len(text[column]) for text in texts) for column in range(len(texts[0]))]
    return "\n".join("  ".join(f"{cell:<{width}}" for cell, width in zip(text, widths, strict=True)) for text in texts)


def _ends(interval: Interval | None) -> str:
    return "-" if interval is None else f"{interval.value:.1f} [{interval.low:.1f} {interval.high:.1f}]"


if __name__ == "__main__":
    main()
