"""Print what completing has cost, and how it went: requests, tokens, dollars, times, and what was accepted.

The server keeps a line for each request to a model, for 90 days, on this machine only, and never any text; the
setting log.statistics switches that off. Persons and projects are hashes, or the names in usage.person and
usage.project. Tokens of a prompt are fresh, or cached: read by the provider before, and often cheaper. Times are
medians: how long a request waited before it was sent, how long until its first text came, and how long the rest took.
"""

from __future__ import annotations

import argparse
import csv
import io
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from attrs import asdict

from fim_language_server.cli.printing import make_console, remark, say, say_json
from fim_language_server.state.database import UnusableError
from fim_language_server.state.folder import state_folder
from fim_language_server.usage.database import FILE
from fim_language_server.usage.log import KEPT_DAYS
from fim_language_server.usage.report import NONE, Sum, compact, sum_up
from fim_language_server.usage.rows import GROUPS, MachineUsage, UsageRow, as_wire, read_printed, read_usage_file

if TYPE_CHECKING:
    from rich.table import Table

_WIDTH_ELSEWHERE = 80
"""Columns of a table that goes into a file or another program."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what decides which use is summed up, and how."""
    parser.add_argument("--days", type=_days, default=30, help="how many days, today among them (default: 30)")
    parser.add_argument(
        "--by",
        type=_groups,
        default=["day"],
        metavar="KEY[,KEY…]",
        help=f"what to sum up by: {', '.join(GROUPS)}; several with commas between (default: day)",
    )
    parser.add_argument(
        "--from",
        dest="files",
        nargs="+",
        type=Path,
        metavar="FILE",
        help="sum up what `stats --json` printed into these files, on any machines",
    )
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="print it as JSON, with the rows that --from reads")
    form.add_argument("--csv", action="store_true", help="print it as CSV")


def run(arguments: argparse.Namespace) -> int:
    """Print the sums; 1 where something cannot be read."""
    by, days, now = arguments.by, arguments.days, time.time()
    try:
        usage = _merged(arguments.files, days, now) if arguments.files else _own(days, now)
    except UnusableError as error:
        remark(f"fim-language-server stats: {error}")
        return 1
    sums = sum_up(usage.rows, by)
    if arguments.json:
        say_json(as_json(sums, by, days, usage), indent=2)
    elif arguments.csv:
        say(as_csv(sums, by))
    elif sums:
        _print(sums, by)
    else:
        say(_nothing_recorded(days))
    return 0


def _own(days: int, now: float) -> MachineUsage:
    path = Path(state_folder()) / FILE
    return read_usage_file(path, days, now) if path.exists() else MachineUsage()


def _merged(files: Sequence[Path], days: int, now: float) -> MachineUsage:
    """Return the rows of several machines. Of files of one machine the one that was made last counts."""
    rows: list[UsageRow] = []
    newest: dict[str, MachineUsage] = {}
    for file in dict.fromkeys(path.resolve() for path in files):
        usage = read_printed(file, days, now)
        if not usage.machine:
            rows += usage.rows
            continue
        if usage.machine in newest:
            remark(f"{file}: of one machine there are several files; the one that was printed last counts")
        newest[usage.machine] = max(newest.get(usage.machine, usage), usage, key=lambda each: each.made)
    return MachineUsage((*rows, *(row for usage in newest.values() for row in usage.rows)))


def as_json(sums: Sequence[Sum], by: Sequence[str], days: int, usage: MachineUsage) -> dict[str, object]:
    """Return the sums as one object: a list of groups, the sum of all, and the rows for another machine."""
    found = [
        {**asdict(each), "fresh_tokens": each.fresh_tokens, "accepted_share": each.accepted_share} for each in sums
    ]
    return {
        "days": days,
        "by": ",".join(by),
        "groups": found[:-1],
        "all": found[-1] if found else None,
        "machine": usage.machine,
        "made": usage.made,
        "rows": [as_wire(row) for row in compact(usage.rows)],
    }


def as_csv(sums: Sequence[Sum], by: Sequence[str]) -> str:
    """Return a line for each group, with a heading; names cannot be taken for formulas by a spreadsheet."""
    out = io.StringIO()
    table = csv.writer(out, lineterminator="\n")
    counts = ("requests", "failed", "fresh_tokens", "cached_tokens", "completion_tokens", "cost_usd", "unpriced")
    table.writerow([*by, *counts, "shown", "accepted_share"])
    for each in sums[:-1]:
        numbers = [
            each.requests, each.outcomes.get("failed", 0), each.fresh_tokens, each.cached_tokens,
            each.completion_tokens, each.cost_usd, each.unpriced, sum(each.suggestions.values()), each.accepted_share,
        ]  # fmt: skip
        table.writerow([*(_no_formula(each.keys[name]) for name in by), *numbers])
    return out.getvalue().removesuffix("\n")


def _no_formula(name: str) -> str:
    return f"'{name}" if name.startswith(("=", "+", "-", "@", "\t", "\r")) else name


def _groups(text: str) -> list[str]:
    names = list(dict.fromkeys(name.strip() for name in text.split(",")))
    for name in names:
        if name not in GROUPS:
            raise argparse.ArgumentTypeError(f"{name!r} is none of {', '.join(GROUPS)}")
    return names


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


def _print(sums: Sequence[Sum], by: Sequence[str]) -> None:
    console = make_console(highlight=True, width=None if sys.stdout.isatty() else _WIDTH_ELSEWHERE)
    console.print(_table(sums, by, _COSTS))
    console.print(_table(sums, by, _TIMES))
    if NONE in {name for each in sums for name in each.keys.values()}:
        console.print(f"{NONE}: before this version, or switched off (usage.person, usage.project).", style="dim")
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


def _table(sums: Sequence[Sum], by: Sequence[str], columns: Sequence[_Column]) -> Table:
    from rich.table import Table

    table = Table()
    table.add_column(", ".join(by), overflow="fold")
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
