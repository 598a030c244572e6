"""Who may speak to the WebSocket server, and that messages pass it whole."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import aiohttp
import pytest

from fim_language_server.web.websocket import Guard, serve_websocket

TOKEN = "a-token"


class Echo:
    """A session that sends every message back, and ends when it is told to."""

    def __init__(self, send: Callable[[bytes], None]) -> None:
        self.send = send
        self.ended = asyncio.Event()
        self.is_closed = False

    def receive(self, body: bytes | str) -> None:
        text = body if isinstance(body, str) else body.decode()
        self.send(text.encode())
        if json.loads(text) == "end":
            self.ended.set()

    async def wait_ended(self) -> int:
        await self.ended.wait()
        return 0

    async def close(self) -> None:
        self.is_closed = True


@asynccontextmanager
async def served(*origins: str) -> AsyncIterator[tuple[str, list[Echo]]]:
    """Yield the server's address (HOST:PORT) and its sessions."""
    sessions: list[Echo] = []
    told: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    def connect(send: Callable[[bytes], None]) -> Echo:
        sessions.append(Echo(send))
        return sessions[-1]

    task = asyncio.create_task(serve_websocket("127.0.0.1", 0, connect, Guard(TOKEN, origins), told.set_result))
    try:
        yield (await told).removeprefix("ws "), sessions
    finally:
        task.cancel()
        await asyncio.wait({task})


@pytest.mark.parametrize(
    ("query", "headers", "protocols"),
    [
        (f"?token={TOKEN}", {}, []),
        ("", {"Authorization": f"Bearer {TOKEN}"}, []),
        ("", {"authorization": f"bearer  {TOKEN}"}, []),
        ("", {}, ["fim", TOKEN]),
        ("", {}, [TOKEN]),
        (f"?token={TOKEN}", {"Origin": "http://{address}"}, []),
        (f"?token={TOKEN}", {"Origin": "https://editor.example"}, []),
    ],
)
async def test_who_knows_the_token_comes_in(query: str, headers: dict[str, str], protocols: list[str]) -> None:
    async with served("https://editor.example") as (address, _), aiohttp.ClientSession() as http:
        headers = {name: value.replace("{address}", address) for name, value in headers.items()}
        async with http.ws_connect(f"http://{address}/{query}", headers=headers, protocols=protocols) as socket:
            assert socket.protocol == (protocols[0] if protocols else None)
            await socket.send_str('{"a": "é😀"}')
            answer = await socket.receive()
            assert (answer.type, answer.data) == (aiohttp.WSMsgType.TEXT, '{"a": "é😀"}')
            await socket.send_bytes(b"[1]")
            assert (await socket.receive()).data == "[1]", "binary frames come in, text frames go out"


@pytest.mark.parametrize(
    ("query", "headers"),
    [
        ("", {}),
        ("?token=", {}),
        ("?token=a-toke", {}),
        ("", {"Authorization": f"Basic {TOKEN}"}),
        (f"?token={TOKEN}", {"Origin": "https://evil.example"}),
        (f"?token={TOKEN}", {"Origin": "null"}),
        (f"?token={TOKEN}", {"Origin": "http://127.0.0.1:1"}),  # another server of this machine
        (f"?token={TOKEN}", {"Host": "rebound.example"}),
        (f"?token={TOKEN}", {"Host": "rebound.example", "Origin": "http://rebound.example"}),
        (f"?token={TOKEN}", {"Host": "[::1"}),
        (f"?token={TOKEN}", {"Host": "["}),
        (f"?token={TOKEN}", {"Host": "[x]"}),
        (f"?token={TOKEN}", {"Host": "127.0.0.1\udcff"}),
        (f"?token={TOKEN}", {"Origin": "\udcff"}),
        ("?token=%ff", {}),
        ("?token=%ed%a0%80", {}),
        ("", {"Authorization": "Bearer \udcff"}),
        ("", {"Authorization": "Bearer \udcff\ud800"}),
        ("", {"Sec-WebSocket-Protocol": "fim, \udcff"}),
    ],
)
async def test_everybody_else_is_refused(query: str, headers: dict, caplog: pytest.LogCaptureFixture) -> None:  # type: ignore[type-arg]
    """With a sentence that says what is missing, and never the token; nor is there a traceback."""
    async with served() as (address, sessions):
        host, _, port = address.rpartition(":")
        told = {"Host": address, "Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "13"}
        told |= {"Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ=="} | headers
        lines = [f"GET /{query} HTTP/1.1", *(f"{name}: {value}" for name, value in told.items()), "", ""]
        reader, writer = await asyncio.open_connection(host, int(port))
        writer.write("\r\n".join(lines).encode("utf-8", "surrogatepass"))
        said = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 10)
        assert said.startswith((b"HTTP/1.1 403", b"HTTP/1.0 400")), said
        assert TOKEN.encode() not in said
        writer.close()
        assert sessions == []
    assert not [record for record in caplog.records if record.exc_info]


async def test_what_is_no_websocket_is_told_so() -> None:
    async with (
        served() as (address, _),
        aiohttp.ClientSession() as http,
        http.get(f"http://{address}/?token={TOKEN}") as response,
    ):
        assert response.status == 426


async def test_several_clients_have_a_session_each_and_either_side_ends_it() -> None:
    async with served() as (address, sessions), aiohttp.ClientSession() as http:
        url = f"http://{address}/?token={TOKEN}"
        async with http.ws_connect(url) as first, http.ws_connect(url) as second:
            await first.send_str('"end"')
            assert (await first.receive()).data == '"end"', "the last message is still sent"
            assert (await first.receive()).type is aiohttp.WSMsgType.CLOSE
            await second.send_str("2")
            assert (await second.receive()).data == "2"
        for session in sessions:
            while not session.is_closed:
                await asyncio.sleep(0)
        assert len(sessions) == 2


def test_the_token_is_in_no_repr() -> None:
    assert TOKEN not in repr(Guard(TOKEN))
