"""Output of an evaluation on a terminal: progress while it runs, tables at its end."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import TYPE_CHECKING, Self

from fim_language_server.cli.printing import make_console, remark
from fim_language_server.evaluation import report as reports
from fim_language_server.evaluation.report import ALL, EvaluationReport

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress as Bars
    from rich.progress import TaskID

_WIDTH_ELSEWHERE = 130
"""Columns of a table that goes into a file or another program."""


class EvalProgress:
    """A bar for each provider on standard error, if that is a terminal; remarks in any case."""

    def __init__(self, totals: dict[str, int]) -> None:
        self._totals = totals
        self._bars: Bars | None = None
        self._tasks: dict[str, TaskID] = {}

    def __enter__(self) -> Self:
        """Begin to draw."""
        if sys.stderr.isatty():
            from rich.progress import Progress

            self._bars = Progress(console=make_console(highlight=True, stderr=True), transient=True)
            self._tasks = {label: self._bars.add_task(label, total=total) for label, total in self._totals.items()}
            self._bars.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Take the bars away."""
        if self._bars is not None:
            self._bars.stop()

    def step(self, label: str) -> None:
        """One question (or line) of a provider is done."""
        if self._bars is not None:
            self._bars.advance(self._tasks[label])

    @contextmanager
    def busy(self, text: str) -> Iterator[None]:
        """Show another activity, of unknown duration."""
        if self._bars is None:
            yield
            return
        task = self._bars.add_task(text, total=None)
        try:
            yield
        finally:
            self._bars.remove_task(task)

    def say(self, text: str) -> None:
        """Print a remark above the bars."""
        if self._bars is not None:
            self._bars.console.print(text, style="dim", markup=False, highlight=False)
        else:
            remark(text)


def print_report(report: EvaluationReport) -> None:
    """Print the figures as tables on standard output; a model without answers has a sentence instead."""
    console = make_console(width=None if sys.stdout.isatty() else _WIDTH_ELSEWHERE)
    heads = ("provider", "kind", "n", "exact", "similar", "shown", "right", "by Tab", "by words")
    answered = [result for result in report.results if result.figures[ALL].n]
    rows = [
        [result.provider, kind, *reports.quality_cells(figures)]
        for result in answered
        for kind, figures in result.figures.items()
    ]
    _print_table(console, "Quality in percent (right: of the shown; by …: keys saved)", heads, rows)
    rows = [[result.provider, *reports.cost_cells(result.figures[ALL])] for result in answered]
    _print_table(console, "Time in ms (p50 / p95), tokens, cost", ("provider", *reports.COST_HEADS), rows)
    rows = [
        [result.provider, str(result.typing.lines), *reports.typing_cells(result.typing)]
        for result in report.results
        if result.typing is not None
    ]
    typing_heads = ("provider", "lines", *reports.TYPING_HEADS)
    _print_table(console, "Typing key by key, in percent (accepted: of the ghosts)", typing_heads, rows)
    for result in report.results:
        if result.failure or result.figures[ALL].n < report.holes:
            reason = f": {result.failure}" if result.failure else ""
            n = result.figures[ALL].n
            console.print(f"{result.provider}: {n} of {report.holes} holes answered{reason}", markup=False)


def _print_table(console: Console, title: str, heads: tuple[str, ...], rows: list[list[str]]) -> None:
    from rich.box import SIMPLE_HEAD
    from rich.markup import escape
    from rich.table import Table

    if not rows:
        return
    table = Table(title=title, title_justify="left", title_style="bold", box=SIMPLE_HEAD, padding=0, pad_edge=False)
    for head in heads:
        table.add_column(head, justify="left" if head in ("provider", "kind") else "right", no_wrap=True)
    for row in rows:
        table.add_row(*map(escape, row), style="bold" if row[1] == ALL else None)
    console.print(table)
