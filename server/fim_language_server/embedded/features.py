"""What speaks for a candidate, as numbers with names: its votes, its shape, its line, its names.

Most are between 0 and about 1, on a natural scale; what they are worth is for `ranking` to say. They are the same
for every programming language, and none of them looks at comments or strings as such.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from fim_language_server.embedded.abstraction import Abstraction
from fim_language_server.embedded.candidates import Candidate
from fim_language_server.embedded.cursor import Cursor
from fim_language_server.embedded.neighbours import Neighbours
from fim_language_server.embedded.segment import DEPTH
from fim_language_server.embedded.vocabulary import DEEPER, UNKNOWN, Vocabulary

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
_OPENINGS: Final = ("{", ":", "(", "[", "=>", "->", " then", " do")
"""How a line ends that a deeper one follows."""


def describe_candidates(
    candidates: Sequence[Candidate], cursor: Cursor, vocabulary: Vocabulary, abstraction: Abstraction, path: str = ""
) -> list[dict[str, float]]:
    """Return the features of each candidate; they are best first by weight, and are judged beside each other.

    `path` is the document's in the index.
    """
    if not candidates:
        return []
    names = _NamesNear(cursor, vocabulary, abstraction)
    neighbours = Neighbours(cursor, path)
    pool = _Pool(candidates)
    return [
        {
            **_votes(candidate, place, pool, cursor),
            **_shape(candidate, cursor),
            **_line(candidate, cursor),
            **neighbours.features(candidate.text, (cursor.line + candidate.text + cursor.tail).strip()),
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
        self.reach = max(candidate.reach for candidate in candidates)
        self.abstract_reach = max(candidate.abstract_reach for candidate in candidates)
        self.agreement = max(candidate.agreement for candidate in candidates)
        self.follows = max(candidate.follows for candidate in candidates)
        self.nearest = min((one.nearest for one in candidates if one.nearest is not None), default=-1)
        self.document_hits = sum(candidate.document_hits for candidate in candidates)
        self.deep_hits: dict[int, int] = {}
        for candidate in candidates:
            self.deep_hits[candidate.depth] = self.deep_hits.get(candidate.depth, 0) + candidate.deep_hits
        self.first_words: dict[str, float] = {}
        for candidate in candidates:
            first = candidate.words[0] if candidate.words else ""
            self.first_words[first] = self.first_words.get(first, 0.0) + candidate.weight


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
        "agreement": min(candidate.agreement, 9) / 9,
        "long agreement": float(candidate.agreement >= 3),
        "reach": math.log1p(candidate.reach) / 4,
        "abstract reach": math.log1p(candidate.abstract_reach) / 4,
        "follows": min(candidate.follows, 9) / 9,
        "all agrees": float(0 < candidate.agreement == len(cursor.following)),
        "all follows": float(0 < candidate.follows == len(cursor.following)),
        "agreement beyond": max(0, candidate.agreement - 9) / 15,
        "follows beyond": max(0, candidate.follows - 9) / 15,
        "longest reach": float(0 < candidate.reach == pool.reach),
        "longest abstract reach": float(0 < candidate.abstract_reach == pool.abstract_reach),
        "most agreement": float(0 < candidate.agreement == pool.agreement),
        "behind in agreement": min(pool.agreement - candidate.agreement, 9) / 9,
        "most follows": float(0 < candidate.follows == pool.follows),
        "behind in follows": min(pool.follows - candidate.follows, 9) / 9,
        "nearest": float(nearest is not None and nearest == pool.nearest),
        "share of document": candidate.document_hits / (pool.document_hits + 1),
        "share at depth": candidate.deep_hits / (pool.deep_hits[candidate.depth] + 0.5) if candidate.depth else 0.0,
        "hits at depth": math.log1p(candidate.deep_hits) / 4,
        "files": math.log1p(len(candidate.files)) / 4,
        "same language": float(candidate.same_language),
        "filled": float(candidate.filled),
        "weight": math.log1p(candidate.weight) / 10,
        "share of first word": pool.first_words[candidate.words[0] if candidate.words else ""] / pool.weight,
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
    text, tail = candidate.text, bool(cursor.tail)
    full = (cursor.line + text + cursor.tail).strip()
    copies = cursor.lines.get(full, 0)
    balance, lowest = _bracket_balance(full)
    first, end = full.partition(" ")[0], full[-1:]
    deeper, opens = cursor.following[0] == DEEPER, full.endswith(_OPENINGS)
    return {
        "is next line": float(full == cursor.next_line),
        "is previous line": float(full == cursor.previous_line),
        "copies in document": math.log1p(copies),
        "defines again": float(bool(copies) and first in _DEFINING),
        "defines": float(first in _DEFINING),
        "unbalanced": float(balance != 0 and not tail),
        "closes too much": float(lowest < 0),
        "unbalanced before tail": float(tail and _bracket_balance(text)[0] != 0),
        "odd quotes": float(full.count('"') % 2 == 1),
        "opens as needed": float(deeper and opens),
        "opens needlessly": float(opens and not deeper and not tail),
        "does not open": float(deeper and not opens and not tail),
        "share of line ends": cursor.line_ends[end] / (cursor.line_ends.total() + 1),
        "ends as previous": float(end == cursor.previous_line[-1:]),
        "ends with comma": float(end == ","),
        "ends with semicolon": float(end == ";"),
        "ends with name": float(end.isalnum()),
        "ends with call": float(text.endswith((")", ");", "),"))),
        "nothing below": float(not cursor.next_line),
        "closing below": float(cursor.next_line[:1] in {")", "]", "}"}),
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
        self._above = set(tokens[: cursor.position].tolist())
        self._below = set(tokens[cursor.position + 1 :].tolist())
        self._line_above = {vocabulary.find(name) for name in _NAME.findall(cursor.previous_line)} - {UNKNOWN}
        self._line_below = {vocabulary.find(name) for name in _NAME.findall(cursor.next_line)} - {UNKNOWN}
        self._before = set(tokens[max(0, cursor.position - _NEARBY) : cursor.position].tolist())
        self._after = set(tokens[cursor.position + 1 : cursor.position + 1 + _NEARBY].tolist())

    def features(self, candidate: Candidate) -> dict[str, float]:
        """Return how well the candidate's names are known here."""
        names = [self._numbers(word) for word in candidate.words if _NAME.match(word.strip())]
        unknown = sum(self._above.isdisjoint(numbers) and self._below.isdisjoint(numbers) for numbers in names)
        rare = [numbers for numbers in names if not any(map(self._abstraction.is_common, numbers))]
        before = sum(not self._before.isdisjoint(numbers) for numbers in rare)
        after = sum(not self._after.isdisjoint(numbers) for numbers in rare)
        missing = sum(self._above.isdisjoint(numbers) and not self._below.isdisjoint(numbers) for numbers in rare)
        return {
            "unknown names": unknown / 4,
            "all names known": float(not unknown),
            "share of unknown names": unknown / (len(names) + 1),
            "rare names": len(rare) / 4,
            "rare names near before": before / (len(rare) + 0.5),
            "rare names near after": after / (len(rare) + 0.5),
            "missing names": missing / (len(rare) + 0.5),
            "names in line above": sum(not self._line_above.isdisjoint(n) for n in rare) / (len(rare) + 0.5),
            "names in line below": sum(not self._line_below.isdisjoint(n) for n in rare) / (len(rare) + 0.5),
        }

    def _numbers(self, word: str) -> list[int]:
        """Return the numbers of a name with and without a space before it; names nobody has seen have none."""
        name = word.strip()
        found = (self._vocabulary.find(name), self._vocabulary.find(f" {name}"))
        return [number for number in found if number != UNKNOWN]
