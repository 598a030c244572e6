"""Votes from retrieved places: the line that follows at each place, under the names that it has at the cursor.

Each place found (`Hit`) becomes a `Vote` for a line; `candidates` weighs and groups the votes.
"""

from __future__ import annotations

import enum
import itertools
import posixpath
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fim_language_server.embedded.index.segment import DEPTH, Hit, IndexSegment
from fim_language_server.embedded.search.cursor import Cursor
from fim_language_server.embedded.search.place_similarity import SAME_FILE, PlaceComparison, PlaceSimilarity, Shares
from fim_language_server.embedded.search.renaming import Renaming, learn_renaming
from fim_language_server.embedded.text.vocabulary import END, UNKNOWN, Vocabulary

_LONGEST_CONTINUATION: Final = 60
"""Most tokens of a line that are copied."""
_LEAST_FOLLOWING: Final = 3
"""Tokens after the line that must agree but for names before names are learned from them."""
_MOST_FOLLOWING: Final = 9
"""Most tokens after the line from which names are learned."""
_FARTHEST: Final = 64
"""Most tokens of context that are compared if DEPTH of them agree; names are learned from all that agree."""


class FoundIn(enum.IntEnum):
    """The scope in which a line was found. A number, because arrays of thousands of votes are made of it."""

    ELSEWHERE = 0  # in the workspace
    SAME_DIRECTORY = 1  # in a file beside the document
    DOCUMENT = 2  # in the open document itself


class VoteKind(enum.IntEnum):
    """The way in which a line was made from the one at the place found."""

    EXACT = 0  # copied from a place with the same context
    RENAMED = 1  # from a place with the same context but for names, with the cursor's names put in
    FILLED = 2  # as RENAMED, with another name of the document in place of one that may not belong


class Vote(NamedTuple):
    """A line for the cursor, and the evidence of the place that suggests it."""

    reader: PlaceReader
    """The reader of the place, by which the lines below can be read, too."""
    hit: Hit
    kind: VoteKind
    place: FoundIn
    words: tuple[str, ...]
    reach: int
    """Number of tokens of context that agree, up to _FARTHEST."""
    agreement: int
    """Number of tokens after the line that are also after the cursor's line."""
    follows: int
    """As `agreement`, of abstract tokens if the context was found by abstract ones."""
    file: int = -1
    """Index of the place's file in its segment; -1: the open document."""
    same_language: bool = True
    """Does that file have the document's extension?"""
    renamed: int = 0
    """Number of words with another name at the cursor than at the place."""
    similarity: PlaceSimilarity = PlaceSimilarity(0.0, 0.0, 0.0, 0.0, *SAME_FILE)
    """Similarity of the place and the cursor."""


class _KnownTexts(dict[int, str]):
    """A cache of texts by number; a lookup of a cached number runs no Python code."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        super().__init__()
        self._find = vocabulary.text

    def __missing__(self, number: int) -> str:
        text = self[number] = self._find(number)
        return text


class TokenTexts:
    """Words of token numbers, and renamings, each made once: many hits have the same tokens."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._text = _KnownTexts(vocabulary).__getitem__
        self._words: dict[tuple[int, ...], tuple[str, ...]] = {}
        self._renamings: dict[tuple[tuple[int, ...], tuple[int, ...]], Renaming] = {}

    def words(self, numbers: tuple[int, ...]) -> tuple[str, ...]:
        """Return the words with these numbers."""
        words = self._words.get(numbers)
        if words is None:
            words = self._words[numbers] = tuple(map(self._text, numbers))
        return words

    def renamed(
        self, numbers: tuple[int, ...], source: tuple[int, ...], target: tuple[int, ...]
    ) -> tuple[tuple[str, ...], int]:
        """Return the words with `source`'s names replaced by `target`'s, and the number of changed words."""
        if source == target:
            return self.words(numbers), 0
        return self.renaming(source, target).apply(self.words(numbers))

    def renaming(self, source: tuple[int, ...], target: tuple[int, ...]) -> Renaming:
        """Return the renaming from the names of `source` to those of `target`, tokens of equal contexts."""
        pair = (source, target)
        renaming = self._renamings.get(pair)
        if renaming is None:
            differing = [both for both in zip(source, target, strict=True) if both[0] != both[1]]
            theirs, ours = zip(*differing, strict=True) if differing else ((), ())
            renaming = self._renamings[pair] = learn_renaming(self.words(theirs), self.words(ours))
        return renaming


