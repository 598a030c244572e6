"""Over a real loopback connection: answers arrive whole, hang-ups are noticed, and every failure has its sentence."""

from __future__ import annotations

import asyncio
import gzip
import socket
import time
from collections.abc import AsyncIterator

import pytest
from attrs import evolve

from benchmarks.fake_api.provider_server import FimServer
from benchmarks.fake_api.scripted_answer import Script
from fim_language_server.core.values import Started
from fim_language_server.errors import (
    AuthenticationError,
    NotStartedError,
    ProviderError,
    RateLimitedError,
    RequestRejectedError,
    StreamError,
    UnavailableError,
)
from fim_language_server.providers.transport import Transport
from tests.fakes.wire_server import Canned, WireServer, sse
from tests.providers.conftest import CONTEXT, MISTRAL, OPTIONS, listen, with_key

WHOLE = {"choices": [{"index": 0, "delta": {"content": "x"}, "finish_reason": "stop"}]}
NOT_STREAMED = evolve(OPTIONS, stream=False)


@pytest.mark.parametrize(
    "script",
    [
        Script(),
        Script(comments=True),
        Script(line_end="\r\n"),
        Script(line_end="\r"),
        Script(space=False),
        Script(content="list"),
        Script(content="text"),
        Script(text_in_last_chunk=False),
        Script(done=False),
        Script(finish=False),
        Script(empty_choices=True),
        Script(split_every=1),
        Script(content_type="text/plain"),
    ],
    ids=repr,
)
async def test_every_legal_stream_gives_the_same_text(transport: Transport, script: Script) -> None:
    """However a host frames and words its stream, the text is the same and the end is an end."""
    async with FimServer("return a + é🙂b", script) as server:
        heard = await listen(transport, server)
    assert heard.error is None
    assert heard.text == "return a + é🙂b"
    assert isinstance(heard.started, Started)
    assert any(chunk.usage and chunk.usage.prompt_tokens for chunk in heard.chunks)
    assert ("stop" in [chunk.finish_reason for chunk in heard.chunks]) == script.finish


async def test_an_answer_in_one_piece(transport: Transport) -> None:
    """With `stream: false` the same comes as one chunk."""
    async with FimServer("return a + b") as server:
        heard = await listen(transport, server, NOT_STREAMED)
        assert server.requests[0].body["stream"] is False
    assert [(chunk.text, chunk.finish_reason) for chunk in heard.chunks] == [("return a + b", "stop")]


async def test_what_is_sent(transport: Transport) -> None:
    """The key goes into its header and nowhere else; no cookies, no compression, no Origin (CORS hosts block it)."""
    async with FimServer() as server:
        await listen(transport, server)
    (request,) = server.requests
    assert request.path == "/v1/fim/completions"
    assert request.headers["Authorization"] == "Bearer test-key"
    assert request.headers["Accept"] == "text/event-stream"
    assert request.headers["Content-Type"] == "application/json"
    assert request.headers["Accept-Encoding"] == "identity"
    assert request.headers["User-Agent"].startswith("fim-language-server/")
    assert not {"Origin", "Cookie"} & set(request.headers)
    assert "test-key" not in str(request.body)


async def test_headers_become_limits_and_notices(transport: Transport) -> None:
    """Rate limits and a coming retirement are told before the first chunk."""
    headers = {"x-ratelimit-remaining-req-minute": "7", "x-model-deprecation-timestamp": "2026-12-31"}
    async with FimServer(script=Script(headers=headers)) as server:
        heard = await listen(transport, server)
    assert heard.started is not None
    assert heard.started.limits == (("x-ratelimit-remaining-req-minute", 7.0),)
    assert heard.started.notices == (
        (
            'The model "codestral-latest" will be retired (2026-12-31); '
            "set provider.model to a newer one, such as codestral-latest."
        ),
    )


async def test_leaving_early_hangs_up(transport: Transport) -> None:
    """Closing the generator closes the connection at once: the server sees it and stops."""
    async with FimServer("a b c d e", Script(stall_after=2)) as server:
        url = MISTRAL.endpoint(server.url)
        events = transport.stream(MISTRAL, url, CONTEXT, OPTIONS, with_key())
        async for event in events:
            if not isinstance(event, Started):
                break
        left_at = time.monotonic()
        await events.aclose()
        assert await server.requests[0].wait_for_hang_up() >= left_at


async def test_cancelling_the_reader_hangs_up(transport: Transport) -> None:
    """The same for a task that is cancelled while it waits for the next chunk."""
    async with FimServer("a b c", Script(stall_after=1)) as server:
        reader = asyncio.create_task(listen(transport, server))
        await server.wait_for_completions(1)
        reader.cancel()
        with pytest.raises(asyncio.CancelledError):
            await reader
        await server.requests[0].wait_for_hang_up()


