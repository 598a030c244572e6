"""Token suffix arrays: where in many files does the context before the cursor stand, and what follows there?

A segment is immutable. Positions are sorted by the context before them, read backwards, so all places that share
the last d tokens with the cursor are one run of the array, and each further token narrows the run (Hellendoorn and
Devanbu 2017 showed what nested local models of code can do; the arrays are Manber and Myers' prefix doubling).
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from typing import Final, NamedTuple

import numpy as np
from attrs import evolve, field, frozen
from numpy.typing import NDArray

from fim_language_server.embedded.vocabulary import END, TokenFilter

DEPTH: Final = 16
"""Most tokens of context that are compared. A power of two: each round of sorting doubles it."""

_KEY_BITS: Final = 63
_BLOCK: Final = 1 << 17
"""Positions that are sorted at once."""

_MOST_EXAMINED: Final = 30_000
"""Positions of one run that are examined; longer runs are thinned out evenly."""


class Hit(NamedTuple):
    """A place with the cursor's context before it: `depth` tokens agree, `position` is the token after them."""

    position: int
    depth: int


@frozen
class SortedContexts:
    """All positions of a token array, sorted by the DEPTH tokens before each, nearest first; equal ones by position.

    The array begins with DEPTH times END, and those positions are left out, so every context is whole.
    """

    order: NDArray[np.int32] = field(repr=False)
    tokens: memoryview = field(repr=False)  # gives plain ints, several times as fast as an array
    places: memoryview = field(repr=False)  # `order`, likewise

    @classmethod
    def of(cls, tokens: NDArray[np.int32], order: NDArray[np.int32] | None = None) -> SortedContexts:
        """Take an order that was made before, or sort."""
        if order is None:
            order = sort_by_context(tokens)
        return cls(order, tokens.data, order.data)

    def runs(self, context: Sequence[int]) -> Iterator[tuple[int, NDArray[np.int32]]]:
        """Yield (depth, the positions that share exactly that much of the context's end), longest context first."""
        inner_low = inner_high = 0
        for depth, low, high in reversed(self._levels(context)):
            if inner_low == inner_high:
                yield depth, self.order[low:high]
            elif low < inner_low or inner_high < high:
                yield depth, np.concatenate((self.order[low:inner_low], self.order[inner_high:high]))
            inner_low, inner_high = low, high

    def _levels(self, context: Sequence[int]) -> list[tuple[int, int, int]]:
        """Return (depth, low, high) of the runs that share the last 1, 2, … tokens of the context."""
        tokens, order = self.tokens, self.places
        places = range(len(order))
        levels = []
        low, high = 0, len(order)
        for depth in range(1, min(DEPTH, len(context)) + 1):
            token = context[-depth]

            def token_before(place: int, depth: int = depth) -> int:
                return tokens[order[place] - depth]

            low = bisect_left(places, token, low, high, key=token_before)
            high = bisect_right(places, token, low, high, key=token_before)
            if low >= high:
                break
            levels.append((depth, low, high))
        return levels


