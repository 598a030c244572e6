"""The last questions about next edits and their answers: why one was offered, or none. Part of `fim.showWhy`."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Protocol, runtime_checkable

from attrs import define, field, frozen

from fim_language_server.core.invisible_characters import without_invisible
from fim_language_server.core.next_edit.values import NextEditQuestion

REMEMBERED = 50

REPEATED = "repeats what you did"
PROPOSED = "proposed by the model"
WAITING = "was offered before, and still holds"
NOTHING_REPEATED = "nothing that you did fits elsewhere, and no model of next edits is set"
NOTHING_PROPOSED = "the model proposed nothing"
UNWANTED = "what was found is unwanted: it takes something back, was rejected, or changes blanks only"
CONTRADICTED = "you went on otherwise before the model answered"
NOT_ASKED = "nothing that you did fits elsewhere, and the model is not asked that often while new code is written"
TAKEN_BACK = "you took something back, or did it again"


@runtime_checkable
class TellsWhyNothing(Protocol):
    """A model that can tell why its last question has brought nothing, other than that there is no edit to propose."""

    @property
    def silence(self) -> str:
        """The reason in words, for `fim.showWhy`; "" where the model had nothing to propose."""
        ...


def silence_of(model: object) -> str:
    """Return the reason that a model tells for having brought nothing; "" where it tells none."""
    return model.silence if isinstance(model, TellsWhyNothing) else ""


@frozen
class NextEditDecision:
    """One question and its answer; no text of the document. `line` and `column` are the cursor's, from zero."""

    time: float  # seconds since the epoch
    uri: str
    language_id: str
    line: int
    column: int
    reason: str
    source: str  # "" where nothing is offered
    edits: int
    ms: float

    def as_json(self) -> Mapping[str, object]:
        """Return the decision as `fim.showWhy` reports it (docs/protocol.md)."""
        return {
            "time": datetime.fromtimestamp(self.time, UTC).isoformat(timespec="milliseconds"),
            "uri": self.uri,
            "language": self.language_id,
            "line": self.line,
            "column": self.column,
            "trigger": "next edit",
            "answer": "next edit" if self.source else "nothing",
            "reason": self.reason,
            "source": without_invisible(self.source) or None,
            "edits": self.edits,
            "ms": self.ms,
        }


@define
class NextEditLog:
    """The last decisions. `wall_clock` gives the time of day, in seconds since the epoch."""

    wall_clock: Callable[[], float] = time.time
    _decisions: deque[NextEditDecision] = field(factory=lambda: deque(maxlen=REMEMBERED), repr=False)

    def newest_first(self) -> Iterator[NextEditDecision]:
        """Yield the decisions, the last one first."""
        return reversed(self._decisions)

    def note(self, question: NextEditQuestion, reason: str, source: str = "", edits: int = 0, ms: float = 0.0) -> None:
        """Record the answer to a question: why, from which source, how many edits, and after how many ms."""
        document, before = question.document, question.document.text[: question.cursor]
        line, column = before.count("\n"), len(before) - (before.rfind("\n") + 1)
        self._decisions.append(
            NextEditDecision(
                self.wall_clock(), document.uri, document.language_id, line, column, reason, source, edits, round(ms, 1)
            )
        )