class PlaceReader:
    """Reader of the places found in the open document."""

    def __init__(
        self, texts: TokenTexts, cursor: Cursor, abstract: NDArray[np.int32], comparison: PlaceComparison
    ) -> None:
        """Take the cursor, the document's abstract tokens, and the comparison of places with the cursor."""
        self._texts = texts
        self._comparison = comparison
        first, after = max(0, cursor.position - _FARTHEST), cursor.position + 1
        self._before: list[int] = cursor.tokens[first : cursor.position].tolist()
        self._abstract_before: list[int] = abstract[first : cursor.position].tolist()
        self._following = cursor.following
        self._abstract_following: list[int] = abstract[after : after + len(self._following)].tolist()
        self._tokens = cursor.tokens.data
        self._abstract = abstract.data
        self._cursor = cursor.position

    def votes(self, hits: Sequence[Hit]) -> Iterator[Vote]:
        """Yield an exact vote for each hit, except for those whose line cannot be read to its end."""
        return itertools.starmap(self._vote, self._lines(hits))

    def renamed_votes(self, hits: Sequence[Hit]) -> Iterator[Vote]:
        """Yield a renamed vote for each hit found by abstract tokens, with the cursor's names in its line."""
        return itertools.starmap(self._renamed_vote, self._lines(hits))

    def _lines(self, hits: Sequence[Hit]) -> Sequence[tuple[Hit, tuple[int, ...], Shares]]:
        """Return (hit, the line's tokens, similarity of its names) of the hits whose line can be read to its end."""
        lines = [(hit, line) for hit in hits if (line := self._line(hit.position)) is not None]
        if not lines:
            return ()
        positions = np.array([hit.position for hit, _ in lines])
        starts = positions - np.array([hit.depth for hit, _ in lines])
        ends = positions + np.array([len(line) for _, line in lines])
        shares = self._comparison.shares(np.asarray(self._tokens), starts, ends)
        return [(hit, line, alike) for (hit, line), alike in zip(lines, shares, strict=True)]

    def _vote(self, hit: Hit, line: tuple[int, ...], shares: Shares) -> Vote:
        agreement = _agreement(self._tokens, hit.position + len(line), self._following)
        reach = _reach(hit, self._tokens, self._before)
        words = self._texts.words(line)
        place, file, same, paths = self.place(hit)
        similarity = PlaceSimilarity(*shares, *paths)
        return Vote(self, hit, VoteKind.EXACT, place, words, reach, agreement, agreement, file, same, 0, similarity)

    def _renamed_vote(self, hit: Hit, line: tuple[int, ...], shares: Shares) -> Vote:
        end = hit.position + len(line)
        agreement = _agreement(self._tokens, end, self._following)
        follows = _agreement(self._abstract, end, self._abstract_following)
        reach = _reach(hit, self._abstract, self._abstract_before)
        words, renamed = self._texts.renamed(line, *self._names(hit, end, reach, follows))
        place, file, same, paths = self.place(hit)
        similarity = PlaceSimilarity(*shares, *paths)
        return Vote(
            self, hit, VoteKind.RENAMED, place, words, reach, agreement, follows, file, same, renamed, similarity
        )

    def below(self, vote: Vote, most: int) -> tuple[list[int], Renaming]:
        """Return at most `most` tokens after a vote's line, and the renaming to the cursor's names.

        If the cursor is among them, they end there with UNKNOWN.
        """
        line = self._line(vote.hit.position) or ()
        end = vote.hit.position + len(line)
        numbers: list[int] = self._tokens[end : end + most].tolist()
        if end <= self._cursor < end + most:
            numbers[self._cursor - end :] = [UNKNOWN]
        if vote.kind is VoteKind.EXACT:
            return numbers, Renaming({}, {})
        names = self._names(vote.hit, end, vote.reach, vote.follows)
        renaming = self._texts.renaming(*names)
        words, _ = renaming.apply(self._texts.words(line))
        filled = {old.strip(): new.strip() for old, new in zip(words, vote.words, strict=False) if old != new}
        return numbers, Renaming({**renaming.names, **filled}, renaming.parts) if filled else renaming

    def words(self, numbers: Sequence[int]) -> tuple[str, ...]:
        """Return the words with these numbers."""
        return self._texts.words(tuple(numbers))

    def _names(self, hit: Hit, end: int, reach: int, follows: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """Return the tokens around a hit whose line ends at `end`, and their counterparts at the cursor."""
        source = tuple(self._tokens[hit.position - reach : hit.position])
        target = tuple(self._before[-reach:])
        if follows < _LEAST_FOLLOWING:
            return source, target
        # The last pair of names wins: the context tells more than what follows the line.
        length = min(follows, _MOST_FOLLOWING)
        return (*self._tokens[end : end + length], *source), (*self._following[:length], *target)

    def place(self, hit: Hit) -> tuple[FoundIn, int, bool, tuple[float, float]]:
        """Return a hit's scope, its file, whether that has the document's extension, and the similarity of its path."""
        return FoundIn.DOCUMENT, -1, True, SAME_FILE

    def _line(self, start: int) -> tuple[int, ...] | None:
        """Return the tokens from a position to the end of its line."""
        ahead = self._tokens[start : start + _LONGEST_CONTINUATION + 1].tolist()
        length = 0
        for number in ahead:
            if number <= UNKNOWN:
                break
            length += 1
        if length > _LONGEST_CONTINUATION or ahead[length:][:1] == [UNKNOWN] or start + length == self._cursor:
            return None
        return tuple(ahead[:length])


class SegmentReader(PlaceReader):
    """Reader of the places found in indexed files, except for the open document's own copy."""

    def __init__(
        self,
        texts: TokenTexts,
        cursor: Cursor,
        abstract: NDArray[np.int32],
        comparison: PlaceComparison,
        segment: IndexSegment,
        path: str,
    ) -> None:
        """Take a segment and the document's path in the index, beside the parameters of `PlaceReader`."""
        super().__init__(texts, cursor, abstract, comparison)
        self._tokens = segment.contexts.tokens
        self._abstract = segment.abstract_contexts.tokens
        self._cursor = -1
        self._segment = segment
        self._wanted = cursor.wanted
        self._directory = posixpath.dirname(path)
        self._own = segment.spans_of(path)
        self._extension = posixpath.splitext(path)[1]
        self._places: dict[int, tuple[FoundIn, int, bool, tuple[float, float]]] = {}

    def hits(self, context: Sequence[int], limit: int, *, abstract: bool) -> list[Hit]:
        """Return the hits in this segment, the longest context first."""
        segment = self._segment
        contexts = segment.abstract_contexts if abstract else segment.contexts
        return segment.hits(
            contexts,
            context,
            None if abstract else self._wanted,
            limit,
            self._own,
            lambda starts: self._comparison.share_above(segment.tokens, starts),
        )

    def place(self, hit: Hit) -> tuple[FoundIn, int, bool, tuple[float, float]]:
        """Return a hit's scope, its file, whether that has the document's extension, and the similarity of its path."""
        file = self._segment.file_at(hit.position)
        known = self._places.get(file)
        if known is None:
            path = self._segment.paths[file]
            place = FoundIn.SAME_DIRECTORY if posixpath.dirname(path) == self._directory else FoundIn.ELSEWHERE
            same_language = posixpath.splitext(path)[1] == self._extension
            known = self._places[file] = (place, file, same_language, self._comparison.path_similarity(path))
        return known


def _agreement(tokens: memoryview, end: int, following: Sequence[int]) -> int:
    """Return the number of tokens from `end` on that equal those after the cursor's line."""
    if end >= len(tokens) or tokens[end] != following[0]:
        return 0  # Most places end here.
    agreement = 0
    for ours, theirs in zip(following, tokens[end : end + len(following)].tolist(), strict=False):
        if ours != theirs:
            break
        agreement += 1
    return agreement


def _reach(hit: Hit, tokens: memoryview, before: Sequence[int]) -> int:
    """Return the number of tokens before a hit that equal those before the cursor, at most _FARTHEST."""
    reach = hit.depth
    if reach < DEPTH:
        return reach
    most = min(len(before), hit.position)
    while reach < most and tokens[hit.position - reach - 1] == before[-reach - 1] != END:
        reach += 1
    return reach