async def test_cancelling_before_the_first_byte_hangs_up(transport: Transport) -> None:
    """And while it waits for the answer to begin."""
    async with FimServer("a b c", Script(first_byte_after=60)) as server:
        reader = asyncio.create_task(listen(transport, server))
        await server.wait_for_completions(1)
        reader.cancel()
        with pytest.raises(asyncio.CancelledError):
            await reader
        await server.requests[0].wait_for_hang_up()


async def test_a_whole_answer_keeps_its_connection(transport: Transport) -> None:
    """The next request goes over the same connection, be the answer streamed or not."""
    async with FimServer() as server:
        for options in (OPTIONS, OPTIONS, NOT_STREAMED, OPTIONS):
            await listen(transport, server, options)
            await settle(transport)
    assert len(server.connections) == 1


async def test_leaving_after_the_finish_reason_keeps_the_connection(transport: Transport) -> None:
    """A reader that has all it wants need not wait for `[DONE]`."""
    async with FimServer("a b c") as server:
        url = MISTRAL.endpoint(server.url)
        for _ in range(2):
            events = transport.stream(MISTRAL, url, CONTEXT, OPTIONS, with_key())
            async for event in events:
                if not isinstance(event, Started) and event.finish_reason:
                    break
            await events.aclose()
            await settle(transport)
    assert len(server.connections) == 1


async def settle(transport: Transport) -> None:
    """Wait for what the transport does in the background."""
    await asyncio.gather(*transport._tasks)


async def test_preconnect_is_used_by_the_next_request(transport: Transport) -> None:
    """A connection opened ahead carries the request, nothing is sent over it before, and it can be repeated."""
    peers: list[object] = []

    async def note_peer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        peers.append(writer.get_extra_info("peername"))
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n")
        writer.close()

    async with await asyncio.start_server(note_peer, "127.0.0.1", 0) as server:
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"
        await transport.preconnect(url)
        await transport.preconnect(url)
        heard = await listen(transport, url)
    assert isinstance(heard.error, AuthenticationError)
    assert len(peers) == 1


