"""Fit the networks of `embedded/ranking/models.py`, for `fit_ranker.py`: Adam on the likelihood of what is right.

Of a hole's candidates and the outcome "none of them", one is right, and the probability of each is its share of the
exponentials of the scores (the outcome "none" scores 0). Features and hidden units are left out at random while
fitting (dropout, Srivastava et al. 2014), for all candidates of a hole the same ones.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from fim_language_server.embedded.ranking.models import NO_RIVAL

_HIDDEN: Final = 96
_SECOND: Final = 32
_EPOCHS: Final = 25
_BATCH: Final = 128
_RATE: Final = 3e-3
_DECAY: Final = 5e-4
_NO_DECAY: Final = frozenset(["hidden bias", "bias", "second bias"])
_FEATURES_LEFT_OUT: Final = 0.1
_UNITS_LEFT_OUT: Final = 0.3

Floats = NDArray[np.floating]
Weights = dict[str, Floats]


@frozen
class Lists:
    """The candidates of all holes, one after the other."""

    rows: Floats
    right: Floats
    """For each row: 1 where the candidate is right, else 0."""
    starts: NDArray[np.int64]
    """Where each hole's candidates begin, and where the last one's end."""

    def batches(self, chance: np.random.Generator, size: int) -> Iterator[tuple[Floats, Floats, NDArray[np.int64]]]:
        """Yield (rows, right, lengths) of `size` holes at a time, in a random order."""
        order = chance.permutation(len(self.starts) - 1)
        for first in range(0, len(order), size):
            holes = order[first : first + size]
            lengths = self.starts[holes + 1] - self.starts[holes]
            places = np.repeat(self.starts[holes] - (np.cumsum(lengths) - lengths), lengths) + np.arange(lengths.sum())
            yield self.rows[places], self.right[places], lengths


class Adam:
    """The Adam optimiser (Kingma and Ba 2015), with a rate that falls to 0 over `steps` steps."""

    def __init__(self, weights: Weights, rate: float, steps: int) -> None:
        """Take the weights, which are changed in place."""
        self._weights, self._rate, self._steps = weights, rate, steps
        self._mean = {name: np.zeros_like(value) for name, value in weights.items()}
        self._square = {name: np.zeros_like(value) for name, value in weights.items()}
        self._step = 0

    def step(self, slopes: Weights) -> None:
        """Change each weight by its slope."""
        self._step += 1
        weights, mean, square, step = self._weights, self._mean, self._square, self._step
        rate = self._rate * 0.5 * (1 + np.cos(np.pi * step / self._steps))
        for name, slope in slopes.items():
            mean[name] = np.float32(0.9) * mean[name] + np.float32(0.1) * slope
            square[name] = np.float32(0.999) * square[name] + np.float32(0.001) * slope**2
            scale = np.sqrt(square[name] / np.float32(1 - 0.999**step)) + np.float32(1e-8)
            weights[name] = weights[name] - np.float32(rate / (1 - 0.9**step)) * mean[name] / scale


def fit_network(lists: Lists, seed: int) -> Weights:
    """Return the weights of one network for standardised rows, from a start of its own."""
    chance = np.random.default_rng(seed)
    weights = starting_weights(lists.rows.shape[1], chance)
    adam = Adam(weights, _RATE, _EPOCHS * -(-(len(lists.starts) - 1) // _BATCH))
    for _ in range(_EPOCHS):
        for rows, right, lengths in lists.batches(chance, _BATCH):
            kept = np.repeat(_kept((len(lengths), rows.shape[1]), _FEATURES_LEFT_OUT, chance), lengths, 0)
            units_kept = np.repeat(_kept((len(lengths), _HIDDEN), _UNITS_LEFT_OUT, chance), lengths, 0)
            slopes = slopes_of(weights, rows * kept, right, lengths, units_kept)
            for name in slopes.keys() - _NO_DECAY:
                slopes[name] = slopes[name] + np.float32(_DECAY) * weights[name]
            adam.step(slopes)
    return weights


def starting_weights(width: int, chance: np.random.Generator) -> Weights:
    """Return small random weights for `width` features."""
    weights = {
        "hidden": chance.normal(0, width**-0.5, (width, _HIDDEN)),
        "hidden bias": np.zeros(_HIDDEN),
        "output": chance.normal(0, 0.3 * _HIDDEN**-0.5, _HIDDEN),
        "direct": np.zeros(width),
        "bias": np.array(-1.0),
        "own": chance.normal(0, _HIDDEN**-0.5, (_HIDDEN, _SECOND)),
        "rival": chance.normal(0, _HIDDEN**-0.5, (_HIDDEN, _SECOND)),
        "second bias": np.zeros(_SECOND),
        "second output": chance.normal(0, 0.3 * _SECOND**-0.5, _SECOND),
    }
    return {name: value.astype(np.float32) for name, value in weights.items()}


def _kept(shape: tuple[int, int], left_out: float, chance: np.random.Generator) -> Floats:
    kept: Floats = (chance.random(shape, np.float32) >= left_out) / np.float32(1 - left_out)
    return kept


def slopes_of(weights: Weights, rows: Floats, right: Floats, lengths: NDArray[np.int64], kept: Floats) -> Weights:
    """Return how the loss (less likelihood of what is right, by hole) changes with each weight.

    `kept` is what each hidden unit of each row is multiplied by.
    """
    starts = np.cumsum(lengths) - lengths

    def totals(values: Floats) -> Floats:
        return np.repeat(np.add.reduceat(values, starts, axis=0), lengths, axis=0)

    active = np.tanh(rows @ weights["hidden"] + weights["hidden bias"])
    units = active * kept
    first = units @ weights["output"] + rows @ weights["direct"] + weights["bias"]
    likely = _shares(first, starts, lengths)
    parts = likely[:, None] * units
    others = (totals(likely) - likely + np.float32(NO_RIVAL))[:, None]
    rivals = (totals(parts) - parts) / others
    second = np.tanh(units @ weights["own"] + rivals @ weights["rival"] + weights["second bias"])
    by_score = (_shares(first + second @ weights["second output"], starts, lengths) - right) / np.float32(len(lengths))

    by_second = np.outer(by_score, weights["second output"]) * (1 - second**2)
    by_rivals = by_second @ weights["rival"].T / others  # by the sum above `others`
    by_others = -(by_rivals * rivals).sum(1)
    by_parts = totals(by_rivals) - by_rivals
    by_likely = (by_parts * units).sum(1) + totals(by_others) - by_others
    by_first = by_score + likely * (by_likely - totals(likely * by_likely))
    by_units = by_second @ weights["own"].T + likely[:, None] * by_parts + np.outer(by_first, weights["output"])
    by_active = by_units * kept * (1 - active**2)
    return {
        "hidden": rows.T @ by_active,
        "hidden bias": by_active.sum(0),
        "output": units.T @ by_first,
        "direct": rows.T @ by_first,
        "bias": by_first.sum(),
        "own": units.T @ by_second,
        "rival": rivals.T @ by_second,
        "second bias": by_second.sum(0),
        "second output": second.T @ by_score,
    }


def _shares(scores: Floats, starts: NDArray[np.int64], lengths: NDArray[np.int64]) -> Floats:
    """Return the probability of each row among those of its hole and "none of them"."""
    highest = np.maximum(np.maximum.reduceat(scores, starts), np.float32(0.0))
    parts = np.exp(scores - np.repeat(highest, lengths))
    likely: Floats = parts / np.repeat(np.add.reduceat(parts, starts) + np.exp(-highest), lengths)
    return likely
