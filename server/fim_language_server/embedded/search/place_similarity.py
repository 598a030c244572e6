"""How alike are two places? The share of the names around one that also stand around the other, and their paths.

Where a hundred places have the cursor's last words, the one that also speaks of the same things is the one to copy
from. Order and distance do not matter here, as they do where contexts are compared token by token (the overlap of
windows of code, as in Zhang et al. 2023, RepoCoder).
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import PurePosixPath
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fim_language_server.embedded.index.corpus import Corpus
from fim_language_server.embedded.search.cursor import Cursor
from fim_language_server.embedded.text.names import parts_of
from fim_language_server.embedded.text.vocabulary import UNKNOWN

_NEAR: Final = 40
_FAR: Final = 160
_BELOW: Final = 60
"""Tokens before a line's context, and after the line, in which names are looked for."""
_COMPARED: Final = 64
"""Tokens before that are compared to choose among places."""
_NAME, _ABOVE, _BELOW_HERE, _ANYWHERE = (1 << shift for shift in (0, 8, 16, 24))
"""What is known of a word, each a byte of one number: up to 255 words are counted by adding them up."""
_ONE: Final = 0.3
"""What is added to the number of names: the share of few says little."""

Positions = NDArray[np.signedinteger]
Shares = tuple[float, float, float, float]
"""The first four of Likeness."""
SAME_FILE: Final = (1.0, 1.0)
"""How alike a path is to itself: directories, and parts of the name."""


class PlaceSimilarity(NamedTuple):
    """Six shares, each 0 … 1: four of the names around a place, two of its path."""

    near: float
    """Of the names just before it, those that are before the cursor."""
    far: float
    """The same, of more names."""
    below: float
    """Of the names after its line, those that are below the cursor."""
    around: float
    """Of all these names, those that are in the document, with a space before them or without as here."""
    directory: float
    """Of the path's directories, those in common."""
    name: float
    """Of the parts of the file's name, those in common."""


class PlaceComparison:
    """The names around the cursor and the document's path, to be compared with other places."""

    def __init__(self, corpus: Corpus, cursor: Cursor, path: str) -> None:
        """Take what says which tokens are names, the cursor, and the document's path in the index."""
        self._corpus, self._is_name = corpus, corpus.abstraction.names
        here = cursor.position
        self._known = self._is_name.astype(np.uint32)
        self._known[cursor.tokens[self._is_name[cursor.tokens]]] |= _ANYWHERE
        self._known[self._named(cursor.tokens[max(0, here - _FAR) : here])] |= _ABOVE
        self._known[self._named(cursor.tokens[here + 1 : here + 1 + _BELOW])] |= _BELOW_HERE
        self._directories, self._parts = _read_path(path)

    def shares(self, tokens: NDArray[np.int32], starts: Positions, ends: Positions) -> list[Shares]:
        """Return the first four of Likeness for the places before `starts` and from `ends` on in `tokens`.

        The last token is END.
        """
        before = tokens[np.maximum(starts[:, None] - np.arange(1, _FAR + 1), 0)]
        after = tokens[np.minimum(ends[:, None] + np.arange(_BELOW), len(tokens) - 1)]
        known = self._known[before]
        near_sums, sums, sums_after = known[:, :_NEAR].sum(1), known.sum(1), self._known[after].sum(1)
        names_before, names_after = _count(sums, _NAME), _count(sums_after, _NAME)
        near = _count(near_sums, _ABOVE) / (_count(near_sums, _NAME) + _ONE)
        far = _count(sums, _ABOVE) / (names_before + _ONE)
        below = _count(sums_after, _BELOW_HERE) / (names_after + _ONE)
        around = (_count(sums, _ANYWHERE) + _count(sums_after, _ANYWHERE)) / (names_before + names_after + _ONE)
        return list(zip(near.tolist(), far.tolist(), below.tolist(), around.tolist(), strict=True))

    def share_above(self, tokens: NDArray[np.int32], starts: Positions) -> NDArray[np.floating]:
        """Return the share of the names before each of `starts` that are before the cursor."""
        before = tokens[np.maximum(starts[:, None] - np.arange(1, _COMPARED + 1), 0)]
        sums = self._known[before].sum(1)
        shares: NDArray[np.floating] = _count(sums, _ABOVE) / (_count(sums, _NAME) + _ONE)
        return shares

    def path_likeness(self, path: str) -> tuple[float, float]:
        """Return the last two of Likeness for a path in the index."""
        directories, parts = _read_path(path)
        same = 0
        while same < min(len(directories), len(self._directories)) and directories[same] == self._directories[same]:
            same += 1
        longest = max(len(directories), len(self._directories))
        return (same + 0.5) / (longest + 0.5), len(parts & self._parts) / (len(parts | self._parts) + 0.5)

    def _named(self, part: NDArray[np.int32]) -> list[int]:
        """Return the numbers of the names in a part of the document, with and without a space before."""
        numbers = set(part[self._is_name[part]].tolist())
        twins = set(map(self._corpus.vocabulary.twin, numbers))
        return list(numbers | twins - {UNKNOWN})


def _count(sums: NDArray[np.integer], what: int) -> NDArray[np.integer]:
    """Return how often words of which this is known were added up."""
    return (sums // what) & 0xFF


@lru_cache(maxsize=10_000)
def _read_path(path: str) -> tuple[tuple[str, ...], frozenset[str]]:
    file = PurePosixPath(path)
    return file.parent.parts, frozenset(parts_of(file.name.partition(".")[0].replace("_", " ")))
