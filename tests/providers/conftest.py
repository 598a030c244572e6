"""What tests of providers share: a question, its options, a transport that is closed again, a way to read streams."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import yarl  # noqa: F401  # Addresses import it when the first one is judged; a property test would time that.
from attrs import define, field

from benchmarks.fake_api.provider_server import FimServer
from fim_language_server.core.values import Chunk, Context, Started
from fim_language_server.providers import REGISTRY
from fim_language_server.providers.base import Provider, RequestOptions
from fim_language_server.providers.credentials import Credentials, KeySource
from fim_language_server.providers.transport import Transport

CONTEXT = Context("def add(first_number, second_number):\n    ", "\n\nprint(add(1, 2))\n", "sums.py", "python")
OPTIONS = RequestOptions("codestral-latest", max_tokens=64)
MISTRAL = REGISTRY["mistral"]


def with_key(value: str = "test-key") -> Credentials:
    return Credentials("mistral", "THE_KEY", environ={"THE_KEY": value})


@define
class Heard:
    """What came out of a stream, up to its end or its error."""

    started: Started | None = None
    chunks: list[Chunk] = field(factory=list)
    error: Exception | None = None

    @property
    def text(self) -> str:
        return "".join(chunk.text for chunk in self.chunks)


async def listen(
    transport: Transport,
    server: FimServer | str,
    options: RequestOptions = OPTIONS,
    credentials: KeySource | None = None,
    provider: Provider = MISTRAL,
) -> Heard:
    """Read a stream to its end or its error."""
    heard = Heard()
    url = provider.endpoint(server if isinstance(server, str) else server.url)
    try:
        async for event in transport.stream(provider, url, CONTEXT, options, credentials or with_key()):
            if isinstance(event, Started):
                assert heard.started is None
                assert not heard.chunks
                heard.started = event
            else:
                heard.chunks.append(event)
    except Exception as error:
        heard.error = error
    return heard


@pytest.fixture
async def transport() -> AsyncIterator[Transport]:
    transport = Transport(connect_timeout=2.0, first_byte_timeout=5.0)
    yield transport
    await transport.close()


@pytest.fixture
async def hasty_transport() -> AsyncIterator[Transport]:
    """A transport that waits for a tenth of a second and no longer."""
    transport = Transport(connect_timeout=2.0, first_byte_timeout=0.1)
    yield transport
    await transport.close()
