"""Knowledge of servers, kept during a session: their facts, and which of a vendor's two hosts accepts a key.

A provider says which probes to send and what the replies mean. They are sent here, once for each server and model,
and the resulting `ServerFacts` are kept. A refused request discards them, because the server may run another model
by now. Probes wait out a limit of requests a second; where the limit demands a longer wait, probing fails for now and
the next request resumes it where it stopped.
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

_TOO_MANY_REQUESTS: Final = 429
_DEFAULT_WAIT_S: Final = 1.0
_LONGEST_WAIT_S: Final = 5.0
_MOST_WAITS: Final = 2
"""After a 429 a probe is repeated this often, each time after `_DEFAULT_WAIT_S` to `_LONGEST_WAIT_S` seconds."""

_ServerKey = tuple[str, str, str, str]
"""Provider, endpoint, model and template: the things that facts depend on."""
_Probing = Generator[Probe, ProbeReply, ServerFacts]

Events = AsyncGenerator[Started | Chunk, None]


@frozen
class ProviderRequest:
    """One request for a completion: the arguments of `Transport.stream`."""

    provider: Provider
    url: str
    context: Context
    options: RequestOptions
    credentials: KeySource


@define(eq=False)
class ServerKnowledge:
    """Probes servers by way of `send`, and completes with the facts. Belongs to one event loop.

    `close()` cancels the probes that have not ended.
    """

    send: Send
    probe_timeout: float = 15.0
    """Seconds that one probe may take in all, also where its reply comes slowly."""
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    _interrupted: dict[_ServerKey, tuple[_Probing, Probe]] = field(factory=dict, init=False)
    _refusing: set[_ServerKey] = field(factory=set, init=False)
    _facts: dict[_ServerKey, asyncio.Task[ServerFacts]] = field(factory=dict, init=False)
    _accepting_urls: dict[str, str] = field(factory=dict, init=False)  # by endpoint: the one that accepts its key
    _refused_by_both_hosts: set[str] = field(factory=set, init=False)

    async def facts(self, provider: Provider, url: str, options: RequestOptions, credentials: KeySource) -> ServerFacts:
        """Return the facts of the server behind the endpoint `url`, after probing it if needed. Raises ProviderError.

        All callers share one run of the probes, which goes on if one of the callers is cancelled.
        """
        if not isinstance(provider, ProbesServer | ProbesInTurn):
            return NOTHING_KNOWN
        server = _key_of(provider, url, options)
        task = self._facts.get(server)
        if task is None:
            task = asyncio.create_task(self._probe(provider, url, options, credentials), name=f"probe {provider.name}")
            self._facts[server] = task
            task.add_done_callback(lambda done: self._forget_failure(server, done))
        return await asyncio.shield(task)

    async def stream(self, request: ProviderRequest) -> Events:
        """Complete at the request's endpoint, or at the alternate host that accepts its key; see `Transport.stream`."""
        url = self._accepting_urls.get(request.url, request.url)
        try:
            async with aclosing(self._complete(evolve(request, url=url))) as events:
                async for event in events:
                    yield event
        except AuthenticationError as refusal:
            provider = request.provider
            alternate = provider.alternate_host_of(url) if isinstance(provider, HasAlternateHost) else None
            if alternate is None or url in self._refused_by_both_hosts:
                raise
            async with aclosing(self._try_alternate_host(request, alternate, refusal)) as events:
                async for event in events:
                    yield event

    async def close(self) -> None:
        """Cancel all probes and wait until they have ended."""
        tasks = list(self._facts.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _probe(
        self, provider: Provider, url: str, options: RequestOptions, credentials: KeySource
    ) -> ServerFacts:
        server, model = _key_of(provider, url, options), options.model or provider.default_model
        probing, probe = self._interrupted.pop(server, (None, None))
        probing = probing or _start_probing(provider, url, options, has_refused=server in self._refusing)
        try:
            probe = probe or next(probing)
            while True:
                try:
                    reply = await self._send_probe(provider, probe, model, credentials)
                except ProviderError:
                    self._interrupted[server] = probing, probe  # The next call goes on from here.
                    raise
                probe = probing.send(reply)
        except StopIteration as end:
            facts: ServerFacts = end.value
        if facts.finding:
            log.info("%s: %s", provider.name, facts.finding)
        return facts

    async def _send_probe(self, provider: Provider, probe: Probe, model: str, credentials: KeySource) -> ProbeReply:
        """Return the reply to a probe; after a 429 it is sent again up to twice. Raises ProviderError."""
        n_waits = 0
        while True:
            try:
                async with asyncio.timeout(self.probe_timeout):
                    reply = await exchange.send_probe(self.send, provider, probe, model, credentials)
            except TimeoutError:
                raise failures.unavailable(
                    provider.name, Failure.NO_FIRST_BYTE, probe.url, seconds=self.probe_timeout
                ) from None
            if reply.status != _TOO_MANY_REQUESTS:
                return reply
            wait = retry_after(reply.headers)
            if wait is not None and wait > _LONGEST_WAIT_S:
                raise provider.read_error(reply.status, reply.headers, reply.body, reply.summary)
            if n_waits == _MOST_WAITS:
                return reply
            n_waits += 1
            await self.sleep(_DEFAULT_WAIT_S if wait is None else max(wait, _DEFAULT_WAIT_S))

    def _forget_failure(self, server: _ServerKey, task: asyncio.Task[ServerFacts]) -> None:
        # Reading the exception keeps asyncio from reporting it as never retrieved, where all callers were cancelled.
        if (task.cancelled() or task.exception() is not None) and self._facts.get(server) is task:
            del self._facts[server]

    async def _complete(self, request: ProviderRequest) -> Events:
        provider, url, options, credentials = request.provider, request.url, request.options, request.credentials
        server = _key_of(provider, url, options)
        facts = await self.facts(provider, url, options, credentials)
        has_begun = False
        try:
            async with aclosing(self._complete_with_facts(request, facts)) as events:
                async for event in events:
                    has_begun = True
                    yield event
        except (RequestRejectedError, UnavailableError) as refusal:
            if isinstance(refusal, TooLongError) or not (isinstance(refusal, RequestRejectedError) or refusal.status):
                raise
            if self._facts.pop(server, None) is None or has_begun:
                raise
            if not isinstance(provider, ProbesInTurn) or server in self._refusing:
                raise
            # Probed once more, with completions of full length: it may have refused one of the request's fields.
            self._refusing.add(server)
            new_facts = await self.facts(provider, url, options, credentials)
            if new_facts == facts:
                raise
            again = self._complete_with_facts(request, new_facts)
        else:
            return
        async with aclosing(again) as events:
            async for event in events:
                yield event

    async def _complete_with_facts(self, request: ProviderRequest, facts: ServerFacts) -> Events:
        provider = request.provider
        streams = request.options.stream if facts.streams is None else facts.streams
        options = evolve(request.options, facts=facts, stream=streams)
        http_request = provider.build_request(request.url, request.context, options)
        summary = exchange.summary_of(http_request, options.model or provider.default_model, request.context)
        snippets = provider.sent_context(request.context, options).snippets
        events = exchange.stream_completion(self.send, provider, http_request, summary, options, request.credentials)
        async with aclosing(events):
            async for event in events:
                if isinstance(event, Started):
                    yield evolve(event, notices=(*event.notices, *facts.notices), snippets=snippets)
                else:
                    yield event

    async def _try_alternate_host(
        self, request: ProviderRequest, alternate: AlternateHost, refusal: AuthenticationError
    ) -> Events:
        """Complete at the alternate host. Raises `refusal` where that host refuses the key, too."""
        advice = f"The key from {request.credentials.source} is one for {alternate.label}, and is used there"
        notice = f'{advice}; set provider.kind to "{alternate.name}".'
        try:
            async with aclosing(self._complete(evolve(request, url=alternate.url))) as events:
                async for event in events:
                    if isinstance(event, Started):
                        self._accepting_urls[request.url] = alternate.url
                        yield evolve(event, notices=(*event.notices, notice))
                    else:
                        yield event
        except AuthenticationError:
            self._refused_by_both_hosts.add(request.url)
            raise refusal from None


def _start_probing(provider: Provider, url: str, options: RequestOptions, *, has_refused: bool) -> _Probing:
    if isinstance(provider, ProbesInTurn):
        return provider.probe_in_turn(url, options, has_refused=has_refused)
    assert isinstance(provider, ProbesServer)
    return _probe_in_order(provider, url, options)


def _probe_in_order(provider: ProbesServer, url: str, options: RequestOptions) -> _Probing:
    replies: list[ProbeReply] = []
    for probe in provider.probes(url, options):
        reply = yield probe
        replies.append(reply)
    return provider.read_facts(options, replies) if replies else NOTHING_KNOWN


def _key_of(provider: Provider, url: str, options: RequestOptions) -> _ServerKey:
    return provider.name, url, options.model, options.template
