"""Candidates for the cursor: the lines that follow all retrieved places, grouped by their text.

A line is copied up to its end, or to the position at which it agrees with the text after the cursor. Each candidate
collects the evidence of its votes; `ranking` weighs it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from operator import itemgetter
from typing import Final

from fim_language_server.embedded.candidates.line_candidate import LineCandidate
from fim_language_server.embedded.candidates.name_substitution import KnownNames
from fim_language_server.embedded.candidates.preselection import most_promising
from fim_language_server.embedded.candidates.vote_features import describe_votes
from fim_language_server.embedded.index.corpus import Corpus
from fim_language_server.embedded.index.segment import DEPTH, Hit
from fim_language_server.embedded.ranking.models import VoteJudge
from fim_language_server.embedded.search.cursor import Cursor, hits_in_document
from fim_language_server.embedded.search.known_words import KnownWords
from fim_language_server.embedded.search.place_reader import (
    FoundIn,
    PlaceReader,
    SegmentReader,
    TokenTexts,
    Vote,
    VoteKind,
)
from fim_language_server.embedded.search.place_similarity import PlaceComparison
from fim_language_server.embedded.text.lexer import split_tokens

_DOCUMENT_HITS: Final = 24
_WORKSPACE_HITS: Final = 32
_ABSTRACT_HITS: Final = 24
_MOST_FILLED_LINES: Final = 12
"""Renamed lines, the heaviest ones, in which names of the document are substituted."""
_ABSTRACT_DEPTH_IN_DOCUMENT, _ABSTRACT_DEPTH = 2, 3
"""Least depth of a hit by abstract tokens: shorter contexts are everywhere."""

_OPENERS, _CLOSERS = "([{", ")]}"


def gather_candidates(corpus: Corpus, cursor: Cursor, path: str, words: KnownWords) -> list[LineCandidate]:
    """Return the most promising candidates, heaviest first; one may be the empty text: the line is complete."""
    return most_promising(find_candidates(corpus, cursor, path), words)


def find_candidates(corpus: Corpus, cursor: Cursor, path: str) -> list[LineCandidate]:
    """Return all candidates, in any order."""
    gathering = _Gathering(cursor)
    gathering.count(_votes(corpus, cursor, path))
    names = KnownNames(cursor, corpus.vocabulary, corpus.abstraction)
    gathering.count(
        [
            vote._replace(kind=VoteKind.FILLED, words=filled)
            for vote in gathering.best_renamed(_MOST_FILLED_LINES)
            for filled in names.substitutions(vote.words)
        ]
    )
    return list(gathering.candidates.values())


class _Gathering:
    """The candidates so far, by their text, as votes are added."""

    def __init__(self, cursor: Cursor) -> None:
        self.candidates: dict[str, LineCandidate] = {}
        self._cursor = cursor
        self._judge = VoteJudge.load()
        self._tail = split_tokens(cursor.tail)
        self._candidates_by_line: dict[tuple[str, ...], tuple[LineCandidate, float] | None] = {}
        self._renamed: dict[tuple[str, ...], tuple[float, Vote]] = {}

    def count(self, votes: Iterable[Vote]) -> None:
        """Add votes to their candidates; a line that does not fit the text around the cursor has no candidate."""
        counted: list[tuple[LineCandidate | None, float, Vote]] = []
        for vote in votes:
            if vote.words not in self._candidates_by_line:
                self._candidates_by_line[vote.words] = self._candidate_of(vote.words)
            found = self._candidates_by_line[vote.words]
            if found is not None or vote.kind is VoteKind.RENAMED:
                counted.append((*(found or (None, 0.0)), vote))
        if not counted:
            return
        weights = self._judge.weights(describe_votes([(vote, match) for _, match, vote in counted], self._cursor))
        for (candidate, tail_match, vote), weight in zip(counted, weights, strict=True):
            if candidate is not None:
                _count(candidate, tail_match, vote, weight, self._cursor.position)
            if vote.kind is VoteKind.RENAMED and weight > self._renamed.get(vote.words, (0.0,))[0]:
                self._renamed[vote.words] = weight, vote

    def best_renamed(self, most: int) -> list[Vote]:
        """Return the heaviest vote for each of the `most` heaviest renamed lines."""
        return [vote for _, vote in sorted(self._renamed.values(), key=itemgetter(0), reverse=True)[:most]]

    def _candidate_of(self, line: tuple[str, ...]) -> tuple[LineCandidate, float] | None:
        """Return the candidate of a line, a new one if there is none yet, and its match with the text after the cursor.

        None: the line does not fit the text around the cursor.
        """
        if (cut := cut_at_tail(line, self._tail)) is None:
            return None
        words, tail_match = cut
        text, unfinished = "".join(words), self._cursor.unfinished
        if words and not text.startswith(unfinished):
            return None
        text = text[len(unfinished) :].rstrip()
        return self.candidates.setdefault(text, LineCandidate(text, words)), tail_match


def _count(candidate: LineCandidate, tail_match: float, vote: Vote, weight: float, cursor: int) -> None:
    position, depth = vote.hit
    candidate.weight += weight
    candidate.hits += 1
    candidate.votes.append(vote)
    candidate.files.add(vote.file)
    candidate.same_language |= vote.same_language
    if vote.agreement > candidate.agreement:
        candidate.agreement = vote.agreement
    if vote.follows > candidate.follows:
        candidate.follows = vote.follows
    if tail_match > candidate.tail_match:
        candidate.tail_match = tail_match
    if vote.kind is VoteKind.EXACT:
        if depth > candidate.depth:
            candidate.depth, candidate.deep_hits = depth, 0
        candidate.deep_hits += depth == candidate.depth
        if vote.reach > candidate.reach:
            candidate.reach = vote.reach
    else:
        if depth > candidate.abstract_depth:
            candidate.abstract_depth = depth
        if vote.reach > candidate.abstract_reach:
            candidate.abstract_reach = vote.reach
        candidate.renamed = vote.renamed if candidate.renamed is None else min(candidate.renamed, vote.renamed)
        candidate.filled |= vote.kind is VoteKind.FILLED
    if vote.place is FoundIn.DOCUMENT:
        distance = abs(position - cursor)
        candidate.document_hits += 1
        candidate.document_depth = max(candidate.document_depth, depth)
        candidate.nearest = distance if candidate.nearest is None else min(candidate.nearest, distance)
    candidate.same_directory |= vote.place is FoundIn.SAME_DIRECTORY


def _votes(corpus: Corpus, cursor: Cursor, path: str) -> Iterator[Vote]:
    """Yield the votes of all scopes: exact ones of the document and of the workspace, then renamed ones of both."""
    texts = TokenTexts(corpus.vocabulary)
    abstract = corpus.abstraction.of(cursor.tokens)
    comparison = PlaceComparison(corpus, cursor, path)
    document = PlaceReader(texts, cursor, abstract, comparison)
    segments = [SegmentReader(texts, cursor, abstract, comparison, segment, path) for segment in corpus.segments]
    exact: list[tuple[PlaceReader, list[Hit]]]
    exact = [(document, hits_in_document(cursor, cursor.tokens, cursor.context, _DOCUMENT_HITS))]
    exact += [(reader, reader.hits(cursor.context, _WORKSPACE_HITS, abstract=False)) for reader in segments]
    for reader, hits in exact:
        yield from reader.votes(hits)
    context = abstract[cursor.position - DEPTH : cursor.position].tolist()
    renamed: list[tuple[PlaceReader, list[Hit], int]]
    renamed = [(document, hits_in_document(cursor, abstract, context, _ABSTRACT_HITS), _ABSTRACT_DEPTH_IN_DOCUMENT)]
    renamed += [(reader, reader.hits(context, _ABSTRACT_HITS, abstract=True), _ABSTRACT_DEPTH) for reader in segments]
    for reader, hits, least_depth in renamed:
        yield from reader.renamed_votes([hit for hit in hits if hit.depth >= least_depth])


def cut_at_tail(words: Sequence[str], tail: Sequence[str]) -> tuple[Sequence[str], float] | None:
    """Return the words before the position at which they continue as `tail` does, and the quality of the match (1 … 2).

    `tail` is the text after the cursor. Without one all words are returned, with 0. The position is that of the first
    closing bracket that no word opens, if the tail begins with it, or of a token outside all brackets at which the
    rest of the words begins as the tail does. None: there is no such position, so the line cannot be inserted.
    """
    if not tail:
        return words, 0.0
    first, whole = tail[0].strip(), "".join(tail).strip()
    depth = 0
    for place, word in enumerate(words):
        mark = word.strip()
        if mark in _OPENERS and mark:
            depth += 1
        elif mark in _CLOSERS and mark:
            depth -= 1
            if depth < 0:
                rest = "".join(words[place:]).strip()
                return (words[:place], 2.0 if rest == whole else 1.0) if mark == first else None
        elif depth == 0 and mark == first and place and "".join(words[place:]).strip().startswith(whole[:6]):
            return words[:place], 1.5
    return None
