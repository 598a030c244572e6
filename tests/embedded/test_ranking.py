"""Features and probabilities."""

import json
from importlib import resources

import pytest

from fim_language_server.embedded.candidates import gather_candidates
from fim_language_server.embedded.corpus import Corpus
from fim_language_server.embedded.cursor import read_cursor
from fim_language_server.embedded.ranking import Ranker, describe_candidates


def describe(text: str) -> dict[str, dict[str, float]]:
    """Return the features of each candidate by its text; the cursor is drawn as |."""
    corpus = Corpus.empty()
    prefix, suffix = text.split("|")
    cursor = read_cursor(corpus.vocabulary, prefix, suffix)
    candidates = gather_candidates(corpus, cursor, "x.py")
    rows = describe_candidates(candidates, cursor, corpus.vocabulary, corpus.abstraction)
    return {candidate.text: row for candidate, row in zip(candidates, rows, strict=True)}


def test_every_feature_has_a_weight_and_every_weight_a_feature() -> None:
    """A feature that was renamed would silently count for nothing."""
    data = json.loads(resources.files("fim_language_server.embedded").joinpath("ranker.json").read_text("utf-8"))
    row = next(iter(describe("a.b(c)\na.|").values()))
    assert set(row) == set(data["weights"])


@pytest.mark.parametrize(
    ("feature", "text", "candidate", "expected"),
    [
        ("is next line", "x()\nf(1)\nx()\n|\nf(1)", "f(1)", 1.0),
        ("is next line", "x()\nf(1)\nx()\n|\ny()", "f(1)", 0.0),
        ("is previous line", "f(1)\nf(1)\n|", "f(1)", 1.0),
        ("defines again", "import os\nx\n\nimport |", "os", 1.0),
        ("all names known", "a.b(c)\na.|", "b(c)", 1.0),
        ("empty", "x = 1\nx = 1|", "", 1.0),
        ("closes too much", "f(\na)\nb(\na|", ")", 1.0),
    ],
)
def test_features_say_what_they_are_called(feature: str, text: str, candidate: str, expected: float) -> None:
    """One place for each of the traps."""
    assert describe(text)[candidate][feature] == expected


def test_probabilities_leave_room_for_none_of_them() -> None:
    """Candidates compete: one's gain is the others' loss, and all of them may be wrong."""
    ranker = Ranker({"x": 1.0}, -1.0)
    one, other = ranker.probabilities([{"x": 3.0}, {"x": 1.0}])
    assert 0 < other < one < 1
    assert one + other < 1
    (alone,) = ranker.probabilities([{"x": 3.0}])
    assert alone > one
    assert ranker.probabilities([]) == []
    assert ranker.probabilities([{"x": 1e6}]) == [1.0]
