"""Recorded usage, summed up by day, provider, model or language."""

from __future__ import annotations

import datetime as dt
import sqlite3
import statistics
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Final

from attrs import field, frozen

from fim_language_server.core.acceptance import Outcome
from fim_language_server.state.database import UnusableError, open_to_read
from fim_language_server.usage.log import local_day

GROUPS: Final = ("day", "provider", "model", "language")
TOTAL: Final = "all"


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


@frozen
class _Request:
    at: float
    provider: str
    model: str
    language: str
    outcome: str
    latency: tuple[float, float | None, float | None]
    tokens: tuple[int, int, int]  # prompt, cached, completion
    is_estimated: bool
    cost: float | None


def read_usage(path: Path, by: str, days: int, now: float) -> list[Sum]:
    """Return a sum for each group of the last `days` days, today among them, and at the end the sum of all.

    Days come in order, other groups by the number of their requests. Raises UnusableError.
    """
    first_day = local_day(now) - days + 1
    connection = open_to_read(path)
    try:
        rows = connection.execute(
            "SELECT at, provider, model, language, outcome, wait_ms, first_text_ms, stream_ms,"
            " prompt_tokens, cached_tokens, completion_tokens, is_estimated, cost FROM requests"
        ).fetchall()
        offers = connection.execute("SELECT day, provider, language, outcome, n FROM offers").fetchall()
    except sqlite3.Error as error:
        raise UnusableError(f"{path} cannot be read ({error})") from None
    finally:
        connection.close()
    requests = [
        _Request(
            at, provider, model, language, outcome, (wait, first, stream), (prompt, cached, out), bool(estimated), cost
        )
        for at, provider, model, language, outcome, wait, first, stream, prompt, cached, out, estimated, cost in rows
    ]
    requests = [request for request in requests if local_day(request.at) >= first_day]
    offers = [offer for offer in offers if offer[0] >= first_day]
    return _sums(requests, offers, by)


def _sums(requests: Sequence[_Request], offers: Sequence[Sequence[Any]], by: str) -> list[Sum]:
    groups: dict[str, list[_Request]] = {}
    fates: dict[str, Counter[str]] = {}
    for request in requests:
        group_by = {
            "day": _date(local_day(request.at)),
            "provider": request.provider,
            "model": f"{request.provider} {request.model}".strip(),
            "language": request.language,
        }
        groups.setdefault(group_by[by], []).append(request)
    for day, provider, language, outcome, n in offers:
        # A suggestion is kept with its provider only, so by model they are summed up in the total.
        name = {"day": _date(day), "provider": provider, "model": TOTAL, "language": language}[by]
        for group in {name, TOTAL}:
            fates.setdefault(group, Counter())[outcome] += n
    named = {*groups, *fates} - {TOTAL}
    ordered = sorted(named) if by == "day" else sorted(named, key=lambda name: (-len(groups.get(name, ())), name))
    sums = [_sum(name, groups.get(name, []), fates.get(name, Counter())) for name in ordered]
    return [*sums, _sum(TOTAL, requests, fates.get(TOTAL, Counter()))] if sums else []


def _sum(group: str, requests: Sequence[_Request], fates: Counter[str]) -> Sum:
    costs = [request.cost for request in requests if request.cost is not None]
    prompt, cached, completion = (sum(request.tokens[n] for request in requests) for n in range(3))
    wait, first_text, stream = (_median(request.latency[n] for request in requests) for n in range(3))
    return Sum(
        group=group or "(none)",
        requests=len(requests),
        outcomes=dict(Counter(request.outcome for request in requests)),
        prompt_tokens=prompt,
        cached_tokens=cached,
        completion_tokens=completion,
        cost_usd=sum(costs) if costs else None,
        unpriced=len(requests) - len(costs),
        estimated=sum(request.is_estimated for request in requests),
        latency_ms=Latency(wait, first_text, stream),
        suggestions={outcome: n for outcome, n in fates.items() if n > 0},
    )


def _median(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return statistics.median(known) if known else None


def _date(day: int) -> str:
    return (dt.date(1970, 1, 1) + dt.timedelta(days=day)).isoformat()
