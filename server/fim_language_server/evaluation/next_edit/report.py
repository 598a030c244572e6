"""The figures of next edits in a screenful."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from attrs import asdict

from fim_language_server.evaluation.next_edit.figures import NextEditFigures, Share

_WIDTH: Final = 100


def as_text(heading: Sequence[str], figures: NextEditFigures) -> str:
    """Return the figures in lines, below a heading."""
    lines = [
        *heading,
        f"{figures.sessions} sessions, {figures.edits:,} edits, {figures.repeated:,} of them repeat an earlier one",
        "",
        f"offered             {figures.offers:,} edits",
        f"precision           {_shown(figures.precision)} of the offers were made by you later on",
        f"reach, repeated     {_shown(figures.reach_repeated)} of the edits that repeat one had been offered before",
        f"reach, all          {_shown(figures.reach)} of all edits had been offered before",
        f"wrong offers        {_shown(figures.wrong_per_100, sign='')} in 100 edits",
        f"quiet               {_shown(figures.quiet)} of the questions with no repeat to come got no offer",
        f"further places      {_shown(figures.precision_following)} of the edits behind the first one were made, too",
        f"time                {_number(figures.p50_ms)} ms (median), {_number(figures.p95_ms)} ms (95th percentile)",
    ]
    lines += ["", "by rule"] if figures.rules else ["", "No edit was offered."]
    for rule in figures.rules:
        lines.append(f"  {rule.source:<17} {rule.right:,} of {rule.offers:,} offers right")
    return "\n".join(line[:_WIDTH] for line in lines)


def as_json(figures: NextEditFigures) -> dict[str, Any]:
    """Return the figures for a JSON report."""
    return asdict(figures)


def _shown(share: Share, sign: str = " %") -> str:
    if share.percent is None:
        return "–"
    return f"{share.percent:.1f}{sign} ({_number(share.low)}–{_number(share.high)})"


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.1f}"
