"""Probabilities from features."""

import numpy as np
import pytest

from fim_language_server.embedded.ranking import LIMIT, Network, Ranker


def ranker(*networks: Network) -> Ranker:
    return Ranker(["x"], np.array([1.0]), np.array([2.0]), networks)


def network(direct: float, bias: float, output: float = 0.0) -> Network:
    return Network(np.ones((1, 1)), np.zeros(1), np.array([output]), np.array([direct]), bias)


def test_probabilities_leave_room_for_none_of_them() -> None:
    """Candidates compete: one's gain is the others' loss, and all of them may be wrong."""
    one_network = ranker(network(2.0, -1.0))
    one, other = one_network.probabilities([{"x": 3.0}, {"x": 1.0}])
    assert 0 < other < one < 1
    assert one + other < 1
    (alone,) = one_network.probabilities([{"x": 3.0}])
    assert alone > one
    assert one_network.probabilities([]) == []


def test_a_probability_is_a_share_of_the_exponentials() -> None:
    """By hand: x = 3 is one deviation from the mean, so the score is 2 - 1, and "none" scores 0."""
    assert ranker(network(2.0, -1.0)).probabilities([{"x": 3.0}]) == [pytest.approx(np.e / (np.e + 1))]
    with_hidden = ranker(network(2.0, -1.0, output=3.0)).probabilities([{"x": 3.0}])
    score = 2.0 - 1.0 + 3.0 * np.tanh(1.0)
    assert with_hidden == [pytest.approx(1 / (1 + np.exp(-score)))]


def test_networks_are_averaged_by_their_scores() -> None:
    """Two that disagree by as much say one half."""
    assert ranker(network(5.0, 0.0), network(-5.0, 0.0)).probabilities([{"x": 9.0}]) == [pytest.approx(0.5)]


def test_far_values_make_no_more_difference() -> None:
    """A feature that is off its scale can neither decide alone nor overflow."""
    one, other = ranker(network(2.0, -1.0)).probabilities([{"x": 1e9}, {"x": 1.0 + 2 * LIMIT}])
    assert one == other


def test_the_shipped_ranker_names_where_it_was_fitted() -> None:
    """Its figures count on other repositories only, so everyone must be able to see which these are."""
    shipped = Ranker.load()
    assert len(shipped.features) == len(set(shipped.features)) == len(shipped.mean) == len(shipped.deviation)
    assert (shipped.deviation > 0).all()
    for one in shipped.networks:
        assert one.hidden.shape == (len(shipped.features), len(one.hidden_bias))
        assert len(one.output) == len(one.hidden_bias)
        assert len(one.direct) == len(shipped.features)
