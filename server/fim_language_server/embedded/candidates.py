"""What could stand at the cursor: the continuations of all places with its context, grouped by their text.

A hit's line is copied up to its end, or to where it meets the rest of the cursor's line. Each candidate gathers the
evidence for it; how much each kind of evidence is worth is for `ranking` to say.
"""

from __future__ import annotations

import math
import posixpath
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from attrs import define, field

from fim_language_server.embedded.corpus import Corpus
from fim_language_server.embedded.cursor import Cursor, hits_in_document
from fim_language_server.embedded.lexer import split_tokens
from fim_language_server.embedded.renaming import Renaming, learn_renaming
from fim_language_server.embedded.segment import DEPTH, Hit, Segment
from fim_language_server.embedded.vocabulary import UNKNOWN, Vocabulary

_DOCUMENT_HITS: Final = 48
_WORKSPACE_HITS: Final = 64
_ABSTRACT_HITS: Final = 48
_MOST_CANDIDATES: Final = 12
_LONGEST_CONTINUATION: Final = 60
"""Tokens of a line that are copied at most."""
_FOLLOWING_TOKENS: Final = 9
"""Tokens after the line that are compared with what follows the cursor's line."""
_ABSTRACT_DEPTH_IN_DOCUMENT, _ABSTRACT_DEPTH = 2, 3
"""Least depth of a match without names: shorter ones are everywhere."""

_DEPTH_WEIGHTS: Final = tuple(math.exp(0.6 * min(depth, 12)) for depth in range(DEPTH + 1))
"""What a hit of each depth counts for: each further token of context nearly doubles it."""

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


class _Vote(NamedTuple):
    hit: Hit
    words: tuple[str, ...]
    agreement: int
    place: float
    """What the place counts for: 3 in the document, 1.5 in the same directory, else 1."""
    abstract: bool
    renamed: int = 0


def gather_candidates(corpus: Corpus, cursor: Cursor, path: str) -> list[Candidate]:
    """Return the best candidates by weight, best first; the empty text ("the line is complete") may be one."""
    candidates: dict[str, Candidate] = {}
    met: dict[tuple[str, ...], tuple[Candidate, float] | None] = {}
    tail = split_tokens(cursor.tail)
    for vote in _votes(corpus, cursor, path):
        if vote.words not in met:
            met[vote.words] = _meet_tail(vote.words, tail, cursor.unfinished, candidates)
        if (meeting := met[vote.words]) is not None:
            _count(*meeting, vote, cursor)
    return sorted(candidates.values(), key=lambda candidate: -candidate.weight)[:_MOST_CANDIDATES]


def _meet_tail(
    line: tuple[str, ...], tail: Sequence[str], unfinished: str, candidates: dict[str, Candidate]
) -> tuple[Candidate, float] | None:
    """Return the candidate that a copied line stands for, a new one if need be, and how well it meets the tail."""
    if (cut := cut_at_tail(line, tail)) is None:
        return None
    words, tail_match = cut
    text = "".join(words)
    if words and not text.startswith(unfinished):
        return None
    text = text[len(unfinished) :].rstrip()
    return candidates.setdefault(text, Candidate(text, words)), tail_match


def _count(candidate: Candidate, tail_match: float, vote: _Vote, cursor: Cursor) -> None:
    depth = vote.hit.depth
    candidate.weight += _DEPTH_WEIGHTS[depth] * vote.place * (1 + vote.agreement) * (0.3 if vote.abstract else 1.0)
    candidate.hits += 1
    candidate.agreement = max(candidate.agreement, vote.agreement)
    candidate.tail_match = max(candidate.tail_match, tail_match)
    if vote.abstract:
        candidate.abstract_depth = max(candidate.abstract_depth, depth)
        candidate.renamed = vote.renamed if candidate.renamed is None else min(candidate.renamed, vote.renamed)
    else:
        candidate.depth = max(candidate.depth, depth)
    if vote.place == _DOCUMENT:
        distance = abs(vote.hit.position - cursor.position)
        candidate.document_hits += 1
        candidate.document_depth = max(candidate.document_depth, depth)
        candidate.nearest = distance if candidate.nearest is None else min(candidate.nearest, distance)
    candidate.same_directory |= vote.place == _SAME_DIRECTORY


_DOCUMENT, _SAME_DIRECTORY, _ELSEWHERE = 3.0, 1.5, 1.0


def _votes(corpus: Corpus, cursor: Cursor, path: str) -> Iterator[_Vote]:
    """Yield the votes of all scopes: exact ones of the document and the workspace, then those under other names."""
    texts = _Texts(corpus.vocabulary, cursor.context)
    document = _Reader(texts, cursor.tokens.data, cursor.following, cursor.position)
    segments = [_SegmentReader(texts, segment, cursor, path) for segment in corpus.segments]
    exact = [(document, hits_in_document(cursor, cursor.tokens, cursor.context, _DOCUMENT_HITS))]
    exact += [(reader, reader.hits(cursor.context, abstract=False)) for reader in segments]
    for reader, hits in exact:
        yield from filter(None, map(reader.vote, hits))
    tokens = corpus.abstraction.of(cursor.tokens)
    context = tokens[cursor.position - DEPTH : cursor.position].tolist()
    renamed = [(document, hits_in_document(cursor, tokens, context, _ABSTRACT_HITS), _ABSTRACT_DEPTH_IN_DOCUMENT)]
    renamed += [(reader, reader.hits(context, abstract=True), _ABSTRACT_DEPTH) for reader in segments]
    for reader, hits, least_depth in renamed:
        yield from filter(None, (reader.renamed_vote(hit) for hit in hits if hit.depth >= least_depth))


