"""Figures of replayed sessions, with 95 % intervals by bootstrap over the sessions. Pure."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Final

from attrs import frozen

from fim_language_server.evaluation.metrics import percentile
from fim_language_server.evaluation.next_edit.replay import SessionResult

RESAMPLES: Final = 1_000


@frozen
class Share:
    """A share in percent, of how many, with its interval; None of nothing."""

    percent: float | None
    of: int
    low: float | None = None
    high: float | None = None


@frozen
class RuleFigures:
    """The offers of one rule."""

    source: str
    offers: int
    right: int


@frozen
class NextEditFigures:
    """The figures of a set of sessions; each is defined in docs/next-edit.md."""

    sessions: int
    edits: int
    repeated: int
    offers: int
    reach: Share
    reach_repeated: Share
    precision: Share
    precision_following: Share
    wrong_per_100: Share
    quiet: Share
    p50_ms: float | None
    p95_ms: float | None
    rules: tuple[RuleFigures, ...]


def figures_of(results: Sequence[SessionResult], seed: int = 7) -> NextEditFigures:
    """Return the figures of replayed sessions."""

    def share(part: Callable[[SessionResult], int], whole: Callable[[SessionResult], int]) -> Share:
        return _share([(part(each), whole(each)) for each in results], seed)

    rules = defaultdict[str, list[bool]](list)
    for result in results:
        for offer in result.offers:
            rules[offer.source].append(offer.is_right)
    times = [ms for each in results for ms in each.ms]
    return NextEditFigures(
        len(results),
        sum(each.edits for each in results),
        sum(each.repeated for each in results),
        sum(len(each.offers) for each in results),
        share(lambda each: each.reached, lambda each: each.edits),
        share(lambda each: each.reached_repeated, lambda each: each.repeated),
        share(right_offers, lambda each: len(each.offers)),
        share(lambda each: each.following[0], lambda each: each.following[1]),
        share(lambda each: len(each.offers) - right_offers(each), lambda each: each.edits),
        share(lambda each: each.quiet_silent, lambda each: each.quiet_asked),
        percentile(times, 0.5),
        percentile(times, 0.95),
        tuple(RuleFigures(name, len(right), sum(right)) for name, right in sorted(rules.items())),
    )


def right_offers(result: SessionResult) -> int:
    """Return how many offers of a session were right."""
    return sum(offer.is_right for offer in result.offers)


def _share(pairs: Sequence[tuple[int, int]], seed: int) -> Share:
    part, whole = sum(pair[0] for pair in pairs), sum(pair[1] for pair in pairs)
    if not whole:
        return Share(None, 0)
    chance = random.Random(seed)  # noqa: S311
    pairs = [pair for pair in pairs if pair[1]]
    shares = []
    for _ in range(RESAMPLES):
        drawn = chance.choices(pairs, k=len(pairs))
        shares.append(100 * sum(pair[0] for pair in drawn) / sum(pair[1] for pair in drawn))
    return Share(100 * part / whole, whole, percentile(shares, 0.025), percentile(shares, 0.975))
