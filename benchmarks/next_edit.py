"""Next edits without a model: how many are offered, how many of them rightly, and how long a question takes.

    python -m benchmarks.next_edit                               # this project's own commits, and made refactorings
    python -m benchmarks.next_edit PATH…  [--commits N] [--wrong]

A PATH is a git repository, a recorded session, or a folder with some. Refactorings are made on this project's files
and on installed packages: half of them repeat something, the other half only look as if they did.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import attrs

from benchmarks.refactorings import refactorings
from benchmarks.servers import REPOSITORY
from benchmarks.tally import Figures
from fim_language_server.core.next_edit.repeats import find_repeat
from fim_language_server.core.next_edit.values import DocumentText, NextEditQuestion, PastEdit
from fim_language_server.errors import SettingsError
from fim_language_server.evaluation.metrics import percentile
from fim_language_server.evaluation.next_edit.figures import NextEditFigures, figures_of
from fim_language_server.evaluation.next_edit.measuring import measure_sessions, sessions_of
from fim_language_server.evaluation.next_edit.replay import SessionResult
from fim_language_server.evaluation.next_edit.report import as_text

COMMITS = 400
MADE = 300
"""Refactorings that are made."""
LARGE_LINES, LARGE_OTHERS, LARGE_QUESTIONS = 5_000, 10, 200


def measure() -> dict[str, Figures]:
    """Return the figures of this project's commits, of made refactorings, and of questions about large documents."""
    found: dict[str, Figures] = {}
    with contextlib.suppress(SettingsError):  # An unpacked source has no commits.
        found["own commits"] = _row(figures_of(_played(sessions_of(REPOSITORY, COMMITS))))
    found["made refactorings"] = _row(figures_of(_played(refactorings(MADE, seed=7))))
    times = large_questions()
    found["5,000 lines, 10 others"] = {
        "ms p50": _rounded(percentile(times, 0.5)),
        "ms p95": _rounded(percentile(times, 0.95)),
    }
    return found


def _played(sessions: Iterator[Any]) -> list[SessionResult]:
    return list(measure_sessions(sessions, time.perf_counter))


def _row(figures: NextEditFigures) -> Figures:
    return {
        "sessions": figures.sessions,
        "edits": figures.edits,
        "repeated": figures.repeated,
        "offers": figures.offers,
        "right %": _rounded(figures.precision.percent),
        "repeated offered %": _rounded(figures.reach_repeated.percent),
        "wrong per 100 edits": _rounded(figures.wrong_per_100.percent),
        "quiet %": _rounded(figures.quiet.percent),
        "ms p50": _rounded(figures.p50_ms),
        "ms p95": _rounded(figures.p95_ms),
    }


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 1)


def large_questions() -> list[float]:
    """Return the ms of CPU time that questions about a document of 5,000 lines take, with ten as large beside it.

    Each asks after a name was changed in one line of this project's code.
    """
    files = sorted((REPOSITORY / "server").rglob("*.py"))
    rows = [row for file in files for row in file.read_text(encoding="utf-8").split("\n")]
    texts = [rows[start : start + LARGE_LINES] for start in range(0, LARGE_LINES + LARGE_OTHERS * 1_000, 1_000)]
    others = tuple(
        DocumentText(f"file:///{number}.py", f"{number}.py", "python", "\n".join(text))
        for number, text in enumerate(texts[1 : LARGE_OTHERS + 1])
    )
    named = [(line, row) for line, row in enumerate(texts[0]) if row.strip().startswith(("def ", "for ", "self."))]
    times = []
    for line, row in named[:: max(1, len(named) // LARGE_QUESTIONS)][:LARGE_QUESTIONS]:
        name = row.split()[1].split("(")[0] if " " in row.strip() else row.strip()
        changed = row.replace(name, f"{name}_value", 1)
        text = "\n".join([*texts[0][:line], changed, *texts[0][line + 1 :]])
        document = DocumentText("file:///a.py", "a.py", "python", text)
        edit = PastEdit(document.uri, "a.py", line, (row,), (changed,))
        question = NextEditQuestion(document, 1, text.find(changed), (edit,), others)
        began = time.thread_time()
        find_repeat(question)
        times.append((time.thread_time() - began) * 1_000)
    return times


def main(words: Sequence[str] | None = None) -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("paths", metavar="PATH", nargs="*", type=Path)
    parser.add_argument("--commits", type=int, default=COMMITS, help=f"newest commits that are read ({COMMITS})")
    parser.add_argument("--wrong", action="store_true", help="print each wrong offer, and what it was offered after")
    parser.add_argument("--json", type=Path, metavar="PATH", help="write the figures here, too")
    arguments = parser.parse_args(words)
    kept = {}
    named = [(str(path), sessions_of(path, arguments.commits)) for path in arguments.paths]
    for name, sessions in named or [
        ("this project's commits", sessions_of(REPOSITORY, arguments.commits)),
        ("made refactorings", refactorings(MADE, seed=7)),
    ]:
        results = _played(sessions)
        if arguments.wrong:
            wrong = (offer for result in results for offer in result.offers if not offer.is_right)
            print(*(f"{offer.session} {offer.source} {offer.description}" for offer in wrong), sep="\n")
        figures = figures_of(results)
        kept[name] = attrs.asdict(figures)
        print(as_text([name], figures), "\n")
    if not arguments.paths:
        times = large_questions()
        kept["large documents, ms"] = {"p50": percentile(times, 0.5), "p95": percentile(times, 0.95)}
        print(
            f"5,000 lines, 10 others: {percentile(times, 0.5):.1f} ms (median), {percentile(times, 0.95):.1f} ms (95th)"
        )
    if arguments.json:
        arguments.json.write_text(json.dumps(kept, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
