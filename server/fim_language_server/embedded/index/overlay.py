"""The overlay: files that changed since the index was made; their old text is hidden, and their new text searched.

Files that changed together form a layer, a segment of its own, so that only they are read again. `compacted` merges
layers, because each one is searched at each key.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, TypeAlias

from attrs import evolve, field, frozen

from fim_language_server.embedded.index.corpus import Corpus
from fim_language_server.embedded.index.segment import IndexSegment

Texts: TypeAlias = "Sequence[array[int]]"
"""Token numbers of the files with one name, one array for each folder that has it; empty: the file is gone."""

_MOST_LAYERS: Final = 2


@frozen
class Overlay:
    """An index, and the files that have changed since it was made."""

    base: Corpus = field(repr=False)
    changed: Mapping[str, Texts] = field(factory=dict, repr=False)
    corpus: Corpus = field(repr=False, default=Corpus.empty())
    """Index and changes as one corpus: the index's segments with changed files hidden, and then the layers."""

    @classmethod
    def over(cls, base: Corpus) -> Overlay:
        """Return an overlay without changes."""
        return cls(base, corpus=base)

    @property
    def tokens(self) -> int:
        """Number of tokens in the changed files."""
        return sum(len(numbers) for texts in self.changed.values() for numbers in texts)

    @property
    def layers(self) -> Sequence[IndexSegment]:
        """The segments of the changed files, in the order of the changes."""
        return self.corpus.segments[len(self.base.segments) :]

    def with_changes(self, changes: Mapping[str, Texts]) -> Overlay:
        """Return the overlay in which the files of `changes`, by name, have these tokens."""
        first_changes = changes.keys() - self.changed.keys()
        index = [_hide(segment, first_changes) for segment in self.corpus.segments[: len(self.base.segments)]]
        layers = [_hide(layer, changes) for layer in self.layers if not changes.keys() >= set(layer.paths)]
        return self._with({**self.changed, **changes}, [*index, *layers], changes)

    def compacted(self) -> Overlay:
        """Return the overlay with at most _MOST_LAYERS + 1 layers.

        The last two layers are merged, together with earlier ones as long as those are not larger, or too many.
        """
        layers = self.layers
        if len(layers) <= _MOST_LAYERS:
            return self
        start = len(layers) - 2
        size = len(layers[-1].tokens) + len(layers[-2].tokens)
        while start and (start >= _MOST_LAYERS or len(layers[start - 1].tokens) <= size):
            start -= 1
            size += len(layers[start].tokens)
        names = dict.fromkeys(name for layer in layers[start:] for name in layer.paths)
        kept = self.corpus.segments[: len(self.base.segments) + start]
        return self._with(self.changed, kept, {name: self.changed[name] for name in names})

    def _with(self, changed: Mapping[str, Texts], kept: Sequence[IndexSegment], last: Mapping[str, Texts]) -> Overlay:
        files = [(name, numbers) for name, texts in last.items() for numbers in texts]
        layer = [IndexSegment.build(files, self.base.abstraction.of)] if files else []
        return Overlay(self.base, changed, evolve(self.base, segments=(*kept, *layer)))


def _hide(segment: IndexSegment, names: Iterable[str]) -> IndexSegment:
    files = [file for name in names for file in segment.files_of(name)]
    return segment.without(files) if files else segment
