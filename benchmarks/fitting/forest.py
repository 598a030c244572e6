"""Fit the forest of `embedded/ranking/models.py` by gradient boosting, for `fit_ranker.py`.

Each tree is fitted to the slope of the loss (less likelihood of what is right, "none of them" being one outcome) on
a part of the holes and of the features; its questions are chosen from histograms.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from benchmarks.fitting.networks import Lists

_TREES: Final = 300
_DEPTH: Final = 6
_RATE: Final = 0.15
_DECAY: Final = 3.0
"""Curvature that is added to each leaf's: a leaf with few rows says little."""
_HOLES: Final = 12_000
"""Holes that a tree is fitted to, at most; not more than _SHARE_OF_HOLES of all."""
_SHARE_OF_HOLES: Final = 0.35
_SHARE_OF_FEATURES: Final = 0.3
_BINS: Final = 32
_SAMPLE: Final = 60_000
_START: Final = -3.0

Floats = NDArray[np.floating]
Integers = NDArray[np.int64]


def fit_forest(lists: Lists) -> dict[str, Any]:
    """Return the forest for standardised rows, as `ranker.json` has it; of each hole one row, or none, is right."""
    rows, right, starts = lists.rows, lists.right, lists.starts
    chance = np.random.default_rng(0)
    limits = [_limits(rows[:, feature], chance) for feature in range(rows.shape[1])]
    bins = [np.searchsorted(limit, rows[:, feature]).astype(np.uint8) for feature, limit in enumerate(limits)]
    lengths = np.diff(starts)
    share = min(_SHARE_OF_HOLES, _HOLES / len(lengths))
    scores = np.full(len(right), _START)
    forest: dict[str, Any] = {"start": _START, "features": [], "limits": [], "leaves": []}
    for _ in range(_TREES):
        likely = _probabilities(scores, starts[:-1], lengths)
        taken = np.flatnonzero(np.repeat(chance.random(len(lengths)) < share, lengths))
        features = chance.choice(rows.shape[1], int(_SHARE_OF_FEATURES * rows.shape[1]), replace=False)
        slopes = (likely - right)[taken]
        bends = np.maximum(likely * (1 - likely), 1e-4)[taken]
        questions, leaf = _grow(
            {int(one): bins[one][taken].astype(np.int64) for one in features}, limits, slopes, bends
        )
        totals = np.bincount(leaf, slopes, 1 << _DEPTH), np.bincount(leaf, bends, 1 << _DEPTH)
        leaves = np.round(-_RATE * totals[0] / (totals[1] + _DECAY), 3)
        everywhere = np.zeros(len(right), np.int64)
        for feature, place in questions:
            everywhere = 2 * everywhere + (bins[feature] > place)
        scores += leaves[everywhere]
        forest["features"].append([feature for feature, _ in questions])
        forest["limits"].append([float(limits[feature][place]) for feature, place in questions])
        forest["leaves"].append(leaves.tolist())
    return forest


def _limits(column: Floats, chance: np.random.Generator) -> Floats:
    """Return the limits between a feature's bins, halfway between values, so that rounding moves none across."""
    values = np.unique(chance.choice(column, min(len(column), _SAMPLE), replace=False))
    if len(values) < 2:
        return np.array([values[0] + 1.0])
    places = np.linspace(0, 1, _BINS + 1)[1:-1]
    sample = chance.choice(column, min(len(column), _SAMPLE), replace=False)
    chosen = np.unique(np.searchsorted(values, np.quantile(sample, places, method="lower")))
    chosen = chosen[chosen < len(values) - 1]
    if not len(chosen):
        chosen = np.array([0])
    limits: Floats = np.unique(np.round((values[chosen] + values[chosen + 1]) / 2, 4))
    return limits


def _grow(
    bins: dict[int, Integers], limits: list[Floats], slopes: Floats, bends: Floats
) -> tuple[list[tuple[int, int]], Integers]:
    """Return a tree's questions (feature, place of its limit), and the leaf of each row."""
    leaf = np.zeros(len(slopes), np.int64)
    questions: list[tuple[int, int]] = []
    for level in range(_DEPTH):
        best, question = -np.inf, (0, 0)
        for feature, places in bins.items():
            gains = _gains(_BINS * leaf + places, _BINS << level, slopes, bends)[: len(limits[feature])]
            place = int(gains.argmax())
            if gains[place] > best:
                best, question = gains[place], (feature, place)
        questions.append(question)
        leaf = 2 * leaf + (bins[question[0]] > question[1])
    return questions, leaf


def _gains(keys: Integers, size: int, slopes: Floats, bends: Floats) -> Floats:
    """Return for each limit how much the loss falls if every node is split there."""
    slope = np.bincount(keys, slopes, size).reshape(-1, _BINS).cumsum(1)
    bend = np.bincount(keys, bends, size).reshape(-1, _BINS).cumsum(1)
    all_slope, all_bend = slope[:, -1:], bend[:, -1:]
    gains: Floats = (slope**2 / (bend + _DECAY) + (all_slope - slope) ** 2 / (all_bend - bend + _DECAY)).sum(0)
    return gains


def _probabilities(scores: Floats, starts: Integers, lengths: Integers) -> Floats:
    """Return the probability of each row among those of its hole and "none of them"."""
    highest = np.maximum(np.maximum.reduceat(scores, starts), 0.0)
    parts = np.exp(scores - np.repeat(highest, lengths))
    totals = np.add.reduceat(parts, starts) + np.exp(-highest)
    likely: Floats = parts / np.repeat(totals, lengths)
    return likely
