"""What could stand at the cursor: the continuations of all places with its context, grouped by their text.

A hit's line is copied up to its end, or to where it meets the rest of the cursor's line. Each candidate gathers the
evidence for it; how much each kind of evidence is worth is for `ranking` to say.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Final

from fim_language_server.embedded.candidate import Candidate
from fim_language_server.embedded.corpus import Corpus
from fim_language_server.embedded.cursor import Cursor, hits_in_document
from fim_language_server.embedded.filling import KnownNames
from fim_language_server.embedded.known_words import KnownWords
from fim_language_server.embedded.lexer import split_tokens
from fim_language_server.embedded.preselection import most_promising
from fim_language_server.embedded.reading import Kind, Place, Reader, SegmentReader, Texts, Vote
from fim_language_server.embedded.segment import DEPTH, Hit

_DOCUMENT_HITS: Final = 32
_WORKSPACE_HITS: Final = 40
_ABSTRACT_HITS: Final = 32
_MOST_AGREEMENT: Final = 9
"""Tokens of agreement after the line that make a vote count for more."""
_MOST_FILLED_LINES: Final = 12
"""Renamed lines, the best ones, into which known names are put."""
_ABSTRACT_DEPTH_IN_DOCUMENT, _ABSTRACT_DEPTH = 2, 3
"""Least depth of a match without names: shorter ones are everywhere."""

_DEPTH_WEIGHTS: Final = tuple(math.exp(0.6 * min(depth, 12)) for depth in range(DEPTH + 1))
"""What a hit of each depth counts for: each further token of context nearly doubles it."""
_PLACE_WEIGHTS: Final = (1.0, 1.5, 3.0)  # by Place
_KIND_WEIGHTS: Final = (1.0, 0.3, 0.1)  # by Kind

_OPENERS, _CLOSERS = "([{", ")]}"


def gather_candidates(corpus: Corpus, cursor: Cursor, path: str, words: KnownWords) -> list[Candidate]:
    """Return the most promising candidates, the heaviest first; the empty text ("the line is complete") may be one."""
    gathering = _Gathering(cursor)
    renamed: dict[tuple[str, ...], Vote] = {}
    for vote in _votes(corpus, cursor, path):
        gathering.count(vote)
        if vote.kind is Kind.RENAMED and (vote.words not in renamed or _weight(vote) > _weight(renamed[vote.words])):
            renamed[vote.words] = vote
    names = KnownNames(cursor, corpus.vocabulary, corpus.abstraction)
    for vote in sorted(renamed.values(), key=_weight, reverse=True)[:_MOST_FILLED_LINES]:
        for filled in names.fillings(vote.words):
            gathering.count(vote._replace(kind=Kind.FILLED, words=filled))
    return most_promising(list(gathering.candidates.values()), words)


class _Gathering:
    """The candidates so far, by their text."""

    def __init__(self, cursor: Cursor) -> None:
        self.candidates: dict[str, Candidate] = {}
        self._cursor = cursor
        self._tail = split_tokens(cursor.tail)
        self._met: dict[tuple[str, ...], tuple[Candidate, float] | None] = {}

    def count(self, vote: Vote) -> None:
        """Add a vote to its candidate; a line that cannot stand at the cursor has none."""
        if vote.words not in self._met:
            self._met[vote.words] = self._meet_tail(vote.words)
        if (meeting := self._met[vote.words]) is not None:
            _count(*meeting, vote, self._cursor.position)

    def _meet_tail(self, line: tuple[str, ...]) -> tuple[Candidate, float] | None:
        """Return the candidate that a line stands for, a new one if need be, and how well it meets the tail."""
        if (cut := cut_at_tail(line, self._tail)) is None:
            return None
        words, tail_match = cut
        text, unfinished = "".join(words), self._cursor.unfinished
        if words and not text.startswith(unfinished):
            return None
        text = text[len(unfinished) :].rstrip()
        return self.candidates.setdefault(text, Candidate(text, words)), tail_match


def _weight(vote: Vote) -> float:
    agreement = min(vote.agreement, _MOST_AGREEMENT)
    return _DEPTH_WEIGHTS[vote.hit.depth] * _PLACE_WEIGHTS[vote.place] * (1 + agreement) * _KIND_WEIGHTS[vote.kind]


def _count(candidate: Candidate, tail_match: float, vote: Vote, cursor: int) -> None:
    position, depth = vote.hit
    candidate.weight += _weight(vote)
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
    if vote.kind is Kind.EXACT:
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
        candidate.filled |= vote.kind is Kind.FILLED
    if vote.place is Place.DOCUMENT:
        distance = abs(position - cursor)
        candidate.document_hits += 1
        candidate.document_depth = max(candidate.document_depth, depth)
        candidate.nearest = distance if candidate.nearest is None else min(candidate.nearest, distance)
    candidate.same_directory |= vote.place is Place.SAME_DIRECTORY


def _votes(corpus: Corpus, cursor: Cursor, path: str) -> Iterator[Vote]:
    """Yield the votes of all scopes: exact ones of the document and the workspace, then those under other names."""
    texts = Texts(corpus.vocabulary)
    abstract = corpus.abstraction.of(cursor.tokens)
    document = Reader(texts, cursor, abstract)
    segments = [SegmentReader(texts, cursor, abstract, segment, path) for segment in corpus.segments]
    exact: list[tuple[Reader, list[Hit]]]
    exact = [(document, hits_in_document(cursor, cursor.tokens, cursor.context, _DOCUMENT_HITS))]
    exact += [(reader, reader.hits(cursor.context, _WORKSPACE_HITS, abstract=False)) for reader in segments]
    for reader, hits in exact:
        yield from filter(None, map(reader.vote, hits))
    context = abstract[cursor.position - DEPTH : cursor.position].tolist()
    renamed: list[tuple[Reader, list[Hit], int]]
    renamed = [(document, hits_in_document(cursor, abstract, context, _ABSTRACT_HITS), _ABSTRACT_DEPTH_IN_DOCUMENT)]
    renamed += [(reader, reader.hits(context, _ABSTRACT_HITS, abstract=True), _ABSTRACT_DEPTH) for reader in segments]
    for reader, hits, least_depth in renamed:
        yield from filter(None, (reader.renamed_vote(hit) for hit in hits if hit.depth >= least_depth))


def cut_at_tail(words: Sequence[str], tail: Sequence[str]) -> tuple[Sequence[str], float] | None:
    """Return the words up to where they go on as the rest of the cursor's line does, and how well they match (1 … 2).

    Without a tail that is all of them. The place is the first closing bracket that nothing in the words opens, if
    the tail begins with it too, or a token outside all brackets from which on the words are the tail. None: the
    copied line never meets the tail, so there is nothing to insert.
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
