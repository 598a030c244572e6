"""Why the last requests were answered as they were: a bounded log, without any text of documents.

Read by the command `fim.showWhy`, for somebody who wonders why the server stayed silent, or took so long.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TypeVar

from attrs import define, field, frozen

from fim_language_server.clock import Clock
from fim_language_server.core.invisible_characters import without_invisible
from fim_language_server.core.shaping import Shaped
from fim_language_server.core.values import CompletionRequest, Position, Skip, Source, Suggestion, Trigger

REMEMBERED = 100
"""Decisions kept."""

_REASONS: Mapping[Source, str] = {
    Source.CACHE: "known from an earlier answer",
    Source.STREAM: "came with a request that was under way",
    Source.PROVIDER: "asked of the model",
    Source.GUESS: "guessed from the workspace",
}

_Answer = TypeVar("_Answer", bound=Suggestion | Skip)


@frozen
class Step:
    """A station on a request's way, and when it was reached: ms after the request came."""

    name: str
    ms: float


@frozen
class Decision:
    """One request and its answer; of texts only the length."""

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

    def as_json(self) -> Mapping[str, object]:
        """Return it as `fim.showWhy` tells it (docs/protocol.md)."""
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
        }


@define
class Trace:
    """The way of one request, written down while it goes it."""

    _clock: Clock = field(repr=False)
    steps: list[Step] = field(factory=list)
    shaped: Shaped | None = None
    answer: Suggestion | Skip | None = None
    detail: str = ""
    """Why the model had nothing to say, in its words."""
    _began: float = field(init=False)

    def __attrs_post_init__(self) -> None:
        self._began = self._clock.now()

    @property
    def ms(self) -> float:
        """The ms since the request came."""
        return round((self._clock.now() - self._began) * 1_000, 1)

    def add_step(self, name: str) -> None:
        """Write a station down: `cache`, `stream`, `debounce`, `provider`, `alternatives`."""
        self.steps.append(Step(name, self.ms))

    def end(self, answer: _Answer) -> _Answer:
        """Write the answer down, and return it."""
        self.answer = answer
        return answer


@define
class DecisionLog:
    """The last decisions. `wall_clock` gives the time of day, in seconds since the epoch."""

    wall_clock: Callable[[], float] = time.time
    _decisions: deque[Decision] = field(factory=lambda: deque(maxlen=REMEMBERED), repr=False)

    def newest_first(self) -> Iterator[Decision]:
        """Yield the decisions, the last one first."""
        return reversed(self._decisions)

    def reason(self, request: CompletionRequest, skip: Skip) -> str:
        """Return why a request was just answered with nothing, as exactly as it is known."""
        asked = request.document.uri, request.position, request.trigger
        for one in self.newest_first():
            if (one.uri, Position(one.line, one.column), one.trigger) == asked and one.source is None:
                return one.reason
        return skip.value

    @contextmanager
    def follow(self, request: CompletionRequest, clock: Clock) -> Iterator[Trace]:
        """Write down the way that a request goes in the block, whatever its end."""
        trace = Trace(clock)
        try:
            yield trace
        finally:
            self._decisions.append(_decision(request, trace, self.wall_clock()))

    def refused(self, request: CompletionRequest, skip: Skip, clock: Clock) -> Skip:
        """Write down a request that was answered at once, and return the answer."""
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
    )
