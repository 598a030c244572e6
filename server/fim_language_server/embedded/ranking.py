"""How likely is each candidate the right one? A listwise logistic model over named features, with fitted weights.

The weights (`ranker.json`) are fitted by `tools/fit_ranker.py` on repositories named in that file, and are reported
on others only. A probability is calibrated: of the candidates given 0.7, seven in ten are right.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import resources
from typing import Final

import numpy as np
from attrs import field, frozen
from numpy.typing import NDArray

from fim_language_server.embedded.abstraction import Abstraction
from fim_language_server.embedded.candidates import Candidate
from fim_language_server.embedded.cursor import Cursor
from fim_language_server.embedded.segment import DEPTH
from fim_language_server.embedded.vocabulary import UNKNOWN, Vocabulary

_NAME: Final = re.compile(r"[^\W\d]\w*")
_NEARBY: Final = 60
"""Tokens on each side of the cursor in which a name counts as near."""
_DEFINING: Final = frozenset(
    [
        *("import", "from", "use", "#include", "package", "export"),
        *("def", "func", "fn", "function", "class", "interface", "type", "static", "const", "let"),
    ]
)
"""First words of lines that seldom stand twice in a file."""


@frozen
class Ranker:
    """Weights by feature name, for features on their natural scale."""

    weights: Mapping[str, float] = field(repr=False)
    bias: float

    @classmethod
    def load(cls) -> Ranker:
        """Return the ranker that ships with the package."""
        return _load()

    def probabilities(self, rows: Sequence[Mapping[str, float]]) -> list[float]:
        """Return for each candidate's features the probability that it is right; with "none is", they add up to 1."""
        weight = self.weights.get
        scores = [self.bias + sum(weight(name, 0.0) * value for name, value in row.items()) for row in rows]
        highest = max([0.0, *scores])
        parts = [math.exp(score - highest) for score in scores]
        total = sum(parts) + math.exp(-highest)
        return [part / total for part in parts]


@cache
def _load() -> Ranker:
    data = json.loads(resources.files(__package__).joinpath("ranker.json").read_text("utf-8"))
    return Ranker({name: float(weight) for name, weight in data["weights"].items()}, float(data["bias"]))


def describe_candidates(
    candidates: Sequence[Candidate], cursor: Cursor, vocabulary: Vocabulary, abstraction: Abstraction
) -> list[dict[str, float]]:
    """Return the features of each candidate; they are best first by weight, and are judged beside each other."""
    if not candidates:
        return []
    names = _NamesNear(cursor, vocabulary, abstraction)
    pool = _Pool(candidates)
    return [
        {
            **_votes(candidate, place, pool, cursor),
            **_shape(candidate, cursor),
            **_line(candidate, cursor),
            **names.features(candidate),
        }
        for place, candidate in enumerate(candidates)
    ]


class _Pool:
    """What a candidate is compared with: all of them."""

    def __init__(self, candidates: Sequence[Candidate]) -> None:
        weights = [candidate.weight for candidate in candidates]
        self.weight = sum(weights)
        self.best, self.second = [*sorted(weights, reverse=True), 0.0][:2]
        self.depth = max(candidate.depth for candidate in candidates)
        self.abstract_depth = max(candidate.abstract_depth for candidate in candidates)
        self.hits = sum(candidate.hits for candidate in candidates)
        self.size = len(candidates)


def _votes(candidate: Candidate, place: int, pool: _Pool, cursor: Cursor) -> dict[str, float]:
    rival = pool.second if candidate.weight == pool.best else pool.best
    line = cursor.line_tokens + 1
    nearest = candidate.nearest
    return {
        "share of weight": candidate.weight / pool.weight,
        "margin": math.log(candidate.weight / (rival + 1e-9) + 1e-3) if rival else 7.0,
        "alone": float(pool.size == 1),
        "heaviest": float(place == 0),
        "candidates": math.log(pool.size),
        "depth": candidate.depth / DEPTH,
        "deepest": float(candidate.depth == pool.depth),
        "abstract depth": candidate.abstract_depth / DEPTH,
        "deepest abstract": float(candidate.abstract_depth == pool.abstract_depth),
        "line matched": min(candidate.depth, line) / line,
        "line matched abstractly": min(candidate.abstract_depth, line) / line,
        "hits": math.log1p(candidate.hits),
        "share of hits": candidate.hits / (pool.hits + 1),
        "exact": float(candidate.depth > 0),
        "in document": float(candidate.document_hits > 0),
        "depth in document": candidate.document_depth / DEPTH,
        "distance": math.log1p(nearest) / 10 if nearest is not None else 1.2,
        "same directory": float(candidate.same_directory),
        "agreement": candidate.agreement / 9,
        "long agreement": float(candidate.agreement >= 3),
        "renamed words": float(min(candidate.renamed or 0, 3)),
        "only renamed": float(candidate.depth == 0),
    }


