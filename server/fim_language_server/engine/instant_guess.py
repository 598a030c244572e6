"""The instant guess: the embedded model's text, shown while a model behind an API has not answered.

The embedded model takes a few ms and gives its text a probability. A sure text is shown at once, and the request to
the API is saved; a likely text is shown where the API takes longer than `HOLD_S`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import aclosing, contextmanager
from typing import Final

from attrs import define, evolve, field, frozen

from fim_language_server.clock import Clock
from fim_language_server.core.values import Candidate, Chunk, CompletionRequest, Context, Trigger
from fim_language_server.engine.options import OpenStream
from fim_language_server.engine.turns import Turn


@frozen
class GuessLevels:
    """The least probabilities of a guess that is shown at once (`sure`), and where the API is slow (`likely`)."""

    sure: float
    likely: float


EAGER: Final = GuessLevels(0.8, 0.0)
"""For editors in which the API's text replaces a wrong guess: every text that the embedded model would show is likely.
Nine in ten of the sure ones are exactly right."""
CAREFUL: Final = GuessLevels(0.8, 0.7)
"""For editors in which a shown guess hides the API's text until the next key."""
HOLD_S: Final = 0.4
"""Seconds that a request waits for the API before it shows a guess that is only likely."""


@frozen
class Guesser:
    """Requests guesses of the embedded model. `find_model` returns it, or None while it is being loaded."""

    _find_model: Callable[[], OpenStream | None] = field(repr=False)
    model: str
    levels: GuessLevels = CAREFUL

    async def guess(self, request: CompletionRequest) -> Candidate | None:
        """Return the embedded model's text for `request` and its confidence; None without a text, or while loading."""
        open_stream = self._find_model()
        if open_stream is None:
            return None
        context = Context(request.prefix, request.suffix, request.document.path, request.document.language_id)
        # The model counts which of its answers to automatic requests were typed past, but most guesses are never shown.
        uncounted = evolve(request, trigger=Trigger.PREFETCH)
        async with aclosing(open_stream(uncounted, context)) as events:
            async for event in events:
                if isinstance(event, Chunk) and event.text and event.confidence is not None:
                    return Candidate(
                        event.text, request, finished=True, ended=True, confidence=event.confidence, model=self.model
                    )
        return None


@define(eq=False)
class Guess:
    """The guess for one request: requested once, and taken at most once."""

    was_requested: bool = False
    _candidate: Candidate | None = None
    _is_due: bool = False

    async def fetch(self, guesser: Guesser, request: CompletionRequest) -> None:
        """Get the guess for `request`; after this a sure one may be taken at once."""
        self.was_requested = True
        candidate = await guesser.guess(request)
        confidence = (candidate and candidate.confidence) or 0.0
        self._candidate = candidate if confidence >= guesser.levels.likely else None
        self._is_due = candidate is not None and confidence >= guesser.levels.sure

    def take(self) -> Candidate | None:
        """Return the guess if it is to be shown now: it is sure, or `HOLD_S` is over. A second call returns None."""
        if not self._is_due:
            return None
        taken, self._candidate = self._candidate, None
        return taken

    @contextmanager
    def hold(self, turn: Turn, clock: Clock) -> Iterator[None]:
        """While the block runs, make the guess due and wake `turn` when `HOLD_S` is over since the request came."""

        def make_due() -> None:
            self._is_due = True
            turn.wake()

        if self._candidate is None:
            yield
            return
        timer = clock.call_later(max(0.0, HOLD_S - turn.trace.ms / 1_000), make_due)
        try:
            yield
        finally:
            timer.cancel()
