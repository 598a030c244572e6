"""Probabilities from features."""

import numpy as np
import pytest

from fim_language_server.embedded.ranking.models import LIMIT, Forest, Network, Ranker, RivalNetwork


def ranker(*networks: RivalNetwork) -> Ranker:
    return Ranker(["x"], np.array([1.0]), np.array([2.0]), networks)


def network(direct: float, bias: float, output: float = 0.0, second: float = 0.0) -> RivalNetwork:
    """One hidden unit; the second layer's sees how much larger it is than the rivals'."""
    one = np.ones((1, 1))
    first = Network(one, np.zeros(1), np.array([output]), np.array([direct]), bias)
    return RivalNetwork(first, one, -one, np.zeros(1), np.array([second]))


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


def test_a_candidate_is_judged_beside_its_rivals() -> None:
    """By hand: two of the same first score; the hidden units are tanh(1) and tanh(0), each the other's only rival."""
    rows = np.array([[1.0], [0.0]])
    unit = np.tanh(1.0)
    likely = [1 / 3, 1 / 3]  # of first scores 0, 0 and of "none"
    rival = likely[0] * unit / (likely[0] + 1e-3)
    scores = network(0.0, 0.0, second=2.0).scores(rows)
    assert scores == pytest.approx([2 * np.tanh(unit), 2 * np.tanh(-rival)])
    alone = network(0.0, 0.0, second=2.0).scores(rows[1:])
    assert alone == pytest.approx([0.0])


def test_a_tree_reads_its_answers_as_the_number_of_its_leaf() -> None:
    """The first question counts most; trees are added up, and their sum is averaged with the networks' score."""
    forest = Forest(
        -1.0,
        np.array([[0, 1], [1, 1]]),
        np.array([[0.5, 0.5], [2.0, 3.0]]),
        np.array([[0.0, 1, 2, 3], [10, 20, 30, 40]]),
    )
    rows = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 2.5], [1.0, 4.0]])
    assert forest.scores(rows).tolist() == [9.0, 10.0, 11.0, 32.0, 42.0]
    tree = Forest(0.0, np.array([[0]]), np.array([[0.5]]), np.array([[-4.0, 4.0]]))
    both = Ranker(["x"], np.zeros(1), np.ones(1), [network(0.0, -1.0)], tree, share=0.25)
    assert both.probabilities([{"x": 1.0}]) == [pytest.approx(1 / (1 + np.exp(-0.25)))]


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
        assert one.first.hidden.shape == (len(shipped.features), len(one.first.hidden_bias))
        assert one.own.shape == one.rival.shape == (len(one.first.output), len(one.second_output))
        assert len(one.first.direct) == len(shipped.features)
    assert shipped.forest is not None
    assert shipped.forest.features.shape == shipped.forest.limits.shape
    assert shipped.forest.leaves.shape == (len(shipped.forest.limits), 1 << shipped.forest.limits.shape[1])
    assert 0 < shipped.share < 1
