"""The report as one HTML page that needs nothing from outside. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from typing import Final

from fim_language_server.evaluation import report as reports
from fim_language_server.evaluation.holes import KINDS
from fim_language_server.evaluation.metrics import margin, similarity
from fim_language_server.evaluation.plots import Bar, Group, Series, bar_plot, cumulative_plot
from fim_language_server.evaluation.report import ALL, EvaluationReport, Figures, Result

_LENGTHS: Final = ((1, 9), (10, 19), (20, 39), (40, 10_000))
"""Lengths of targets, in characters, whose figures stand together."""

_STYLE: Final = """
:root { color-scheme: light dark; --ink: #1d2430; --paper: #fff; --faint: #d9dee6;
  --c0: #2f6fdb; --c1: #d9822b; --c2: #2a9d6f; --c3: #a34fc4; --c4: #c23b4b; --c5: #6b7686; }
@media (prefers-color-scheme: dark) { :root { --ink: #dfe5ee; --paper: #14181f; --faint: #333b47;
  --c0: #78a6f5; --c1: #f0a860; --c2: #63c9a0; --c3: #c88ae0; --c4: #ea7d88; --c5: #9aa5b5; } }
body { font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper); max-width: 60rem;
  margin: 2rem auto; padding: 0 1rem; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { padding: .25rem .6rem; text-align: right; border-bottom: 1px solid var(--faint); }
td { white-space: nowrap; }
th:first-child, td:first-child, th:nth-child(2), td:nth-child(2) { text-align: left; }
tr.all td { font-weight: 600; }
svg { width: 100%; height: auto; } svg text { font-size: 11px; fill: var(--ink); }
.grid { stroke: var(--faint); fill: none; } .axis { stroke: var(--ink); fill: none; }
.line { fill: none !important; stroke-width: 2; } .key { display: inline-block; width: .8em; height: .8em; }
.wide { overflow-x: auto; } .note { color: var(--c4); }
"""


def make_page(report: EvaluationReport, title: str) -> str:
    """Return the page."""
    colours = "".join(
        f".s{number} {{ fill: var(--c{number % 6}); stroke: var(--c{number % 6}); "
        f"background: var(--c{number % 6}); }}\n"
        for number in range(len(report.results))
    )
    body = [
        f"<h1>{escape(title)}</h1>",
        f"<p>{escape(_setup(report))}</p>",
        *_notes(report),
        f"<p>{_legend(report.results)}</p>",
        "<h2>Quality</h2>",
        _quality(report.results),
        "<h2>Exact match by kind of hole</h2>",
        bar_plot("Exact match by kind of hole, in percent", _by_kind(report.results)),
        "<h2>Exact match by length of what was taken out</h2>",
        bar_plot("Exact match by length of the target, in percent", _by_length(report.results)),
        "<h2>How near: share of answers of at least so much edit similarity</h2>",
        _by_similarity(report.results),
        "<h2>Time to an answer: share of answers that came within</h2>",
        cumulative_plot("Cumulative share of answers over time in ms", "ms", _times(report.results)),
        "<h2>Time in ms (p50 / p95), tokens and cost</h2>",
        _cost(report.results),
        *_typing(report.results),
        "<p>Definitions: docs/eval.md. Whiskers are 95 % intervals.</p>",
    ]
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{_STYLE}{colours}</style></head>\n<body>{''.join(body)}</body></html>\n"
    )


def _setup(report: EvaluationReport) -> str:
    texts = {name: "+".join(value) if isinstance(value, list) else value for name, value in report.setup.items()}
    facts = ", ".join(f"{name} {value}" for name, value in texts.items() if name != "questions" and value != 0)
    return f"{report.holes} holes ({facts}). Shares in percent."


def _notes(report: EvaluationReport) -> Iterable[str]:
    for result in report.results:
        if result.failure:
            yield f'<p class="note">{escape(result.provider)} was not asked to the end: {escape(result.failure)}</p>'
        elif result.figures[ALL].n < report.holes:
            answered = result.figures[ALL].n
            yield f'<p class="note">{escape(result.provider)}: {answered} of {report.holes} holes answered so far</p>'


def _legend(results: Sequence[Result]) -> str:
    return " &nbsp; ".join(
        f'<span class="key s{number}"></span> {escape(_name(result))}' for number, result in enumerate(results)
    )


def _name(result: Result) -> str:
    return f"{result.provider} ({result.model})" if result.model else result.provider


def _quality(results: Sequence[Result]) -> str:
    heads = ("provider", "kind", "n", "exact", "similar", "shown", "right", "saved by Tab", "by words")
    rows = [
        (kind == ALL, [result.provider, kind, *reports.quality_cells(figures)])
        for result in results
        for kind, figures in result.figures.items()
    ]
    return _table(heads, rows)


def _cost(results: Sequence[Result]) -> str:
    heads = ("provider", "model", *reports.COST_HEADS)
    rows = [(False, [result.provider, result.model, *reports.cost_cells(result.figures[ALL])]) for result in results]
    return _table(heads, rows)


def _typing(results: Sequence[Result]) -> Iterable[str]:
    rows = [
        (False, [result.provider, str(result.typing.lines), *reports.typing_cells(result.typing)])
        for result in results
        if result.typing is not None
    ]
    if rows:
        yield "<h2>Typing key by key (accepted: of the ghosts)</h2>"
        yield _table(("provider", "lines", *reports.TYPING_HEADS), rows)


def _table(heads: Sequence[str], rows: Sequence[tuple[bool, Sequence[str]]]) -> str:
    head = "".join(f"<th>{escape(text)}</th>" for text in heads)
    body = "".join(
        ("<tr class=all>" if strong else "<tr>") + "".join(f"<td>{escape(cell)}</td>" for cell in cells) + "</tr>"
        for strong, cells in rows
    )
    return f'<div class="wide"><table><tr>{head}</tr>{body}</table></div>'


def _by_kind(results: Sequence[Result]) -> list[Group]:
    def bars(kind: str) -> list[Bar]:
        found = [(number, result.figures.get(kind)) for number, result in enumerate(results)]
        return [Bar(each.exact, each.exact_margin, number) for number, each in found if isinstance(each, Figures)]

    return [Group(kind, bars(kind)) for kind in (*KINDS, ALL) if bars(kind)]


def _by_length(results: Sequence[Result]) -> list[Group]:
    groups = []
    for low, high in _LENGTHS:
        bars = []
        for number, result in enumerate(results):
            answers = [answer for answer in result.answers if low <= len(answer.target) <= high]
            if answers:
                exact = 100 * sum(answer.text == answer.target for answer in answers) / len(answers)
                bars.append(Bar(exact, margin(exact, len(answers)), number))
        label = f"{low}–{high} characters" if high < 1_000 else f"{low} and more"
        groups.append(Group(label, bars))
    return groups


def _by_similarity(results: Sequence[Result]) -> str:
    limits = ((100.0, "exact"), (90.0, "≥ 90"), (75.0, "≥ 75"), (50.0, "≥ 50"))
    groups = []
    for limit, label in limits:
        bars = []
        for number, result in enumerate(results):
            values = [similarity(answer.text, answer.target) for answer in result.answers]
            share = 100 * sum(value >= limit for value in values) / max(1, len(values))
            bars.append(Bar(share, margin(share, len(values)), number))
        groups.append(Group(label, bars))
    return bar_plot("Share of answers with at least so much edit similarity, in percent", groups)


def _times(results: Sequence[Result]) -> list[Series]:
    return [
        Series(result.provider, [answer.total_ms for answer in result.answers], number)
        for number, result in enumerate(results)
    ]
