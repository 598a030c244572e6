"""Reading on from a place that resembles the cursor's: which line follows there, and how it is called here.

Each place found (`Hit`) becomes a `Vote` for a line. What a vote counts for is `candidates`' business.
"""

from __future__ import annotations

import enum
import itertools
import posixpath
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fim_language_server.embedded.index.segment import DEPTH, Hit, Segment
from fim_language_server.embedded.search.cursor import Cursor
from fim_language_server.embedded.search.place_similarity import SAME_FILE, PlaceComparison, PlaceSimilarity, Shares
from fim_language_server.embedded.search.renaming import Renaming, learn_renaming
from fim_language_server.embedded.text.vocabulary import END, UNKNOWN, Vocabulary

_LONGEST_CONTINUATION: Final = 60
"""Tokens of a line that are copied at most."""
_TELLING: Final = 3
"""Tokens after the line that must agree but for names, so that names are learned from them."""
_MOST_TELLING: Final = 9
"""So many of them names are learned from."""
_FARTHEST: Final = 64
"""Tokens of context that are compared where DEPTH of them agree: names are learned from all of them."""


class FoundIn(enum.IntEnum):
    """Where a line was found. Numbers, because thousands of votes are looked up by it."""

    ELSEWHERE = 0  # in the workspace
    SAME_DIRECTORY = 1  # in a file beside the document
    DOCUMENT = 2  # in the open document itself


class VoteKind(enum.IntEnum):
    """How a line comes to stand at the cursor."""

    EXACT = 0  # as it is written at a place with the same context
    RENAMED = 1  # under the cursor's names, from a place with the same context but for names
    FILLED = 2  # like RENAMED, with a name put in that is known here


class Vote(NamedTuple):
    """A line that could stand at the cursor, and the evidence of the place that says so."""

    reader: PlaceReader
    """Who read it, and can read on."""
    hit: Hit
    kind: VoteKind
    place: FoundIn
    words: tuple[str, ...]
    reach: int
    """Tokens of context that agree, up to _FARTHEST."""
    agreement: int
    """Tokens after the line that are also after the cursor's line."""
    follows: int
    """The same, but for names where the context is."""
    file: int = -1
    """Which file it is in, as an index into its segment's; -1: the open document."""
    same_language: bool = True
    """Has that file the document's extension?"""
    renamed: int = 0
    """How many of the words have another name here than there."""
    likeness: PlaceSimilarity = PlaceSimilarity(0.0, 0.0, 0.0, 0.0, *SAME_FILE)
    """How alike its place and the cursor's are."""


