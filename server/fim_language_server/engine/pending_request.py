"""A request while it is being answered."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from attrs import define, field

from fim_language_server.clock import Clock
from fim_language_server.core.values import CompletionRequest, Trigger
from fim_language_server.engine.instant_guess import Guess
from fim_language_server.engine.model_chain import Backend
from fim_language_server.engine.turns import Turn

_ROUNDING_S: Final = 1e-6
"""Rounding error of sums of times, in seconds."""


@define(eq=False)
class PendingRequest:
    """A request, its turn in its document, and the backends that were tried for it."""

    request: CompletionRequest
    turn: Turn
    has_settled: bool = False
    tried: list[Backend] = field(factory=list)
    """The backends that got this request; all but the last one without result."""
    guess: Guess = field(factory=Guess)
    _deadline: float = math.inf

    @contextmanager
    def deadline(self, clock: Clock, seconds: float) -> Iterator[None]:
        """While the block runs, wake the request when `seconds` are over; from then on `has_time` is false."""
        self._deadline = clock.now() + seconds
        timer = clock.call_later(seconds, self.turn.wake)
        try:
            yield
        finally:
            timer.cancel()
            self._deadline = math.inf

    def has_time(self, clock: Clock) -> bool:
        """May the request still wait for a late stream?"""
        return clock.now() < self._deadline - _ROUNDING_S

    async def settle(self, clock: Clock, delay_ms: float) -> bool:
        """Wait `delay_ms` for a newer request, at most once; False where this request was superseded or cancelled.

        The time that the editor has waited itself is subtracted.
        """
        remaining = delay_ms - self.request.waited_ms
        if self.has_settled or self.request.trigger is Trigger.INVOKED or remaining <= 0:
            self.has_settled = True
            return True
        self.has_settled = True
        self.turn.trace.add_step("debounce")
        return await self.turn.wait_until_settled(clock, remaining / 1_000)
