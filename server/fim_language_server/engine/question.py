"""A request while it is being answered."""

from __future__ import annotations

from attrs import define, field

from fim_language_server.core.values import CompletionRequest
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
