"""The decision log: the traces of the last requests and the reasons for their answers.

The command `fim.showWhy` shows it to users who want to know why nothing was shown, why an answer took long, or which
pieces of other files were sent. Text is kept in memory only: that of the pieces, of the last few decisions.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TypeVar

from attrs import define, evolve, field, frozen

from fim_language_server.clock import Clock
from fim_language_server.core.invisible_characters import without_invisible
from fim_language_server.core.shaping import Shaped
from fim_language_server.core.shown_values import holds_key
from fim_language_server.core.values import (
    CompletionRequest,
    Position,
    Skip,
    Snippet,
    SnippetSource,
    Source,
    Started,
    Suggestion,
    Trigger,
)

REMEMBERED = 100
"""The most decisions that are kept."""

WITH_TEXT = 10
"""The decisions, the newest, of which the pieces' text is kept."""

MOST_WORDS = 8
"""The most words that are named for a piece."""

_REASONS: Mapping[Source, str] = {
    Source.CACHE: "known from an earlier answer",
    Source.STREAM: "came with a request that was under way",
    Source.PROVIDER: "asked of the model",
    Source.GUESS: "guessed from the workspace",
}

_Answer = TypeVar("_Answer", bound=Suggestion | Skip)


@frozen
class Step:
    """A step of a request's trace, and when it was reached: ms after the request came."""

    name: str
    ms: float


@frozen
class SentPiece:
    """A piece of another file that a request carried; of its text only lines and code points, or also the text."""

    path: str
    first_line: int  # from zero
    lines: int
    characters: int
    source: SnippetSource
    words: tuple[str, ...] = field(repr=False)
    text: str | None = field(default=None, repr=False)

    def as_json(self) -> dict[str, object]:
        """Return the piece without its text as `fim.showWhy` reports it (docs/protocol.md).

        A word that looks like a key is left out.
        """
        return {
            "path": without_invisible(self.path),
            "line": self.first_line,
            "lines": self.lines,
            "characters": self.characters,
            "source": self.source.value,
            "words": [without_invisible(word) for word in self.words if not holds_key(word)],
        }


def sent_piece(snippet: Snippet) -> SentPiece:
    """Return a snippet as the decision log keeps it."""
    text, words = snippet.text, snippet.words[:MOST_WORDS]
    n_lines = text.count("\n") + (not text.endswith("\n"))
    return SentPiece(snippet.path, snippet.first_line, n_lines, len(text), snippet.source, words, text)


@frozen
class Decision:
    """One request and its answer; of the text only the length in code points."""

    time: float  # seconds since the epoch
    uri: str
    language_id: str
    line: int  # from zero
    column: int  # in code points
    trigger: Trigger
    reason: str
    source: Source | None  # None: nothing was offered
    model: str
    characters: int
    ms: float
    steps: tuple[Step, ...]
    filters: tuple[str, ...]
    dropped_by: str | None
    pieces: tuple[SentPiece, ...] = ()

    def as_json(self, *, with_text: bool = False) -> Mapping[str, object]:
        """Return the decision as `fim.showWhy` reports it (docs/protocol.md).

        `with_text` adds the text of its pieces, where that is kept.
        """
        pieces = [
            {**piece.as_json(), "text": piece.text} if with_text and piece.text is not None else piece.as_json()
            for piece in self.pieces
        ]
        return {
            "time": datetime.fromtimestamp(self.time, UTC).isoformat(timespec="milliseconds"),
            "uri": self.uri,
            "language": self.language_id,
            "line": self.line,
            "column": self.column,
            "trigger": self.trigger.value,
            "answer": "suggestion" if self.source else "nothing",
            "reason": without_invisible(self.reason),
            "source": self.source.value if self.source else None,
            "model": without_invisible(self.model),
            "characters": self.characters,
            "ms": self.ms,
            "way": [{"step": step.name, "ms": step.ms} for step in self.steps],
            "filters": list(self.filters),
            "droppedBy": self.dropped_by,
            "pieces": pieces,
        }

    def without_text(self) -> Decision:
        """Return the decision without the text of its pieces."""
        return evolve(self, pieces=tuple(evolve(piece, text=None) for piece in self.pieces)) if self.pieces else self


