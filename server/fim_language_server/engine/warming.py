"""Warming: a local model reads new pieces of other files into its cache while the user does not wait for it.

After the pieces for the cursor's line have changed, a prompt begins with text that the model has not read. llama.cpp
reads it ahead of the request, without an answer. A real request cancels that; what was read by then stays read.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from contextlib import aclosing
from typing import Final

from attrs import define, field

from fim_language_server.clock import Clock, Timer
from fim_language_server.core.values import Chunk, CompletionRequest, Context, Snippet, Trigger
from fim_language_server.engine.model_chain import Chain, Reservation
from fim_language_server.engine.options import OpenStream
from fim_language_server.errors import ProviderError

logger = logging.getLogger(__name__)

QUIET_S: Final = 0.3
"""Seconds without a request after which the model is warmed: while keys come, requests do it themselves."""


@define(eq=False)
class Warmer:
    """Warms the preferred model, once for each change of its pieces; `is_busy` says whether a request is under way."""

    _chain: Chain
    _clock: Clock = field(repr=False)
    _is_busy: Callable[[], bool] = field(repr=False)
    _read: tuple[Snippet, ...] = field(default=(), init=False, repr=False)  # the pieces that the model got last
    _timer: Timer | None = field(default=None, init=False, repr=False)
    _task: asyncio.Task[None] | None = field(default=None, init=False, repr=False)
    _is_closed: bool = field(default=False, init=False)

    def pieces_chosen(self, request: CompletionRequest) -> None:
        """Note that pieces were chosen for the place of `request`, and warm the model with them after a while."""
        self._cancel()
        if not self._is_closed:
            self._timer = self._clock.call_later(QUIET_S, lambda: self._begin(request))

    def request_begins(self, context: Context) -> None:
        """Give way to a request with `context`, which the model reads now."""
        self._cancel()
        self._read = context.snippets

    async def close(self) -> None:
        """Cancel what is under way, and wait until its connection is closed."""
        self._is_closed = True
        self._cancel()
        if self._task is not None:
            await asyncio.gather(self._task, return_exceptions=True)

    def _cancel(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._task is not None:
            self._task.cancel()

    def _begin(self, request: CompletionRequest) -> None:
        self._timer = None
        backend = self._chain.first_available(Trigger.PREFETCH)
        is_ready = self._task is None or self._task.done()
        if backend is None or backend.warm is None or not backend.health.is_healthy or self._is_busy() or not is_ready:
            return
        reservation = backend.reserve(request, Trigger.PREFETCH)
        if reservation is None:
            return
        if reservation.context.snippets == self._read:
            reservation.permit.give_back()
            return
        self._read = reservation.context.snippets
        self._task = asyncio.create_task(_warm(backend.warm, request, reservation), name="warm a model")


async def _warm(warm: OpenStream, request: CompletionRequest, reservation: Reservation) -> None:
    spent = reservation.permit.tokens
    try:
        async with aclosing(warm(request, reservation.context)) as events:
            async for event in events:
                if isinstance(event, Chunk) and event.usage is not None and event.usage.prompt_tokens:
                    spent = event.usage.prompt_tokens
    except ProviderError as error:
        logger.debug("a model was not warmed: %s", error)  # The next request will report it, if it fails then, too.
    finally:
        reservation.permit.settle(spent)
