"""Print what completing has cost, and how it went: requests, tokens, dollars, times, and what was accepted.

The server keeps a line for each request to a model, for 90 days, on this machine only, and never any text; the
setting log.statistics switches that off. Tokens of a prompt are fresh, or cached: read by the provider before, and
often cheaper. Times are medians: how long a request waited before it was sent, how long until its first text came, and
how long the rest took.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from attrs import asdict

from fim_language_server.cli.printing import make_console, remark, say, say_json
from fim_language_server.state.database import UnusableError
from fim_language_server.state.folder import state_folder
from fim_language_server.usage.log import FILE, KEPT_DAYS
from fim_language_server.usage.report import GROUPS, Sum, read_usage

if TYPE_CHECKING:
    from rich.table import Table

_WIDTH_ELSEWHERE = 80
"""Columns of a table that goes into a file or another program."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what decides which use is summed up, and how."""
    parser.add_argument("--days", type=_days, default=30, help="how many days, today among them (default: 30)")
    parser.add_argument("--by", choices=GROUPS, default="day", help="what to sum up by (default: day)")
    parser.add_argument("--json", action="store_true", help="print it as JSON")


def run(arguments: argparse.Namespace) -> int:
    """Print the sums; 1 where nothing can be read."""
    path = Path(state_folder()) / FILE
    try:
        sums = read_usage(path, arguments.by, arguments.days, time.time()) if path.exists() else []
    except UnusableError as error:
        remark(f"fim-language-server stats: {error}")
        return 1
    if arguments.json:
        say_json(as_json(sums, arguments.by, arguments.days), indent=2)
    elif sums:
        _print(sums, arguments.by)
    else:
        say(_nothing_recorded(arguments.days))
    return 0


def as_json(sums: Sequence[Sum], by: str, days: int) -> dict[str, object]:
    """Return the sums as one object: a list of groups, and the sum of all."""
    found = [
        {**asdict(each), "fresh_tokens": each.fresh_tokens, "accepted_share": each.accepted_share} for each in sums
    ]
    return {"days": days, "by": by, "groups": found[:-1], "all": found[-1] if found else None}


def _nothing_recorded(days: int) -> str:
    period = "today" if days == 1 else f"in the last {days} days"
    return f"No requests recorded {period}. Only editors' requests are counted (unless log.statistics is off)."


def money(usd: float | None, unpriced: int, requests: int) -> str:
    """Return a cost in words: what is not known is said, and never counted as nothing."""
    if usd is None or unpriced == requests:
        return "unknown" if requests else "–"
    text = f"${usd:,.2f}" if usd >= 1 or not usd else f"${usd:.4f}"
    return f"{text} + ?" if unpriced else text


def _days(text: str) -> int:
    days = int(text)
    if not 1 <= days <= KEPT_DAYS:
        raise argparse.ArgumentTypeError(f"1 to {KEPT_DAYS} days are kept")
    return days


def _print(sums: Sequence[Sum], by: str) -> None:
    console = make_console(highlight=True, width=None if sys.stdout.isatty() else _WIDTH_ELSEWHERE)
    console.print(_table(sums, by, _COSTS))
    console.print(_table(sums, by, _TIMES))
    if any(each.unpriced for each in sums):
        console.print("?: of some requests nobody knows the price.", style="dim", highlight=False)


_Column = tuple[str, Callable[[Sum], str]]

_COSTS: Final[Sequence[_Column]] = (
    ("requests", lambda each: f"{each.requests:,}"),
    ("failed", lambda each: f"{each.outcomes.get('failed', 0):,}"),
    ("fresh", lambda each: tokens(each.fresh_tokens)),
    ("cached", lambda each: tokens(each.cached_tokens)),
    ("out", lambda each: tokens(each.completion_tokens)),
    ("cost", lambda each: money(each.cost_usd, each.unpriced, each.requests)),
)
"""Columns of the table of costs: fresh and cached tokens of prompts, and tokens of answers."""

_TIMES: Final[Sequence[_Column]] = (
    ("wait, ms", lambda each: _ms(each.latency_ms.wait)),
    ("first text, ms", lambda each: _ms(each.latency_ms.first_text)),
    ("rest, ms", lambda each: _ms(each.latency_ms.stream)),
    ("shown", lambda each: f"{sum(each.suggestions.values()):,}"),
    ("accepted", lambda each: "–" if each.accepted_share is None else f"{each.accepted_share:.0%}"),
)


def _table(sums: Sequence[Sum], by: str, columns: Sequence[_Column]) -> Table:
    from rich.table import Table

    table = Table()
    table.add_column(by, overflow="fold")
    for heading, _ in columns:
        table.add_column(heading, justify="right", no_wrap=True)
    for each in sums:
        if each is sums[-1]:
            table.add_section()
        table.add_row(each.group, *(cell(each) for _, cell in columns))
    return table


def tokens(count: int) -> str:
    """Return a number of tokens in at most seven characters; `--json` has it in full."""
    for unit, name in ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k")):
        if count >= 100_000 and count >= unit:
            return f"{count / unit:.4g}{name}"
    return f"{count:,}"


def _ms(time: float | None) -> str:
    return "–" if time is None else f"{time:,.0f}"