class _KnownTexts(dict[int, str]):
    """The text of each number that was asked for; asking again costs no Python code."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        super().__init__()
        self._find = vocabulary.text

    def __missing__(self, number: int) -> str:
        text = self[number] = self._find(number)
        return text


class TokenTexts:
    """Token numbers as words, and renamings, each made once: many hits say the same."""

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
        """Return the words as they are called where `target` stands for `source`, and how many changed."""
        if source == target:
            return self.words(numbers), 0
        return self.renaming(source, target).apply(self.words(numbers))

    def renaming(self, source: tuple[int, ...], target: tuple[int, ...]) -> Renaming:
        """Return what is called otherwise where `target` stands for `source`."""
        pair = (source, target)
        renaming = self._renamings.get(pair)
        if renaming is None:
            differing = [both for both in zip(source, target, strict=True) if both[0] != both[1]]
            theirs, ours = zip(*differing, strict=True) if differing else ((), ())
            renaming = self._renamings[pair] = learn_renaming(self.words(theirs), self.words(ours))
        return renaming


class PlaceReader:
    """Reads on from hits in the open document."""

    def __init__(
        self, texts: TokenTexts, cursor: Cursor, abstract: NDArray[np.int32], surroundings: PlaceComparison
    ) -> None:
        """Take the cursor, and the document's tokens without names."""
        self._texts = texts
        self._surroundings = surroundings
        first, after = max(0, cursor.position - _FARTHEST), cursor.position + 1
        self._before: list[int] = cursor.tokens[first : cursor.position].tolist()
        self._abstract_before: list[int] = abstract[first : cursor.position].tolist()
        self._following = cursor.following
        self._abstract_following: list[int] = abstract[after : after + len(self._following)].tolist()
        self._tokens = cursor.tokens.data
        self._abstract = abstract.data
        self._cursor = cursor.position

    def votes(self, hits: Sequence[Hit]) -> Iterator[Vote]:
        """Yield the votes of hits, but for those whose line cannot be read to the end."""
        return itertools.starmap(self._vote, self._lines(hits))

    def renamed_votes(self, hits: Sequence[Hit]) -> Iterator[Vote]:
        """Yield the votes of hits under other names, each with its line under the cursor's."""
        return itertools.starmap(self._renamed_vote, self._lines(hits))

    def _lines(self, hits: Sequence[Hit]) -> Sequence[tuple[Hit, tuple[int, ...], Shares]]:
        """Return each hit whose line can be read to the end with the line's tokens, and how alike its place is."""
        lines = [(hit, line) for hit in hits if (line := self._line(hit.position)) is not None]
        if not lines:
            return ()
        positions = np.array([hit.position for hit, _ in lines])
        starts = positions - np.array([hit.depth for hit, _ in lines])
        ends = positions + np.array([len(line) for _, line in lines])
        shares = self._surroundings.shares(np.asarray(self._tokens), starts, ends)
        return [(hit, line, alike) for (hit, line), alike in zip(lines, shares, strict=True)]

    def _vote(self, hit: Hit, line: tuple[int, ...], shares: Shares) -> Vote:
        agreement = _agreement(self._tokens, hit.position + len(line), self._following)
        reach = _reach(hit, self._tokens, self._before)
        words = self._texts.words(line)
        place, file, same, paths = self.place(hit)
        likeness = PlaceSimilarity(*shares, *paths)
        return Vote(self, hit, VoteKind.EXACT, place, words, reach, agreement, agreement, file, same, 0, likeness)

    def _renamed_vote(self, hit: Hit, line: tuple[int, ...], shares: Shares) -> Vote:
        end = hit.position + len(line)
        agreement = _agreement(self._tokens, end, self._following)
        follows = _agreement(self._abstract, end, self._abstract_following)
        reach = _reach(hit, self._abstract, self._abstract_before)
        words, renamed = self._texts.renamed(line, *self._names(hit, end, reach, follows))
        place, file, same, paths = self.place(hit)
        likeness = PlaceSimilarity(*shares, *paths)
        return Vote(self, hit, VoteKind.RENAMED, place, words, reach, agreement, follows, file, same, renamed, likeness)

    def below(self, vote: Vote, most: int) -> tuple[list[int], Renaming]:
        """Return at most so many tokens from the end of a vote's line on, and how they are called at the cursor.

        They end with UNKNOWN where the cursor comes.
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
        """Return the tokens around a hit whose line ends at `end`, and what stands in their place at the cursor."""
        source = tuple(self._tokens[hit.position - reach : hit.position])
        target = tuple(self._before[-reach:])
        if follows < _TELLING:
            return source, target
        # The nearest pair of names counts, and it comes last: what follows the line is less telling.
        telling = min(follows, _MOST_TELLING)
        return (*self._tokens[end : end + telling], *source), (*self._following[:telling], *target)

    def place(self, hit: Hit) -> tuple[FoundIn, int, bool, tuple[float, float]]:
        """Say where a hit is, in which file, whether that has the document's extension, and how alike the paths are."""
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
    """Reads on from hits in indexed files, but for the open document's own copy."""

    def __init__(
        self,
        texts: TokenTexts,
        cursor: Cursor,
        abstract: NDArray[np.int32],
        surroundings: PlaceComparison,
        segment: Segment,
        path: str,
    ) -> None:
        """Take the segment, and the document's path in the index, besides what every reader takes."""
        super().__init__(texts, cursor, abstract, surroundings)
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
            lambda starts: self._surroundings.share_above(segment.tokens, starts),
        )

    def place(self, hit: Hit) -> tuple[FoundIn, int, bool, tuple[float, float]]:
        """Say where a hit is, in which file, whether that has the document's extension, and how alike the paths are."""
        file = self._segment.file_at(hit.position)
        known = self._places.get(file)
        if known is None:
            path = self._segment.paths[file]
            place = FoundIn.SAME_DIRECTORY if posixpath.dirname(path) == self._directory else FoundIn.ELSEWHERE
            same_language = posixpath.splitext(path)[1] == self._extension
            known = self._places[file] = (place, file, same_language, self._surroundings.path_likeness(path))
        return known


def _agreement(tokens: memoryview, end: int, following: Sequence[int]) -> int:
    """Return how many tokens from `end` on are the ones that follow the cursor's line."""
    if end >= len(tokens) or tokens[end] != following[0]:
        return 0  # Most places end here.
    agreement = 0
    for ours, theirs in zip(following, tokens[end : end + len(following)].tolist(), strict=False):
        if ours != theirs:
            break
        agreement += 1
    return agreement


def _reach(hit: Hit, tokens: memoryview, before: Sequence[int]) -> int:
    """Return how many tokens before the hit are the ones before the cursor, up to _FARTHEST."""
    reach = hit.depth
    if reach < DEPTH:
        return reach
    most = min(len(before), hit.position)
    while reach < most and tokens[hit.position - reach - 1] == before[-reach - 1] != END:
        reach += 1
    return reach
