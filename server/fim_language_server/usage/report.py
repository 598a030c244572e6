"""Recorded usage, summed up by any of day, person, project, host, provider, model and language."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

from attrs import field, frozen

from fim_language_server.core.acceptance import Outcome
from fim_language_server.usage.rows import GROUPS, Times, UsageRow, read_usage_file

TOTAL: Final = "all"
NONE: Final = "(none)"
BETWEEN: Final = " · "
"""Separator of the names of a group by several keys."""


@frozen
class Latency:
    """Medians in ms, of the requests that got so far: the wait before, until the first text, and from there on."""

    wait: float | None = None
    first_text: float | None = None
    stream: float | None = None


@frozen
class Sum:
    """Sum over a group of requests: their cost, and the outcomes of suggestions.

    `prompt_tokens` are all that were sent, `cached_tokens` those of them that the provider did not have to read again.
    `cost_usd` is of those whose price is known; None where it is of none. `unpriced` are the others.
    """

    group: str
    keys: dict[str, str]
    requests: int
    outcomes: dict[str, int]
    prompt_tokens: int
    cached_tokens: int
    completion_tokens: int
    cost_usd: float | None
    unpriced: int
    estimated: int
    latency_ms: Latency = field(factory=Latency)
    suggestions: dict[str, int] = field(factory=dict)

    @property
    def fresh_tokens(self) -> int:
        """The tokens of prompts that were not cached."""
        return max(0, self.prompt_tokens - self.cached_tokens)

    @property
    def accepted_share(self) -> float | None:
        """The share of the suggestions shown that was accepted, whole or in part; None where none was shown."""
        shown = sum(self.suggestions.values())
        taken = sum(self.suggestions.get(it.value, 0) for it in (Outcome.ACCEPTED, Outcome.PARTLY_ACCEPTED))
        return taken / shown if shown else None


def read_usage(path: Path, by: str, days: int, now: float) -> list[Sum]:
    """Return a sum for each group of a file's last `days` days, and at the end the sum of all. Raises UnusableError.

    `by` is one of `rows.GROUPS`; see `sum_up` for the order.
    """
    return sum_up(read_usage_file(path, days, now).rows, [by])


def sum_up(rows: Sequence[UsageRow], by: Sequence[str]) -> list[Sum]:
    """Return a sum for each group of rows that have the keys `by` in common, and at the end the sum of all.

    Groups by day come in its order, other groups by the number of their requests. A row without one of the keys is
    in the sum of all only.
    """
    groups: dict[tuple[str, ...], list[UsageRow]] = {}
    places = [GROUPS.index(name) for name in by]
    for row in rows:
        found = tuple(row.keys[place] for place in places)
        if None not in found:
            groups.setdefault(tuple(key or NONE for key in found), []).append(row)
    sums = [_sum(BETWEEN.join(keys), dict(zip(by, keys, strict=True)), its) for keys, its in groups.items()]
    sums.sort(key=lambda each: (each.keys.get("day", ""), -each.requests, each.group))
    return [*sums, _sum(TOTAL, {}, rows)] if rows else []


def compact(rows: Iterable[UsageRow]) -> list[UsageRow]:
    """Return the rows with those joined that have all keys in common, without times; in the order of their keys."""
    groups: dict[tuple[str | None, ...], list[UsageRow]] = {}
    for row in rows:
        groups.setdefault(row.keys, []).append(row)
    order = sorted(groups, key=lambda keys: tuple(key or "" for key in keys))
    return [_joined(keys, groups[keys]) for keys in order]


def _joined(keys: tuple[str | None, ...], rows: Sequence[UsageRow]) -> UsageRow:
    return UsageRow(
        keys,
        requests=sum(row.requests for row in rows),
        outcomes=_added(row.outcomes.items() for row in rows),
        prompt_tokens=sum(row.prompt_tokens for row in rows),
        cached_tokens=sum(row.cached_tokens for row in rows),
        completion_tokens=sum(row.completion_tokens for row in rows),
        cost_usd=sum(row.cost_usd for row in rows),
        unpriced=sum(row.unpriced for row in rows),
        estimated=sum(row.estimated for row in rows),
        suggestions=_added(row.suggestions.items() for row in rows),
    )


def _sum(group: str, keys: dict[str, str], rows: Sequence[UsageRow]) -> Sum:
    joined = _joined((), rows)
    times = [row.times for row in rows if row.times is not None]
    wait, first_text, stream = (_median(times, place) for place in range(3))
    return Sum(
        group=group,
        keys=keys,
        requests=joined.requests,
        outcomes=dict(joined.outcomes),
        prompt_tokens=joined.prompt_tokens,
        cached_tokens=joined.cached_tokens,
        completion_tokens=joined.completion_tokens,
        cost_usd=joined.cost_usd if joined.unpriced < joined.requests else None,
        unpriced=joined.unpriced,
        estimated=joined.estimated,
        latency_ms=Latency(wait, first_text, stream),
        suggestions={outcome: n for outcome, n in joined.suggestions.items() if n > 0},
    )


def _added(counts: Iterable[Iterable[tuple[str, int]]]) -> dict[str, int]:
    total: Counter[str] = Counter()
    for each in counts:
        for name, n in each:
            total[name] += n
    return {name: n for name, n in total.items() if n}


def _median(times: Sequence[Times], place: int) -> float | None:
    known = [each[place] for each in times if each[place] is not None]
    return statistics.median([time for time in known if time is not None]) if known else None
