"""A real language model behind llama.cpp's own server, in a real editing session: nothing it says is scripted.

SmolLM2-135M goes on with plain text. What it says is not ours to know; that it is shown, kept and stopped is.
"""

from __future__ import annotations

import asyncio
import importlib.util
import json
import os
import urllib.request
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from attrs import define, field

from benchmarks.llama_server import llama_server
from benchmarks.small_model import MISSING, find_small_model
from tests.e2e.raw_client import RawClient, change, completion, did_change, did_open, insert_text, notification

MODEL = find_small_model()
if not os.environ.get("CI"):  # There both can be had, and a test that is left out is a failure.
    if importlib.util.find_spec("xllamacpp") is None:
        pytest.skip("there is no wheel of xllamacpp for this platform", allow_module_level=True)
    if MODEL is None:
        pytest.skip(MISSING, allow_module_level=True)

ABOVE = '''def add(first, second):
    """Return the sum of two numbers."""
    return (first + second)


def subtract(first, second):
    """Return the difference of two numbers."""
    return (first - second)


def multiply(first, second):
    """Return the product of two numbers."""
'''
LINE = "    return ("
ROW = ABOVE.count("\n")
TOKENS = 400
FEW_TOKENS = 60
"""More than are said between two looks at the server; left alone it says 88 here, until its text is complete."""


@define(eq=False)
class Wire:
    """The connections between our server and the model's, as they are; `sent` is what went to the model."""

    url: str = ""
    sent: list[bytes] = field(factory=list)

    def prompts(self) -> list[str]:
        """Return the prompts of the completions so far."""
        bodies = [data[data.find(b"\r\n\r\n") + 4 :] for data in self.sent if b"POST /v1/completions" in data]
        return [str(json.loads(body)["prompt"]) for body in bodies]


@asynccontextmanager
async def recorded(url: str) -> AsyncIterator[Wire]:
    """Pass bytes on between our server and the model's; the end of one side ends the other."""
    wire, (_, _, address) = Wire(), url.rpartition("/")
    host, _, port = address.rpartition(":")

    async def copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, kept: int | None = None) -> None:
        while data := await reader.read(1 << 16):
            if kept is not None:
                wire.sent[kept] += data
            writer.write(data)
        writer.close()

    async def connect(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection(host, int(port))
        wire.sent.append(b"")
        ways = [copy(reader, back, len(wire.sent) - 1), copy(there, writer)]
        await asyncio.gather(*ways, return_exceptions=True)

    server = await asyncio.start_server(connect, "127.0.0.1", 0)
    wire.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    yield wire
    server.close()


@pytest.fixture(scope="module")
def model() -> Iterator[str]:
    assert MODEL is not None, MISSING
    with llama_server(MODEL, context=2_048) as url:
        yield url


def ask_model(url: str, path: str, body: Any = None) -> Any:
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url + path, data, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=60) as response:
        return json.loads(response.read())


async def begin(url: str, text: str, **shaping: Any) -> RawClient:
    """Start our server for this model and open a document that ends with the cursor."""
    provider = {"kind": "openai", "url": url, "model": "smollm2", "template": "none", "temperature": 0}
    provider |= {"maxTokens": TOKENS, "apiKeyEnv": "FIM_TEST_KEY", "fallback": [], "firstByteTimeoutMs": 60_000}
    client = await RawClient.stdio()
    await client.initialize({"provider": provider, "trigger": {"maxDelayMs": 0, "lingerMs": 0}, "shaping": shaping})
    client.send(did_open(text))
    return client


async def shown(client: RawClient, number: int, row: int, column: int) -> str | None:
    async with asyncio.timeout(60):
        client.send(completion(number, row, column))
        return insert_text(await client.answer(number))


async def test_ghost_text_is_what_the_model_says_and_stays_while_it_is_typed(model: str) -> None:
    """A text comes, the model itself says it at the same place, and typing into it asks nobody again."""
    async with recorded(model) as wire:
        client = await begin(wire.url, ABOVE + LINE)
        try:
            ghost = await shown(client, 1, ROW, len(LINE))
            assert ghost is not None
            assert ghost.strip()
            asked = {"prompt": ABOVE + LINE, "temperature": 0, "max_tokens": 24}
            said = (await asyncio.to_thread(ask_model, model, "/v1/completions", asked))["choices"][0]["text"]
            assert said.startswith(ghost.split("\n")[0][:20])
            for typed in range(1, min(4, len(ghost))):
                column = len(LINE) + typed
                client.send(did_change(1 + typed, change(ROW, column - 1, column - 1, ghost[typed - 1])))
                assert await shown(client, 1 + typed, ROW, column) == ghost[typed:]
                assert ABOVE + LINE + ghost[:typed] not in wire.prompts()
            assert ABOVE + LINE in wire.prompts()
        finally:
            await client.kill()


async def test_typing_something_else_stops_the_model(model: str) -> None:
    """The model is stopped in its work, long before it has said all that it was allowed to say."""
    text = ABOVE + "    return (first * second)\n\n\n"
    row = text.count("\n")
    async with recorded(model) as wire:
        client = await begin(wire.url, text, multiLine="always", maxLines=200)
        try:
            client.send(completion(1, row, 0))
            await until(model, is_busy=True)
            client.send(did_change(2, change(row, 0, 0, "@")), notification("$/cancelRequest", {"id": 1}))
            slot = await until(model, is_busy=False)
            assert (await client.answer(1)).get("result") is None
            prompt = (await asyncio.to_thread(ask_model, model, "/tokenize", {"content": text}))["tokens"]
            assert slot["n_prompt_tokens"] - len(prompt) < FEW_TOKENS
        finally:
            await client.kill()


async def until(model: str, *, is_busy: bool) -> dict[str, Any]:
    """Wait until the model's server is at work, or is not; return what it says of its only slot."""
    async with asyncio.timeout(30):
        while True:
            (slot,) = await asyncio.to_thread(ask_model, model, "/slots")
            if slot["is_processing"] is is_busy:
                found: dict[str, Any] = slot
                return found
            await asyncio.sleep(0.005)
