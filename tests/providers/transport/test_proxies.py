"""Proxies come from the environment; the own machine is always asked directly; TLS failures say what to do."""

from __future__ import annotations

import asyncio
import ssl
from pathlib import Path

import pytest

from benchmarks.fake_api.provider_server import FimServer
from fim_language_server.errors import UnavailableError
from fim_language_server.providers.transport import Transport
from fim_language_server.providers.transport.proxies import proxy_for
from tests.providers.conftest import listen

CERTIFICATES = Path(__file__).parents[2] / "fakes" / "certificates"


@pytest.mark.parametrize(
    ("environ", "url", "expected"),
    [
        ({}, "https://api.mistral.ai/v1", None),
        ({"HTTPS_PROXY": "http://proxy:3128"}, "https://api.mistral.ai/v1", "http://proxy:3128"),
        ({"https_proxy": "http://proxy:3128"}, "https://api.mistral.ai/v1", "http://proxy:3128"),
        ({"HTTPS_PROXY": "proxy:3128"}, "https://api.mistral.ai/v1", "http://proxy:3128"),
        ({"ALL_PROXY": "http://proxy:1"}, "https://api.mistral.ai/v1", "http://proxy:1"),
        ({"HTTP_PROXY": "http://proxy:1"}, "https://api.mistral.ai/v1", None),
        ({"HTTPS_PROXY": "http://proxy:1", "NO_PROXY": "mistral.ai"}, "https://api.mistral.ai", None),
        ({"HTTPS_PROXY": "http://proxy:1", "NO_PROXY": "gpu:8443"}, "https://gpu:8443/v1", None),
        ({"HTTP_PROXY": "http://proxy:1"}, "http://127.0.0.1:8080/v1", None),
        ({"HTTP_PROXY": "http://proxy:1"}, "http://localhost/v1", None),
    ],
)
def test_which_proxy(monkeypatch: pytest.MonkeyPatch, environ: dict[str, str], url: str, expected: str | None) -> None:
    """As everywhere: the scheme's variable, then ALL_PROXY, unless NO_PROXY names the host."""
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    assert proxy_for(url) == expected


async def check_proxy(
    transport: Transport, monkeypatch: pytest.MonkeyPatch, reply: bytes, url: str, sentence: str
) -> bytes:
    """Ask through a proxy that gives `reply`; return what it was asked."""
    heard_by_proxy = bytearray()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard_by_proxy.extend(await reader.readuntil(b"\r\n\r\n"))
        writer.write(reply)
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        address = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
        for name in ("HTTP_PROXY", "HTTPS_PROXY"):
            monkeypatch.setenv(name, f"http://user:pa55word@{address}")
        heard = await listen(transport, url)
    assert isinstance(heard.error, UnavailableError)
    assert str(heard.error) == sentence.replace("PROXY_ADDRESS", address)
    return bytes(heard_by_proxy)


async def test_a_proxy_that_wants_a_login(transport: Transport, monkeypatch: pytest.MonkeyPatch) -> None:
    """407 says where user and password go; those that were sent are not repeated."""
    asked = await check_proxy(
        transport,
        monkeypatch,
        b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n",
        "https://api.mistral.ai",
        "The proxy PROXY_ADDRESS asks for a user and password (407); "
        "put them into HTTPS_PROXY: http://USER:PASSWORD@HOST:PORT.",
    )
    assert asked.startswith(b"CONNECT api.mistral.ai:443 ")
    assert b"Proxy-Authorization: Basic " in asked
    assert b"test-key" not in asked


async def test_a_proxy_that_refuses(transport: Transport, monkeypatch: pytest.MonkeyPatch) -> None:
    """Any other refusal of a tunnel is the proxy's, not the host's."""
    await check_proxy(
        transport,
        monkeypatch,
        b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n",
        "https://api.mistral.ai",
        "The proxy PROXY_ADDRESS does not let us through to api.mistral.ai; check HTTPS_PROXY and NO_PROXY.",
    )


