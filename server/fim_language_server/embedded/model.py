"""The embedded model: it finds places that resemble the cursor's, and answers with the best text after one.

It is called like a provider's stream, needs neither key nor network, and answers nothing below a probability. Before
the workspace's index is ready it works from the open document alone.
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
"""Least probability of a text shown while typing; docs/embedded.md says how often it is reached and right."""
INVOKED_THRESHOLD: Final = 0.15
"""Least probability for an explicit request: there an unlikely text is better than none."""
BLOCK_THRESHOLD: Final = 0.7
"""Least probability of line and block at either trigger: if they are wrong, the line alone may have been right."""
ALTERNATIVE_THRESHOLD: Final = 0.05
"""Least probability of a further candidate, shown beside the best one of an explicit request."""
_INDENTED_CHARS: Final = 5_000
"""Code points on each side of the cursor from which the document's indentation is read."""


class CorpusSource(Protocol):
    """A source of the corpus: the workspace's index, or a fixed corpus in evaluation."""

    @property
    def corpus(self) -> Corpus:
        """The workspace as it is indexed now."""
        ...


@frozen
class Thresholds:
    """Least probabilities (0 … 1) of an answer, by trigger."""

    automatic: float = AUTOMATIC_THRESHOLD
    invoked: float = INVOKED_THRESHOLD


@frozen
class Completion:
    """A text for the cursor, with the probability (0 … 1) that it is exactly right."""

    text: str = field(repr=False)
    confidence: float


@frozen
class Silence:
    """An answer without text, with its reason in one sentence."""

    reason: str


@frozen
class _RankedCandidates:
    """A cursor and its candidates, ranked."""

    cursor: Cursor = field(repr=False)
    words: KnownWords = field(repr=False)
    ranked: Sequence[tuple[float, LineCandidate]] = field(repr=False)
    """(probability, candidate), the likeliest first."""
    name_rest: str = field(repr=False)
    """The rest of the only name that can be meant; "" if there is none."""
    surrounding_text: str = field(repr=False)
    """Text around the cursor, from which the document's indentation is read."""

    @property
    def length(self) -> int:
        """Return the length of the likeliest text in code points."""
        return len(self.ranked[0][1].text) if self.ranked else 0

    def reweighted(self, memory: LineMemory) -> _RankedCandidates:
        """Return the candidates ranked again, with the texts that `memory` doubts made less likely."""
        candidates = [candidate for _, candidate in self.ranked]
        probabilities = memory.reweight(
            [candidate.text for candidate in candidates], [probability for probability, _ in self.ranked]
        )
        return evolve(self, ranked=_by_probability(probabilities, candidates))


