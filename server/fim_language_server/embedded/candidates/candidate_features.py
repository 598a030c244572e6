"""Features of candidates, as numbers with names: of their votes, their shape, their line and their names.

Most are between 0 and about 1; `ranking` weighs them. They are computed alike for every programming language, and
treat comments and strings as any other text.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import Final

from fim_language_server.embedded.candidates.line_candidate import LineCandidate
from fim_language_server.embedded.candidates.neighbour_features import Neighbours
from fim_language_server.embedded.index.segment import DEPTH
from fim_language_server.embedded.search.cursor import Cursor
from fim_language_server.embedded.search.known_words import KnownWords
from fim_language_server.embedded.search.place_similarity import PlaceSimilarity
from fim_language_server.embedded.text.vocabulary import DEEPER

_DEFINING: Final = frozenset(
    [
        *("import", "from", "use", "#include", "package", "export"),
        *("def", "func", "fn", "function", "class", "interface", "type", "static", "const", "let"),
    ]
)
"""First words of lines that seldom occur twice in a file."""
_LITERAL: Final = re.compile(r"[\d\"'`]")
_BRACKET: Final = re.compile(r"[()\[\]{}]")
_OPENINGS: Final = ("{", ":", "(", "[", "=>", "->", " then", " do")
"""Ends of lines that are usually followed by a deeper one."""


def describe_candidates(
    candidates: Sequence[LineCandidate], cursor: Cursor, words: KnownWords, path: str = ""
) -> list[dict[str, float]]:
    """Return the features of each candidate, some of them relative to the others; candidates come heaviest first.

    `path` is the document's path in the index.
    """
    if not candidates:
        return []
    neighbours = Neighbours(cursor, path)
    similarity = [_similarity(candidate) for candidate in candidates]
    most_similar = PlaceSimilarity(*map(max, zip(*similarity, strict=True)))
    pool = _Pool(candidates)
    return [
        {
            **_votes(candidate, place, pool, cursor),
            **_shape(candidate, cursor),
            **_line(candidate, cursor),
            **neighbours.features(candidate.text, (cursor.line + candidate.text + cursor.tail).strip()),
            **_names(candidate, words),
            **_compare_similarity(similarity[place], most_similar),
        }
        for place, candidate in enumerate(candidates)
    ]


class _Pool:
    """Sums and maxima over all candidates, with which each is compared."""

    def __init__(self, candidates: Sequence[LineCandidate]) -> None:
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
        self.nearest = min((c.nearest for c in candidates if c.nearest is not None), default=-1)
        self.document_hits = sum(candidate.document_hits for candidate in candidates)
        self.deep_hits: dict[int, int] = {}
        for candidate in candidates:
            self.deep_hits[candidate.depth] = self.deep_hits.get(candidate.depth, 0) + candidate.deep_hits
        self.first_words: dict[str, float] = {}
        for candidate in candidates:
            first = candidate.words[0] if candidate.words else ""
            self.first_words[first] = self.first_words.get(first, 0.0) + candidate.weight


def _votes(candidate: LineCandidate, place: int, pool: _Pool, cursor: Cursor) -> dict[str, float]:
    rival = pool.second if candidate.weight == pool.best else pool.best
    line = cursor.line_tokens + 1
    nearest = candidate.nearest
    return {
        "share of weight": candidate.weight / pool.weight,
        "margin": min(max(math.log(candidate.weight / rival), -8.0), 8.0) if rival else 8.0,
        "likelihood": candidate.weight / (pool.weight + 1),
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
        "weight": math.log(candidate.weight) / 10,
        "share of first word": pool.first_words[candidate.words[0] if candidate.words else ""] / pool.weight,
        "renamed words": float(min(candidate.renamed or 0, 3)),
        "only renamed": float(candidate.depth == 0),
    }


def _similarity(candidate: LineCandidate) -> PlaceSimilarity:
    """Return the greatest similarity of a candidate's places to the cursor, share by share."""
    return PlaceSimilarity(*map(max, zip(*(vote.similarity for vote in candidate.votes), strict=True)))


def _compare_similarity(similarity: PlaceSimilarity, most: PlaceSimilarity) -> dict[str, float]:
    return {
        "alike near": similarity.near,
        "alike far": similarity.far,
        "alike below": similarity.below,
        "alike around": similarity.around,
        "alike directory": similarity.directory,
        "alike name": similarity.name,
        "less alike near": most.near - similarity.near,
        "less alike far": most.far - similarity.far,
        "less alike below": most.below - similarity.below,
        "less alike around": most.around - similarity.around,
        "less alike directory": most.directory - similarity.directory,
        "less alike name": most.name - similarity.name,
    }


def _shape(candidate: LineCandidate, cursor: Cursor) -> dict[str, float]:
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
        "size of document": math.log(len(cursor.tokens)) / 10,
        "finished words": min(cursor.line_tokens, 10) / 10,
        "ends open": float(text[-1:] in set(",([{:=") and bool(text)),
        "literal": float(_LITERAL.search(text) is not None),
    }


def _line(candidate: LineCandidate, cursor: Cursor) -> dict[str, float]:
    text, tail = candidate.text, bool(cursor.tail)
    full = (cursor.line + text + cursor.tail).strip()
    copies = cursor.lines.get(full, 0)
    above, below = cursor.lines_above.get(full), cursor.lines_below.get(full)
    balance, lowest = _bracket_balance(full)
    first, end = full.partition(" ")[0], full[-1:]
    deeper, opens = cursor.following[0] == DEEPER, full.endswith(_OPENINGS)
    return {
        "is next line": float(full == cursor.next_line),
        "is previous line": float(full == cursor.previous_line),
        "copies in document": math.log1p(copies),
        "copy above": 0.0 if above is None else (1 + above) ** -0.5,
        "copy below": 0.0 if below is None else (1 + below) ** -0.5,
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
    """Return the number of brackets open at the end of a line, and the lowest number in it. Strings count as code."""
    balance = lowest = 0
    for bracket in _BRACKET.findall(line):
        if bracket in "([{":
            balance += 1
        else:
            balance -= 1
            lowest = min(lowest, balance)
    return balance, lowest


def _names(candidate: LineCandidate, words: KnownWords) -> dict[str, float]:
    """Return features of the candidate's names by their places in the document."""
    names = [name for name in map(words.name, candidate.words) if name is not None]
    unknown = sum(name.is_unknown for name in names)
    rare = sum(name.is_rare for name in names)
    return {
        "unknown names": unknown / 4,
        "all names known": float(not unknown),
        "share of unknown names": unknown / (len(names) + 1),
        "rare names": rare / 4,
        "rare names near before": sum(name.is_near_before for name in names) / (rare + 0.5),
        "rare names near after": sum(name.is_near_after for name in names) / (rare + 0.5),
        "missing names": sum(name.is_missing for name in names) / (rare + 0.5),
        "names in line above": sum(name.is_in_line_above for name in names) / (rare + 0.5),
        "names in line below": sum(name.is_in_line_below for name in names) / (rare + 0.5),
    }
