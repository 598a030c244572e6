"""The indexed workspace as one value: a vocabulary, its abstraction, and the segments that share both.

Only its vocabulary grows; otherwise a corpus never changes. Indexing makes a new corpus and replaces the old one, so
a completion always sees one consistent state.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from attrs import field, frozen

from fim_language_server.embedded.index.segment import IndexSegment
from fim_language_server.embedded.text.abstraction import Abstraction
from fim_language_server.embedded.text.vocabulary import Vocabulary


@frozen
class Corpus:
    """The indexed files that the model copies from, besides the open document."""

    vocabulary: Vocabulary = field(repr=False)
    abstraction: Abstraction = field(repr=False)
    segments: tuple[IndexSegment, ...] = field(default=(), repr=False)

    @property
    def size(self) -> int:
        """Number of tokens in all files, hidden ones included."""
        return sum(len(segment.tokens) for segment in self.segments)

    @classmethod
    def empty(cls) -> Corpus:
        """Return a corpus without files, for completing from the open document alone."""
        vocabulary = Vocabulary()
        return cls(vocabulary, Abstraction(vocabulary, np.empty(0, np.int32)))

    def segment_of(self, files: Sequence[tuple[str, str]]) -> IndexSegment:
        """Index the (path, text) of a few files with this corpus's vocabulary."""
        numbered = [(path, self.vocabulary.document(text)[0]) for path, text in files]
        return IndexSegment.build(numbered, self.abstraction.of)
