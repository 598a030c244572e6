"""The first message is answered before the protocol's types are loaded, and only if it is what it should be."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest
from lsprotocol import types
from lsprotocol.converters import get_converter

from fim_language_server.lsp.editor.capabilities import initialize_result
from fim_language_server.lsp.editor.client_features import ClientFeatures
from fim_language_server.lsp.wire.first_message import FirstMessage


class Server:
    """A stand-in for the real server that remembers how it was begun and what it received."""

    def __init__(self, features: ClientFeatures | None) -> None:
        self.features = features
        self.received: list[bytes | str] = []
        self.is_closed = False

    def receive(self, body: bytes | str) -> None:
        self.received.append(body)

    async def wait_ended(self) -> int:
        return 7

    async def close(self) -> None:
        self.is_closed = True


def body_of(**message: Any) -> bytes:
    return json.dumps({"jsonrpc": "2.0", **message}).encode()


def opening() -> tuple[FirstMessage, list[Any], list[Server]]:
    sent: list[Any] = []
    made: list[Server] = []

    def make(features: ClientFeatures | None) -> Server:
        made.append(Server(features))
        return made[-1]

    return FirstMessage(lambda body: sent.append(json.loads(body)), make), sent, made


async def test_initialize_is_answered_first_and_the_server_begins_initialized() -> None:
    """What comes next is the real server's."""
    session, sent, made = opening()
    session.receive(body_of(id=1, method="initialize", params={"processId": 42, "capabilities": {}}))
    assert [message["id"] for message in sent] == [1]
    assert made[0].features is not None
    assert made[0].features.process_id == 42
    session.receive(body_of(method="initialized", params={}))
    assert made[0].received == [body_of(method="initialized", params={})]
    assert await session.wait_ended() == 7
    await session.close()
    assert made[0].is_closed


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"[]",
        body_of(id=1, method="initialize"),
        body_of(id=1, method="initialize", params=[]),
        body_of(id=True, method="initialize", params={}),
        body_of(method="initialize", params={}),
        body_of(id=1, method="shutdown", params={}),
        json.dumps({"id": 1, "method": "initialize", "params": {}}).encode(),
    ],
)
async def test_any_other_first_message_is_the_real_servers_to_answer(body: bytes) -> None:
    """It has the right error for each."""
    session, sent, made = opening()
    session.receive(body)
    assert sent == []
    assert made[0].features is None
    assert made[0].received == [body]


async def test_a_connection_without_a_message_ends_without_a_server() -> None:
    """Nothing was begun, nothing is to be closed."""
    session, _, made = opening()
    await session.close()
    assert made == []


def test_the_result_is_what_the_protocol_says() -> None:
    """Plain JSON that reads back as LSP's own type, with nothing left over."""
    result = initialize_result(ClientFeatures())
    read = get_converter().structure(result, types.InitializeResult)
    assert read.capabilities.inline_completion_provider is not None
    assert get_converter().unstructure(read, types.InitializeResult) == result


def test_nothing_heavy_is_needed_for_the_first_reply() -> None:
    """Importing the protocol's types takes longer than all the rest of starting."""
    code = (
        "import sys; import fim_language_server.cli.serve, fim_language_server.lsp.wire.first_message; "
        "import fim_language_server.lsp.wire.stdio; "
        "print(sorted({'pygls', 'lsprotocol', 'cattrs', 'pydantic', 'aiohttp', 'numpy'} & set(sys.modules)))"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"
