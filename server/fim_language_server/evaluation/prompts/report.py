"""Figures of recorded prompts, as text of at most 80 columns and as JSON. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from attrs import asdict, field, frozen

from fim_language_server.evaluation.prompts.coverage import Interval, LineCoverage, mean, share

MIDDLE: Final = "middle"
WRITTEN: Final = "written"
RUN: Final = "in a row"

_HEADS: Final = f"{'budget':<8}{'place':<9}{'cross %':>18}{'far %':>7}{'all %':>7}{'prompt B':>10}{'pieces B':>10}"


@frozen
class PassResult:
    """Answers of one pass over lines: the budget and place it was for, and what it cost the server."""

    budget: str
    place: str
    lines: Sequence[LineCoverage] = field(repr=False)
    missing: int
    """Number of lines at which the server sent no prompt."""
    cpu_ms: float | None
    """CPU time of the server's processes a request, in ms."""
    index: str
    """State of the index, in words."""
    memory_mb: float | None = None
    """Resident memory of the server and its children, in MB."""


@frozen
class PromptFigures:
    """Figures of one pass."""

    budget: str
    place: str
    lines: int
    missing: int
    cross: Interval | None
    cross_words: int
    far: Interval | None
    far_words: int
    every: Interval | None
    words: int
    prompt_bytes: Interval | None
    pieces_bytes: Interval | None
    fresh_bytes: Interval | None
    cpu_ms: float | None
    memory_mb: float | None
    index: str


def figures_of(result: PassResult, seed: int) -> PromptFigures:
    """Return the figures of a pass, with intervals whose samples the seed decides."""
    lines = result.lines
    return PromptFigures(
        result.budget,
        result.place,
        len(lines),
        result.missing,
        share(lines, lambda line: line.cross, seed),
        sum(line.cross.wanted for line in lines),
        share(lines, lambda line: line.far, seed),
        sum(line.far.wanted for line in lines),
        share(lines, lambda line: line.every, seed),
        sum(line.every.wanted for line in lines),
        mean(lines, lambda line: line.size, seed),
        mean(lines, lambda line: line.pieces_size, seed),
        mean(lines, lambda line: line.fresh, seed) if result.place == RUN else None,
        result.cpu_ms,
        result.memory_mb,
        result.index,
    )


def as_json(heading: dict[str, Any], figures: Sequence[PromptFigures]) -> dict[str, Any]:
    """Return the report for `--json`; `heading` says what was measured."""
    return {**heading, "passes": [asdict(each) for each in figures]}


def as_text(heading: Sequence[str], figures: Sequence[PromptFigures]) -> str:
    """Return the report in lines of at most 80 columns."""
    lines = [*heading, "", _HEADS]
    lines += [_row(each) for each in figures]
    in_a_row = [each for each in figures if each.place == RUN and each.fresh_bytes and each.prompt_bytes]
    if in_a_row:
        lines += ["", "lines written one after the other, bytes a line:"]
        lines.append(f"{'budget':<8}{'fresh':>20}{'cached':>9}{'prompt':>9}")
        lines += [_cache_row(each) for each in in_a_row]
    lines += ["", f"{'budget':<8}{'place':<9}{'lines':>7}{'cross':>7}{'far':>6}{'words':>7}{'CPU ms':>8}{'MB':>6}"]
    lines += [_cost_row(each) for each in figures]
    lines += [f"index ({each.budget}): {each.index}"[:80] for each in figures if each.place == MIDDLE]
    lines += [
        f"{each.missing} lines ({each.budget}, {each.place}) led to no prompt" for each in figures if each.missing
    ]
    return "\n".join(lines)


def _row(each: PromptFigures) -> str:
    return (
        f"{each.budget:<8}{each.place:<9}{_with_ends(each.cross):>18}{as_number(each.far):>7}{as_number(each.every):>7}"
        f"{as_whole_number(each.prompt_bytes):>10}{as_whole_number(each.pieces_bytes):>10}"
    )


def _cache_row(each: PromptFigures) -> str:
    assert each.fresh_bytes is not None
    assert each.prompt_bytes is not None
    fresh = each.fresh_bytes
    ends = f"{fresh.value:,.0f} [{fresh.low:,.0f}, {fresh.high:,.0f}]"
    return f"{each.budget:<8}{ends:>20}{each.prompt_bytes.value - fresh.value:>9,.0f}{each.prompt_bytes.value:>9,.0f}"


def _cost_row(each: PromptFigures) -> str:
    cpu = "-" if each.cpu_ms is None else f"{each.cpu_ms:.2f}"
    memory = "-" if each.memory_mb is None else f"{each.memory_mb:.0f}"
    return (
        f"{each.budget:<8}{each.place:<9}{each.lines:>7}{each.cross_words:>7}{each.far_words:>6}{each.words:>7}"
        f"{cpu:>8}{memory:>6}"
    )


def _with_ends(interval: Interval | None) -> str:
    return "-" if interval is None else f"{interval.value:.1f} [{interval.low:.1f}, {interval.high:.1f}]"


def as_number(interval: Interval | None) -> str:
    """Return the value with one decimal, "-" where there is none."""
    return "-" if interval is None else f"{interval.value:.1f}"


def as_whole_number(interval: Interval | None) -> str:
    """Return the value without decimals, "-" where there is none."""
    return "-" if interval is None else f"{interval.value:,.0f}"
