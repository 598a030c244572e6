"""A text that begins with a line end: at once where the client draws it, after Enter elsewhere; one request in all."""

from __future__ import annotations

from typing import Any

import pytest

from benchmarks.fake_api.provider_server import FimServer
from tests.e2e.raw_client import RawClient, change, completion, did_change, did_open, provider_options

DRAWS = {"experimental": {"fim": {"lineEnds": True}}}
BODY = "\n    total = a + b\n    return total"


def text_of(answer: dict[str, Any]) -> str | None:
    """Return the text of an answer's one item, None where it has none."""
    result = answer["result"]
    return result["items"][0]["insertText"] if result and result["items"] else None


@pytest.mark.parametrize(("capabilities", "expected"), [(DRAWS, BODY), ({}, None)], ids=["draws", "does not"])
async def test_at_the_end_of_a_line_and_after_enter(capabilities: dict[str, Any], expected: str | None) -> None:
    """The editor indents by itself; the rest of the text stays, while it is typed, and no second request is made."""
    async with FimServer(BODY) as model:
        client = await RawClient.stdio()
        try:
            await client.initialize(provider_options(model.url), capabilities=capabilities)
            client.send(did_open("def add(a, b):\n\nx = 1\n"), completion(1, 0, 14))
            assert text_of(await client.answer(1)) == expected
            client.send(did_change(2, change(0, 14, 14, "\n    ")), completion(2, 1, 4))
            assert text_of(await client.answer(2)) == BODY[5:]
            client.send(did_change(3, change(1, 4, 4, "total = a + b")), completion(3, 1, 17))
            assert text_of(await client.answer(3)) == (expected and "\n    return total")
            client.send(did_change(4, change(1, 17, 17, "\n    ")), completion(4, 2, 4))
            assert text_of(await client.answer(4)) == "return total"
            assert len(model.requests) == 1
        finally:
            await client.kill()


async def test_line_ends_are_those_of_the_document() -> None:
    async with FimServer(BODY) as model:
        client = await RawClient.stdio()
        try:
            await client.initialize(provider_options(model.url), capabilities=DRAWS)
            client.send(did_open("def add(a, b):\r\n\r\nx = 1\r\n"), completion(1, 0, 14))
            assert text_of(await client.answer(1)) == BODY.replace("\n", "\r\n")
        finally:
            await client.kill()