@define
class Trace:
    """The steps of one request, recorded while it is answered."""

    _clock: Clock = field(repr=False)
    steps: list[Step] = field(factory=list)
    shaped: Shaped | None = None
    answer: Suggestion | Skip | None = None
    detail: str = ""
    """The model's own reason for an answer without text."""
    pieces: tuple[SentPiece, ...] = field(default=(), repr=False)
    """The pieces of other files in the last request, to a model whose text was waited for, that had any."""
    _began: float = field(init=False)

    def __attrs_post_init__(self) -> None:
        self._began = self._clock.now()

    @property
    def ms(self) -> float:
        """The time since the request came, in ms."""
        return round((self._clock.now() - self._began) * 1_000, 1)

    def add_step(self, name: str) -> None:
        """Record a step, such as `cache`, `stream`, `guess`, `debounce`, `provider` or `late stream`."""
        self.steps.append(Step(name, self.ms))

    def note_snippets(self, wanted: tuple[Snippet, ...], started: Started | None) -> None:
        """Record the pieces that a request carried: those in `started`, or without their text those it `wanted`.

        A text that is not known to have been sent may hold secrets that were replaced on the way.
        """
        if started is not None:
            self.pieces = tuple(map(sent_piece, started.snippets)) or self.pieces
        else:
            self.pieces = tuple(evolve(sent_piece(snippet), text=None) for snippet in wanted) or self.pieces

    def end(self, answer: _Answer) -> _Answer:
        """Record the answer, and return it."""
        self.answer = answer
        return answer


@define
class DecisionLog:
    """The last decisions. `wall_clock` gives the time of day, in seconds since the epoch."""

    wall_clock: Callable[[], float] = time.time
    observer: Callable[[Suggestion | Skip | None], None] = lambda _answer: None
    """Called with each answer; None where the editor cancelled the request."""
    on_decision: Callable[[Decision], None] | None = field(default=None, repr=False)
    """Receives each decision."""
    _decisions: deque[Decision] = field(factory=lambda: deque(maxlen=REMEMBERED), repr=False)

    def newest_first(self) -> Iterator[Decision]:
        """Yield the decisions, the last one first."""
        return reversed(self._decisions)

    def reason(self, request: CompletionRequest, skip: Skip) -> str:
        """Return the most exact known reason why `request` was just answered without text; at least that of `skip`."""
        wanted = request.document.uri, request.position, request.trigger
        for decision in self.newest_first():
            place = decision.uri, Position(decision.line, decision.column), decision.trigger
            if place == wanted and decision.source is None:
                return decision.reason
        return skip.value

    @contextmanager
    def follow(self, request: CompletionRequest, clock: Clock) -> Iterator[Trace]:
        """Record the trace of a request that is answered in the block, however the block ends."""
        trace = Trace(clock)
        try:
            yield trace
        finally:
            decision = _decision(request, trace, self.wall_clock())
            self._decisions.append(decision)
            self.observer(trace.answer)
            if self.on_decision is not None:
                self.on_decision(decision)
            if len(self._decisions) > WITH_TEXT:
                self._decisions[-WITH_TEXT - 1] = self._decisions[-WITH_TEXT - 1].without_text()

    def refused(self, request: CompletionRequest, skip: Skip, clock: Clock) -> Skip:
        """Record a request that is answered with `skip` at once, and return `skip`."""
        with self.follow(request, clock) as trace:
            return trace.end(skip)


def _decision(request: CompletionRequest, trace: Trace, at: float) -> Decision:
    document, place, answer = request.document, request.position, trace.answer
    shown = answer if isinstance(answer, Suggestion) else None
    if shown is not None:
        reason = _REASONS[shown.source]
    else:
        reason = answer.value if isinstance(answer, Skip) else "the editor cancelled the request"
        reason = trace.detail or reason if answer is Skip.NOTHING_NEW else reason
    return Decision(
        time=at,
        uri=document.uri,
        language_id=document.language_id,
        line=place.line,
        column=place.column,
        trigger=request.trigger,
        reason=reason,
        source=shown.source if shown is not None else None,
        model=shown.model if shown is not None else "",
        characters=len(shown.text) if shown is not None else 0,
        ms=trace.ms,
        steps=tuple(trace.steps),
        filters=trace.shaped.changed_by if trace.shaped is not None else (),
        dropped_by=trace.shaped.dropped_by if trace.shaped is not None else None,
        pieces=trace.pieces,
    )
