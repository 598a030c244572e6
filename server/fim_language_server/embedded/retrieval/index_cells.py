"""The windows of an index that share words with the query: two cells of 48 tokens each, the best first.

All places of all words are handled at once, as numbers that are sorted: a choice over 20 MB of source takes a few
milliseconds.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Final

import numpy as np
from attrs import field, frozen
from numpy.typing import NDArray

from fim_language_server.core.languages import Language
from fim_language_server.core.other_files.open_documents import BESIDE, OTHER_LANGUAGE
from fim_language_server.core.other_files.windows import Window
from fim_language_server.embedded.index.segment import IndexSegment
from fim_language_server.embedded.retrieval.word_places import CELL, SegmentFacts
from fim_language_server.embedded.text.vocabulary import FIRST_WORD, SAME, SHALLOWER, Vocabulary

WINDOW: Final = 2
"""Cells of a window."""
_MOST_PLACES: Final = 40_000
"""Places of all words that are looked at, the rarest words first: bounds the time of a choice."""
_LONGEST_RUN: Final = 6_000
"""Places of a word above which it is taken for common without being counted."""
_FORMS: Final = ("", " ", "$", " $")
"""Characters before a word in its token: the lexer takes along one blank, and the `$` of a variable in PHP."""


@frozen
class FileFactors:
    """The weights of a segment's files for a request: by language and directory, and 0 for those left out."""

    language: Language
    directory: str
    left_out: Collection[str] = field(repr=False)
    """Names of files without windows: the request's own, and those that are open in the editor."""

    def of(self, segment: IndexSegment, facts: SegmentFacts) -> NDArray[np.float32]:
        """Return the factor of each file; hidden files and installed packages have 0."""
        of_language = [1.0 if language == self.language else OTHER_LANGUAGE for language in facts.languages]
        factors = np.array(of_language, np.float32)[facts.language_of_file]
        factors[np.array(facts.files_in.get(self.directory, ()), np.int64)] *= BESIDE
        factors *= segment.are_shown & ~facts.are_packages
        for name in self.left_out:
            factors[segment.files_of(name)] = 0
        return factors


@frozen
class IndexCells:
    """The words of a query in the cells of one segment."""

    segment: IndexSegment = field(repr=False)
    facts: SegmentFacts = field(repr=False)
    words: Sequence[str] = field(repr=False)
    pairs: NDArray[np.int64] = field(repr=False)
    """Each cell and word in it, as cell times the number of words plus the word's index; ascending."""
    is_first: NDArray[np.bool_] = field(repr=False)
    """Whether the cell of each pair is the first one of its file."""

    @classmethod
    def of(cls, segment: IndexSegment, facts: SegmentFacts, words: Sequence[str], vocabulary: Vocabulary) -> IndexCells:
        """Look all words up."""
        runs = []
        for index, word in enumerate(words):
            numbers = [number for form in _FORMS if (number := vocabulary.find(form + word)) >= FIRST_WORD]
            found = [run for number in numbers if len(run := facts.places(number))]
            if found and (size := sum(map(len, found))) <= _LONGEST_RUN:
                runs.append((size, index, found))
        positions, indices, room = [np.empty(0, np.int32)], [np.empty(0, np.int64)], _MOST_PLACES
        for size, index, found in sorted(runs, key=lambda run: run[:2]):
            room -= size
            if room < 0:
                break
            positions += found
            indices.append(np.full(size, index, np.int64))
        cells, is_first = facts.cells_of(np.concatenate(positions).astype(np.int64) - 1)
        # One number for a cell, a word in it, and whether the cell is its file's first: equal for equal places.
        keys = _distinct((cells * len(words) + np.concatenate(indices)) * 2 + is_first)
        return cls(segment, facts, words, keys >> 1, (keys & 1).astype(np.bool_))

    @property
    def count(self) -> int:
        """The number of cells."""
        return int(self.facts.cells[-1])

    def cells_with(self) -> Mapping[str, int]:
        """Return in how many cells each word stands."""
        counts = np.bincount(self.pairs % max(1, len(self.words)), minlength=len(self.words)).tolist()
        return dict(zip(self.words, counts, strict=True))

    def windows(
        self, worth: Mapping[str, float], factors: NDArray[np.float32], most: int, first_file: int
    ) -> Iterator[Window]:
        """Yield the best windows, at most `most`; the segment's files are numbered from `first_file` on."""
        if not len(self.pairs) or not worth:
            return
        width = len(self.words)
        values = np.array([worth.get(word, 0.0) for word in self.words])
        is_telling = values[self.pairs % width] > 0
        telling = self.pairs[is_telling]
        # The window before a cell has its words, too, unless that is another file's.
        pairs = _distinct(np.concatenate((telling, telling[~self.is_first[is_telling]] - width)))
        cells, words = np.divmod(pairs, width)
        begins = np.flatnonzero(np.diff(cells, prepend=-1))
        if not len(begins):
            return
        firsts = cells[begins]
        files = self.facts.files_of(firsts)
        scores = np.add.reduceat(values[words], begins) * factors[files]
        best = np.argpartition(-scores, most)[:most] if len(scores) > most else np.arange(len(scores))
        ends = np.append(begins[1:], len(pairs))
        numbers = words.tolist()
        for at in best[scores[best] > 0].tolist():
            found = frozenset([self.words[number] for number in numbers[begins[at] : ends[at]]])
            first, file = int(firsts[at]), int(files[at])
            end = min(first + WINDOW, int(self.facts.cells[file + 1]))
            yield Window(first_file + file, first, end, found, float(factors[file]))

    def lines_of(self, window: Window, file: int) -> tuple[int, int, int]:
        """Return the first line of a window in a file, the line after its last, and the number of the file's lines.

        Only lines that are not blank are counted.
        """
        start, end = self.segment.span(file)
        tokens = self.segment.tokens[start:end]
        first_cell = int(self.facts.cells[file])
        low, high = (window.first - first_cell) * CELL, min((window.end - first_cell) * CELL, len(tokens))
        marks = (tokens >= SAME) & (tokens <= SHALLOWER)
        parts = (marks[: low + 1], marks[low + 1 : high], marks[high:])
        before, within, behind = (int(np.count_nonzero(part)) for part in parts)
        return max(0, before - 1), before + within, before + within + behind


def _distinct(numbers: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return each number once, ascending. Several times as fast as `numpy.unique`, which hashes them before."""
    numbers = np.sort(numbers)
    is_new = np.ones(len(numbers), np.bool_)
    np.not_equal(numbers[1:], numbers[:-1], out=is_new[1:])
    return numbers[is_new]
