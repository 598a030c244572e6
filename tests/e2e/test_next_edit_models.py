"""A model's next edit by the real server: asked over its own wire, offered in its place, for the right version."""

from __future__ import annotations

import asyncio
import json
import re
from typing import Any

import pytest

from fim_language_server.app.next_edit_model import FAILED
from tests.e2e.raw_client import URI, RawClient, change, completion, did_change, did_open, request
from tests.e2e.test_faults import editor
from tests.fakes.next_edit_server import OracleServer

LINES = [
    '"""Größen 🙂 of boxes."""',
    "",
    "def area(w, height):",
    "    return w * height",
    "",
    "def cost(box):",
    "    return area(box.w, box.height) * 2",
    "",
    "print(cost(box))",
    "",
]


def options(kind: str, url: str) -> dict[str, Any]:
    return {
        "provider": {"kind": "embedded"},
        "nextEdit": {"repeats": False, "provider": {"kind": kind, "url": url, "model": "a-model"}},
    }


def ask(number: str, version: int, line: int, character: int) -> dict[str, Any]:
    """The request as sidekick.nvim sends it."""
    params = {
        "textDocument": {"uri": URI, "version": version},
        "position": {"line": line, "character": character},
        "context": {"triggerKind": 2},
    }
    return request(number, "textDocument/copilotInlineEdit", params)


def applied(lines: list[str], edits: list[dict[str, Any]], end: str) -> str:
    """Apply edits as a client does: their places count UTF-16 units, and none is in another line than it starts in."""
    lines = list(lines)
    for it in sorted(edits, key=lambda it: json.dumps(it["range"]["start"]), reverse=True):
        start, stop = it["range"]["start"], it["range"]["end"]
        assert start["line"] == stop["line"]
        units = lines[start["line"]].encode("utf-16-le")
        new = units[: 2 * start["character"]] + it["text"].encode("utf-16-le") + units[2 * stop["character"] :]
        lines[start["line"]] = new.decode("utf-16-le")
    return end.join(lines)


async def opened(client: RawClient, text: str) -> None:
    """Open the document, and wait until its links are resolved: a request for ghost text waits for that."""
    client.send(did_open(text), completion("ghost", 0, 0, kind=1))
    await client.answer("ghost")


async def answer_of(client: RawClient, number: str) -> list[dict[str, Any]]:
    edits: list[dict[str, Any]] = (await client.answer(number))["result"]["edits"]
    return edits


def rename(window: str) -> str:
    return re.sub(r"\bwi? \* height", "width * height", window).replace("box.w,", "box.width,")


@pytest.mark.parametrize("kind", ["inception", "sweep", "sweep-v2", "zeta", "zeta-2", "zeta-2.1"])
async def test_the_models_edits_are_offered(kind: str) -> None:
    """All of them, minimal, with the version of the text; the source is not the document's business."""
    end = "\r\n" if kind in ("sweep", "zeta-2.1") else "\n"
    async with OracleServer(kind, rename) as server, editor(options(kind, server.url)) as client:
        await opened(client, end.join(LINES))
        client.send(did_change(2, change(2, 9, 10, "width")), ask("one", 2, 2, 14))
        edits = await answer_of(client, "one")
        lines = [*LINES[:2], "def area(width, height):", *LINES[3:]]
        assert [it["textDocument"] for it in edits] == [{"uri": URI, "version": 2}] * len(edits)
        assert applied(lines, edits, end) == rename(end.join(lines))
        assert max(len(it["text"]) for it in edits) <= len("width")
        history = server.prompt()
        assert "def area(w, height):" in history
        assert "def area(width, height):" in history


async def test_the_user_types_on_while_the_model_thinks() -> None:
    """The newer request hangs up on the older one, whose answer is empty, and is about the text as it is now."""
    gate = asyncio.Event()
    async with (
        OracleServer("zeta-2", rename, may_answer=gate) as server,
        editor(options("zeta-2", server.url)) as client,
    ):
        await opened(client, "\n".join(LINES))
        client.send(did_change(2, change(2, 9, 10, "width")), ask("one", 2, 2, 14))
        async with asyncio.timeout(20):
            await server.was_asked.wait()
        client.send(did_change(3, change(0, 0, 0, "import os\n")))
        client.send(did_change(4, change(4, 11, 12, "wi")))
        client.send(ask("two", 4, 4, 13))
        gate.set()
        assert await answer_of(client, "one") == []
        found = await answer_of(client, "two")
        lines = ["import os", *LINES[:2], "def area(width, height):", "    return wi * height", *LINES[4:]]
        assert found
        assert {it["textDocument"]["version"] for it in found} == {4}
        assert len(server.bodies) == 2
        after = applied(lines, found, "\n")
        assert "return width * height" in after
        assert "area(box.width, box.height)" in after


async def test_a_model_that_is_not_there_is_no_error_of_the_request() -> None:
    """Nothing listens: the answer has no edits, and a message names the setting."""
    async with editor(options("zeta", "http://127.0.0.1:9")) as client:
        await opened(client, "\n".join(LINES))
        client.send(did_change(2, change(2, 9, 10, "width")), ask("one", 2, 2, 14))
        assert await answer_of(client, "one") == []
        client.send(request("why", "workspace/executeCommand", {"command": "fim.showWhy", "arguments": []}))
        decisions = (await client.answer("why"))["result"]
        assert FAILED in json.dumps(decisions)
