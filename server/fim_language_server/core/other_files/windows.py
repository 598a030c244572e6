"""The order in which windows of text are taken: the best first, and a word counts less each time it is shown."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from heapq import heapify, heappop, heappush
from typing import Final

from attrs import field, frozen

SHOWN_AGAIN: Final = 0.75
"""The factor by which a word counts less for each window with it that was taken, so that the windows differ."""
_LEAST: Final = 0.01


@frozen
class Window:
    """Some cells of a file that share words with the query.

    `file` is the file's place in a list of files, the more interesting first; `first` and `end` number its cells.
    `factor` is how much the file counts, 1 for an ordinary one.
    """

    file: int
    first: int
    end: int
    words: frozenset[str] = field(repr=False)
    factor: float = 1.0


class WindowQueue:
    """Windows, the best first, by what their words count; taking one makes its words count less."""

    def __init__(self, windows: Iterable[Window], worth: Mapping[str, float]) -> None:
        """Take all windows, and what each word counts."""
        self._worth = dict(worth)
        self._taken: dict[int, list[Window]] = {}
        self._heap = [(-self.score(it), it.file, it.first, it) for it in windows]
        heapify(self._heap)

    def score(self, window: Window) -> float:
        """Return what a window counts as things stand."""
        worth = self._worth
        # Sorted, so that the sum does not depend on the order of a set, which differs from process to process.
        return window.factor * sum(sorted([worth[word] for word in window.words]))

    def next(self) -> Window | None:
        """Remove and return the best window that overlaps none that was taken; None where no good one is left."""
        heap = self._heap
        while heap:
            known, _, _, window = heappop(heap)
            if self._overlaps(window):
                continue
            # Words only lose worth, so a window that is still ahead of the next one is the best.
            score = self.score(window)
            if score < -known and heap and (-score, window.file, window.first) > heap[0][:3]:
                heappush(heap, (-score, window.file, window.first, window))
            elif score > _LEAST:
                return window
            else:
                return None
        return None

    def take(self, window: Window) -> None:
        """Note that a window is shown."""
        self._taken.setdefault(window.file, []).append(window)
        for word in window.words:
            self._worth[word] *= SHOWN_AGAIN

    def _overlaps(self, window: Window) -> bool:
        return any(it.first < window.end and window.first < it.end for it in self._taken.get(window.file, ()))