async def test_a_hang_up_opens_a_spare_connection() -> None:
    """The next request after a hang-up finds a connection that is open already."""
    transport = Transport(wants_spare=lambda _: True)
    accepted: asyncio.Queue[object] = asyncio.Queue()

    async def stall(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        accepted.put_nowait(writer.get_extra_info("peername"))
        await reader.read(1)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: 9\r\n\r\n")
        await reader.read()
        writer.close()

    async with await asyncio.start_server(stall, "127.0.0.1", 0) as server:
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1/fim/completions"
        events = transport.stream(MISTRAL, url, CONTEXT, OPTIONS, with_key())
        assert isinstance(await anext(events), Started)
        await events.aclose()
        await settle(transport)
        first, spare = await accepted.get(), await accepted.get()
        assert first != spare
        assert accepted.empty()
        await transport.close()


@pytest.fixture
async def closing_server() -> AsyncIterator[tuple[str, list[int]]]:
    """A server that answers the first request of each connection and drops the connection at the second."""
    n_requests: list[int] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        n_requests.append(0)
        mine = len(n_requests) - 1
        while True:
            try:
                head = await reader.readuntil(b"\r\n\r\n")
            except (asyncio.IncompleteReadError, ConnectionError):
                break
            length = next(int(line[15:]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length"))
            await reader.readexactly(length)
            n_requests[mine] += 1
            if n_requests[mine] == 2:
                break
            body = b'data: {"choices":[{"delta":{"content":"x"},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n'
            head = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: %d\r\n\r\n"
            writer.write(head % len(body) + body)
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1", n_requests


async def test_a_kept_connection_that_was_closed_is_retried_once(
    transport: Transport, closing_server: tuple[str, list[int]]
) -> None:
    """Where a kept connection drops before a byte of the answer, the request is sent again over a new one."""
    url, n_requests = closing_server
    for _ in range(2):
        heard = await listen(transport, url)
        assert (heard.text, heard.error) == ("x", None)
        await settle(transport)
    assert n_requests == [2, 1]


@pytest.mark.parametrize("n_kept", [2, 3, 8])
async def test_the_repeat_never_takes_another_kept_connection(transport: Transport, n_kept: int) -> None:
    """All kept connections are as old; a new one is opened, and the others are not used again."""
    n_requests: list[int] = []
    all_are_open = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        mine = len(n_requests)
        n_requests.append(0)
        while (await reader.readuntil(b"}"))[-1:]:
            n_requests[mine] += 1
            if n_requests[mine] == 2:
                break
            if len(n_requests) == n_kept:
                all_are_open.set()
            await all_are_open.wait()
            body = b'data: {"choices":[{"delta":{"content":"x"},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n'
            head = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: %d\r\n\r\n"
            writer.write(head % len(body) + body)
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"
        await asyncio.gather(*(listen(transport, url) for _ in range(n_kept)))
        await settle(transport)
        assert n_requests == [1] * n_kept
        heard = await listen(transport, url)
        assert (heard.text, heard.error) == ("x", None)
        assert sorted(n_requests[:n_kept]) == [1] * (n_kept - 1) + [2]
        assert n_requests[n_kept:] == [1]
        await settle(transport)
        assert transport._retired == set()
        await transport.close()


async def test_a_408_said_into_an_idle_connection_is_repeated_over_a_new_one(transport: Transport) -> None:
    """It was no answer to this request; to a new connection's request it is one."""
    timeout = Canned(408, "")
    async with WireServer({"/v1/fim/completions": [sse(WHOLE), timeout, sse(WHOLE), timeout]}) as server:
        assert (await listen(transport, server.url)).text == "x"
        await settle(transport)
        assert (await listen(transport, server.url)).text == "x"
        assert len(server.seen) == 3


async def test_a_new_connection_that_drops_is_not_retried(transport: Transport) -> None:
    """A server that crashes at our request is not asked to do so twice."""
    async with FimServer(script=Script(hang_up_at_once=True)) as server:
        heard = await listen(transport, server)
    assert isinstance(heard.error, UnavailableError)
    assert len(server.requests) == 1


@pytest.mark.parametrize("status", [400, 401, 429, 500, 503])
async def test_refusals_are_not_retried(transport: Transport, status: int) -> None:
    """An answer is an answer: when to ask again is the engine's business."""
    async with FimServer(script=Script(status=status)) as server:
        heard = await listen(transport, server)
    assert isinstance(heard.error, ProviderError)
    assert len(server.requests) == 1


async def check_error(transport: Transport, script: Script, kind: type[ProviderError], sentence: str) -> None:
    async with FimServer("one two three four", script) as server:
        heard = await listen(transport, server)
        url, host = server.url, server.url.split("/")[2]
    assert isinstance(heard.error, kind)
    assert str(heard.error) == sentence.replace("HOST", host).replace("URL", f"{url}/fim/completions")


BROKE_OFF = "The answer of HOST broke off; type on to try again."
NO_API = "There is no FIM API at URL: its answer is no completion; check provider.url."


@pytest.mark.parametrize(
    ("script", "kind", "sentence"),
    [
        (Script(drop_after=300), StreamError, BROKE_OFF),
        (Script(end_after=300), StreamError, BROKE_OFF),
        (Script(end_after=430), StreamError, BROKE_OFF),
        (Script(done=False, finish=False), StreamError, BROKE_OFF),
        (
            Script(error_after=2),
            StreamError,
            "Mistral broke off its answer with an error (server_error): Internal server error; type on to try again.",
        ),
        (
            Script(garbage_at=2),
            StreamError,
            "Mistral sent something that is not a completion; type on to try again.",
        ),
        (Script(content_type="text/html"), UnavailableError, NO_API),
        (Script(status=200, body="<!doctype html><p>Hello"), UnavailableError, NO_API),
        (Script(status=200, body={"hello": "world"}), UnavailableError, NO_API),
        (Script(status=200, body=""), StreamError, BROKE_OFF),
        (
            Script(status=302, headers={"Location": "https://elsewhere.example/v1?secret=1"}),
            UnavailableError,
            "HOST redirects to elsewhere.example (302); set provider.url to where the API really is.",
        ),
        (
            Script(status=503, body="<html>nginx</html>", content_type="text/html"),
            UnavailableError,
            (
                "HOST answered with a web page instead of an API's answer (503) at URL; "
                "check provider.url, and whether a proxy or firewall stands between."
            ),
        ),
        (
            Script(status=429, headers={"Retry-After": "12"}),
            RateLimitedError,
            "HOST takes no more requests for now (429); completion goes on in 12 s.",
        ),
        (
            Script(
                status=400,
                body=gzip.compress(b'{"message":"too large for model with 32768 maximum context length"}', mtime=0),
                headers={"Content-Encoding": "gzip"},
                content_type="application/json",
            ),
            RequestRejectedError,
            'The request is too long for "codestral-latest" (400); lower context.prefixChars and suffixChars.',
        ),
    ],
    ids=repr,
)
async def test_what_goes_wrong_is_said_in_one_sentence(
    transport: Transport, script: Script, kind: type[ProviderError], sentence: str
) -> None:
    """Each fault of a server becomes the right error with what to do about it."""
    await check_error(transport, script, kind, sentence)


async def test_text_before_a_break_is_delivered(transport: Transport) -> None:
    """What came before an answer broke off may still be of use."""
    async with FimServer("one two three", Script(error_after=2)) as server:
        heard = await listen(transport, server)
    assert heard.text == "one two"
    assert isinstance(heard.error, StreamError)


async def test_a_stream_cut_inside_a_character(transport: Transport) -> None:
    """A cut in the middle of a UTF-8 sequence is a broken answer, not a crash."""
    async with FimServer("é" * 40) as server:
        whole = await listen(transport, server)
        size = 190  # past the first events, into the middle of a text
        for cut in range(size, size + 8):
            server.script = Script(end_after=cut)
            heard = await listen(transport, server)
            assert isinstance(heard.error, StreamError)
            assert whole.text.startswith(heard.text)


async def test_silence_before_the_first_byte(hasty_transport: Transport) -> None:
    """A server that does not begin to answer is given up, and hung up on."""
    async with FimServer(script=Script(first_byte_after=60)) as server:
        heard = await listen(hasty_transport, server)
        await server.requests[0].wait_for_hang_up()
    assert isinstance(heard.error, UnavailableError)
    assert "did not begin to answer within 0.1 s" in str(heard.error)
    assert "provider.firstByteTimeoutMs" in str(heard.error)


async def test_silence_after_the_headers(hasty_transport: Transport) -> None:
    """Headers are no answer yet."""
    async with FimServer(script=Script(first_byte_after=60, headers_first=True)) as server:
        heard = await listen(hasty_transport, server)
    assert isinstance(heard.error, UnavailableError)
    assert "did not begin to answer" in str(heard.error)


async def test_silence_in_the_middle(hasty_transport: Transport) -> None:
    """A stream that stalls is given up, after what came."""
    async with FimServer("one two", Script(stall_after=1)) as server:
        heard = await listen(hasty_transport, server)
    assert heard.text == "one"
    assert isinstance(heard.error, UnavailableError)
    assert "fell silent in the middle of an answer" in str(heard.error)


async def test_a_live_stream_may_take_longer_than_the_timeout(hasty_transport: Transport) -> None:
    """The limit is for silence, not for the answer as a whole."""
    async with FimServer("a b c d e f", Script(per_token=0.04)) as server:
        heard = await listen(hasty_transport, server)
    assert (heard.text, heard.error) == ("a b c d e f", None)


async def test_nothing_listens(transport: Transport) -> None:
    """A refused connection says so, and that nothing will until somebody starts it."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    heard = await listen(transport, f"http://127.0.0.1:{port}")
    assert isinstance(heard.error, NotStartedError)
    assert str(heard.error) == (f"Nothing listens at 127.0.0.1:{port}; start the server there, or check provider.url.")


async def test_a_host_that_does_not_resolve(transport: Transport) -> None:
    """A mistyped host says so."""
    heard = await listen(transport, "https://no.such.host.invalid/v1")
    assert isinstance(heard.error, UnavailableError)
    assert str(heard.error).startswith("There is no host no.such.host.invalid, or no network;")


async def test_something_that_speaks_no_http(transport: Transport) -> None:
    """A port where something else answers says so."""

    async def greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"SSH-2.0-OpenSSH_9.2p1\r\n")
        await reader.read()
        writer.close()

    async with await asyncio.start_server(greet, "127.0.0.1", 0) as server:
        heard = await listen(transport, f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}")
        await transport.close()
    assert isinstance(heard.error, UnavailableError)
    assert "There is no FIM API at" in str(heard.error)


async def test_a_wrong_key(transport: Transport) -> None:
    """The sentence names the variable, and never the key."""
    async with FimServer() as server:
        heard = await listen(transport, server, credentials=with_key("my-other-key"))
    assert isinstance(heard.error, AuthenticationError)
    assert str(heard.error) == f"{server.url.split('/')[2]} refused the key from THE_KEY (401); check it."


async def test_the_server_echoes_what_it_got(transport: Transport) -> None:
    """A body that repeats the key or the prompt does not get them into the message, whole or in part."""
    for echo in ("bad header: test-key", f"cannot parse: {CONTEXT.prefix}", CONTEXT.suffix[4:18], "Bearer abc"):
        async with FimServer(script=Script(status=400, body={"message": echo})) as server:
            heard = await listen(transport, server)
        assert isinstance(heard.error, RequestRejectedError)
        host = server.url.split("/")[2]
        assert str(heard.error) == f"{host} refused the request (400); check the settings of section provider."


async def test_errors_hold_no_request(transport: Transport) -> None:
    """Neither an error nor what it came from leads back to a request with the key in it."""
    async with FimServer(script=Script(hang_up_at_once=True)) as server:
        heard = await listen(transport, server)
    assert heard.error is not None
    assert heard.error.__cause__ is None
    assert heard.error.__suppress_context__
    assert "test-key" not in repr(heard.error)


async def test_a_closed_transport_is_closed(transport: Transport) -> None:
    """After `close()` nothing new is begun."""
    await transport.close()
    heard = await listen(transport, "http://127.0.0.1:1")
    assert isinstance(heard.error, RuntimeError)
