"""A model that says what a test tells it to, when it tells it to."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator

from attrs import define, field

from fim_language_server.core.values import Chunk, CompletionRequest, Context, Started
from tests.fakes.clock import settle


@define(eq=False)
class Answer:
    """One stream as the test drives it."""

    request: CompletionRequest
    context: Context
    is_closed: bool = False
    _events: asyncio.Queue[Chunk | Started | Exception | None] = field(factory=asyncio.Queue)

    async def say(self, text: str) -> None:
        """Send a piece of text and let readers see it."""
        await self.send(Chunk(text))

    async def send(self, event: Chunk | Started) -> None:
        """Send any event and let readers see it."""
        self._events.put_nowait(event)
        await settle()

    async def finish(self, reason: str = "stop") -> None:
        """End the answer as a model does."""
        self._events.put_nowait(Chunk(finish_reason=reason))
        self._events.put_nowait(None)
        await settle()

    async def fail(self, error: Exception) -> None:
        """Break the answer off."""
        self._events.put_nowait(error)
        await settle()

    async def events(self) -> AsyncGenerator[Started | Chunk, None]:
        """Yield what the test sends."""
        try:
            while (event := await self._events.get()) is not None:
                if isinstance(event, Exception):
                    raise event
                yield event
        finally:
            self.is_closed = True


@define
class ScriptedModel:
    """An `OpenStream` whose answers a test writes as they go."""

    answers: list[Answer] = field(factory=list)

    def __call__(self, request: CompletionRequest, context: Context) -> AsyncGenerator[Started | Chunk, None]:
        """Begin an answer."""
        answer = Answer(request, context)
        self.answers.append(answer)
        return answer.events()

    @property
    def last(self) -> Answer:
        """Return the newest answer."""
        return self.answers[-1]
