"""The instant guess: what the embedded model says while a model behind an API has not answered.

It takes a few ms and knows how sure it is. What it is sure of is shown at once, and the request to the API is saved;
what is likely is shown where the API is slower than a reader.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import aclosing
from typing import Final

from attrs import field, frozen

from fim_language_server.core.values import Candidate, Chunk, CompletionRequest, Context
from fim_language_server.engine.options import OpenStream

SURE: Final = 0.8
"""From this probability on a guess is shown at once: nine in ten are exactly right."""
HOLD_S: Final = 0.4
"""How long a request holds for the API before it takes a guess that is only likely, in seconds."""


@frozen
class Guesser:
    """Asks the embedded model. `find_model` returns it, or None while it is being loaded: nobody waits for that."""

    _find_model: Callable[[], OpenStream | None] = field(repr=False)
    model: str

    async def guess(self, request: CompletionRequest) -> Candidate | None:
        """Return what comes at the request's place, with its confidence; None where nothing is likely enough."""
        ask = self._find_model()
        if ask is None:
            return None
        context = Context(request.prefix, request.suffix, request.document.path, request.document.language_id)
        async with aclosing(ask(request, context)) as events:
            async for event in events:
                if isinstance(event, Chunk) and event.text and event.confidence is not None:
                    return Candidate(event.text, request, True, True, event.confidence, self.model)
        return None


def is_sure(guess: Candidate) -> bool:
    """Is it worth saving the request to the API?"""
    return (guess.confidence or 0.0) >= SURE
