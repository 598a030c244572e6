"""The files that changed since the index was made, laid over it: their old text is hidden, their new one searched.

Files that changed together are a layer, a segment of their own, so a change takes in what has changed and nothing else.
`compacted` makes a few layers of many, because each one is searched at each key.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, TypeAlias

from attrs import evolve, field, frozen

from fim_language_server.embedded.index.corpus import Corpus
from fim_language_server.embedded.index.segment import Segment

Texts: TypeAlias = "Sequence[array[int]]"
"""The token numbers of the files with one name, one for each folder that has it; none: it is gone."""

_MOST_LAYERS: Final = 2


@frozen
class Overlay:
    """An index, and what has changed since."""

    base: Corpus = field(repr=False)
    changed: Mapping[str, Texts] = field(factory=dict, repr=False)
    corpus: Corpus = field(repr=False, default=Corpus.empty())
    """All of it, ready to be searched: the index's segments, with what has changed hidden, and then the layers."""

    @classmethod
    def over(cls, base: Corpus) -> Overlay:
        """Return an overlay without changes."""
        return cls(base, corpus=base)

    @property
    def tokens(self) -> int:
        """How many tokens the changed files have."""
        return sum(len(numbers) for texts in self.changed.values() for numbers in texts)

    @property
    def layers(self) -> Sequence[Segment]:
        """The segments of the changed files, the ones changed last at the end."""
        return self.corpus.segments[len(self.base.segments) :]

    def with_changes(self, changes: Mapping[str, Texts]) -> Overlay:
        """Return the overlay with these files as they are now."""
        news = changes.keys() - self.changed.keys()
        index = [_hide(one, news) for one in self.corpus.segments[: len(self.base.segments)]]
        layers = [_hide(one, changes) for one in self.layers if not changes.keys() >= set(one.paths)]
        return self._with({**self.changed, **changes}, [*index, *layers], changes)

    def compacted(self) -> Overlay:
        """Return the overlay with few layers: the last ones become one, together with those that are no longer."""
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

    def _with(self, changed: Mapping[str, Texts], kept: Sequence[Segment], last: Mapping[str, Texts]) -> Overlay:
        files = [(name, numbers) for name, texts in last.items() for numbers in texts]
        layer = [Segment.build(files, self.base.abstraction.of)] if files else []
        return Overlay(self.base, changed, evolve(self.base, segments=(*kept, *layer)))


def _hide(segment: Segment, names: Iterable[str]) -> Segment:
    files = [file for name in names for file in segment.files_of(name)]
    return segment.without(files) if files else segment
