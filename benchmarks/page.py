"""`make performance`: measure everything, and write docs/performance.md and its plots whole.

python -m benchmarks.page [--json FIGURES]      from a run that was kept, instead of a new one
"""

from __future__ import annotations

import argparse
import asyncio
import json
from collections.abc import Mapping
from pathlib import Path
from string import Template
from typing import Any

from benchmarks import __main__ as suite
from benchmarks.servers import REPOSITORY
from fim_language_server.evaluation.plots import Bar, Group, bar_plot

DOCS = REPOSITORY / "docs"
COLOURS = ("#2f6fdb", "#2a9d6f", "#d9822b")
STYLE = (
    "text { font: 11px system-ui, sans-serif; fill: #6b7686; } .grid { stroke: #8883; fill: none; } "
    ".axis { stroke: none; } "
)
SHARES = ("keys with a suggestion", "keys with a right one", "pauses with a suggestion")
RATIOS = {
    "keystroke, 50,000 lines, ours / node": "keystroke, 50,000 lines / node",
    "keystroke, 100 lines, ours / node": "keystroke, 100 lines / node",
    "keystroke, 100 lines, ours / stock pygls": "keystroke / stock pygls",
    "spawn to initialize reply, ours / stock pygls": "start-up / stock pygls",
    "spawn to initialize reply, ours / node": "start-up / node",
}


def make_page(figures: Mapping[str, Any]) -> str:
    """Return the page; its words are in `page.md.in`."""
    words = Template(Path(__file__).with_name("page.md.in").read_text(encoding="utf-8"))
    return words.substitute(
        machine=figures["machine"],
        sessions=_sessions(figures["sessions"]),
        guess=_sessions(figures["guess"]),
        keystroke=_rows(figures["keystroke"]),
        edits=_rows(figures["edits"]),
        index=_rows(figures["index"]),
        first_byte=_rows(figures["first-byte"]),
        hang_up=_rows(figures["hang-up"]),
        shaping=_rows(figures["shaping"]),
    )


def make_plots(figures: Mapping[str, Any]) -> dict[str, str]:
    """Return the plots as SVG, by the name of their file."""
    sessions = [
        Group(name, [Bar(100 * (made.get(share) or 0.0), 0.0, number) for number, share in enumerate(SHARES)])
        for name, made in figures["sessions"].items()
    ]
    ratios = [
        Group(label, [Bar(100 * figures["keystroke"][name], 0.0, 0)])
        for name, label in RATIOS.items()
        if name in figures["keystroke"]
    ]
    return {
        "performance-session.svg": _alone(bar_plot("Percent of: " + "; ".join(SHARES), sessions), SHARES),
        "performance-ratios.svg": _alone(bar_plot("Ours, in percent of others", ratios), ()),
    }


def _alone(svg: str, legend: tuple[str, ...]) -> str:
    """Make an SVG that needs no page around it, with a legend."""
    colours = "".join(f".s{number} {{ fill: {colour}; }} " for number, colour in enumerate(COLOURS))
    marks = "".join(
        f'<rect class="s{number}" x="{60 + 190 * number}" y="244" width="10" height="10"/>'
        f'<text x="{74 + 190 * number}" y="253">{label}</text>'
        for number, label in enumerate(legend)
    )
    opened = svg.replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" font-size="11" ', 1)
    head, mark, rest = opened.partition("</title>")
    return f"{head}{mark}<style>{STYLE}{colours}</style>{rest.removesuffix('</svg>')}{marks}</svg>\n"


def _sessions(columns: Mapping[str, Mapping[str, Any]]) -> str:
    names = list(dict.fromkeys(name for column in columns.values() for name in column))
    head = "| |" + "".join(f" {name} |" for name in columns) + "\n|---|" + "---|" * len(columns)
    rows = [f"| {name} |" + "".join(f" {_cell(it.get(name))} |" for it in columns.values()) for name in names]
    return "\n".join((head, *rows))


def _rows(figures: Mapping[str, Any]) -> str:
    return "\n".join(("| | |", "|---|---|", *(f"| {name} | {_cell(value)} |" for name, value in figures.items())))


def _cell(value: Any) -> str:
    return "–" if value is None else f"{value:,}" if isinstance(value, int) else str(value)


def main() -> None:
    """Write the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", type=Path, metavar="FIGURES", help="figures kept by `make bench`")
    kept = parser.parse_args().json
    figures = json.loads(kept.read_text(encoding="utf-8")) if kept else asyncio.run(suite.measure())
    (DOCS / "performance.md").write_text(make_page(figures), encoding="utf-8")
    for name, svg in make_plots(figures).items():
        (DOCS / name).write_text(svg, encoding="utf-8")


if __name__ == "__main__":
    main()