class EmbeddedModel:
    """A model that completes from the open document and the indexed workspace."""

    def __init__(
        self,
        index: CorpusSource,
        thresholds: Thresholds = Thresholds(),
    ) -> None:
        """Take the source of the corpus, and the least probabilities of an answer."""
        self._index = index
        self._thresholds = thresholds
        self._ranker = Ranker.load()
        self._blocks = BlockJudge.load()
        self._line_memory = LineMemory()

    def complete(self, prefix: str, suffix: str, path: str, *, invoked: bool, rank: int = 0) -> Completion | None:
        """Return the rest of the cursor's line, or None if nothing is likely enough. See `answer`."""
        answer = self.answer(prefix, suffix, path, invoked=invoked, rank=rank)
        return answer if isinstance(answer, Completion) else None

    def answer(
        self, prefix: str, suffix: str, path: str, *, invoked: bool, rank: int = 0, is_shown: bool = True
    ) -> Completion | Silence:
        r"""Return the rest of the cursor's line, perhaps with a block, or of a name, or the reason for silence.

        `prefix` and `suffix` are the text around the cursor, of any length and with any line ends; the answer's line
        ends are `\n`. `path` is the document's path in the index: its indexed copy is not read, and files near it
        count more. `invoked` is true for an explicit request. For an automatic one a short text needs a higher
        probability than a long one, and a line on which texts were typed past a higher one still; a text that is
        typed into stays until it is doubted (`LineMemory`). `rank` 1, 2, … requests the next best candidates instead
        of the best (0), to be shown beside it. An answer that is not shown (`is_shown`) is not remembered. Takes a
        few ms, whatever the size of the workspace.
        """
        if is_shown and not invoked and not rank:
            return self._answer_while_typing(prefix, suffix, path)
        found = self._rank(prefix, suffix, path)
        automatic = self._thresholds.automatic
        threshold = self._thresholds.invoked if invoked else least_probability(automatic, found.length)
        first = self._choose(found, threshold)
        if isinstance(first, Silence) or not rank:
            return first
        # A further text is less likely than a first one may be, so it is shown only beside a first one.
        further = [(probability, candidate.text) for probability, candidate in found.ranked[rank : rank + 1]]
        if not further or further[0][0] < ALTERNATIVE_THRESHOLD or not further[0][1].strip():
            return Silence("there is no further candidate")
        return Completion(further[0][1], further[0][0])

    def _answer_while_typing(self, prefix: str, suffix: str, path: str) -> Completion | Silence:
        """Return the text to show, and remember it; a text that is typed into stays unless it is doubted."""
        kept = self._line_memory.follow(path, prefix, suffix)
        if kept is not None and not kept.is_doubted:
            return Completion(kept.text, kept.confidence)
        found = self._rank(prefix, suffix, path)
        if kept is not None:
            found = found.reweighted(self._line_memory)
        typed_past = self._line_memory.typed_past
        first = self._choose(found, least_probability(self._thresholds.automatic, found.length, typed_past))
        # The rest of a name is no prediction of where the line ends.
        is_line = isinstance(first, Completion) and first.text != found.name_rest
        if kept is not None and not is_line:
            first, is_line = Completion(kept.text, kept.confidence), True
        if is_line and isinstance(first, Completion):
            self._line_memory.show(first.text, suffix, first.confidence)
        return first

    def _rank(self, prefix: str, suffix: str, path: str) -> _RankedCandidates:
        """Retrieve the candidates for a cursor, and rank them."""
        corpus = self._index.corpus
        cursor = read_cursor(corpus.vocabulary, prefix, suffix)
        words = KnownWords(corpus, cursor)
        candidates = gather_candidates(corpus, cursor, path, words)
        probabilities = self._ranker.probabilities(describe_candidates(candidates, cursor, words, path))
        ranked = _by_probability(probabilities, candidates)
        surrounding_text = prefix[-_INDENTED_CHARS:] + suffix[:_INDENTED_CHARS]
        return _RankedCandidates(cursor, words, ranked, finish_name(corpus, cursor), surrounding_text)

    def _choose(self, found: _RankedCandidates, threshold: float) -> Completion | Silence:
        """Return the likeliest text, perhaps with its block, or the rest of the name, or the reason for silence."""
        if not found.ranked:
            return Silence(f"nothing in {self._scope()} resembles this place")
        if (line_and_block := self._with_block(found, max(threshold, BLOCK_THRESHOLD))) is not None:
            return line_and_block
        probability, candidate = found.ranked[0]
        if probability < threshold and (name := found.name_rest):
            # The name is likelier than any line that begins with it; the confidence is that the name ends the line.
            return Completion(name, sum(p for p, other in found.ranked if other.text == name))
        if not candidate.text.strip():
            return Silence(f"by what {self._scope()} says, nothing is missing here")
        if probability < threshold:
            return Silence(
                f"the likeliest text of {self._scope()} has probability {probability:.2f}, below {threshold:.2g}"
            )
        return Completion(candidate.text, probability)

    def _with_block(self, found: _RankedCandidates, threshold: float) -> Completion | None:
        """Return the likeliest line with the block that it opens, if both together are likely enough."""
        probability, candidate = found.ranked[0]
        block = find_block(candidate, found.cursor, found.words) if candidate.text.strip() else None
        if block is None:
            return None
        # If the text below the block agrees, line and block may be likelier than the line alone seemed.
        probability_of_both = self._blocks.probability(probability, block.features)
        if probability_of_both < threshold:
            return None
        text = block.text(found.cursor, indentation_unit(found.surrounding_text))
        return Completion(candidate.text + text, probability_of_both)

    async def stream(self, request: CompletionRequest, context: Context) -> AsyncGenerator[Chunk, None]:
        """Yield the answer as one chunk; an empty one, with the reason for it, if no text is likely enough.

        The reason is shown to users whose explicit request gets no text.
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
