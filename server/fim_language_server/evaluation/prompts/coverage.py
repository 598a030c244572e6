"""Share of the words of a line that a prompt holds, by where else they stand. Pure.

A word of the line is *cross* if it stands nowhere else in its own file as it is open, but in another file of the
workspace, and *far* if it stands in the own file outside of the windows. Cross words count as held if a piece of
another file has them, far ones if any piece does.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final

from attrs import frozen

from fim_language_server.evaluation.metrics import percentile
from fim_language_server.evaluation.prompts.identifiers import identifiers_in
from fim_language_server.evaluation.prompts.recorded import RecordedPrompt

RESAMPLES: Final = 1_000
"""Number of bootstrap samples of an interval."""


@frozen
class Held:
    """Number of words that are held, and of those that are wanted."""

    held: int = 0
    wanted: int = 0


@frozen
class LineCoverage:
    """Words of one line that its prompt holds. `name` is the line's file, by which samples are drawn."""

    name: str
    cross: Held
    far: Held
    every: Held
    size: int
    pieces_size: int
    fresh: int = 0


@frozen
class Interval:
    """A share in percent (or another mean) with the ends of its 95 % bootstrap interval."""

    value: float
    low: float
    high: float


def cover(
    name: str, words: frozenset[str], document: str, elsewhere: frozenset[str], prompt: RecordedPrompt, fresh: int = 0
) -> LineCoverage:
    """Return what a prompt holds of the `words` of a line.

    `document` is the file as it is open, without the line. `elsewhere` are words that stand in other files, and
    `fresh` is the number of bytes that no cache holds.
    """
    in_windows = identifiers_in(prompt.prefix) | identifiers_in(prompt.suffix)
    of_others = frozenset[str]().union(*(identifiers_in(each.text) for each in prompt.pieces if each.path != name))
    of_all = frozenset[str]().union(*(identifiers_in(each.text) for each in prompt.pieces))
    in_document = identifiers_in(document)
    cross = (words - in_document) & elsewhere
    far = (words & in_document) - in_windows
    return LineCoverage(
        name,
        Held(len(cross & of_others), len(cross)),
        Held(len(far & of_all), len(far)),
        Held(len(words & (in_windows | of_all)), len(words)),
        prompt.size,
        prompt.pieces_size,
        fresh,
    )


def share(lines: Iterable[LineCoverage], part: Callable[[LineCoverage], Held], seed: int) -> Interval | None:
    """Return the share of wanted words that are held, in percent; None where no word is wanted."""
    sums: dict[str, list[float]] = {}
    for line in lines:
        entry = sums.setdefault(line.name, [0, 0])
        entry[0] += 100 * part(line).held
        entry[1] += part(line).wanted
    return ratio_interval(sums, seed)


def mean(lines: Iterable[LineCoverage], of: Callable[[LineCoverage], float], seed: int) -> Interval | None:
    """Return the mean of a figure of each line; None of no lines."""
    sums: dict[str, list[float]] = {}
    for line in lines:
        entry = sums.setdefault(line.name, [0, 0])
        entry[0] += of(line)
        entry[1] += 1
    return ratio_interval(sums, seed)


def ratio_interval(sums: Mapping[str, Sequence[float]], seed: int) -> Interval | None:
    """Return the ratio of two sums over groups, with the interval of samples of the groups drawn with replacement.

    `sums` has (numerator, denominator) by group. None where the denominator is 0. Source: Efron 1979; percentiles of
    the samples' ratios.
    """
    groups = [sums[name] for name in sorted(sums)]
    above, below = sum(group[0] for group in groups), sum(group[1] for group in groups)
    if not below:
        return None
    chance, ratios = random.Random(seed), []  # noqa: S311 (nothing here is secret)
    for _ in range(RESAMPLES):
        drawn = chance.choices(groups, k=len(groups))
        if total := sum(group[1] for group in drawn):
            ratios.append(sum(group[0] for group in drawn) / total)
    low, high = percentile(ratios, 0.025), percentile(ratios, 0.975)
    assert low is not None
    assert high is not None
    return Interval(above / below, low, high)
