"""The embedded model: what comes at the cursor, copied from where the same has been written before.

It has the face of a provider's stream, needs neither key nor network, and is silent when it is unsure. Before the
workspace's index is ready it works from the open document alone.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Final, Protocol

from attrs import field, frozen

from fim_language_server.core.values import Chunk, CompletionRequest, Context, Trigger
from fim_language_server.embedded.candidates import gather_candidates
from fim_language_server.embedded.corpus import Corpus
from fim_language_server.embedded.cursor import read_cursor
from fim_language_server.embedded.ranking import Ranker, describe_candidates

AUTOMATIC_THRESHOLD: Final = 0.3
"""Least probability for what is shown while typing. On repositories the ranker has not seen it speaks at 43 % of
places, and is exactly right at 70 % of those (`tests/embedded/measure.py`, two seeds); at 0.5 it is 34 % and 77 %."""
INVOKED_THRESHOLD: Final = 0.2
"""Least probability where the user asked: there a guess is better than nothing (51 % of places, 61 % exactly right)."""
ALTERNATIVE_THRESHOLD: Final = 0.05
"""Least probability for a further candidate, shown beside the best one where the user asked."""


class HasCorpus(Protocol):
    """Who knows the workspace: the index, or in evaluation a corpus made on the spot."""

    @property
    def corpus(self) -> Corpus:
        """The workspace as it is known now."""
        ...


@frozen
class Completion:
    """What comes at the cursor, with the probability (0 … 1) that it is exactly right."""

    text: str = field(repr=False)
    confidence: float


class EmbeddedModel:
    """Completes from the open document and the indexed workspace."""

    def __init__(self, index: HasCorpus) -> None:
        self._index = index
        self._ranker = Ranker.load()

    def complete(self, prefix: str, suffix: str, path: str, *, invoked: bool, rank: int = 0) -> Completion | None:
        r"""Return the rest of the cursor's line, or None where nothing is likely enough.

        `prefix` and `suffix` are the text around the cursor, of any length and with any line ends; only `\n` is
        in the answer. `path` is the document's in the index: its indexed copy is not read, but its neighbours
        count more. `rank` asks for the next best candidates instead of the best (0). Takes a few ms, whatever the
        size of the workspace.
        """
        corpus = self._index.corpus
        cursor = read_cursor(corpus.vocabulary, prefix, suffix)
        candidates = gather_candidates(corpus, cursor, path)
        if not candidates:
            return None
        features = describe_candidates(candidates, cursor, corpus.vocabulary, corpus.abstraction)
        probabilities = self._ranker.probabilities(features)
        ranked = sorted(range(len(candidates)), key=probabilities.__getitem__, reverse=True)
        if rank >= len(ranked):
            return None
        best = ranked[rank]
        threshold = ALTERNATIVE_THRESHOLD if rank else INVOKED_THRESHOLD if invoked else AUTOMATIC_THRESHOLD
        text = candidates[best].text
        if not text.strip() or probabilities[best] < threshold:
            return None
        return Completion(text, probabilities[best])

    async def stream(self, request: CompletionRequest, context: Context) -> AsyncGenerator[Chunk, None]:
        """Yield the answer as one chunk; an empty one where there is nothing good enough to say."""
        invoked = request.trigger is Trigger.INVOKED
        completion = self.complete(request.prefix, request.suffix, context.path, invoked=invoked, rank=request.variant)
        if completion is None:
            yield Chunk("", finish_reason="stop")
        else:
            yield Chunk(completion.text, finish_reason="stop", confidence=completion.confidence)
