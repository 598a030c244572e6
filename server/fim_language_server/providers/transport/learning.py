"""What is learned of servers while a session lasts: their facts, and at which of two hosts a key is good.

A provider says what to ask and what the replies mean; here it is asked, once for each server and model, and
remembered. A refused request makes the facts be asked for anew: the server may run another model by now.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing

from attrs import define, evolve, field, frozen

from fim_language_server.core.values import Chunk, Context, Started
from fim_language_server.errors import AuthenticationError, RequestRejectedError
from fim_language_server.providers.base import (
    NOTHING_KNOWN,
    AsksFirst,
    HasTwin,
    Provider,
    RequestOptions,
    ServerFacts,
    Twin,
)
from fim_language_server.providers.credentials import KeySource
from fim_language_server.providers.transport import exchange
from fim_language_server.providers.transport.exchange import Send

_Server = tuple[str, str, str, str]

Events = AsyncGenerator[Started | Chunk, None]


@frozen
class Wanted:
    """A completion that is asked for: the arguments of `Transport.stream`."""

    provider: Provider
    url: str
    context: Context
    options: RequestOptions
    key: KeySource


@define(eq=False)
class Learning:
    """Asks by way of `send`. Belongs to one event loop; `close()` ends what it began."""

    send: Send
    _facts: dict[_Server, asyncio.Task[ServerFacts]] = field(factory=dict, init=False)
    _moved: dict[str, str] = field(factory=dict, init=False)  # endpoint -> where its key is good
    _refused_by_both: set[str] = field(factory=set, init=False)

    async def facts(self, provider: Provider, url: str, options: RequestOptions, key: KeySource) -> ServerFacts:
        """Return what is known of the server, asking it first if need be. Raises ProviderError.

        Everybody who asks meanwhile waits for the same replies, and asking goes on if one of them is cancelled.
        """
        if not isinstance(provider, AsksFirst):
            return NOTHING_KNOWN
        server = _server(provider, url, options)
        task = self._facts.get(server)
        if task is None:
            task = asyncio.create_task(self._ask(provider, url, options, key), name=f"ask {provider.name} what it does")
            self._facts[server] = task
            task.add_done_callback(lambda done: self._forget_failure(server, done))
        return await asyncio.shield(task)

    async def stream(self, wanted: Wanted) -> Events:
        """Complete where the key is good: at the wanted endpoint, or at the twin of its host.

        See `Transport.stream`.
        """
        home = self._moved.get(wanted.url, wanted.url)
        try:
            async with aclosing(self._complete(evolve(wanted, url=home))) as events:
                async for event in events:
                    yield event
        except AuthenticationError as refusal:
            twin = wanted.provider.twin(home) if isinstance(wanted.provider, HasTwin) else None
            if twin is None or home in self._refused_by_both:
                raise
            async with aclosing(self._try_twin(wanted, twin, refusal)) as events:
                async for event in events:
                    yield event

    async def close(self) -> None:
        """Stop asking."""
        tasks = list(self._facts.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _ask(self, provider: Provider, url: str, options: RequestOptions, key: KeySource) -> ServerFacts:
        assert isinstance(provider, AsksFirst)
        questions = provider.questions(url, options)
        if not questions:
            return NOTHING_KNOWN
        model = options.model or provider.default_model
        replies = [await exchange.ask(self.send, provider, question, model, key) for question in questions]
        return provider.read_facts(options, replies)

    def _forget_failure(self, server: _Server, task: asyncio.Task[ServerFacts]) -> None:
        # Looking at the exception also keeps asyncio from reporting one that nobody waited for any more.
        if (task.cancelled() or task.exception() is not None) and self._facts.get(server) is task:
            del self._facts[server]

    async def _complete(self, wanted: Wanted) -> Events:
        provider, url, options, key = wanted.provider, wanted.url, wanted.options, wanted.key
        known = evolve(options, facts=await self.facts(provider, url, options, key))
        request = provider.build_request(url, wanted.context, known)
        asked = exchange.asked_of(request, options.model or provider.default_model, wanted.context)
        try:
            async with aclosing(exchange.stream_completion(self.send, provider, request, asked, known, key)) as events:
                async for event in events:
                    yield event
        except RequestRejectedError:
            self._facts.pop(_server(provider, url, options), None)
            raise

    async def _try_twin(self, wanted: Wanted, twin: Twin, refusal: AuthenticationError) -> Events:
        """Complete at the other host; if that refuses the key as well, the first refusal stands."""
        advice = f"The key from {wanted.key.source} is one for {twin.label}, and is used there"
        notice = f'{advice}; set provider.kind to "{twin.name}".'
        try:
            async with aclosing(self._complete(evolve(wanted, url=twin.url))) as events:
                async for event in events:
                    if isinstance(event, Started):
                        self._moved[wanted.url] = twin.url
                        yield evolve(event, notices=(*event.notices, notice))
                    else:
                        yield event
        except AuthenticationError:
            self._refused_by_both.add(wanted.url)
            raise refusal from None


def _server(provider: Provider, url: str, options: RequestOptions) -> _Server:
    return provider.name, url, options.model, options.template
