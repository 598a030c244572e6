"""Models that give each candidate its probability: small networks and a forest over named features.

Their weights (`ranker.json`) are fitted by `make fit` (`benchmarks/fitting`) on the repositories that the file names,
and measured on other repositories only. Probabilities are calibrated: of the candidates given 0.7, seven in ten are
right.
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
"""Standard deviations from the mean to which a feature's value is clipped."""

NO_RIVAL: Final = 1e-3
"""Added to the sum of the rivals' probabilities, so that the mean of a candidate without rivals is 0, not undefined."""

LEAST: Final = 1e-4
"""Least probability of a line, and least distance from 1, to which it is clipped in the probability of its block."""

_MOST: Final = 30.0
"""Greatest absolute value of the logarithm of a vote's weight."""

Floats = NDArray[np.float64]


@frozen
class Network:
    """A network with one hidden layer of tanh units beside a direct path, from standardised features to a score."""

    hidden: Floats = field(repr=False)
    """Weights by feature and hidden unit."""
    hidden_bias: Floats = field(repr=False)
    output: Floats = field(repr=False)
    """Weights of the hidden units."""
    direct: Floats = field(repr=False)
    """Weights of the features themselves."""
    bias: float

    @classmethod
    def read(cls, data: Mapping[str, Any]) -> Network:
        """Return the network whose weights `data`, a part of `ranker.json`, holds by name."""
        hidden, hidden_bias, output, direct = (
            np.array(data[name]) for name in ("hidden", "hidden bias", "output", "direct")
        )
        return cls(hidden, hidden_bias, output, direct, float(data["bias"]))

    def units(self, rows: Floats) -> Floats:
        """Return the hidden units of each row of features."""
        units: Floats = np.tanh(rows @ self.hidden + self.hidden_bias)
        return units

    def scores(self, rows: Floats, units: Floats | None = None) -> Floats:
        """Return the score of each row of features; `units` are its hidden units if they are computed already."""
        if units is None:
            units = self.units(rows)
        scores: Floats = units @ self.output + rows @ self.direct + self.bias
        return scores


@frozen
class RivalNetwork:
    """A network that scores candidates beside each other: by their own features, and by those of their rivals.

    A first network scores each candidate alone. The rivals of a candidate are summarised by the mean of their hidden
    units, weighted by their first probabilities; a second hidden layer reads both, and corrects the score.
    """

    first: Network
    own: Floats = field(repr=False)
    """Weights from the candidate's hidden units to the second layer."""
    rival: Floats = field(repr=False)
    """Weights from the mean of its rivals' hidden units to the second layer."""
    second_bias: Floats = field(repr=False)
    second_output: Floats = field(repr=False)
    """Weights of the second layer's units in the score."""

    @classmethod
    def read(cls, data: Mapping[str, Any]) -> RivalNetwork:
        """Return the network whose weights `data`, a part of `ranker.json`, holds by name."""
        second = (np.array(data[name]) for name in ("own", "rival", "second bias", "second output"))
        return cls(Network.read(data), *second)

    def scores(self, rows: Floats) -> Floats:
        """Return the score of each row of features; the rows are the candidates of one cursor."""
        units = self.first.units(rows)
        first = self.first.scores(rows, units)
        likely = shares(first)
        parts = likely[:, None] * units
        rivals = (parts.sum(0) - parts) / (likely.sum() - likely + NO_RIVAL)[:, None]
        second = np.tanh(units @ self.own + rivals @ self.rival + self.second_bias)
        scores: Floats = first + second @ self.second_output
        return scores


