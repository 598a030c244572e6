"""To Mistral's own client the loopback server is a Mistral server: so it may be trusted in other tests."""

from __future__ import annotations

import asyncio

import pytest
from mistralai.client import Mistral
from mistralai.client.errors import HTTPValidationError, SDKError

from benchmarks.fake_api.provider_server import FimServer
from benchmarks.fake_api.scripted_answer import Script

QUESTION = {"model": "codestral-latest", "prompt": "def add(a, b):\n    ", "suffix": "\n"}


def client_of(server: FimServer, key: str = "test-key") -> Mistral:
    return Mistral(api_key=key, server_url=server.url.removesuffix("/v1"))


async def streamed_text(server: FimServer) -> tuple[str, str | None]:
    async with client_of(server) as client:
        text, reason = "", None
        async with await client.fim.stream_async(**QUESTION) as events:
            async for event in events:
                content = event.data.choices[0].delta.content if event.data.choices else ""
                if isinstance(content, str):
                    text += content
                elif content:
                    text += "".join(part.text for part in content)
                reason = event.data.choices[0].finish_reason if event.data.choices else reason
        return text, reason


async def test_complete_async() -> None:
    """`fim.complete` gets text, reason and usage, and its request passes the strict schema."""
    async with FimServer("return a + b") as server, client_of(server) as client:
        answer = await client.fim.complete_async(**QUESTION, temperature=0.2, stop=["\n\n"], random_seed=1)
    assert answer.choices[0].message.content == "return a + b"
    assert answer.choices[0].finish_reason == "stop"
    assert answer.usage.total_tokens == answer.usage.prompt_tokens + answer.usage.completion_tokens


async def test_complete_and_stream_without_async() -> None:
    """The synchronous client works as well (in a thread: the server lives in this loop)."""
    async with FimServer("return a + b") as server:

        def ask() -> tuple[str, str]:
            with client_of(server) as client:
                whole = client.fim.complete(**QUESTION).choices[0].message.content
                with client.fim.stream(**QUESTION) as events:
                    pieces = [event.data.choices[0].delta.content for event in events]
            return whole, "".join(pieces)

        assert await asyncio.to_thread(ask) == ("return a + b", "return a + b")


@pytest.mark.parametrize(
    "script",
    [
        Script(),
        Script(comments=True),
        Script(line_end="\r\n"),
        Script(line_end="\r"),
        Script(space=False),
        Script(content="list"),
        Script(text_in_last_chunk=False),
        Script(done=False),
        Script(empty_choices=True),
        Script(split_every=1),
    ],
    ids=repr,
)
async def test_stream_async(script: Script) -> None:
    """`fim.stream` reads the same text from every legal way of streaming it."""
    async with FimServer("return a + é🙂b", script) as server:
        text, reason = await streamed_text(server)
    assert text == "return a + é🙂b"
    assert script.empty_choices or reason == "stop"


async def test_max_tokens_ends_an_answer_with_length() -> None:
    """The cap on tokens is honoured, and said."""
    async with FimServer("one two three") as server, client_of(server) as client:
        answer = await client.fim.complete_async(**QUESTION, max_tokens=1)
    assert (answer.choices[0].message.content, answer.choices[0].finish_reason) == ("one", "length")


async def test_stop_texts_end_an_answer() -> None:
    """An answer ends before a stop text."""
    async with FimServer("one\n\ntwo") as server, client_of(server) as client:
        answer = await client.fim.complete_async(**QUESTION, stop="\n\n")
    assert answer.choices[0].message.content == "one"


async def test_models_are_listed() -> None:
    """`models.list` finds the FIM model and what it can do."""
    async with FimServer() as server, client_of(server) as client:
        models = (await client.models.list_async()).data
    (codestral,) = [model for model in models if model.id == "codestral-latest"]
    assert codestral.capabilities.completion_fim is True
    assert codestral.max_context_length == 128_000


async def test_a_wrong_key_is_401() -> None:
    """A key the server does not know is refused."""
    async with FimServer() as server, client_of(server, "other") as client:
        with pytest.raises(SDKError) as caught:
            await client.fim.complete_async(**QUESTION)
    assert caught.value.status_code == 401


@pytest.mark.parametrize("field", [{"temperature": 1.6}, {"top_p": 0.0}, {"max_tokens": -1}], ids=repr)
async def test_a_value_out_of_bounds_is_422(field: dict[str, float]) -> None:
    """Bounds of the schema are kept, and the client can read which field broke them."""
    async with FimServer() as server, client_of(server) as client:
        with pytest.raises(HTTPValidationError) as caught:
            await client.fim.complete_async(**QUESTION, **field)
    assert caught.value.data.detail[0].loc == ["body", *field]  # type: ignore[index]


@pytest.mark.parametrize(("model", "code"), [("codestral-9999", "1500"), ("mistral-small-latest", "3051")])
async def test_a_model_that_cannot_complete_is_400(model: str, code: str) -> None:
    """Unknown models, and models without FIM, are refused as Mistral does."""
    async with FimServer() as server, client_of(server) as client:
        with pytest.raises(SDKError) as caught:
            await client.fim.complete_async(**{**QUESTION, "model": model})
    assert caught.value.status_code == 400
    assert f'"code": "{code}"' in caught.value.body


async def test_429_with_retry_after() -> None:
    """A scripted refusal reaches the client with its headers."""
    refusal = Script(
        status=429, body={"object": "error", "message": "Rate limit exceeded"}, headers={"Retry-After": "1"}
    )
    async with FimServer(script=refusal) as server, client_of(server) as client:
        with pytest.raises(SDKError) as caught:
            await client.fim.complete_async(**QUESTION)
    assert caught.value.status_code == 429
    assert caught.value.headers["retry-after"] == "1"
