"""Who sees the playground's page, and that nothing but the page's own files is ever sent."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
import pytest
from yarl import URL

from fim_language_server.web.playground import OpenedFile, OpenedWorkspace, Playground, serve_playground
from fim_language_server.web.websocket import Guard
from tests.web.test_websocket import Echo

TOKEN = "a-token"
FILES = {"index.html": b"<p>page", "playground.js": b"let it"}
OPENED = OpenedWorkspace("file:///w", "w", OpenedFile("file:///w/a.py", "python", "x = 1"))


@asynccontextmanager
async def served() -> AsyncIterator[tuple[str, aiohttp.ClientSession]]:
    """Yield the page's address and a client."""
    told: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    playground = Playground(FILES, OPENED, Echo, Guard(TOKEN))
    task = asyncio.create_task(serve_playground("127.0.0.1", 0, playground, told.set_result))
    try:
        async with aiohttp.ClientSession() as http:
            yield await told, http
    finally:
        task.cancel()
        await asyncio.wait({task})


async def test_the_page_and_its_files_are_sent_and_kept_by_nobody() -> None:
    async with served() as (url, http):
        for name, content, kind in (("", b"<p>page", "text/html"), ("playground.js", b"let it", "text/javascript")):
            async with http.get(url + name) as answer:
                assert (answer.status, await answer.read(), answer.content_type) == (200, content, kind)
                assert answer.headers["Cache-Control"] == "no-store"
                assert answer.headers["Referrer-Policy"] == "no-referrer"


async def test_the_policy_lets_the_browser_load_nothing_from_elsewhere() -> None:
    async with served() as (url, http), http.get(url) as answer:
        policy = dict(part.split(" ", 1) for part in answer.headers["Content-Security-Policy"].split("; "))
        assert (policy["default-src"], policy["script-src"], policy["frame-ancestors"]) == (
            "'none'",
            "'self'",
            "'none'",
        )
        assert policy["connect-src"] == f"'self' ws://{URL(url).authority}"


async def test_the_page_is_told_what_is_open() -> None:
    async with served() as (url, http), http.get(url + "session.json") as answer:
        assert json.loads(await answer.text()) == {
            "folder": {"uri": "file:///w", "name": "w"},
            "file": {"uri": "file:///w/a.py", "languageId": "python", "text": "x = 1"},
        }


async def test_a_session_answers_behind_the_token() -> None:
    async with served() as (url, http), http.ws_connect(url + "lsp", origin=str(URL(url).origin())) as socket:
        await socket.send_str("[1]")
        assert (await socket.receive()).data == "[1]"


@pytest.mark.parametrize("name", ["", "playground.js", "session.json", "lsp"])
@pytest.mark.parametrize(
    ("token", "headers"),
    [
        ("another", {}),
        (TOKEN, {"Origin": "https://evil.example"}),
        (TOKEN, {"Origin": "null"}),
        (TOKEN, {"Host": "evil.example"}),
    ],
)
async def test_nobody_else_sees_anything(
    token: str, headers: dict[str, str], name: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    async with served() as (url, http):
        async with http.get(url.replace(TOKEN, token) + name, headers=headers) as answer:
            assert answer.status == 403
            assert TOKEN not in await answer.text() + caplog.text
        async with http.get(URL(url).origin()) as answer:
            assert answer.status == 404, "without a token there is nothing"


@pytest.mark.parametrize(
    "name", ["../serving.py", "..%2fserving.py", "%2fetc%2fpasswd", "..%5cserving.py", "a/../index.html", "other.js"]
)
async def test_there_is_no_way_out_of_the_page(name: str) -> None:
    """Files are looked up among those of the page, by name: a path is no name."""
    async with served() as (url, http), http.get(URL(url + name, encoded=True)) as answer:
        assert answer.status == 404
