"""The real server as bytes meet it: framing, order, cancellation and bad input, over stdio and TCP."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from typing import Any

import pytest
import pytest_asyncio

from benchmarks.fake_api.provider_server import FimServer
from benchmarks.fake_api.scripted_answer import Script
from tests.e2e.raw_client import (
    URI,
    RawClient,
    change,
    completion,
    did_change,
    did_open,
    frame,
    insert_text,
    notification,
    provider_options,
    request,
)

pytestmark = pytest.mark.asyncio(loop_scope="module")


def assign(body: Mapping[str, Any]) -> str:
    """Complete `name = ` to a call that has the name in it: the answer tells which text was asked about."""
    line = body["prompt"].splitlines()[-1] if body["prompt"] else ""
    name = line.partition("=")[0].strip()
    return f"make_{name}()"


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def provider() -> AsyncIterator[FimServer]:
    async with FimServer(assign) as server:
        yield server


@pytest_asyncio.fixture(loop_scope="module", scope="module", params=["stdio", "tcp"])
async def client(request: pytest.FixtureRequest, provider: FimServer) -> AsyncIterator[RawClient]:
    client = await getattr(RawClient, request.param)()
    await client.initialize(provider_options(provider.url))
    yield client
    await client.kill()


async def test_a_message_in_many_writes_and_many_in_one(client: RawClient) -> None:
    data = frame(did_open("x = ")) + frame(completion(1, 0, 4), "content-length")
    for start in range(0, len(data), 7):
        client.write(data[start : start + 7])
        await asyncio.sleep(0)
    assert insert_text(await client.answer(1)) == "make_x()"
    client.send(did_open("y = "), completion(2, 0, 4), did_open("z = "), completion(3, 0, 4))
    assert insert_text(await client.answer(3)) == "make_z()"
    await client.answer(2)


async def test_a_request_means_the_text_before_it_in_the_same_write(client: RawClient) -> None:
    """[didChange v][request][didChange v+1], many times; the later change agrees with the answer."""
    client.send(did_open("\n"))
    for version in range(10, 60):
        client.send(
            did_change(version, change(0, 0, 99, f"v{version} = ")),
            completion(version, 0, 99),
            did_change(version + 1, change(0, 99, 99, "m")),
        )
        assert insert_text(await client.answer(version)) == f"make_v{version}()"


async def test_a_cancel_in_the_same_write_is_answered(client: RawClient) -> None:
    client.send(did_open("w = "), completion("c", 0, 4), notification("$/cancelRequest", {"id": "c"}))
    assert (await client.answer("c"))["error"]["code"] == -32800
    client.send(notification("$/cancelRequest", {"id": "c"}), completion("d", 0, 4))
    assert insert_text(await client.answer("d")) == "make_w()"


@pytest.mark.parametrize(
    ("junk", "told"),
    [
        (frame(b"{no json"), -32700),
        (frame(b"[]"), -32600),
        (frame(b"8"), -32600),
        (b"a line of somebody's log\r\n", None),
        (b"Content-Length: abc\r\n\r\n", None),
        (b"Content-Length: 99999999999999\r\n\r\n{}", None),
    ],
)
async def test_junk_costs_only_itself(client: RawClient, junk: bytes, told: int | None) -> None:
    if told is None and client.token is not None:
        pytest.skip("broken framing ends a network connection: tests/lsp/test_network.py")
    client.write(junk + frame(did_open("j = ")) + frame(completion("j", 0, 4)))
    assert insert_text(await client.answer("j")) == "make_j()"
    refusals = [message for message in client.others if "error" in message]
    assert [message["error"]["code"] for message in refusals] == ([told] if told else [])
    client.others.clear()


@pytest.mark.parametrize(
    ("text", "place", "expected"),
    [
        ("", (0, 0), None),  # an empty document
        ("p = ", (99, 99), "make_p()"),  # past the end
        ("p = ", (0, 2**31), "make_p()"),
        ("# 😀\r\np = ", (1, 4), "make_p()"),
        ("# \u2028 \x0c e\u0301\rp = ", (1, 4), "make_p()"),
        ("# half: \ud83d\np = ", (1, 4), "make_p()"),
        ("\x00\x01\x02\xff" * 500 + "\np = ", (1, 4), None),  # no text
    ],
)
async def test_odd_documents(client: RawClient, text: str, place: tuple[int, int], expected: str | None) -> None:
    client.send(did_open(text), completion("o", *place))
    assert insert_text(await client.answer("o")) == expected


async def test_ten_megabytes_on_one_line(client: RawClient, provider: FimServer) -> None:
    """It is edited and asked about like any other line, and only a window of it is sent."""
    text = "x" * 10_000_000
    client.send(did_open(text), did_change(2, change(0, 5_000_000, 5_000_000, "\nq = \n")), completion("l", 1, 4))
    await client.answer("l")
    client.send(did_change(3, change(1, 0, 4, "r = ")), completion("m", 1, 4))
    assert insert_text(await client.answer("m")) == "make_r()"
    assert len(json.dumps(provider.completions[-1].body)) < 100_000
    client.send(notification("textDocument/didClose", {"textDocument": {"uri": URI}}))


async def test_versions_unknown_documents_and_full_text_are_all_served(client: RawClient) -> None:
    other = "file:///project/never-opened.py"
    client.send(
        did_change(5, change(0, 0, 0, "x"), uri=other),
        completion("n", 0, 0, other),
        did_open("a = "),
        did_change(1, change(0, 0, 1, "b")),  # a version that does not grow
        did_change(-1, {"text": "c = "}),  # the whole text, where incremental sync was agreed
        completion("f", 0, 4),
    )
    assert insert_text(await client.answer("n")) is None
    assert insert_text(await client.answer("f")) == "make_c()"


async def test_a_character_that_comes_in_two_halves(client: RawClient, provider: FimServer) -> None:
    client.send(
        did_open("# \nk = "),
        did_change(2, change(0, 2, 2, "\ud83d")),
        did_change(3, change(0, 3, 3, "\ude00")),
        completion("k", 1, 4),
    )
    assert insert_text(await client.answer("k")) == "make_k()"
    assert provider.completions[-1].body["prompt"].endswith("# 😀\nk = ")


async def test_invalid_params_and_unknown_methods_are_answered(client: RawClient) -> None:
    client.send(
        request(1, "textDocument/inlineCompletion", {"position": {}}),
        request(2, "textDocument/hover", {}),
        request(3, "initialize", {}),
        completion(4, 0, 0, kind="x"),
    )
    codes = [(await client.answer(number))["error"]["code"] for number in (1, 2, 3)]
    assert codes == [-32602, -32601, -32600]
    assert "result" in await client.answer(4)


@pytest.mark.parametrize(
    "message",
    [
        did_change(2, change(0, 0, 0, "other")),  # what is typed disagrees with what was asked about
        did_change(2, {"text": "something else"}),
        notification("textDocument/didClose", {"textDocument": {"uri": URI}}),
    ],
    ids=["edit", "full text", "close"],
)
async def test_a_stream_that_no_longer_fits_is_hung_up(
    client: RawClient, provider: FimServer, message: dict[str, Any]
) -> None:
    """So that the model stops generating; and its request is answered all the same."""
    already = len(provider.completions)
    provider.once.append(Script(stall_after=1))
    client.send(did_open("stalled = "), completion("s", 0, 10))
    recorded = (await provider.wait_for_completions(already + 1))[-1]
    client.send(message)
    await recorded.wait_for_hang_up()
    assert insert_text(await client.answer("s")) is None


async def test_nothing_of_all_this_opened_a_window(client: RawClient) -> None:
    """The last test of the module: whatever went before, nothing was shown."""
    client.send(request("last", "textDocument/hover", {}))
    await client.answer("last")
    assert [message for message in client.others if message.get("method") == "window/showMessage"] == []
