"""What is learned of servers while a session lasts: their facts, and at which of two hosts a key is good.

A provider says what to ask and what the replies mean; here it is asked, once for each server and model, and
remembered. A refused request makes the facts be asked for anew: the server may run another model by now. Questions
wait out a limit of requests a second; where the limit asks for more, they go on later from where they stood.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator
from contextlib import aclosing
from typing import Final

from attrs import define, evolve, field, frozen

from fim_language_server.core.values import Chunk, Context, Started
from fim_language_server.errors import (
    AuthenticationError,
    ProviderError,
    RequestRejectedError,
    TooLongError,
    UnavailableError,
)
from fim_language_server.providers.base import (
    NOTHING_KNOWN,
    AlternateHost,
    HasAlternateHost,
    Probe,
    ProbeReply,
    ProbesInTurn,
    ProbesServer,
    Provider,
    RequestOptions,
    ServerFacts,
)
from fim_language_server.providers.credentials import KeySource
from fim_language_server.providers.replies.response_headers import retry_after
from fim_language_server.providers.transport import exchange, failures
from fim_language_server.providers.transport.exchange import Send
from fim_language_server.providers.transport.failures import Failure

log = logging.getLogger(__name__)

_TOO_MANY: Final = 429
_USUAL_WAIT_S: Final = 1.0
_MOST_WAIT_S: Final = 5.0
_MOST_WAITS: Final = 2

_Server = tuple[str, str, str, str]
_Dialogue = Generator[Probe, ProbeReply, ServerFacts]

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
    ask_timeout: float = 15.0
    """Seconds that one question may take, however slowly its reply comes."""
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    _dialogues: dict[_Server, tuple[_Dialogue, Probe]] = field(factory=dict, init=False)
    _doubted: set[_Server] = field(factory=set, init=False)
    _facts: dict[_Server, asyncio.Task[ServerFacts]] = field(factory=dict, init=False)
    _moved: dict[str, str] = field(factory=dict, init=False)  # endpoint -> where its key is good
    _refused_by_both: set[str] = field(factory=set, init=False)

    async def facts(self, provider: Provider, url: str, options: RequestOptions, key: KeySource) -> ServerFacts:
        """Return what is known of the server, asking it first if need be. Raises ProviderError.

        Everybody who asks meanwhile waits for the same replies, and asking goes on if one of them is cancelled.
        """
        if not isinstance(provider, ProbesServer | ProbesInTurn):
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
            alternate = (
                wanted.provider.alternate_host_of(home) if isinstance(wanted.provider, HasAlternateHost) else None
            )
            if alternate is None or home in self._refused_by_both:
                raise
            async with aclosing(self._try_twin(wanted, alternate, refusal)) as events:
                async for event in events:
                    yield event

    async def close(self) -> None:
        """Stop asking."""
        tasks = list(self._facts.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _ask(self, provider: Provider, url: str, options: RequestOptions, key: KeySource) -> ServerFacts:
        server, model = _server(provider, url, options), options.model or provider.default_model
        dialogue, question = self._dialogues.pop(server, (None, None))
        dialogue = dialogue or _dialogue(provider, url, options, is_doubted=server in self._doubted)
        try:
            question = question or next(dialogue)
            while True:
                try:
                    reply = await self._ask_patiently(provider, question, model, key)
                except ProviderError:
                    self._dialogues[server] = dialogue, question  # What is known stays known.
                    raise
                question = dialogue.send(reply)
        except StopIteration as end:
            facts: ServerFacts = end.value
        if facts.finding:
            log.info("%s: %s", provider.name, facts.finding)
        return facts

    async def _ask_patiently(self, provider: Provider, question: Probe, model: str, key: KeySource) -> ProbeReply:
        """Ask, and ask again after a short wait where the server takes no more requests now. Raises ProviderError."""
        n_waits = 0
        while True:
            try:
                async with asyncio.timeout(self.ask_timeout):
                    reply = await exchange.ask(self.send, provider, question, model, key)
            except TimeoutError:
                raise failures.unavailable(
                    provider.name, Failure.NO_FIRST_BYTE, question.url, seconds=self.ask_timeout
                ) from None
            if reply.status != _TOO_MANY:
                return reply
            wait = retry_after(reply.headers)
            if wait is not None and wait > _MOST_WAIT_S:
                raise provider.read_error(reply.status, reply.headers, reply.body, reply.asked)
            if n_waits == _MOST_WAITS:
                return reply
            n_waits += 1
            await self.sleep(_USUAL_WAIT_S if wait is None else max(wait, _USUAL_WAIT_S))

    def _forget_failure(self, server: _Server, task: asyncio.Task[ServerFacts]) -> None:
        # Looking at the exception also keeps asyncio from reporting one that nobody waited for any more.
        if (task.cancelled() or task.exception() is not None) and self._facts.get(server) is task:
            del self._facts[server]

    async def _complete(self, wanted: Wanted) -> Events:
        provider, url, options, key = wanted.provider, wanted.url, wanted.options, wanted.key
        server = _server(provider, url, options)
        facts = await self.facts(provider, url, options, key)
        has_begun = False
        try:
            async with aclosing(self._complete_knowing(wanted, facts)) as events:
                async for event in events:
                    has_begun = True
                    yield event
        except (RequestRejectedError, UnavailableError) as refusal:
            if isinstance(refusal, TooLongError) or not (isinstance(refusal, RequestRejectedError) or refusal.status):
                raise
            if self._facts.pop(server, None) is None or has_begun:
                raise
            if not isinstance(provider, ProbesInTurn) or server in self._doubted:
                raise
            # Asked once more, with an answer as long as a completion's: one of its fields may be what is refused.
            self._doubted.add(server)
            known = await self.facts(provider, url, options, key)
            if known == facts:
                raise
            again = self._complete_knowing(wanted, known)
        else:
            return
        async with aclosing(again) as events:
            async for event in events:
                yield event

    async def _complete_knowing(self, wanted: Wanted, facts: ServerFacts) -> Events:
        provider, options = wanted.provider, wanted.options
        streams = options.stream if facts.streams is None else facts.streams
        known = evolve(options, facts=facts, stream=streams)
        request = provider.build_request(wanted.url, wanted.context, known)
        asked = exchange.asked_of(request, options.model or provider.default_model, wanted.context)
        events = exchange.stream_completion(self.send, provider, request, asked, known, wanted.key)
        async with aclosing(events):
            async for event in events:
                if isinstance(event, Started) and facts.notices:
                    yield evolve(event, notices=(*event.notices, *facts.notices))
                else:
                    yield event

    async def _try_twin(self, wanted: Wanted, alternate: AlternateHost, refusal: AuthenticationError) -> Events:
        """Complete at the other host; if that refuses the key as well, the first refusal stands."""
        advice = f"The key from {wanted.key.source} is one for {alternate.label}, and is used there"
        notice = f'{advice}; set provider.kind to "{alternate.name}".'
        try:
            async with aclosing(self._complete(evolve(wanted, url=alternate.url))) as events:
                async for event in events:
                    if isinstance(event, Started):
                        self._moved[wanted.url] = alternate.url
                        yield evolve(event, notices=(*event.notices, notice))
                    else:
                        yield event
        except AuthenticationError:
            self._refused_by_both.add(wanted.url)
            raise refusal from None


def _dialogue(provider: Provider, url: str, options: RequestOptions, *, is_doubted: bool) -> _Dialogue:
    if isinstance(provider, ProbesInTurn):
        return provider.probe_in_turn(url, options, is_doubted=is_doubted)
    assert isinstance(provider, ProbesServer)
    return _ask_in_order(provider, url, options)


def _ask_in_order(provider: ProbesServer, url: str, options: RequestOptions) -> _Dialogue:
    replies: list[ProbeReply] = []
    for question in provider.probes(url, options):
        reply = yield question
        replies.append(reply)
    return provider.read_facts(options, replies) if replies else NOTHING_KNOWN


def _server(provider: Provider, url: str, options: RequestOptions) -> _Server:
    return provider.name, url, options.model, options.template
