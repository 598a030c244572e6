"""What could stand at the cursor: the continuations of all places with its context, grouped by their text.

A hit's line is copied up to its end, or to where it meets the rest of the cursor's line. Each candidate gathers the
evidence for it; how much each kind of evidence is worth is for `ranking` to say.
"""

from __future__ import annotations

import math
import posixpath
from collections.abc import Iterator, Sequence
from itertools import takewhile
from typing import Final

from attrs import define, field, frozen

from fim_language_server.embedded.corpus import Corpus
from fim_language_server.embedded.cursor import Cursor, hits_in_document
from fim_language_server.embedded.lexer import split_tokens
from fim_language_server.embedded.renaming import learn_renaming
from fim_language_server.embedded.segment import DEPTH, Hit, Segment
from fim_language_server.embedded.vocabulary import SHALLOWER, UNKNOWN, Vocabulary

_DOCUMENT_HITS: Final = 64
_WORKSPACE_HITS: Final = 96
_ABSTRACT_HITS: Final = 64
_MOST_CANDIDATES: Final = 12
_LONGEST_CONTINUATION: Final = 60
"""Tokens of a line that are copied at most."""
_FOLLOWING_TOKENS: Final = 9
"""Tokens after the line that are compared with what follows the cursor's line."""
_ABSTRACT_DEPTH_IN_DOCUMENT, _ABSTRACT_DEPTH = 2, 3
"""Least depth of a match without names: shorter ones are everywhere."""

_OPENERS, _CLOSERS = "([{", ")]}"


@define
class Candidate:
    """One text for the cursor, and the evidence for it."""

    text: str = field(repr=False)
    words: Sequence[str] = field(repr=False)
    """The tokens of the text, the unfinished one whole."""
    weight: float = 0.0
    """The votes for it, each by depth, place and agreement."""
    hits: int = 0
    depth: int = 0
    """Longest context that was followed by exactly this, in tokens."""
    abstract_depth: int = 0
    """Longest context that was followed by this under other names."""
    document_hits: int = 0
    document_depth: int = 0
    nearest: int | None = None
    """Distance in tokens of the nearest hit in the document."""
    same_directory: bool = False
    agreement: int = 0
    """Most tokens after the copied line that are also after the cursor's line."""
    tail_match: float = 0.0
    """How well the copied line goes on as the cursor's line does after the cursor: 0 … 2."""
    renamed: int | None = None
    """Fewest words that had to change their name; None where all hits are exact."""


@frozen
class _Vote:
    hit: Hit
    words: Sequence[str]
    agreement: int
    place: float
    """What the place counts for: 3 in the document, 1.5 in the same directory, else 1."""
    in_document: bool
    abstract: bool = False
    renamed: int = 0


def gather_candidates(corpus: Corpus, cursor: Cursor, path: str) -> list[Candidate]:
    """Return the best candidates by weight, best first; the empty text ("the line is complete") may be one."""
    groups: dict[str, Candidate] = {}
    cuts: dict[tuple[str, ...], tuple[Sequence[str], float] | None] = {}
    tail = split_tokens(cursor.tail)
    for vote in _votes(corpus, cursor, path):
        key = tuple(vote.words)
        if key not in cuts:
            cuts[key] = cut_at_tail(key, tail)
        if (cut := cuts[key]) is None:
            continue
        words, tail_match = cut
        text = "".join(words)
        if words and not text.startswith(cursor.unfinished):
            continue
        text = text[len(cursor.unfinished) :].rstrip()
        candidate = groups.get(text) or groups.setdefault(text, Candidate(text, words))
        _count(candidate, vote, tail_match, cursor)
    return sorted(groups.values(), key=lambda candidate: -candidate.weight)[:_MOST_CANDIDATES]


def _count(candidate: Candidate, vote: _Vote, tail_match: float, cursor: Cursor) -> None:
    depth = vote.hit.depth
    candidate.weight += (
        math.exp(0.6 * min(depth, 12)) * vote.place * (1 + vote.agreement) * (0.3 if vote.abstract else 1.0)
    )
    candidate.hits += 1
    candidate.agreement = max(candidate.agreement, vote.agreement)
    candidate.tail_match = max(candidate.tail_match, tail_match)
    if vote.abstract:
        candidate.abstract_depth = max(candidate.abstract_depth, depth)
        candidate.renamed = vote.renamed if candidate.renamed is None else min(candidate.renamed, vote.renamed)
    else:
        candidate.depth = max(candidate.depth, depth)
    if vote.in_document:
        distance = abs(vote.hit.position - cursor.position)
        candidate.document_hits += 1
        candidate.document_depth = max(candidate.document_depth, depth)
        candidate.nearest = distance if candidate.nearest is None else min(candidate.nearest, distance)
    candidate.same_directory |= vote.place == _SAME_DIRECTORY