def sort_by_context(tokens: NDArray[np.int32]) -> NDArray[np.int32]:
    """Return the positions from DEPTH on, sorted by the DEPTH tokens before each, nearest first; ties by position.

    Prefix doubling: positions ranked by the last n tokens are ranked by the last 2n through the pair of their rank
    and that of the position n before. It begins with as many tokens as fit into one key, and goes on with those
    positions only that share their rank with another (Larsson and Sadakane 1999).
    """
    # Each position stands in the lowest bits of its own key: sorting keys is twice as fast as sorting places of keys,
    # takes half the memory, and equal keys stay in the order of their positions.
    is_used = np.zeros(int(tokens.max(initial=0)) + 1, np.bool_)
    is_used[tokens] = True
    dense = (np.cumsum(is_used, dtype=np.int32) - 1)[tokens]
    position_bits, token_bits = len(tokens).bit_length(), max(1, int(dense.max(initial=0)).bit_length())
    length = min(DEPTH, max(1, (_KEY_BITS - position_bits) // token_bits))
    keys = np.zeros(len(tokens), np.int64)
    for distance in range(1, length + 1):
        keys <<= token_bits
        keys[distance:] |= dense[:-distance]
    del dense
    keys <<= position_bits
    keys |= np.arange(len(tokens), dtype=np.int32)
    keys.sort()
    order = np.empty(len(keys), np.int32)
    for begin in range(0, len(keys), _BLOCK):
        order[begin : begin + _BLOCK] = keys[begin : begin + _BLOCK] & ((1 << position_bits) - 1)
    keys >>= position_bits
    is_new = _differs_from_last(keys)
    del keys
    while length < DEPTH:
        step = min(length, DEPTH - length)
        _sort_on(order, is_new, step)
        length += step
    return order[order >= DEPTH]


def _sort_on(order: NDArray[np.int32], is_new: NDArray[np.bool_], step: int) -> None:
    """Sort the positions that share their rank by the rank of the position `step` before, in place.

    `is_new` says where in `order` another rank begins. It is done by blocks: keys stay short, and memory small.
    """
    blocks = list(pairwise(_cuts(is_new)))
    rank = np.empty(len(order), np.int32)
    for begin, end in blocks:
        numbers = np.arange(begin, end, dtype=np.int32)
        rank[order[begin:end]] = np.maximum.accumulate(np.where(is_new[begin:end], numbers, 0))
    rank_bits = len(rank).bit_length()
    for begin, end in blocks:
        shared = ~is_new[begin:end]
        shared[:-1] |= shared[1:]
        places = np.flatnonzero(shared) + begin
        positions, group = order[places], np.cumsum(is_new[places])
        before = rank[positions - step]
        index_bits = len(places).bit_length()
        if len(places) and index_bits + rank_bits + int(group[-1]).bit_length() > _KEY_BITS:
            by_rank = np.lexsort((before, group))
            order[places] = positions[by_rank]
            is_new[places] |= _differs_from_last(before[by_rank])
        else:
            keys = (group << rank_bits | before) << index_bits | np.arange(len(places))
            keys.sort()
            order[places] = positions[keys & ((1 << index_bits) - 1)]
            is_new[places] = _differs_from_last(keys >> index_bits)


def _cuts(is_new: NDArray[np.bool_]) -> list[int]:
    """Return places about _BLOCK apart where a rank begins, the first and the end included."""
    cuts = [0]
    while cuts[-1] + _BLOCK < len(is_new):
        following = is_new[cuts[-1] + _BLOCK :]
        found = int(following.argmax())
        if not following[found]:
            break
        cuts.append(cuts[-1] + _BLOCK + found)
    return [*cuts, len(is_new)]


def _differs_from_last(values: NDArray[np.int64] | NDArray[np.int32]) -> NDArray[np.bool_]:
    differs = np.ones(len(values), np.bool_)
    np.not_equal(values[1:], values[:-1], out=differs[1:])
    return differs


@frozen
class Segment:
    """The token numbers of some files, one after the other, END after each and DEPTH times before the first."""

    tokens: NDArray[np.int32] = field(repr=False)
    contexts: SortedContexts = field(repr=False)
    abstract_contexts: SortedContexts = field(repr=False)
    """The same places, by their context without names."""
    starts: NDArray[np.int64] = field(repr=False)
    """Where each file begins in `tokens`, ascending."""
    paths: Sequence[str] = field(repr=False)
    """The files' paths, in the order of `starts`."""
    hidden: NDArray[np.bool_] | None = field(default=None, repr=False)
    """By position: does it belong to a file that has changed since? None: no file has."""

    @classmethod
    def build(
        cls,
        files: Sequence[tuple[str, Sequence[int]]],
        abstract: Callable[[NDArray[np.int32]], NDArray[np.int32]],
    ) -> Segment:
        """Lay out (path, token numbers) of each file, and sort; `abstract` gives the abstract token of each."""
        lengths = [len(numbers) + 1 for _, numbers in files]
        starts = np.cumsum([DEPTH, *lengths], dtype=np.int64)
        tokens = np.full(int(starts[-1]), END, np.int32)
        for (_, numbers), start in zip(files, starts.tolist(), strict=False):
            tokens[start : start + len(numbers)] = numbers
        paths = [path for path, _ in files]
        return cls(tokens, SortedContexts.of(tokens), SortedContexts.of(abstract(tokens)), starts[:-1], paths)

    @property
    def values(self) -> memoryview:
        """`tokens`, for reading one by one."""
        return self.contexts.tokens

    def file_at(self, position: int) -> int:
        """Return the index (into `paths`) of the file that holds a position."""
        return bisect_right(self.starts.data, position) - 1

    def spans_of(self, path: str) -> list[tuple[int, int]]:
        """Return the spans of the files with a path: several workspace folders may each have one."""
        return [self.span(file) for file, other in enumerate(self.paths) if other == path] if path else []

    def span(self, file: int) -> tuple[int, int]:
        """Return where a file begins and where the next one does."""
        following = file + 1 < len(self.starts)
        return int(self.starts[file]), int(self.starts[file + 1]) if following else len(self.tokens)

    def without(self, files: Sequence[int]) -> Segment:
        """Return this segment with some files hidden as well; the arrays are shared."""
        hidden = np.zeros(len(self.tokens), np.bool_) if self.hidden is None else self.hidden.copy()
        for file in files:
            start, end = self.span(file)
            hidden[start:end] = True
        return evolve(self, hidden=hidden)

    def hits(
        self,
        contexts: SortedContexts,
        context: Sequence[int],
        wanted: TokenFilter | None,
        limit: int,
        left_out: Sequence[tuple[int, int]] = (),
    ) -> list[Hit]:
        """Return at most `limit` places, longest context first, where a `wanted` token follows.

        `contexts` is one of this segment's two orders. `left_out` are spans of positions that are no hits: the
        document's own copy on disk, which would vote for the text the user has just deleted.
        """
        hits: list[Hit] = []
        for depth, run in contexts.runs(context):
            positions = run if len(run) <= _MOST_EXAMINED else run[:: len(run) // _MOST_EXAMINED + 1]
            if wanted is not None:
                positions = positions[wanted.admits(self.tokens[positions])]
            if self.hidden is not None:
                positions = positions[~self.hidden[positions]]
            for start, end in left_out:
                positions = positions[(positions < start) | (positions >= end)]
            room = limit - len(hits)
            if len(positions) > room:
                positions = positions[np.arange(room) * len(positions) // room]
            hits.extend(Hit(position, depth) for position in positions.tolist())
            if len(hits) >= limit:
                break
        return hits
