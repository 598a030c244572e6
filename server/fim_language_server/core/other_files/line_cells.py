"""Documents as cells of eight lines, and the windows of two cells that share words with the query."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Final

from attrs import field, frozen

from fim_language_server.core.other_files.query import words_of
from fim_language_server.core.other_files.windows import Window

CELL: Final = 8
"""Lines of a cell."""
WINDOW: Final = 2
"""Cells of a window."""


@frozen
class Cells:
    """The words of the query in each cell of a document."""

    file: int
    shared: Sequence[frozenset[str]] = field(repr=False)

    def windows(self, worth: Mapping[str, float], factor: float) -> Iterator[Window]:
        """Yield each window in which words stand that count, with these words."""
        telling = [words & worth.keys() if words else words for words in self.shared]
        last = max(0, len(telling) - WINDOW)
        for first in range(last + 1):
            words = telling[first].union(*telling[first + 1 : first + WINDOW])
            if words:
                yield Window(self.file, first, min(first + WINDOW, len(telling)), words, factor)


def cells_of(file: int, lines: Sequence[str], wanted: frozenset[str]) -> Cells:
    """Return the cells of a document, the `file`th of the list, with the wanted words in each."""
    cells = [_words_of_cell(tuple(lines[first : first + CELL])) for first in range(0, len(lines), CELL)]
    return Cells(file, [words & wanted for words in cells])


def count_cells(documents: Sequence[Cells]) -> tuple[Counter[str], int]:
    """Return in how many cells of all documents each word stands, and the number of cells."""
    counts: Counter[str] = Counter()
    for document in documents:
        for words in document.shared:
            if words:
                counts.update(words)
    return counts, sum(len(document.shared) for document in documents)


@lru_cache(maxsize=2_048)
def _words_of_cell(lines: tuple[str, ...]) -> frozenset[str]:
    """Return the words of some lines. Cached: between two choices nearly all cells of open documents are the same."""
    return frozenset().union(*map(words_of, lines))
