"""The segment: some files as one array of tokens, searched for the places with the cursor's context before them.

A segment is immutable. `sorted_contexts` finds the places; here they are filtered and limited.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final, NamedTuple

import numpy as np
from attrs import evolve, field, frozen
from numpy.typing import NDArray

from fim_language_server.embedded.index.sorted_contexts import DEPTH, Contexts, contexts_of
from fim_language_server.embedded.text.vocabulary import END, TokenFilter

__all__ = ["DEPTH", "Hit", "IndexSegment"]

_MOST_EXAMINED: Final = 30_000
"""Positions of one run that are examined; longer runs are thinned out evenly."""
_MOST_SPANS: Final = 16
"""Hidden files up to which their spans are kept; more are marked position by position, in an array of all."""

_MOST_COMPARED: Final = 300
"""Most places with the same context that are compared by their surroundings; more are thinned out evenly."""


class Hit(NamedTuple):
    """A place with the cursor's context before it: `depth` tokens agree, `position` is the token after them."""

    position: int
    depth: int


@frozen
class IndexSegment:
    """The token numbers of some files, one after the other, END after each and DEPTH times before the first."""

    tokens: NDArray[np.int32] = field(repr=False)
    contexts: Contexts = field(repr=False)
    abstract_contexts: Contexts = field(repr=False)
    """The contexts of abstract tokens."""
    starts: NDArray[np.int64] = field(repr=False)
    """Index of each file's first token, ascending."""
    paths: Sequence[str] = field(repr=False)
    """The files' paths, in the order of `starts`."""
    _hidden: NDArray[np.bool_] | None = field(default=None, repr=False)
    """True at the positions of hidden files, except for those of `_hidden_spans`; None: there are no others."""
    _hidden_spans: frozenset[tuple[int, int]] = field(default=frozenset(), repr=False)
    """The spans of the files hidden last."""
    _last: Mapping[str, int] = field(repr=False)
    """Index of the last file with each path."""

    @_last.default
    def _number_files(self) -> Mapping[str, int]:
        return {path: file for file, path in enumerate(self.paths)}

    @classmethod
    def build(
        cls,
        files: Sequence[tuple[str, Sequence[int]]],
        abstract: Callable[[NDArray[np.int32]], NDArray[np.int32]],
    ) -> IndexSegment:
        """Return the segment of files, given as (path, token numbers); `abstract` returns their abstract tokens."""
        lengths = [len(numbers) + 1 for _, numbers in files]
        starts = np.cumsum([DEPTH, *lengths], dtype=np.int64)
        tokens = np.full(int(starts[-1]), END, np.int32)
        for (_, numbers), start in zip(files, starts.tolist(), strict=False):
            tokens[start : start + len(numbers)] = numbers
        paths = [path for path, _ in files]
        return cls(tokens, contexts_of(tokens), contexts_of(abstract(tokens)), starts[:-1], paths)

    @property
    def values(self) -> memoryview:
        """The tokens as a memoryview, for fast reading one by one."""
        return self.contexts.tokens

    def file_at(self, position: int) -> int:
        """Return the index (into `paths`) of the file that holds a position."""
        return bisect_right(self.starts.data, position) - 1

    def files_of(self, path: str) -> list[int]:
        """Return the indices of the files with a path: several workspace folders may each have one."""
        if path not in self._last:
            return []
        if len(self._last) == len(self.paths):
            return [self._last[path]]
        return [file for file, other in enumerate(self.paths) if other == path]

    def spans_of(self, path: str) -> list[tuple[int, int]]:
        """Return the spans of the files with a path."""
        return [self.span(file) for file in self.files_of(path)] if path else []

    def span(self, file: int) -> tuple[int, int]:
        """Return the start of a file and that of the next one."""
        following = file + 1 < len(self.starts)
        return int(self.starts[file]), int(self.starts[file + 1]) if following else len(self.tokens)

    def without(self, files: Sequence[int]) -> IndexSegment:
        """Return this segment with more files hidden; the arrays are shared."""
        spans = self._hidden_spans.union(map(self.span, files))
        if len(spans) <= _MOST_SPANS:
            return evolve(self, hidden_spans=spans)
        hidden = np.zeros(len(self.tokens), np.bool_) if self._hidden is None else self._hidden.copy()
        for start, end in spans:
            hidden[start:end] = True
        return evolve(self, hidden=hidden, hidden_spans=frozenset())

    @property
    def are_shown(self) -> NDArray[np.bool_]:
        """Whether each file is shown, in the order of `starts`: a hidden one is hidden as a whole."""
        shown = np.ones(len(self.starts), np.bool_) if self._hidden is None else ~self._hidden[self.starts]
        for start, end in self._hidden_spans:
            shown[(self.starts >= start) & (self.starts < end)] = False
        return shown

    def shown(self, positions: NDArray[np.int32]) -> NDArray[np.int32]:
        """Return the positions that are in no hidden file."""
        return self._shown(positions, _bounds(self._hidden_spans))

    def _shown(self, positions: NDArray[np.int32], bounds: NDArray[np.int32]) -> NDArray[np.int32]:
        if self._hidden is not None:
            positions = positions[~self._hidden[positions]]
        if len(bounds):
            # The number of bounds before a position within a span is odd.
            positions = positions[bounds.searchsorted(positions, "right") & 1 == 0]
        return positions

    def hits(
        self,
        contexts: Contexts,
        context: Sequence[int],
        wanted: TokenFilter | None,
        limit: int,
        left_out: Sequence[tuple[int, int]] = (),
        prefer: Callable[[NDArray[np.int32]], NDArray[np.floating]] | None = None,
    ) -> list[Hit]:
        """Return at most `limit` places, longest context first, at which a `wanted` token follows.

        `contexts` is `self.contexts` or `self.abstract_contexts`. `left_out` are spans without hits: the document's
        own copy on disk, which would vote for the text that the user has just deleted. If more places share a context
        than fit, those with the highest scores are taken; `prefer` scores places by the starts of their contexts.
        """
        hits: list[Hit] = []
        bounds = _bounds(self._hidden_spans.union(left_out))
        for depth, run in contexts.runs(context):
            positions = run if len(run) <= _MOST_EXAMINED else run[:: len(run) // _MOST_EXAMINED + 1]
            if wanted is not None:
                positions = positions[wanted.admits(self.tokens[positions])]
            positions = self._shown(positions, bounds)
            room = limit - len(hits)
            if len(positions) > room:
                positions = _evenly(positions, _MOST_COMPARED if prefer is not None else room)
            if len(positions) > room and prefer is not None:
                # Scored from the start of the context on, because the context itself is equal.
                best = np.argsort(-prefer(positions - depth), kind="stable")[:room]
                positions = positions[np.sort(best)]
            hits.extend(Hit(position, depth) for position in positions.tolist())
            if len(hits) >= limit:
                break
        return hits


def _bounds(spans: Iterable[tuple[int, int]]) -> NDArray[np.int32]:
    """Return the starts and ends of spans that do not overlap, ascending."""
    return np.array(sorted(spans), np.int32).ravel()


def _evenly(positions: NDArray[np.int32], most: int) -> NDArray[np.int32]:
    return positions[np.arange(most) * len(positions) // most] if len(positions) > most else positions
