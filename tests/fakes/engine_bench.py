"""An engine with scripted models and a fake clock."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from attrs import define, field

from fim_language_server.core.values import CompletionRequest, Skip, Suggestion
from fim_language_server.engine.engine import Engine, EngineOptions
from fim_language_server.engine.health import Health
from fim_language_server.engine.instant_guess import Guesser
from fim_language_server.engine.model_chain import Backend, Chain
from fim_language_server.errors import ProviderError
from fim_language_server.spending.budget import RateBudget
from fim_language_server.usage.record import RequestRecord
from tests.fakes.clock import FakeClock, settle
from tests.fakes.model import ScriptedModel
from tests.fakes.requests import request_at


@define
class RecordingListener:
    """A listener that keeps the events it receives."""

    events: list[str] = field(factory=list)
    late: list[CompletionRequest] = field(factory=list)

    def provider_failed(self, error: ProviderError) -> None:
        self.events.append(f"failed: {error}")

    def provider_recovered(self) -> None:
        self.events.append("recovered")

    def notice(self, text: str) -> None:
        self.events.append(text)

    def answered_late(self, request: CompletionRequest) -> None:
        self.events.append("answered late")
        self.late.append(request)


async def first_of(engine: Engine, request: CompletionRequest) -> Suggestion | Skip:
    """Return the one suggestion for a request, without alternatives to choose from."""
    answer = await engine.complete(request, alternatives=False)
    return answer if isinstance(answer, Skip) else answer[0]


@define
class Bench:
    """An engine whose chain is `model` and, where it is given, `other` as its fallback."""

    model: ScriptedModel = field(factory=ScriptedModel)
    other: ScriptedModel | None = None
    clock: FakeClock = field(factory=FakeClock)
    listener: RecordingListener = field(factory=RecordingListener)
    options: EngineOptions = field(factory=EngineOptions)
    budget: RateBudget | None = None
    guesser: Guesser | None = None
    records: list[RequestRecord] = field(factory=list)
    engine: Engine = field(init=False)

    def __attrs_post_init__(self) -> None:
        backends = [self._backend("first", self.model, self.budget)]
        if self.other is not None:
            backends.append(self._backend("second", self.other))
        chain = Chain(tuple(backends))
        self.engine = Engine(chain, self.options, self.clock, self.listener, self.records.append, guesser=self.guesser)

    def _backend(self, name: str, model: ScriptedModel, budget: RateBudget | None = None) -> Backend:
        return Backend(name, f"{name}-model", model, budget or RateBudget(self.clock), Health(self.clock))

    async def ask(self, drawn: str, **of_request: object) -> asyncio.Task[Suggestion | Skip]:
        """Send a request and let it run until it waits."""
        return await self.ask_for(request_at(drawn, **of_request))  # type: ignore[arg-type]

    async def ask_for(self, request: CompletionRequest) -> asyncio.Task[Suggestion | Skip]:
        task = asyncio.create_task(first_of(self.engine, request))
        await settle()
        return task

    async def edit(self, drawn: str) -> None:
        """Report to the engine the document's text after an edit."""
        self.engine.observe_edit([request_at(drawn)])
        await settle()


@asynccontextmanager
async def bench(**options: object) -> AsyncIterator[Bench]:
    """Make an engine, and close it at the end."""
    made = Bench(**options)  # type: ignore[arg-type]
    try:
        yield made
    finally:
        await made.engine.close()