@pytest.mark.parametrize(
    ("proxy", "sentence"),
    [
        ("http://127.0.0.1:1", "The proxy 127.0.0.1:1 cannot be reached; check HTTPS_PROXY and NO_PROXY."),
        ("http://no.invalid:1", "The proxy no.invalid:1 cannot be reached; check HTTPS_PROXY and NO_PROXY."),
        ("http://host:port", "The proxy in use cannot be reached; check HTTPS_PROXY and NO_PROXY."),
        (
            "socks5://127.0.0.1:1",
            "The proxy 127.0.0.1:1 is no HTTP proxy, and others are not supported; check HTTPS_PROXY.",
        ),
    ],
)
async def test_a_proxy_that_is_none(
    transport: Transport, monkeypatch: pytest.MonkeyPatch, proxy: str, sentence: str
) -> None:
    """A proxy that is down, mistyped or of another kind is named."""
    monkeypatch.setenv("HTTPS_PROXY", proxy)
    heard = await listen(transport, "https://api.mistral.ai")
    assert str(heard.error) == sentence


@pytest.fixture
def server_tls() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATES / "certificate.pem", CERTIFICATES / "key.pem")
    return context


async def test_a_certificate_that_nobody_signed(transport: Transport, server_tls: ssl.SSLContext) -> None:
    """It is refused, and the sentence names `provider.caFile`."""
    async with FimServer(ssl_context=server_tls) as server:
        heard = await listen(transport, server)
        host = f"127.0.0.1:{server.port}"
    assert isinstance(heard.error, UnavailableError)
    assert str(heard.error) == (
        f"The certificate of {host} is not trusted; if a proxy of your company or your own server signed it, "
        "set provider.caFile to its CA certificate."
    )
    assert not server.requests


async def test_a_certificate_of_ones_own(server_tls: ssl.SSLContext) -> None:
    """With `provider.caFile` it is trusted, and its connection is kept."""
    transport = Transport(ca_file=str(CERTIFICATES / "certificate.pem"))
    async with FimServer("a b", ssl_context=server_tls) as server:
        await transport.preconnect(server.url)
        for _ in range(2):
            heard = await listen(transport, server)
            assert (heard.text, heard.error) == ("a b", None)
            await asyncio.gather(*transport._tasks)
        await transport.close()
    assert len(server.connections) == 1


@pytest.mark.parametrize("name", ["missing.pem", "README.md"])
async def test_a_ca_file_that_is_none(name: str) -> None:
    """A file that is missing, or holds no certificate, is named."""
    path = CERTIFICATES / name
    transport = Transport(ca_file=str(path))
    heard = await listen(transport, "https://127.0.0.1:1")
    await transport.close()
    assert str(heard.error) == f"provider.caFile: {path} is not a readable PEM file of certificates."


async def test_https_where_http_is_spoken(transport: Transport) -> None:
    """The two most easily mistaken things are named."""
    async with FimServer() as server:
        heard = await listen(transport, server.url.replace("http:", "https:"))
    assert str(heard.error) == (
        f"127.0.0.1:{server.port} did not speak TLS as expected; check provider.url: https:// or http://?"
    )


@pytest.mark.parametrize("status", [407, 502])
@pytest.mark.parametrize("url", ["https://api.example.com/v1", "http://api.example.com/v1"])
async def test_no_connection_stays_open_to_a_proxy_that_refuses(
    transport: Transport, monkeypatch: pytest.MonkeyPatch, status: int, url: str
) -> None:
    """Neither the one that was refused nor a spare one."""
    n_open = 0

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal n_open
        n_open += 1
        try:
            while True:
                await reader.readuntil(b"\r\n\r\n")
                writer.write(b"HTTP/1.1 %d No\r\nContent-Length: 2\r\n\r\nno" % status)
        except (asyncio.IncompleteReadError, ConnectionError):
            n_open -= 1
            writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        address = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        for name in ("HTTP_PROXY", "HTTPS_PROXY"):
            monkeypatch.setenv(name, address)
        heard = await asyncio.gather(*(listen(transport, url) for _ in range(3)))
        assert all(isinstance(one.error, UnavailableError) for one in heard)
        async with asyncio.timeout(5):
            while n_open or transport._tasks:
                await asyncio.sleep(0)
