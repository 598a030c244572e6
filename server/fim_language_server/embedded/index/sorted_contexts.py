"""The contexts before all positions of a token array, and the search for those that end as the cursor's does.

Many positions are sorted by the context before them, read backwards, so all that share the last d tokens with the
cursor are one run of the array, and each further token narrows the run (suffix arrays by prefix doubling, Manber and
Myers 1993; for nested local models of code see Hellendoorn and Devanbu 2017). Few positions are not sorted but
scanned at each search, which is as fast.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Final, Protocol

import numpy as np
from attrs import field, frozen
from numpy.typing import NDArray

DEPTH: Final = 16
"""Most tokens of context that are compared. A power of two: each round of sorting doubles it."""

_FEW: Final = 20_000
"""Most positions that are scanned instead of sorted."""
_KEY_BITS: Final = 63
_BLOCK: Final = 1 << 17
"""Positions that are sorted at once."""


class Contexts(Protocol):
    """All positions of a token array, searchable by the DEPTH tokens before each.

    The array begins with DEPTH times END; those positions are left out, so that every context is complete.
    """

    @property
    def tokens(self) -> memoryview:
        """The tokens as plain ints, several times as fast as an array when read one by one."""
        ...

    def runs(self, context: Sequence[int]) -> Iterator[tuple[int, NDArray[np.int32]]]:
        """Yield (depth, the positions that share exactly the last `depth` tokens of the context), deepest first."""
        ...


def contexts_of(tokens: NDArray[np.int32]) -> Contexts:
    """Return the contexts of tokens, sorted if there are many."""
    return SortedContexts.of(tokens) if len(tokens) > _FEW else ScannedContexts(tokens)


@frozen
class ScannedContexts:
    """Contexts that are scanned at each search."""

    _numbers: NDArray[np.int32] = field(repr=False)

    @property
    def tokens(self) -> memoryview:
        """See `Contexts`."""
        return self._numbers.data

    def runs(self, context: Sequence[int]) -> Iterator[tuple[int, NDArray[np.int32]]]:
        """See `Contexts`."""
        if not context:
            return
        numbers, runs = self._numbers, []
        positions = (np.flatnonzero(numbers[DEPTH - 1 : -1] == context[-1]) + DEPTH).astype(np.int32)
        most = min(DEPTH, len(context))
        for depth in range(1, most):
            agrees = numbers[positions - depth - 1] == context[-depth - 1]
            runs.append((depth, positions[~agrees]))
            positions = positions[agrees]
            if not len(positions):
                break
        yield from ((depth, run) for depth, run in ((most, positions), *reversed(runs)) if len(run))


@frozen
class SortedContexts:
    """Contexts sorted by their tokens, beginning with the last one; equal contexts by position."""

    order: NDArray[np.int32] = field(repr=False)
    tokens: memoryview = field(repr=False)  # gives plain ints, several times as fast as an array
    places: memoryview = field(repr=False)  # `order`, likewise

    @classmethod
    def of(cls, tokens: NDArray[np.int32], order: NDArray[np.int32] | None = None) -> SortedContexts:
        """Return the contexts of tokens in a given `order`; without one they are sorted."""
        if order is None:
            order = sort_by_context(tokens)
        return cls(order, tokens.data, order.data)

    def runs(self, context: Sequence[int]) -> Iterator[tuple[int, NDArray[np.int32]]]:
        """See `Contexts`."""
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
    """Return the positions from DEPTH on, sorted by the DEPTH tokens before each, the last one first; ties by position.

    Prefix doubling: the ranks by the last 2n tokens follow from pairs of ranks by the last n tokens, of a position
    and of the one n before it. It begins with as many tokens as fit into one key, and continues only with positions
    that share their rank with another (Larsson and Sadakane 1999).
    """
    # Each position is in the lowest bits of its own key: sorting keys is twice as fast as sorting indices of keys,
    # takes half the memory, and equal keys stay in the order of their positions.
    dense, most = _dense(tokens)
    position_bits, token_bits = len(tokens).bit_length(), max(1, most.bit_length())
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


def _dense(tokens: NDArray[np.int32]) -> tuple[NDArray[np.int32], int]:
    """Return the tokens renumbered from 0 without gaps, in their order, and the highest number."""
    is_used = np.zeros(int(tokens.max(initial=0)) + 1, np.bool_)
    is_used[tokens] = True
    used = np.flatnonzero(is_used)
    numbers = np.empty(len(is_used), np.int32)
    numbers[used] = np.arange(len(used), dtype=np.int32)
    return numbers[tokens], max(0, len(used) - 1)


def _sort_on(order: NDArray[np.int32], is_new: NDArray[np.bool_], step: int) -> None:
    """Sort the positions that share their rank by the rank of the position `step` before, in place.

    `is_new` is true where a new rank begins in `order`. Blocks are sorted one after the other, which keeps keys short
    and memory small.
    """
    blocks = list(pairwise(_cuts(is_new)))
    rank = np.empty(len(order), np.int32)
    for begin, end in blocks:
        firsts = np.flatnonzero(is_new[begin:end])
        rank[order[begin:end]] = np.repeat(firsts + begin, np.diff(firsts, append=end - begin))
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
    """Return indices about _BLOCK apart at which a rank begins, 0 and the end included."""
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