def _shape(candidate: Candidate, cursor: Cursor) -> dict[str, float]:
    text = candidate.text
    return {
        "empty": float(not text),
        "empty at fresh line": float(not text and cursor.is_fresh_line),
        "length": len(text) / 40,
        "words": len(candidate.words) / 12,
        "has tail": float(bool(cursor.tail)),
        "tail match": candidate.tail_match,
        "typed of word": min(len(cursor.unfinished.strip()), 6) / 6,
        "fresh line": float(cursor.is_fresh_line),
        "finished words": min(cursor.line_tokens, 10) / 10,
        "ends open": float(text[-1:] in set(",([{:=") and bool(text)),
        "literal": float(any(character.isdigit() or character in "\"'`" for character in text)),
    }


def _line(candidate: Candidate, cursor: Cursor) -> dict[str, float]:
    full = (cursor.line + candidate.text + cursor.tail).strip()
    copies = cursor.lines.get(full, 0)
    balance, lowest = _bracket_balance(full)
    first = full.partition(" ")[0]
    return {
        "is next line": float(full == cursor.next_line),
        "is previous line": float(full == cursor.previous_line),
        "copies in document": math.log1p(copies),
        "defines again": float(bool(copies) and first in _DEFINING),
        "defines": float(first in _DEFINING),
        "unbalanced": float(balance != 0 and not cursor.tail),
        "closes too much": float(lowest < 0),
    }


def _bracket_balance(line: str) -> tuple[int, int]:
    """Return how many brackets are open at the end, and the lowest count on the way. Strings are not looked at."""
    balance = lowest = 0
    for character in line:
        if character in "([{":
            balance += 1
        elif character in ")]}":
            balance -= 1
            lowest = min(lowest, balance)
    return balance, lowest


class _NamesNear:
    """Which names the document has, and which stand near the cursor."""

    def __init__(self, cursor: Cursor, vocabulary: Vocabulary, abstraction: Abstraction) -> None:
        self._vocabulary = vocabulary
        self._abstraction = abstraction
        tokens: NDArray[np.int32] = cursor.tokens
        self._all = set(tokens.tolist())
        self._before = set(tokens[max(0, cursor.position - _NEARBY) : cursor.position].tolist())
        self._after = set(tokens[cursor.position + 1 : cursor.position + 1 + _NEARBY].tolist())

    def features(self, candidate: Candidate) -> dict[str, float]:
        """Return how well the candidate's names are known here."""
        names = [self._numbers(word) for word in candidate.words if _NAME.match(word.strip())]
        unknown = sum(self._all.isdisjoint(numbers) for numbers in names)
        rare = [numbers for numbers in names if not any(map(self._abstraction.is_common, numbers))]
        before = sum(not self._before.isdisjoint(numbers) for numbers in rare)
        after = sum(not self._after.isdisjoint(numbers) for numbers in rare)
        return {
            "unknown names": unknown / 4,
            "all names known": float(not unknown),
            "share of unknown names": unknown / (len(names) + 1),
            "rare names": len(rare) / 4,
            "rare names near before": before / (len(rare) + 0.5),
            "rare names near after": after / (len(rare) + 0.5),
        }

    def _numbers(self, word: str) -> list[int]:
        """Return the numbers of a name with and without a space before it; names nobody has seen have none."""
        name = word.strip()
        found = (self._vocabulary.find(name), self._vocabulary.find(f" {name}"))
        return [number for number in found if number != UNKNOWN]
