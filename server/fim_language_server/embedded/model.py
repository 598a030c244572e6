"""The embedded model: what comes at the cursor, copied from where the same has been written before.

It has the face of a provider's stream, needs neither key nor network, and is silent when it is unsure. Before the
workspace's index is ready it works from the open document alone.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from operator import itemgetter
from typing import Final, Protocol

from attrs import evolve, field, frozen

from fim_language_server.core.values import Chunk, CompletionRequest, Context, Trigger
from fim_language_server.embedded.answer.blocks import find_block, indentation_unit
from fim_language_server.embedded.answer.display_threshold import least_probability
from fim_language_server.embedded.answer.line_memory import LineMemory
from fim_language_server.embedded.answer.name_completion import finish_name
from fim_language_server.embedded.candidates.candidate_features import describe_candidates
from fim_language_server.embedded.candidates.gathering import gather_candidates
from fim_language_server.embedded.candidates.line_candidate import LineCandidate
from fim_language_server.embedded.index.corpus import Corpus
from fim_language_server.embedded.ranking.models import BlockJudge, Ranker
from fim_language_server.embedded.search.cursor import Cursor, read_cursor
from fim_language_server.embedded.search.known_words import KnownWords

AUTOMATIC_THRESHOLD: Final = 0.5
"""Least probability for what is shown while typing; docs/embedded.md says how often it speaks, and is right, there."""
INVOKED_THRESHOLD: Final = 0.15
"""Least probability where the user asked: there a guess is better than nothing."""
BLOCK_THRESHOLD: Final = 0.7
"""Least probability for line and block, whoever asks: where they are wrong, the line alone may have been right."""
ALTERNATIVE_THRESHOLD: Final = 0.05
"""Least probability for a further candidate, shown beside the best one where the user asked."""
_INDENTED_CHARS: Final = 5_000
"""Code points on each side of the cursor that tell how a document is indented."""


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


@frozen
class _Place:
    """A cursor, and what could come there."""

    cursor: Cursor = field(repr=False)
    words: KnownWords = field(repr=False)
    ranked: Sequence[tuple[float, LineCandidate]] = field(repr=False)
    """The likeliest first, with its probability."""
    name: str = field(repr=False)
    """The rest of the one name that can be meant; "" where there is none."""
    near: str = field(repr=False)
    """The text around it, which tells how the document is indented."""

    @property
    def length(self) -> int:
        """Return the code points of the likeliest text."""
        return len(self.ranked[0][1].text) if self.ranked else 0

    def weighed(self, line: LineMemory) -> _Place:
        """Return the place as it looks to who remembers what was shown on the line."""
        candidates = [candidate for _, candidate in self.ranked]
        weighed = line.weigh([one.text for one in candidates], [probability for probability, _ in self.ranked])
        return evolve(self, ranked=_by_probability(weighed, candidates))


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
        self._blocks = BlockJudge.load()
        self._line = LineMemory()

    def complete(self, prefix: str, suffix: str, path: str, *, invoked: bool, rank: int = 0) -> Completion | None:
        """Return the rest of the cursor's line, or None where nothing is likely enough. See `answer`."""
        answer = self.answer(prefix, suffix, path, invoked=invoked, rank=rank)
        return answer if isinstance(answer, Completion) else None

    def answer(
        self, prefix: str, suffix: str, path: str, *, invoked: bool, rank: int = 0, is_shown: bool = True
    ) -> Completion | Silence:
        r"""Return the rest of the cursor's line, with its block or not, or of the name there, or why there is none.

        `prefix` and `suffix` are the text around the cursor, of any length and with any line ends; only `\n` is
        in the answer. `path` is the document's in the index: its indexed copy is not read, but its neighbours
        count more. Unless `invoked`, a short text must be likelier than a long one, and one on a line where others
        were typed past likelier still; a text that is typed into stays, until it is doubted (LineMemory). `rank`
        asks for the next best candidates instead of the best (0), to be shown beside it. Who does not show what is
        said (`is_shown`) leaves no trace. Takes a few ms, whatever the size of the workspace.
        """
        if is_shown and not invoked and not rank:
            return self._answer_while_typing(prefix, suffix, path)
        place = self._look(prefix, suffix, path)
        least = self._thresholds.automatic
        threshold = self._thresholds.invoked if invoked else least_probability(least, place.length)
        first = self._choose(place, threshold)
        if isinstance(first, Silence) or not rank:
            return first
        # Nothing stands alone that is less likely than a first text must be.
        further = [(probability, one.text) for probability, one in place.ranked[rank : rank + 1]]
        if not further or further[0][0] < ALTERNATIVE_THRESHOLD or not further[0][1].strip():
            return Silence("there is no further candidate")
        return Completion(further[0][1], further[0][0])

    def _answer_while_typing(self, prefix: str, suffix: str, path: str) -> Completion | Silence:
        """Return what is shown next on the line, and remember it; what is typed into stays unless it is doubted."""
        kept = self._line.follow(path, prefix, suffix)
        if kept is not None and not kept.is_doubted:
            return Completion(kept.text, kept.confidence)
        place = self._look(prefix, suffix, path)
        if kept is not None:
            place = place.weighed(self._line)
        first = self._choose(place, least_probability(self._thresholds.automatic, place.length, self._line.typed_past))
        is_line = isinstance(first, Completion) and first.text != place.name  # A name does not claim to end the line.
        if kept is not None and not is_line:
            first, is_line = Completion(kept.text, kept.confidence), True
        if is_line and isinstance(first, Completion):
            self._line.show(first.text, suffix, first.confidence)
        return first

    def _look(self, prefix: str, suffix: str, path: str) -> _Place:
        """Return what could come at a place, the likeliest first."""
        corpus = self._index.corpus
        cursor = read_cursor(corpus.vocabulary, prefix, suffix)
        words = KnownWords(corpus, cursor)
        candidates = gather_candidates(corpus, cursor, path, words)
        probabilities = self._ranker.probabilities(describe_candidates(candidates, cursor, words, path))
        ranked = _by_probability(probabilities, candidates)
        near = prefix[-_INDENTED_CHARS:] + suffix[:_INDENTED_CHARS]
        return _Place(cursor, words, ranked, finish_name(corpus, cursor), near)

    def _choose(self, place: _Place, threshold: float) -> Completion | Silence:
        """Return the likeliest text, with its block or not, or the rest of the name, or why nothing is said."""
        if not place.ranked:
            return Silence(f"nothing in {self._scope()} resembles this place")
        if (whole := self._with_block(place, max(threshold, BLOCK_THRESHOLD))) is not None:
            return whole
        probability, candidate = place.ranked[0]
        if probability < threshold and place.name:
            # The name is likelier than any line that begins with it; the confidence is that of nothing else coming.
            return Completion(place.name, sum(p for p, other in place.ranked if other.text == place.name))
        if not candidate.text.strip():
            return Silence(f"by what {self._scope()} says, nothing is missing here")
        if probability < threshold:
            return Silence(
                f"the likeliest text of {self._scope()} has probability {probability:.2f}, below {threshold:.2g}"
            )
        return Completion(candidate.text, probability)

    def _with_block(self, place: _Place, least: float) -> Completion | None:
        """Return the likeliest line with the block that it opens, if both together are likely enough."""
        probability, candidate = place.ranked[0]
        block = find_block(candidate, place.cursor, place.words) if candidate.text.strip() else None
        if block is None:
            return None
        # What follows below the block may say so much for both that they are likelier than the line seemed.
        whole = self._blocks.probability(probability, block.features)
        if whole < least:
            return None
        return Completion(candidate.text + block.text(place.cursor, indentation_unit(place.near)), whole)

    async def stream(self, request: CompletionRequest, context: Context) -> AsyncGenerator[Chunk, None]:
        """Yield the answer as one chunk; an empty one where there is nothing good enough to say.

        The chunk says why then: who asked by key is owed a reason.
        """
        invoked = request.trigger is Trigger.INVOKED
        rank, is_shown = request.variant, request.trigger is Trigger.AUTOMATIC
        prefix, suffix = request.prefix, request.suffix
        answer = self.answer(prefix, suffix, context.path, invoked=invoked, rank=rank, is_shown=is_shown)
        if isinstance(answer, Completion):
            yield Chunk(answer.text, finish_reason="stop", confidence=answer.confidence)
        else:
            yield Chunk("", finish_reason="stop", silence=answer.reason)

    def _scope(self) -> str:
        if getattr(self._index, "is_indexing", False):
            return "the open document (the workspace is still being indexed)"
        return "the workspace"


def _by_probability(
    probabilities: Sequence[float], candidates: Sequence[LineCandidate]
) -> list[tuple[float, LineCandidate]]:
    return sorted(zip(probabilities, candidates, strict=True), key=itemgetter(0), reverse=True)
