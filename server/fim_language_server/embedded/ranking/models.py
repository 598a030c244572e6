"""How likely is each candidate the right one? Small networks and a forest over named features, with fitted weights.

The weights (`ranker.json`) are fitted by `benchmarks/fitting/fit_ranker.py` on repositories named in that file, and are
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

NO_RIVAL: Final = 1e-3
"""What is added to the sum of the rivals' probabilities, so that who has none has some that are like nothing."""

LEAST: Final = 1e-4
"""Probability below which, and above one minus which, a line's makes no more difference to its block's."""

_MOST: Final = 30.0
"""The logarithm of a vote's weight is between this and its negative."""

Floats = NDArray[np.float64]


@frozen
class Network:
    """One hidden layer of tanh beside a direct path: what standardised features score."""

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
        """Return the network with the weights that `ranker.json` names so."""
        hidden, hidden_bias, output, direct = (
            np.array(data[name]) for name in ("hidden", "hidden bias", "output", "direct")
        )
        return cls(hidden, hidden_bias, output, direct, float(data["bias"]))

    def units(self, rows: Floats) -> Floats:
        """Return the hidden units of each row of features."""
        units: Floats = np.tanh(rows @ self.hidden + self.hidden_bias)
        return units

    def scores(self, rows: Floats, units: Floats | None = None) -> Floats:
        """Return the score of each row of features; who knows its hidden units already may say so."""
        if units is None:
            units = self.units(rows)
        scores: Floats = units @ self.output + rows @ self.direct + self.bias
        return scores


@frozen
class RivalNetwork:
    """What candidates score beside each other: first each by its features, then by what its rivals are like, too.

    A network gives first scores. What the rivals of a candidate are like is the mean of their hidden units, each
    counted by its first probability; a second hidden layer sees both, and corrects the score.
    """

    first: Network
    own: Floats = field(repr=False)
    """Weights by the candidate's hidden unit and unit of the second layer."""
    rival: Floats = field(repr=False)
    """The same of its rivals' hidden units."""
    second_bias: Floats = field(repr=False)
    second_output: Floats = field(repr=False)
    """Weights of the second layer's units in the score."""

    @classmethod
    def read(cls, data: Mapping[str, Any]) -> RivalNetwork:
        """Return the network with the weights that `ranker.json` names so."""
        second = (np.array(data[name]) for name in ("own", "rival", "second bias", "second output"))
        return cls(Network.read(data), *second)

    def scores(self, rows: Floats) -> Floats:
        """Return the score of each row of features; the rows are one pool."""
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
    """Symmetric trees: each asks one question a level, and its answers, read as a binary number, are the leaf.

    (Prokhorenkova et al. 2018, CatBoost.) A candidate's score is the sum of its leaves' values.
    """

    start: float
    features: NDArray[np.int64] = field(repr=False)
    """By tree and level: which feature is asked about,"""
    limits: Floats = field(repr=False)
    """and above which value the answer is yes."""
    leaves: Floats = field(repr=False)
    """Values by tree and leaf."""

    @classmethod
    def read(cls, data: Mapping[str, Any]) -> Forest:
        """Return the forest that `ranker.json` describes so."""
        return cls(float(data["start"]), *(np.array(data[name]) for name in ("features", "limits", "leaves")))

    def scores(self, rows: Floats) -> Floats:
        """Return the score of each row of standardised features."""
        places = np.repeat(np.arange(len(self.features))[:, None], len(rows), axis=1)
        # By level, tree and row: so the rows of a feature lie side by side.
        for answers in np.take(rows.T, self.features.T, axis=0) > self.limits.T[:, :, None]:
            places += places + answers
        scores: Floats = self.leaves.ravel()[places].sum(0) + self.start
        return scores


def shares(scores: Floats) -> Floats:
    """Return each candidate's share of the exponentials of the scores; that of "none is right", whose score is 0."""
    highest = max(0.0, float(scores.max()))
    parts = np.exp(scores - highest)
    likely: Floats = parts / (parts.sum() + np.exp(-highest))
    return likely


@frozen
class VoteJudge:
    """How much does a vote count? A network over the features of the place that it comes from.

    A vote's weight is what it adds to the likelihood of its text: the weights of all votes for a text, over those of
    all texts and one ("none of them"), are the probability that the text is right. It is the first guess; what speaks
    for the text as a whole is for `Ranker` to say.
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
    """Features by name, their mean and standard deviation, and networks and a forest whose scores are averaged."""

    features: Sequence[str] = field(repr=False)
    mean: Floats = field(repr=False)
    deviation: Floats = field(repr=False)
    networks: Sequence[RivalNetwork] = field(repr=False)
    forest: Forest | None = field(default=None, repr=False)
    share: float = 0.0
    """The forest's part in the average, 0 … 1."""

    @classmethod
    def load(cls) -> Ranker:
        """Return the ranker that ships with the package."""
        return _load()

    def probabilities(self, rows: Sequence[Mapping[str, float]]) -> list[float]:
        """Return for each candidate's features the probability that it is right; with "none is", they add up to 1."""
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
