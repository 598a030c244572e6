"""A request while it is being answered."""

from __future__ import annotations

from attrs import define, field

from fim_language_server.core.values import CompletionRequest, Trigger
from fim_language_server.engine.clock import Clock
from fim_language_server.engine.fallback import Backend
from fim_language_server.engine.guessing import Guess
from fim_language_server.engine.turns import Turn


@define(eq=False)
class Question:
    """A request, what it waits on, and what has been tried for it."""

    request: CompletionRequest
    turn: Turn
    has_settled: bool = False
    tried: list[Backend] = field(factory=list)
    """Who was asked for it; in vain, once somebody else is to be."""
    guess: Guess = field(factory=Guess)

    async def settle(self, clock: Clock, delay_ms: float) -> bool:
        """Wait so long for a newer request, once; False where nobody wants an answer any more.

        What the editor has waited itself counts.
        """
        remaining = delay_ms - self.request.waited_ms
        if self.has_settled or self.request.trigger is Trigger.INVOKED or remaining <= 0:
            self.has_settled = True
            return True
        self.has_settled = True
        self.turn.way.reach("debounce")
        return await self.turn.wait_until_settled(clock, remaining / 1_000)