@frozen
class Forest:
    """A forest of symmetric trees (Prokhorenkova et al. 2018, CatBoost).

    Each level of a tree compares one feature with one limit; the results, read as a binary number, are the leaf. A
    candidate's score is the sum of its leaves' values.
    """

    start: float
    features: NDArray[np.int64] = field(repr=False)
    """Index of the feature, by tree and level."""
    limits: Floats = field(repr=False)
    """Value that the feature must exceed, by tree and level."""
    leaves: Floats = field(repr=False)
    """Values by tree and leaf."""

    @classmethod
    def read(cls, data: Mapping[str, Any]) -> Forest:
        """Return the forest that `data`, a part of `ranker.json`, describes."""
        return cls(float(data["start"]), *(np.array(data[name]) for name in ("features", "limits", "leaves")))

    def scores(self, rows: Floats) -> Floats:
        """Return the score of each row of standardised features."""
        places = np.repeat(np.arange(len(self.features))[:, None], len(rows), axis=1)
        # In the order level, tree, row, the values of a feature lie side by side in memory.
        for answers in np.take(rows.T, self.features.T, axis=0) > self.limits.T[:, :, None]:
            places += places + answers
        scores: Floats = self.leaves.ravel()[places].sum(0) + self.start
        return scores


def shares(scores: Floats) -> Floats:
    """Return the softmax of the scores and of the outcome "none is right", whose score is 0, without that outcome."""
    highest = max(0.0, float(scores.max()))
    parts = np.exp(scores - highest)
    likely: Floats = parts / (parts.sum() + np.exp(-highest))
    return likely


@frozen
class VoteJudge:
    """A network that weighs a vote by the features of the place that it comes from.

    The weights of all votes for a text, divided by those of all texts plus one (for "none of them"), are a first
    probability that the text is right. `Ranker` then judges the text as a whole.
    """

    features: Sequence[str] = field(repr=False)
    mean: Floats = field(repr=False)
    deviation: Floats = field(repr=False)
    network: Network = field(repr=False)

    @classmethod
    def load(cls) -> VoteJudge:
        """Return the judge that ships with the package."""
        return _load_vote_judge()

    def weights(self, rows: Floats) -> list[float]:
        """Return the weight of each vote from its features, in the order of `features`."""
        scaled = np.clip((rows - self.mean) / self.deviation, -LIMIT, LIMIT)
        weights: list[float] = np.exp(np.clip(self.network.scores(scaled), -_MOST, _MOST)).tolist()
        return weights


@frozen
class Ranker:
    """A ranker of candidates: the average of the scores of networks and of a forest, over standardised features."""

    features: Sequence[str] = field(repr=False)
    mean: Floats = field(repr=False)
    deviation: Floats = field(repr=False)
    networks: Sequence[RivalNetwork] = field(repr=False)
    forest: Forest | None = field(default=None, repr=False)
    share: float = 0.0
    """Weight of the forest in the average, 0 … 1."""

    @classmethod
    def load(cls) -> Ranker:
        """Return the ranker that ships with the package."""
        return _load()

    def probabilities(self, rows: Sequence[Mapping[str, float]]) -> list[float]:
        """Return each candidate's probability by its features; with that of "none is right" they sum to 1."""
        if not rows:
            return []
        values = np.array([list(map(row.__getitem__, self.features)) for row in rows])
        scaled = np.clip((values - self.mean) / self.deviation, -LIMIT, LIMIT)
        scores = np.mean([network.scores(scaled) for network in self.networks], axis=0)
        if self.forest is not None:
            scores = (1 - self.share) * scores + self.share * self.forest.scores(scaled)
        probabilities: list[float] = shares(scores).tolist()
        return probabilities


@frozen
class BlockJudge:
    """A logistic regression: the probability that a line is right together with the block below it."""

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
        """Return the probability of line and block from the block's features and that of the line alone (0 … 1)."""
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
    names, mean, deviation = _features(data["features"])
    networks = list(map(RivalNetwork.read, data["networks"]))
    return Ranker(names, mean, deviation, networks, Forest.read(data["forest"]), data["share of forest"])


@cache
def _load_vote_judge() -> VoteJudge:
    data = _read()["votes"]
    return VoteJudge(*_features(data["features"]), Network.read(data["network"]))


def _features(data: Sequence[Mapping[str, Any]]) -> tuple[list[str], Floats, Floats]:
    return (
        [feature["name"] for feature in data],
        np.array([feature["mean"] for feature in data]),
        np.array([feature["deviation"] for feature in data]),
    )
