"""What a session learns: what a server does, asked once; and that a key is good at the vendor's other domain."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest
from attrs import evolve, frozen

from benchmarks.fake_api.provider_server import FimServer
from benchmarks.fake_api.scripted_answer import Script
from fim_language_server.core.values import Context
from fim_language_server.errors import AuthenticationError, RequestRejectedError, UnavailableError
from fim_language_server.providers import REGISTRY
from fim_language_server.providers.apis.mistral_fim import MistralFim
from fim_language_server.providers.base import (
    AlternateHost,
    HasAlternateHost,
    HttpRequest,
    Probe,
    ProbeReply,
    ProbesInTurn,
    ProbesServer,
    Provider,
    RequestOptions,
    ServerFacts,
)
from fim_language_server.providers.credentials import Credentials
from fim_language_server.providers.transport import Transport
from tests.fakes.wire_server import Canned, WireServer, sse
from tests.providers.conftest import CONTEXT, OPTIONS, Heard, listen, with_key

PATH = "/v1/fim/completions"
ANSWER = sse({"choices": [{"text": "a", "finish_reason": "stop"}]})


@frozen
class Curious(MistralFim):
    """A provider that asks one question, and sends as its prompt what it was told."""

    def probes(self, url: str, options: RequestOptions) -> tuple[Probe, ...]:
        return (Probe(url.replace(PATH, "/about")),)

    def read_facts(self, options: RequestOptions, replies: Sequence[ProbeReply]) -> ServerFacts:
        (reply,) = replies
        if reply.status != 200:
            raise self.read_error(reply.status, reply.headers, reply.body, reply.summary)
        return ServerFacts(finding=reply.body)

    def build_request(self, url: str, context: Context, options: RequestOptions) -> HttpRequest:
        return HttpRequest(url, {"prompt": options.facts.finding})


HOST: dict[str, Any] = {"url": "https://x.example/v1", "api_key_env": "K", "default_model": "m", "description": "asks"}
CURIOUS = Curious(name="curious", label="Curious", **HOST)
NO_KEY = Credentials("curious")


async def complete(transport: Transport, server: WireServer, options: RequestOptions = OPTIONS) -> Heard:
    return await listen(transport, server.url, options, NO_KEY, CURIOUS)


async def test_many_wait_for_one_reply(transport: Transport) -> None:
    """Ten completions at once ask one question, and all know the answer."""
    async with WireServer({"/about": Canned(body="told"), PATH: ANSWER}) as server:
        heard = await asyncio.gather(*(complete(transport, server) for _ in range(10)))
        assert {each.text for each in heard} == {"a"}
        assert len(server.asked("/about")) == 1
        assert [seen.body for seen in server.asked(PATH)] == [{"prompt": "told"}] * 10


async def test_each_model_is_asked_about(transport: Transport) -> None:
    """What holds for one model of a server need not hold for another, nor for another template."""
    async with WireServer({"/about": Canned(body="told"), PATH: ANSWER}) as server:
        for options in (OPTIONS, evolve(OPTIONS, model="other"), evolve(OPTIONS, template="qwen"), OPTIONS):
            await complete(transport, server, options)
        assert len(server.asked("/about")) == 3


async def test_a_reader_that_leaves_takes_no_answer_from_others(transport: Transport) -> None:
    """Asking goes on where the first who wanted to know is cancelled."""
    async with WireServer({"/about": Canned(body="told"), PATH: ANSWER}) as server:
        first = asyncio.create_task(complete(transport, server))
        second = asyncio.create_task(complete(transport, server))
        await asyncio.sleep(0)
        first.cancel()
        assert (await second).text == "a"
        assert len(server.asked("/about")) == 1


async def test_a_failure_is_not_remembered(transport: Transport) -> None:
    """Who asks while a server is down is told so; who asks later asks anew."""
    answers = {"/about": [Canned(503), Canned(body="told")], PATH: ANSWER}
    async with WireServer(answers) as server:  # type: ignore[arg-type]
        assert isinstance((await complete(transport, server)).error, UnavailableError)
        assert server.asked(PATH) == []
        assert (await complete(transport, server)).text == "a"


async def test_a_redirected_question_is_told(transport: Transport) -> None:
    """As with completions: none is followed, it would take the key elsewhere."""
    moved = Canned(307, headers={"Location": "http://elsewhere.invalid/"})
    async with WireServer({"/about": moved}) as server:
        heard = await complete(transport, server)
    assert isinstance(heard.error, UnavailableError)
    assert "redirects to elsewhere.invalid" in str(heard.error)


async def test_a_refused_completion_asks_anew(transport: Transport) -> None:
    """The server may have been started with another model."""
    answers = {"/about": [Canned(body="old"), Canned(body="new")], PATH: [ANSWER, Canned(400), ANSWER]}
    async with WireServer(answers) as server:  # type: ignore[arg-type]
        for _ in range(3):
            heard = await complete(transport, server)
        assert heard.text == "a"
        prompts = [seen.body["prompt"] for seen in server.asked(PATH)]
    assert prompts == ["old", "old", "new"]


async def test_closing_ends_the_asking() -> None:
    """Nothing is left running, whoever waits is told by a cancellation."""
    transport = Transport()
    async with FimServer(script=Script(first_byte_after=60.0)) as server:
        asking = asyncio.create_task(listen(transport, server.url, OPTIONS, NO_KEY, SlowlyCurious))
        await server.wait_for_completions(1)
        await transport.close()
        with pytest.raises(asyncio.CancelledError):
            await asking
    assert not [task for task in asyncio.all_tasks() if task is not asyncio.current_task() and "ask" in task.get_name()]


@frozen
class _SlowlyCurious(Curious):
    def probes(self, url: str, options: RequestOptions) -> tuple[Probe, ...]:
        return (Probe(url, {"model": "codestral-latest", "prompt": ""}),)


SlowlyCurious = _SlowlyCurious(name="slow", label="Slow", **HOST)


def test_which_providers_probe_and_which_have_an_alternate_host() -> None:
    """Only servers of which one cannot know are asked; only Mistral has two domains."""
    asking = {name for name, provider in REGISTRY.items() if isinstance(provider, ProbesServer | ProbesInTurn)}
    assert asking == {"deepseek", "openai", "llamacpp", "ollama"}
    alternates = {
        name: alternate.name
        for name, provider in REGISTRY.items()
        if isinstance(provider, HasAlternateHost) and provider.url and name != "vertex"
        if (alternate := provider.alternate_host_of(provider.endpoint("")))
    }
    assert alternates == {"mistral": "codestral", "codestral": "mistral"}
    for name, other in alternates.items():
        alternate = REGISTRY[name].alternate_host_of(REGISTRY[name].endpoint(""))  # type: ignore[attr-defined]
        assert alternate.url == REGISTRY[other].endpoint("")


def with_alternate(home: FimServer, other: FimServer) -> Provider:
    alternate = AlternateHost("codestral", "codestral.mistral.ai", other.url + "/fim/completions")
    return evolve(REGISTRY["mistral"], url=home.url, alternate_host=alternate)  # type: ignore[misc]


async def test_a_key_for_the_other_domain(transport: Transport) -> None:
    """It is tried there once, the answer is used, the remedy is told, and the next request goes there at once."""
    async with FimServer(api_key="another") as home, FimServer("a + b") as other:
        provider = with_alternate(home, other)
        for n in (1, 2):
            heard = await listen(transport, "", OPTIONS, with_key(), provider)
            assert (heard.text, heard.error) == ("a + b", None)
            assert heard.started is not None
            assert len(heard.started.notices) == (1 if n == 1 else 0)
            if n == 1:
                (notice,) = heard.started.notices
                assert notice == (
                    "The key from THE_KEY is one for codestral.mistral.ai, and is used there; "
                    'set provider.kind to "codestral".'
                )
        assert (len(home.completions), len(other.completions)) == (1, 2)


async def test_a_key_for_neither_domain(transport: Transport) -> None:
    """The first refusal stands, and the other domain is not tried again."""
    async with FimServer(api_key="another") as home, FimServer(api_key="a third") as other:
        provider = with_alternate(home, other)
        for _ in range(3):
            heard = await listen(transport, "", OPTIONS, with_key(), provider)
            assert isinstance(heard.error, AuthenticationError)
            assert "Mistral refused the key from THE_KEY (401)" in str(heard.error)
        assert (len(home.completions), len(other.completions)) == (3, 1)


async def test_the_other_domain_is_tried_for_nothing_but_a_key(transport: Transport) -> None:
    """Other refusals are the user's to mend, and a key is not sent about without need."""
    async with FimServer(script=Script(status=400)) as home, FimServer() as other:
        heard = await listen(transport, "", OPTIONS, with_key(), with_alternate(home, other))
        assert isinstance(heard.error, RequestRejectedError)
        assert other.completions == []


async def test_no_key_of_ones_own_server_is_sent_to_mistral(transport: Transport) -> None:
    """Only the vendor's own domains are alternates: an address that was set is left to itself."""
    async with FimServer(api_key="another") as home, FimServer(api_key="another") as own, FimServer() as other:
        heard = await listen(transport, own.url, OPTIONS, with_key(), with_alternate(home, other))
        assert isinstance(heard.error, AuthenticationError)
        assert other.completions == []
    assert CONTEXT.prefix not in str(heard.error)
