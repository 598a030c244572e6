"""The embedded model: what comes at the cursor, copied from where the same has been written before.

It has the face of a provider's stream, needs neither key nor network, and is silent when it is unsure. Before the
workspace's index is ready it works from the open document alone.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncGenerator, Sequence
from typing import Final, Protocol

from attrs import field, frozen

from fim_language_server.core.values import Chunk, CompletionRequest, Context, Trigger
from fim_language_server.embedded.candidates import gather_candidates
from fim_language_server.embedded.corpus import Corpus
from fim_language_server.embedded.cursor import read_cursor
from fim_language_server.embedded.features import describe_candidates
from fim_language_server.embedded.finishing import finish_name
from fim_language_server.embedded.line_memory import LineMemory
from fim_language_server.embedded.ranking import Ranker

logger = logging.getLogger(__name__)

AUTOMATIC_THRESHOLD: Final = 0.5
"""Least probability for what is shown while typing; docs/embedded.md says how often it speaks, and is right, there."""
INVOKED_THRESHOLD: Final = 0.15
"""Least probability where the user asked: there a guess is better than nothing."""
ALTERNATIVE_THRESHOLD: Final = 0.05
"""Least probability for a further candidate, shown beside the best one where the user asked."""


class HasCorpus(Protocol):
    """Who knows the workspace: the index, or in evaluation a corpus made on the spot."""

    @property
    def corpus(self) -> Corpus:
        """The workspace as it is known now."""
        ...


@frozen
class Thresholds:
    """Least probabilities (0 … 1) for saying something."""

    automatic: float = AUTOMATIC_THRESHOLD
    invoked: float = INVOKED_THRESHOLD


@frozen
class Completion:
    """What comes at the cursor, with the probability (0 … 1) that it is exactly right."""

    text: str = field(repr=False)
    confidence: float


@frozen
class Silence:
    """Why there is nothing to say, in one sentence."""

    reason: str


class EmbeddedModel:
    """Completes from the open document and the indexed workspace."""

    def __init__(
        self,
        index: HasCorpus,
        thresholds: Thresholds = Thresholds(),
    ) -> None:
        """Take who knows the workspace, and what it takes to speak."""
        self._index = index
        self._thresholds = thresholds
        self._ranker = Ranker.load()
        self._line = LineMemory()

    def complete(self, prefix: str, suffix: str, path: str, *, invoked: bool, rank: int = 0) -> Completion | None:
        """Return the rest of the cursor's line, or None where nothing is likely enough. See `answer`."""
        answer = self.answer(prefix, suffix, path, invoked=invoked, rank=rank)
        return answer if isinstance(answer, Completion) else None

    def answer(self, prefix: str, suffix: str, path: str, *, invoked: bool, rank: int = 0) -> Completion | Silence:
        r"""Return the rest of the cursor's line, or of the name at the cursor, or why there is none to be had.

        `prefix` and `suffix` are the text around the cursor, of any length and with any line ends; only `\n` is
        in the answer. `path` is the document's in the index: its indexed copy is not read, but its neighbours
        count more. Where a text was shown and typed past, the next one on that line must be likelier, unless
        `invoked`. `rank` asks for the next best candidates instead of the best (0), to be shown beside it. Takes a
        few ms, whatever the size of the workspace.
        """
        threshold = self._thresholds.invoked
        if not invoked:
            threshold = self._line.least_probability(path, prefix, self._thresholds.automatic)
        corpus = self._index.corpus
        cursor = read_cursor(corpus.vocabulary, prefix, suffix)
        candidates = gather_candidates(corpus, cursor, path)
        if not candidates:
            return Silence(f"nothing in {self._scope()} resembles this place")
        features = describe_candidates(candidates, cursor, corpus.vocabulary, corpus.abstraction, path)
        probabilities = self._ranker.probabilities(features)
        ranked = sorted(
            ((probability, one.text) for probability, one in zip(probabilities, candidates, strict=True)),
            key=lambda pair: pair[0],
            reverse=True,
        )
        name = finish_name(cursor, corpus.vocabulary) if ranked[0][0] < threshold else ""
        first = self._first(ranked, threshold, name)
        if isinstance(first, Silence):
            return first
        if rank:
            # Nothing stands alone that is less likely than a first text must be.
            if rank >= len(ranked) or ranked[rank][0] < ALTERNATIVE_THRESHOLD or not ranked[rank][1].strip():
                return Silence("there is no further candidate")
            return Completion(ranked[rank][1], ranked[rank][0])
        if not invoked:
            self._line.show(path, prefix, first.text)
        return first

    def _first(self, ranked: Sequence[tuple[float, str]], threshold: float, name: str) -> Completion | Silence:
        """Return the rest of a name (""), or the likeliest text, or why it is not said."""
        probability, text = ranked[0]
        if name:
            # The name is likelier than any line that begins with it; the confidence is that of nothing else coming.
            return Completion(name, sum(p for p, other in ranked if other == name))
        if not text.strip():
            return Silence(f"by what {self._scope()} says, nothing is missing here")
        if probability < threshold:
            return Silence(
                f"the likeliest text of {self._scope()} has probability {probability:.2f}, below {threshold:.2g}"
            )
        return Completion(text, probability)

    async def stream(self, request: CompletionRequest, context: Context) -> AsyncGenerator[Chunk, None]:
        """Yield the answer as one chunk; an empty one where there is nothing good enough to say.

        Who asked for it by key is owed a reason then, and finds it in the log.
        """
        invoked = request.trigger is Trigger.INVOKED
        rank = request.variant
        answer = self.answer(request.prefix, request.suffix, context.path, invoked=invoked, rank=rank)
        if isinstance(answer, Completion):
            yield Chunk(answer.text, finish_reason="stop", confidence=answer.confidence)
        else:
            if invoked and not rank:
                logger.info("nothing to offer: %s", answer.reason)
            yield Chunk("", finish_reason="stop")

    def _scope(self) -> str:
        if getattr(self._index, "is_indexing", False):
            return "the open document (the workspace is still being indexed)"
        return "the workspace"