_DOCUMENT, _SAME_DIRECTORY, _ELSEWHERE = 3.0, 1.5, 1.0


def _votes(corpus: Corpus, cursor: Cursor, path: str) -> Iterator[_Vote]:
    """Yield the votes of all scopes: exact ones of the document and the workspace, then those under other names."""
    document = _Reader(corpus.vocabulary, cursor.tokens.data, cursor)
    for hit in hits_in_document(cursor, cursor.tokens, cursor.context, _DOCUMENT_HITS):
        yield from document.votes(hit, _DOCUMENT)
    segments = [_SegmentReader(corpus.vocabulary, segment, cursor, path) for segment in corpus.segments]
    for reader in segments:
        for hit in reader.hits(cursor.context, abstract=False):
            yield from reader.votes(hit, reader.place(hit))
    abstract = corpus.abstraction.of(cursor.tokens)
    context = abstract[cursor.position - DEPTH : cursor.position].tolist()
    for hit in hits_in_document(cursor, abstract, context, _ABSTRACT_HITS):
        if hit.depth >= _ABSTRACT_DEPTH_IN_DOCUMENT:
            yield from document.renamed_votes(hit, _DOCUMENT)
    for reader in segments:
        for hit in reader.hits(context, abstract=True):
            if hit.depth >= _ABSTRACT_DEPTH:
                yield from reader.renamed_votes(hit, reader.place(hit))


class _Reader:
    """Reads on from hits in one array of tokens."""

    def __init__(self, vocabulary: Vocabulary, tokens: memoryview, cursor: Cursor) -> None:
        self._vocabulary = vocabulary
        self._tokens = tokens
        self._cursor = cursor

    def votes(self, hit: Hit, place: float) -> Iterator[_Vote]:
        """Yield the vote of a hit: one, or none where its line cannot be read to the end."""
        if (line := self._line(hit)) is not None:
            words, agreement = line
            yield _Vote(hit, words, agreement, place, place == _DOCUMENT)

    def renamed_votes(self, hit: Hit, place: float) -> Iterator[_Vote]:
        """Yield the vote of a hit under other names, with its line under the cursor's."""
        if (line := self._line(hit)) is not None:
            words, agreement = line
            text = self._vocabulary.text
            source = [text(number) for number in self._tokens[hit.position - hit.depth : hit.position]]
            target = [text(number) for number in self._cursor.context[-hit.depth :]]
            words, renamed = learn_renaming(source, target).apply(words)
            yield _Vote(hit, words, agreement, place, place == _DOCUMENT, True, renamed)

    def _line(self, hit: Hit) -> tuple[list[str], int] | None:
        """Return the words from a hit to the end of its line, and how much of what follows agrees."""
        start = hit.position
        ahead = self._tokens[start : start + _LONGEST_CONTINUATION + _FOLLOWING_TOKENS].tolist()
        numbers = list(takewhile(SHALLOWER.__lt__, ahead[:_LONGEST_CONTINUATION]))
        end = start + len(numbers)
        if UNKNOWN in numbers or end == self._end_of_context():
            return None
        agreement = 0
        for ours, theirs in zip(self._cursor.following, ahead[len(numbers) :], strict=False):
            if ours != theirs or agreement == _FOLLOWING_TOKENS:
                break
            agreement += 1
        return [self._vocabulary.text(number) for number in numbers], agreement

    def _end_of_context(self) -> int:
        """Return the position at which a line is not at its end but at the cursor."""
        return self._cursor.position


class _SegmentReader(_Reader):
    """Reads on from hits in indexed files, but for the open document's own copy."""

    def __init__(self, vocabulary: Vocabulary, segment: Segment, cursor: Cursor, path: str) -> None:
        super().__init__(vocabulary, segment.values, cursor)
        self._segment = segment
        self._directory = posixpath.dirname(path)
        own = segment.paths.index(path) if path in segment.paths else None
        self._own = (0, 0) if own is None else segment.span(own)

    def hits(self, context: Sequence[int], *, abstract: bool) -> list[Hit]:
        """Return the hits in this segment, the longest context first."""
        segment = self._segment
        contexts = segment.abstract_contexts if abstract else segment.contexts
        limit = _ABSTRACT_HITS if abstract else _WORKSPACE_HITS
        return segment.hits(contexts, context, self._cursor.wanted if not abstract else None, limit, self._own)

    def place(self, hit: Hit) -> float:
        """Return what this hit's place counts for."""
        path = self._segment.paths[self._segment.file_at(hit.position)]
        return _SAME_DIRECTORY if posixpath.dirname(path) == self._directory else _ELSEWHERE

    def _end_of_context(self) -> int:
        return -1


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
