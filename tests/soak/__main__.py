"""Every long trial that there is, one after the other: `python -m tests.soak`.

    python -m tests.soak --short                 in about two minutes, for CI
    python -m tests.soak --write                 and write the figures into docs/reliability.md

Each trial is a module with a command of its own that prints one row, its parts separated by `|`, and ends with the
exit status 1 where something went wrong. Then this does, too.
"""

from __future__ import annotations

import argparse
import importlib.util
import platform
import re
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from attrs import frozen

REPOSITORY = Path(__file__).resolve().parents[2]
PAGE = REPOSITORY / "docs" / "reliability.md"
BEGIN, END = "<!-- figures: make soak -->", "<!-- end of figures -->"


@frozen
class Trial:
    """A module of this package, and how much of it a short run takes; 0: it has no short form, and is left out."""

    name: str
    short: int


TRIALS = (
    Trial("provider_faults", 60),
    Trial("protocol_fuzz", 3_000),
    Trial("mirror", 10_000),
    Trial("processes", 4),
    Trial("loop_hold", 0),  # it measures times, which a busy CI machine would spoil; test_loop_hold.py has a short form
)


@frozen
class Result:
    """What a trial printed, and whether it went well."""

    row: str
    is_good: bool


def run(trial: Trial, count: int | None, seed: int) -> Result:
    """Run one trial in a process of its own."""
    command = [sys.executable, "-m", f"tests.soak.{trial.name}", "--seed", str(seed)]
    command += [] if count is None else ["--count", str(count)]
    done = subprocess.run(command, cwd=REPOSITORY, stdout=subprocess.PIPE, text=True, check=False)
    rows = [line for line in done.stdout.splitlines() if "|" in line]
    return Result(rows[-1] if rows else f"{trial.name} | no figures", done.returncode == 0)


def table(results: Sequence[Result]) -> str:
    """Return the rows as a Markdown table."""
    lines = ["| trial | figures |", "|---|---|"]
    for result in results:
        name, *figures = (part.strip() for part in result.row.split("|"))
        lines.append(f"| {name} | {'; '.join(figures)}{'' if result.is_good else '; **went wrong**'} |")
    return "\n".join(lines)


def write(figures: str) -> None:
    """Put the figures into the page, in the place of those before."""
    text = PAGE.read_text(encoding="utf-8")
    start, end = text.index(BEGIN) + len(BEGIN), text.index(END)
    machine = (
        f"Python {platform.python_version()}, {platform.system()} {platform.machine()}, {time.strftime('%Y-%m-%d')}"
    )
    PAGE.write_text(f"{text[:start]}\n{figures}\n\n{machine}.\n{text[end:]}", encoding="utf-8")


def main() -> int:
    """Run the trials, and print their figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--short", action="store_true", help="a part of each, for CI")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", default="", metavar="PATTERN", help="trials whose name matches")
    parser.add_argument("--write", action="store_true", help="write the figures into docs/reliability.md")
    arguments = parser.parse_args()
    results = []
    for trial in TRIALS:
        is_there = importlib.util.find_spec(f"tests.soak.{trial.name}") is not None
        if is_there and re.search(arguments.only, trial.name) and not (arguments.short and not trial.short):
            results.append(run(trial, trial.short if arguments.short else None, arguments.seed))
            print(results[-1].row, flush=True)
    if arguments.write:
        write(table(results))
    return 0 if results and all(result.is_good for result in results) else 1


if __name__ == "__main__":
    sys.exit(main())
