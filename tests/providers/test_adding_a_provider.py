"""The provider that docs/adding-a-provider.md builds works: its code is taken from the page and run."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve

from fim_language_server.core.values import Chunk
from fim_language_server.errors import AuthenticationError, RateLimitedError, StreamError
from fim_language_server.providers.base import Provider, RequestOptions
from fim_language_server.providers.credentials import Credentials
from fim_language_server.providers.transport import Transport
from tests.providers.conftest import CONTEXT

PAGE = Path(__file__).parents[2] / "docs" / "adding-a-provider.md"


@pytest.fixture(scope="module")
def toy() -> Provider:
    """The toy provider, put together from the page's code blocks in their order."""
    blocks = re.findall(r"^```python\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    assert len(blocks) == 4, "one block a step"
    names: dict[str, Any] = {"__name__": "toy"}
    exec(compile("".join(blocks), str(PAGE), "exec"), names)
    provider: Provider = names["TOY"]
    return provider


def test_it_has_all_that_a_provider_has(toy: Provider) -> None:
    """Whatever the protocol demands, the page shows: neither can move without the other."""
    members = {name for name in vars(Provider) if not name.startswith("_")}
    assert members <= set(dir(toy))
    assert hash(toy) == hash(evolve(toy))  # type: ignore[misc]


def test_its_parts(toy: Provider) -> None:
    """Each step does what its text says."""
    assert toy.endpoint("https://api.toy.example/") == "https://api.toy.example/complete"
    request = toy.build_request("http://x/complete", CONTEXT, RequestOptions("toy-1", max_tokens=9))
    assert dict(request.body) == {
        "model": "toy-1",
        "before": CONTEXT.prefix,
        "after": CONTEXT.suffix,
        "n": 9,
    }
    assert toy.read_event('{"piece": "a", "why": "stop"}') == Chunk("a", "stop")
    with pytest.raises(StreamError):
        toy.read_event("<html>")
    assert isinstance(toy.read_error(401, {}, ""), AuthenticationError)
    assert isinstance(toy.read_error(429, {"retry-after": "1"}, ""), RateLimitedError)


async def test_it_is_asked_over_the_wire(toy: Provider) -> None:
    """The transport needs to know nothing of it: another framing, another body, another end."""
    heard: list[bytes] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/x-ndjson\r\nConnection: close\r\n\r\n")
        writer.write(b'{"piece": "return "}\n{"piece": "a"}\n{"piece": "", "why": "stop"}\n')
        await writer.drain()
        writer.close()

    transport = Transport()
    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        url = toy.endpoint(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}")
        key = Credentials(toy.name, toy.api_key_env, environ={"TOY_API_KEY": "abc"})
        events = transport.stream(toy, url, CONTEXT, RequestOptions("toy-1"), key)
        chunks = [event async for event in events if isinstance(event, Chunk)]
        await transport.close()
    assert "".join(chunk.text for chunk in chunks) == "return a"
    assert b"Authorization: Bearer abc\r\n" in heard[0]
    assert b"Accept: application/x-ndjson\r\n" in heard[0]
