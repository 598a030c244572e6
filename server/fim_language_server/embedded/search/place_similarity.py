"""Similarity of two places: the share of the names around one that are also around the other, and their paths.

If a hundred places have the cursor's last tokens before them, the best one to copy from uses the same names. Unlike
the comparison of contexts token by token, this one ignores order and distance (the overlap of windows of code, as in
Zhang et al. 2023, RepoCoder).
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
"""Tokens before a line's context, and after the line, among which names are compared."""
_COMPARED: Final = 64
"""Tokens before a place among which names are compared to choose the places to read."""
_NAME, _ABOVE, _BELOW_HERE, _ANYWHERE = (1 << shift for shift in (0, 8, 16, 24))
"""Facts about a word, each a byte of one number: adding the numbers of up to 255 words counts each fact."""
_SMOOTHING: Final = 0.3
"""Added to the number of names, so that shares of few names are small."""

Positions = NDArray[np.signedinteger]
Shares = tuple[float, float, float, float]
"""The first four fields of PlaceSimilarity."""
SAME_FILE: Final = (1.0, 1.0)
"""Similarity of a path to itself: by its directories, and by the parts of its name."""


class PlaceSimilarity(NamedTuple):
    """Six shares, each 0 … 1: four of the names around a place, two of its path."""

    near: float
    """Share of the names in the _NEAR tokens before it that are also before the cursor."""
    far: float
    """Share of the names in the _FAR tokens before it that are also before the cursor."""
    below: float
    """Share of the names after its line that are also below the cursor."""
    around: float
    """Share of all these names that are in the document, with a space before them or without, as at the place."""
    directory: float
    """Share of the path's directories that are the document's, too."""
    name: float
    """Share of the parts of the file's name that are in the document's, too."""


class PlaceComparison:
    """Comparison of places with the cursor, by the names around it and the document's path."""

    def __init__(self, corpus: Corpus, cursor: Cursor, path: str) -> None:
        """Take the corpus, by which tokens are names or not, the cursor, and the document's path in the index."""
        self._corpus, self._is_name = corpus, corpus.abstraction.names
        here = cursor.position
        self._known = self._is_name.astype(np.uint32)
        self._known[cursor.tokens[self._is_name[cursor.tokens]]] |= _ANYWHERE
        self._known[self._named(cursor.tokens[max(0, here - _FAR) : here])] |= _ABOVE
        self._known[self._named(cursor.tokens[here + 1 : here + 1 + _BELOW])] |= _BELOW_HERE
        self._directories, self._parts = _read_path(path)

    def shares(self, tokens: NDArray[np.int32], starts: Positions, ends: Positions) -> list[Shares]:
        """Return the shares for places whose contexts begin at `starts`, and whose lines end at `ends`, in `tokens`.

        The last token must be END.
        """
        before = tokens[np.maximum(starts[:, None] - np.arange(1, _FAR + 1), 0)]
        after = tokens[np.minimum(ends[:, None] + np.arange(_BELOW), len(tokens) - 1)]
        known = self._known[before]
        near_sums, sums, sums_after = known[:, :_NEAR].sum(1), known.sum(1), self._known[after].sum(1)
        names_before, names_after = _count(sums, _NAME), _count(sums_after, _NAME)
        near = _count(near_sums, _ABOVE) / (_count(near_sums, _NAME) + _SMOOTHING)
        far = _count(sums, _ABOVE) / (names_before + _SMOOTHING)
        below = _count(sums_after, _BELOW_HERE) / (names_after + _SMOOTHING)
        around = (_count(sums, _ANYWHERE) + _count(sums_after, _ANYWHERE)) / (names_before + names_after + _SMOOTHING)
        return list(zip(near.tolist(), far.tolist(), below.tolist(), around.tolist(), strict=True))

    def share_above(self, tokens: NDArray[np.int32], starts: Positions) -> NDArray[np.floating]:
        """Return the share of the names before each of `starts` that are before the cursor."""
        before = tokens[np.maximum(starts[:, None] - np.arange(1, _COMPARED + 1), 0)]
        sums = self._known[before].sum(1)
        shares: NDArray[np.floating] = _count(sums, _ABOVE) / (_count(sums, _NAME) + _SMOOTHING)
        return shares

    def path_similarity(self, path: str) -> tuple[float, float]:
        """Return the last two fields of PlaceSimilarity for a path in the index."""
        directories, parts = _read_path(path)
        same = 0
        while same < min(len(directories), len(self._directories)) and directories[same] == self._directories[same]:
            same += 1
        longest = max(len(directories), len(self._directories))
        return (same + 0.5) / (longest + 0.5), len(parts & self._parts) / (len(parts | self._parts) + 0.5)

    def _named(self, part: NDArray[np.int32]) -> list[int]:
        """Return the numbers of the names in a part of the document, each with and without a space before it."""
        numbers = set(part[self._is_name[part]].tolist())
        space_variants = set(map(self._corpus.vocabulary.space_variant, numbers))
        return list(numbers | space_variants - {UNKNOWN})


def _count(sums: NDArray[np.integer], fact: int) -> NDArray[np.integer]:
    """Return the number of words with a fact, from the sums of their numbers."""
    return (sums // fact) & 0xFF


@lru_cache(maxsize=10_000)
def _read_path(path: str) -> tuple[tuple[str, ...], frozenset[str]]:
    file = PurePosixPath(path)
    return file.parent.parts, frozenset(parts_of(file.name.partition(".")[0].replace("_", " ")))
