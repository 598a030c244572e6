"""The scripts that fit the ranker, on lists so small that what they must find is known."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.fitting import forest as forests
from benchmarks.fitting import networks
from benchmarks.fitting.networks import Lists
from fim_language_server.embedded.ranking.models import Forest, RivalNetwork, shares


def lists(holes: int) -> Lists:
    """Three candidates a hole; right is the one with the largest first feature, if it is above 0, and else none."""
    rows = np.random.default_rng(0).normal(size=(3 * holes, 2)).astype(np.float32)
    first = rows[:, 0].reshape(holes, 3)
    right = (first == first.max(1, keepdims=True)) & (first > 0)
    return Lists(rows, right.ravel().astype(np.float32), np.arange(0, 3 * holes + 1, 3))


def share_found(made: RivalNetwork | Forest, known: Lists) -> float:
    """Return the share of holes of which the likeliest outcome is the right one."""
    found = 0
    for start in known.starts[:-1]:
        likely = shares(made.scores(known.rows[start : start + 3].astype(np.float64)))
        outcomes = [*likely, 1 - likely.sum()]
        right = [*known.right[start : start + 3], 1 - known.right[start : start + 3].sum()]
        found += int(np.argmax(outcomes)) == int(np.argmax(right))
    return found / (len(known.starts) - 1)


@pytest.mark.parametrize("name", ["hidden", "output", "direct", "bias", "own", "rival", "second bias", "second output"])
def test_slopes_are_those_of_the_loss(name: str) -> None:
    """A weight that is changed a little changes the loss by its slope; pools of one, three and five."""
    chance = np.random.default_rng(1)
    lengths = np.array([3, 1, 5])
    rows, right = chance.normal(size=(9, 4)), np.eye(9)[1] + np.eye(9)[5]
    weights = {key: value.astype(np.float64) for key, value in networks.starting_weights(4, chance).items()}
    weights["direct"] = chance.normal(size=4)

    def loss(changed: networks.Weights) -> float:
        network, total, start = RivalNetwork.read(changed), 0.0, 0
        for length in lengths:
            part = slice(start, start + length)
            scores = network.scores(rows[part])
            total += np.log1p(np.exp(scores).sum()) - scores @ right[part]
            start += length
        return float(total / len(lengths))

    slopes = networks.slopes_of(weights, rows, right, lengths, np.ones((9, len(weights["output"]))))  # type: ignore[arg-type]
    place = (0,) * weights[name].ndim
    nudge = np.zeros_like(weights[name])
    nudge[place] = 1e-5
    more, less = (loss({**weights, name: weights[name] + sign * nudge}) for sign in (1, -1))
    assert slopes[name][place] == pytest.approx((more - less) / 2e-5, rel=1e-4, abs=1e-9)


def test_a_network_finds_what_makes_candidates_right(monkeypatch: pytest.MonkeyPatch) -> None:
    """In few rounds, and on holes that it was not fitted to."""
    monkeypatch.setattr(networks, "_EPOCHS", 8)
    network = RivalNetwork.read(networks.fit_network(lists(1500), 0))
    assert share_found(network, lists(1800)) > 0.85


def test_a_forest_finds_what_makes_candidates_right(monkeypatch: pytest.MonkeyPatch) -> None:
    """And none is right where all have a small first feature."""
    monkeypatch.setattr(forests, "_TREES", 60)
    monkeypatch.setattr(forests, "_DEPTH", 3)
    monkeypatch.setattr(forests, "_SHARE_OF_FEATURES", 1.0)
    fitted = forests.fit_forest(lists(1500))
    assert share_found(Forest.read(fitted), lists(1800)) > 0.8
