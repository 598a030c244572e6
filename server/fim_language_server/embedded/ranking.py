"""How likely is each candidate the right one? A small neural network over named features, with fitted weights.

The weights (`ranker.json`) are fitted by `server/tools/fit_ranker.py` on repositories named in that file, and are
reported on others only. A probability is calibrated: of the candidates given 0.7, seven in ten are right.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import resources
from typing import Any, Final

import numpy as np
from attrs import field, frozen
from numpy.typing import NDArray

LIMIT: Final = 6.0
"""Standard deviations from the mean beyond which a feature's value makes no more difference."""

LEAST: Final = 1e-4
"""Probability below which, and above one minus which, a line's makes no more difference to its block's."""

Floats = NDArray[np.float64]


@frozen
class Network:
    """One hidden layer of tanh beside a direct path: what a candidate's standardised features score."""

    hidden: Floats = field(repr=False)
    """Weights by feature and hidden unit."""
    hidden_bias: Floats = field(repr=False)
    output: Floats = field(repr=False)
    """Weights of the hidden units."""
    direct: Floats = field(repr=False)
    """Weights of the features themselves."""
    bias: float

    def scores(self, rows: Floats) -> Floats:
        """Return the score of each row of features."""
        scores: Floats = np.tanh(rows @ self.hidden + self.hidden_bias) @ self.output + rows @ self.direct + self.bias
        return scores


@frozen
class Ranker:
    """Features by name, their mean and standard deviation, and networks whose scores are averaged."""

    features: Sequence[str] = field(repr=False)
    mean: Floats = field(repr=False)
    deviation: Floats = field(repr=False)
    networks: Sequence[Network] = field(repr=False)

    @classmethod
    def load(cls) -> Ranker:
        """Return the ranker that ships with the package."""
        return _load()

    def probabilities(self, rows: Sequence[Mapping[str, float]]) -> list[float]:
        """Return for each candidate's features the probability that it is right; with "none is", they add up to 1."""
        if not rows:
            return []
        values = np.array([[row[name] for name in self.features] for row in rows])
        scaled = np.clip((values - self.mean) / self.deviation, -LIMIT, LIMIT)
        scores = np.mean([network.scores(scaled) for network in self.networks], axis=0)
        highest = max(0.0, float(scores.max()))
        parts = np.exp(scores - highest)
        probabilities: list[float] = (parts / (parts.sum() + np.exp(-highest))).tolist()
        return probabilities


@frozen
class BlockJudge:
    """How likely is a line right together with the block below it? A logistic regression over named features."""

    weights: Mapping[str, float] = field(repr=False)
    line: float
    """Weight of the logarithm of the line's own odds."""
    bias: float

    @classmethod
    def load(cls) -> BlockJudge:
        """Return the judge that ships with the package."""
        data = _read()["block"]
        return cls(data["features"], data["line"], data["bias"])

    def probability(self, line: float, features: Mapping[str, float]) -> float:
        """Return the probability of line and block, given that of the line (0 … 1)."""
        line = min(max(line, LEAST), 1 - LEAST)
        score = self.bias + self.line * math.log(line / (1 - line))
        score += sum(weight * features[name] for name, weight in self.weights.items())
        return 1 / (1 + math.exp(-score))


@cache
def _read() -> dict[str, Any]:
    data: dict[str, Any] = json.loads(resources.files(__package__).joinpath("ranker.json").read_text("utf-8"))
    return data


@cache
def _load() -> Ranker:
    data = _read()
    features = data["features"]
    networks = [
        Network(
            np.array(network["hidden"]),
            np.array(network["hidden bias"]),
            np.array(network["output"]),
            np.array(network["direct"]),
            float(network["bias"]),
        )
        for network in data["networks"]
    ]
    return Ranker(
        [feature["name"] for feature in features],
        np.array([feature["mean"] for feature in features]),
        np.array([feature["deviation"] for feature in features]),
        networks,
    )
