"""A text over closers: only for a client that says that it replaces them as it should."""

from __future__ import annotations

from typing import Any

import pytest

from benchmarks.fake_api.provider_server import FimServer
from tests.e2e.raw_client import RawClient, change, completion, did_change, did_open, provider_options

REPLACES = {"experimental": {"fim": {"replace": True}}}


def item_of(answer: dict[str, Any]) -> tuple[str, int, int]:
    """Return the text of an answer's one item, and the columns of its range."""
    (item,) = answer["result"]["items"]
    return item["insertText"], item["range"]["start"]["character"], item["range"]["end"]["character"]


@pytest.mark.parametrize(
    ("capabilities", "expected"), [(REPLACES, ("x > 0) {", 7, 8)), ({}, ("x > 0", 7, 7))], ids=["replaces", "inserts"]
)
async def test_what_is_offered_before_a_closed_bracket(
    capabilities: dict[str, Any], expected: tuple[str, int, int]
) -> None:
    """The column counts UTF-16 units: there is an emoji before the cursor."""
    async with FimServer("x > 0) {") as model:
        client = await RawClient.stdio()
        try:
            await client.initialize(provider_options(model.url), capabilities=capabilities)
            client.send(did_open("'🙂';f()\n"), completion(1, 0, 7))
            assert item_of(await client.answer(1)) == expected
        finally:
            await client.kill()


async def test_the_text_is_followed_over_the_closer() -> None:
    """Typed into and over the bracket it needs no second request."""
    async with FimServer("x > 0) {") as model:
        client = await RawClient.stdio()
        try:
            await client.initialize(provider_options(model.url), capabilities=REPLACES)
            client.send(did_open("if ()\n"), completion(1, 0, 4))
            await client.answer(1)
            client.send(did_change(2, change(0, 4, 4, "x > 0")), completion(2, 0, 9))
            assert item_of(await client.answer(2)) == (") {", 9, 10)
            client.send(did_change(3, change(0, 9, 10, ")")), completion(3, 0, 10))
            assert item_of(await client.answer(3)) == (" {", 10, 10)
            assert len(model.requests) == 1
        finally:
            await client.kill()
