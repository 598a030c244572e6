"""The places of a word in a segment, and facts about the segment's files that do not change.

A segment's contexts are sorted by the token before each position, so the places of a token are one run of them. Kept
beside the index: the start of each run (4 bytes for each word) and the file of each cell (4 bytes for 48 tokens), about
6 % of the index.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
from attrs import field, frozen
from numpy.typing import NDArray

from fim_language_server.core.languages import Language, language_of
from fim_language_server.core.values import Document
from fim_language_server.embedded.index.segment import DEPTH, IndexSegment
from fim_language_server.embedded.index.sorted_contexts import SortedContexts
from fim_language_server.embedded.sources.installed_packages import FOLDER

CELL: Final = 48
"""Tokens of a cell: about as many as eight lines have."""


@frozen
class SegmentFacts:
    """The places of all words in a segment, its cells, and the languages and directories of its files."""

    order: NDArray[np.int32] = field(repr=False)
    """All positions, sorted by the token before each."""
    first: NDArray[np.int32] = field(repr=False)
    """The index into `order` at which the run of each token begins; one more at the end."""
    starts: NDArray[np.int64] = field(repr=False)
    """The first position of each file, and the end of the last one."""
    cells: NDArray[np.int64] = field(repr=False)
    """The number of the first cell of each file, and one more than the last cell: a cell never has two files in it."""
    _file_near: NDArray[np.int32] = field(repr=False)
    """The file in which each 48th position is."""
    languages: Sequence[Language] = field(repr=False)
    """The languages of the files, each once."""
    language_of_file: NDArray[np.int16] = field(repr=False)
    files_in: Mapping[str, Sequence[int]] = field(repr=False)
    """The files of each directory."""
    are_packages: NDArray[np.bool_] = field(repr=False)
    """Whether each file belongs to an installed package."""

    @classmethod
    def of(cls, segment: IndexSegment) -> SegmentFacts:
        """Return the facts about a segment. Takes about 10 ms for a million tokens."""
        tokens = segment.tokens
        before = tokens[DEPTH - 1 : -1]
        contexts = segment.contexts
        if isinstance(contexts, SortedContexts):
            order = contexts.order
        else:
            order = (np.argsort(before, kind="stable") + DEPTH).astype(np.int32)
        first = np.zeros(int(tokens.max(initial=0)) + 2, np.int32)
        np.cumsum(np.bincount(before, minlength=len(first) - 1), out=first[1:])
        starts = np.append(segment.starts, len(tokens)).astype(np.int64)
        cells = np.zeros(len(starts), np.int64)
        np.cumsum(-(-np.diff(starts) // CELL), out=cells[1:])
        languages: dict[Language, int] = {}
        of_file, files_in = [], dict[str, list[int]]()
        for file, path in enumerate(segment.paths):
            of_file.append(languages.setdefault(language_of(Document("", path=path)), len(languages)))
            files_in.setdefault(path.rpartition("/")[0], []).append(file)
        return cls(
            order,
            first,
            starts,
            cells,
            _files_near(segment),
            list(languages),
            np.array(of_file, np.int16),
            files_in,
            np.array([path.startswith(f"{FOLDER}/") for path in segment.paths], np.bool_),
        )

    def places(self, token: int) -> NDArray[np.int32]:
        """Return the positions after a token, in no particular order."""
        if not 0 <= token < len(self.first) - 1:
            return self.order[:0]
        return self.order[self.first[token] : self.first[token + 1]]

    def cells_of(self, positions: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        """Return the cell of each position, and whether it is the first one of its file."""
        files = self._file_near[positions // CELL]
        # Few files are so short that more than one begins within 48 positions.
        while len(behind := np.flatnonzero(positions >= self.starts[files + 1])):
            files[behind] += 1
        local = (positions - self.starts[files]) // CELL
        return self.cells[files] + local, local == 0

    def files_of(self, cells: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the files of cells."""
        return np.searchsorted(self.cells, cells, "right") - 1


def _files_near(segment: IndexSegment) -> NDArray[np.int32]:
    every = np.arange(len(segment.tokens) // CELL + 1, dtype=np.int64) * CELL
    return np.maximum(np.searchsorted(segment.starts, every, "right") - 1, 0).astype(np.int32)
