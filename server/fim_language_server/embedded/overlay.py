"""The files that changed since the index was made, laid over it: their old text is hidden, their new one searched.

The files changed last are a segment of their own, so that saving one file again and again sorts that file only.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Mapping, Sequence
from typing import TypeAlias

from attrs import evolve, field, frozen

from fim_language_server.embedded.corpus import Corpus
from fim_language_server.embedded.segment import Segment

Texts: TypeAlias = "Sequence[array[int]]"
"""The token numbers of the files with one name, one for each folder that has it; none: it is gone."""


@frozen
class Overlay:
    """An index, and what has changed since."""

    base: Corpus = field(repr=False)
    changed: Mapping[str, Texts] = field(factory=dict, repr=False)
    latest: frozenset[str] = frozenset()
    """Which of the changed files changed last."""
    corpus: Corpus = field(repr=False, default=Corpus.empty())
    """All of it, ready to be searched."""

    @classmethod
    def over(cls, base: Corpus) -> Overlay:
        """Return an overlay without changes."""
        return cls(base, corpus=base)

    @property
    def tokens(self) -> int:
        """How many tokens the changed files have."""
        return sum(len(numbers) for texts in self.changed.values() for numbers in texts)

    def with_changes(self, changes: Mapping[str, Texts]) -> Overlay:
        """Return the overlay with these files as they are now."""
        changed = {**self.changed, **changes}
        latest = frozenset(changes)
        count = len(self.base.segments)
        if changed.keys() == self.changed.keys():
            hidden = self.corpus.segments[:count]
        else:
            hidden = tuple(_hide(segment, changed) for segment in self.base.segments)
        earlier = changed.keys() - latest
        if latest == self.latest and changed.keys() == self.changed.keys():
            # The last segment is made anew, any before it stay.
            rest = tuple(one for one in self.corpus.segments[count:] if not latest.intersection(one.paths))
        else:
            rest = self._segment({name: changed[name] for name in sorted(earlier)})
        segments = (*hidden, *rest, *self._segment(changes))
        return Overlay(self.base, changed, latest, evolve(self.base, segments=segments))

    def _segment(self, changes: Mapping[str, Texts]) -> tuple[Segment, ...]:
        files = [(name, numbers) for name, texts in changes.items() for numbers in texts]
        return (Segment.build(files, self.base.abstraction.of),) if files else ()


def _hide(segment: Segment, names: Iterable[str]) -> Segment:
    wanted = frozenset(names)
    files = [number for number, path in enumerate(segment.paths) if path in wanted]
    return segment.without(files) if files else segment
