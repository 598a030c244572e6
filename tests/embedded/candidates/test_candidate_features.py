"""Features: what speaks for a candidate, by name."""

import pytest

from fim_language_server.embedded.candidates.candidate_features import describe_candidates
from fim_language_server.embedded.candidates.gathering import gather_candidates
from fim_language_server.embedded.index.corpus import Corpus
from fim_language_server.embedded.ranking.models import Ranker
from fim_language_server.embedded.search.cursor import read_cursor
from fim_language_server.embedded.search.known_words import KnownWords


def describe(text: str) -> dict[str, dict[str, float]]:
    """Return the features of each candidate by its text; the cursor is drawn as |."""
    corpus = Corpus.empty()
    prefix, suffix = text.split("|")
    cursor = read_cursor(corpus.vocabulary, prefix, suffix)
    words = KnownWords(corpus, cursor)
    candidates = gather_candidates(corpus, cursor, "x.py", words)
    rows = describe_candidates(candidates, cursor, words)
    return {candidate.text: row for candidate, row in zip(candidates, rows, strict=True)}


def test_every_feature_has_a_weight_and_every_weight_a_feature() -> None:
    """A feature that was renamed would silently count for nothing."""
    row = next(iter(describe("a.b(c)\na.|").values()))
    assert list(row) == list(Ranker.load().features)


@pytest.mark.parametrize(
    ("feature", "text", "candidate", "expected"),
    [
        ("is next line", "x()\nf(1)\nx()\n|\nf(1)", "f(1)", 1.0),
        ("is next line", "x()\nf(1)\nx()\n|\ny()", "f(1)", 0.0),
        ("is previous line", "f(1)\nf(1)\n|", "f(1)", 1.0),
        ("defines again", "import os\nx\n\nimport |", "os", 1.0),
        ("all names known", "a.b(c)\na.|", "b(c)", 1.0),
        ("empty", "x = 1\nx = 1|", "", 1.0),
        ("opens as needed", "if a:\n    b\nif a|\n    c", ":", 1.0),
        ("opens needlessly", "if a:\n    b\nif a|\nc", ":", 1.0),
        ("does not open", "a\nx\na|\n    c", "", 1.0),
        ("share of line ends", "f(1);\ng(1);\nf|", "(1);", 2 / 3),
        ("odd quotes", 's = "a"\nt = "a"\ns = |', '"a"', 0.0),
        ("missing names", "def f(one):\n    x\n    return one\ndef g(|):\n    other()", "other", 1 / 1.5),
        ("names in line below", "def f(one):\n    x\n    return one\ndef g(|):\n    other()", "other", 1 / 1.5),
        ("most agreement", "a(1)\nb\nc\na(2)\nd\na(|)\nb\nc", "1", 1.0),
        ("most agreement", "a(1)\nb\nc\na(2)\nd\na(|)\nb\nc", "2", 0.0),
        ("all agrees", "a(1)\nb\nc\na(2)\nd\na(|)\nb", "1", 1.0),
        ("closes too much", "f(\na)\nb(\na|", ")", 1.0),
    ],
)
def test_features_say_what_they_are_called(feature: str, text: str, candidate: str, expected: float) -> None:
    """One place for each of the traps."""
    assert describe(text)[candidate][feature] == pytest.approx(expected)
