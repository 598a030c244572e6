"""One exchange with a model of next edits: its answer so far, its times, and what it has cost."""

from __future__ import annotations

from attrs import define, field

from fim_language_server.clock import Clock
from fim_language_server.core.values import Started, Usage

CHARS_PER_TOKEN = 3
"""Code points a token, to estimate the cost of a request whose tokens the server has not reported."""


@define(eq=False)
class EditExchange:
    """One request for next edits while it is answered; `outcome` is as in the record of requests."""

    _clock: Clock = field(repr=False)
    began_at: float = field(init=False)
    first_at: float | None = None
    started: Started | None = None
    pieces: list[str] = field(factory=list, repr=False)
    length: int = 0
    usage: Usage | None = None
    finish_reason: str | None = None
    outcome: str = "hung up"
    error: str = ""

    def __attrs_post_init__(self) -> None:
        """Note when it began."""
        self.began_at = self._clock.now()

    def take(self, text: str, usage: Usage | None, finish_reason: str | None) -> None:
        """Add a piece of the answer, with the tokens and the finish reason that came with it."""
        if text and self.first_at is None:
            self.first_at = self._clock.now()
        self.pieces.append(text)
        self.length += len(text)
        self.usage = usage if usage is not None and usage.is_counted else self.usage
        self.finish_reason = finish_reason or self.finish_reason
