"""The instant guess: what the embedded model says while a model behind an API has not answered.

It takes a few ms and knows how sure it is. What it is sure of is shown at once, and the request to the API is saved;
what is likely is shown where the API is slower than a reader.
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
    """From which probability on a guess is shown at once, and from which where the API is slow."""

    sure: float
    likely: float


EAGER: Final = GuessLevels(0.8, 0.0)
"""Where the API's text takes a wrong guess's place: any that the embedded model would show. Of the sure ones nine in
ten are exactly right."""
CAREFUL: Final = GuessLevels(0.8, 0.7)
"""Where a guess that is shown hides the API's text until the next key."""
HOLD_S: Final = 0.4
"""How long a request holds for the API before it takes a guess that is only likely, in seconds."""


@frozen
class Guesser:
    """Asks the embedded model. `find_model` returns it, or None while it is being loaded: nobody waits for that."""

    _find_model: Callable[[], OpenStream | None] = field(repr=False)
    model: str
    levels: GuessLevels = CAREFUL

    async def guess(self, request: CompletionRequest) -> Candidate | None:
        """Return what comes at the request's place, with its confidence; None where nothing is likely enough."""
        ask = self._find_model()
        if ask is None:
            return None
        context = Context(request.prefix, request.suffix, request.document.path, request.document.language_id)
        # Most guesses are held back, and the model counts what is typed past what it said to an automatic request.
        quietly = evolve(request, trigger=Trigger.PREFETCH)
        async with aclosing(ask(quietly, context)) as events:
            async for event in events:
                if isinstance(event, Chunk) and event.text and event.confidence is not None:
                    return Candidate(
                        event.text, request, finished=True, ended=True, confidence=event.confidence, model=self.model
                    )
        return None


@define(eq=False)
class Guess:
    """What the embedded model says to one request: asked once, and taken once at most."""

    was_asked: bool = False
    _candidate: Candidate | None = None
    _is_due: bool = False

    async def ask(self, guesser: Guesser, request: CompletionRequest) -> None:
        """Ask; from here on a sure guess may be taken at once."""
        self.was_asked = True
        candidate = await guesser.guess(request)
        confidence = (candidate and candidate.confidence) or 0.0
        self._candidate = candidate if confidence >= guesser.levels.likely else None
        self._is_due = candidate is not None and confidence >= guesser.levels.sure

    def take(self) -> Candidate | None:
        """Return the guess if it is time to show it: it is sure, or the API had its time."""
        if not self._is_due:
            return None
        taken, self._candidate = self._candidate, None
        return taken

    @contextmanager
    def hold(self, turn: Turn, clock: Clock) -> Iterator[None]:
        """Give the API its time, counted from when the request came, while the block runs; then wake the request."""

        def be_due() -> None:
            self._is_due = True
            turn.wake()

        if self._candidate is None:
            yield
            return
        timer = clock.call_later(max(0.0, HOLD_S - turn.trace.ms / 1_000), be_due)
        try:
            yield
        finally:
            timer.cancel()