class _Texts:
    """Token numbers as words, and renamings, each made once: many hits say the same."""

    def __init__(self, vocabulary: Vocabulary, context: Sequence[int]) -> None:
        self._vocabulary = vocabulary
        self._context = tuple(context)
        self._words: dict[tuple[int, ...], tuple[str, ...]] = {}
        self._renamings: dict[tuple[int, ...], Renaming | None] = {}
        self._renamed: dict[tuple[tuple[int, ...], tuple[int, ...]], tuple[tuple[str, ...], int]] = {}

    def words(self, numbers: tuple[int, ...]) -> tuple[str, ...]:
        """Return the words with these numbers."""
        words = self._words.get(numbers)
        if words is None:
            words = self._words[numbers] = tuple(map(self._vocabulary.text, numbers))
        return words

    def renamed(self, source: tuple[int, ...], numbers: tuple[int, ...]) -> tuple[tuple[str, ...], int]:
        """Return the words as they are called at the cursor, where `source` stands for the end of its context."""
        key = (source, numbers)
        if key not in self._renamed:
            if source not in self._renamings:
                target = self._context[-len(source) :]
                same = source == target
                self._renamings[source] = None if same else learn_renaming(self.words(source), self.words(target))
            renaming = self._renamings[source]
            self._renamed[key] = (self.words(numbers), 0) if renaming is None else renaming.apply(self.words(numbers))
        return self._renamed[key]


class _Reader:
    """Reads on from hits in one array of tokens."""

    def __init__(self, texts: _Texts, tokens: memoryview, following: Sequence[int], cursor: int) -> None:
        """Take the tokens after the cursor's line, and where in `tokens` the cursor is: no line ends there."""
        self._texts = texts
        self._tokens = tokens
        self._following = following
        self._cursor = cursor

    def vote(self, hit: Hit) -> _Vote | None:
        """Return the vote of a hit; None where its line cannot be read to the end."""
        if (line := self._line(hit.position)) is None:
            return None
        numbers, agreement = line
        return _Vote(hit, self._texts.words(numbers), agreement, self.place(hit), abstract=False)

    def renamed_vote(self, hit: Hit) -> _Vote | None:
        """Return the vote of a hit under other names, with its line under the cursor's."""
        if (line := self._line(hit.position)) is None:
            return None
        numbers, agreement = line
        source = tuple(self._tokens[hit.position - hit.depth : hit.position])
        words, renamed = self._texts.renamed(source, numbers)
        return _Vote(hit, words, agreement, self.place(hit), abstract=True, renamed=renamed)

    def place(self, hit: Hit) -> float:
        """Return what this hit's place counts for."""
        return _DOCUMENT

    def _line(self, start: int) -> tuple[tuple[int, ...], int] | None:
        """Return the tokens from a position to the end of its line, and how much of what follows agrees."""
        ahead = self._tokens[start : start + _LONGEST_CONTINUATION + _FOLLOWING_TOKENS].tolist()
        length = 0
        for number in ahead:
            if number <= UNKNOWN:
                break
            length += 1
        if length > _LONGEST_CONTINUATION or ahead[length:][:1] == [UNKNOWN] or start + length == self._cursor:
            return None
        agreement = 0
        for ours, theirs in zip(self._following, ahead[length : length + _FOLLOWING_TOKENS], strict=False):
            if ours != theirs:
                break
            agreement += 1
        return tuple(ahead[:length]), agreement


class _SegmentReader(_Reader):
    """Reads on from hits in indexed files, but for the open document's own copy."""

    def __init__(self, texts: _Texts, segment: Segment, cursor: Cursor, path: str) -> None:
        super().__init__(texts, segment.values, cursor.following, cursor=-1)
        self._segment = segment
        self._wanted = cursor.wanted
        self._directory = posixpath.dirname(path)
        own = segment.paths.index(path) if path in segment.paths else None
        self._own = (0, 0) if own is None else segment.span(own)
        self._places: dict[int, float] = {}

    def hits(self, context: Sequence[int], *, abstract: bool) -> list[Hit]:
        """Return the hits in this segment, the longest context first."""
        segment = self._segment
        contexts = segment.abstract_contexts if abstract else segment.contexts
        limit = _ABSTRACT_HITS if abstract else _WORKSPACE_HITS
        return segment.hits(contexts, context, None if abstract else self._wanted, limit, self._own)

    def place(self, hit: Hit) -> float:
        """Return what this hit's place counts for."""
        file = self._segment.file_at(hit.position)
        place = self._places.get(file)
        if place is None:
            same = posixpath.dirname(self._segment.paths[file]) == self._directory
            place = self._places[file] = _SAME_DIRECTORY if same else _ELSEWHERE
        return place


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
