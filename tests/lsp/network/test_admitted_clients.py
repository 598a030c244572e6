"""A network connection acts on nothing before the token was said, and holds little, for a while, until then."""

from __future__ import annotations

import asyncio
import json
import logging
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fim_language_server.lsp.network.admission import Admission
from fim_language_server.lsp.network.admitted_clients import FIRST_MESSAGE_TIMEOUT_S, GREATEST_FIRST, MOST_WAITING, Door
from fim_language_server.lsp.wire.framing import frame
from tests.fakes.clock import FakeClock, settle
from tests.lsp.network.test_strict_framing import HOSTILE
from tests.lsp.wire.test_transport import StandInSession

TOKEN = "a token \u00e9 of ours"


class Wire(asyncio.Transport):
    """The other end of a connection."""

    def __init__(self) -> None:
        super().__init__()
        self.sent = b""
        self.is_closed = False

    def write(self, data: Any) -> None:
        self.sent += data

    def close(self) -> None:
        self.is_closed = True

    abort = close

    def is_closing(self) -> bool:
        return self.is_closed

    def get_write_buffer_size(self) -> int:
        return 0


class Doorway:
    """A door, who came in by it, and a way to knock."""

    def __init__(self, token: str | None = TOKEN) -> None:
        self.clock = FakeClock()
        self.sessions: list[StandInSession] = []
        self.door = Door(self._connect, Admission(token) if token else None, clock=self.clock)

    def _connect(self, send: Any) -> StandInSession:
        self.sessions.append(StandInSession())
        return self.sessions[-1]

    def knock(self, *chunks: bytes) -> Wire:
        connection, wire = self.door.accept(), Wire()
        connection.connection_made(wire)
        for chunk in chunks:
            connection.data_received(chunk)
        wire.lose = lambda: connection.connection_lost(None)  # type: ignore[attr-defined]
        return wire


def first_message(token: Any = TOKEN, **more: Any) -> dict[str, Any]:
    options = {"token": token, "trigger": {"mode": "off"}}
    return {
        "jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {"initializationOptions": options}, **more
    }  # fmt: skip


async def test_who_says_the_token_is_let_in_and_the_token_goes_no_further() -> None:
    doorway = Doorway()
    data = frame(json.dumps(first_message()).encode()) + frame(b"{}")
    for size in (1, 50, len(data)):
        wire = doorway.knock(*(data[start : start + size] for start in range(0, len(data), size)))
        first, second = doorway.sessions[-1].bodies
        assert json.loads(first)["params"] == {"initializationOptions": {"trigger": {"mode": "off"}}}
        assert second == b"{}"
        assert not wire.is_closed
    assert not doorway.door.waiting
    await doorway.door.close()


@pytest.mark.parametrize(
    "message",
    [
        first_message("another"),
        first_message(TOKEN[:-1]),
        first_message(""),
        first_message(None),
        first_message([TOKEN]),
        first_message("\ud800"),
        first_message(method="textDocument/didOpen"),
        first_message(method="exit"),
        first_message(params=None),
        first_message(params={"token": TOKEN}),
        first_message(params={"initializationOptions": TOKEN}),
        first_message(params=[{"initializationOptions": {"token": TOKEN}}]),
        [first_message()],
        TOKEN,
        None,
    ],
)
async def test_nobody_else_is(message: Any, caplog: pytest.LogCaptureFixture) -> None:
    """The connection is closed at once; an editor that asked to be let in is told why, and no message is acted upon."""
    caplog.set_level(logging.DEBUG)
    doorway = Doorway()
    wire = doorway.knock(frame(json.dumps(message).encode()) + frame(json.dumps(first_message()).encode()))
    assert wire.is_closed
    assert not doorway.sessions
    is_request = isinstance(message, dict) and message["method"] == "initialize"
    assert (b"initializationOptions" in wire.sent) == is_request
    assert TOKEN not in wire.sent.decode() + caplog.text
    assert not doorway.door.waiting


@given(st.binary(max_size=60) | st.builds(frame, st.binary(max_size=60)))
def test_no_bytes_bring_in_a_stranger(data: bytes) -> None:
    async def knock() -> None:
        doorway = Doorway()
        doorway.knock(data)
        assert not doorway.sessions
        await doorway.door.close()

    asyncio.run(knock())


@pytest.mark.parametrize("data", HOSTILE)
async def test_what_is_no_header_ends_a_connection_before_and_after(data: bytes) -> None:
    doorway = Doorway()
    assert doorway.knock(data, frame(json.dumps(first_message()).encode())).is_closed
    assert not doorway.sessions
    assert doorway.knock(frame(json.dumps(first_message()).encode()), data, frame(b"{}")).is_closed
    assert len(doorway.sessions[0].bodies) == 1
    await doorway.door.close()


async def test_a_first_message_is_short_and_a_later_one_need_not_be() -> None:
    doorway = Doorway()
    assert doorway.knock(b"Content-Length: %d\r\n" % (GREATEST_FIRST + 1)).is_closed
    wire = doorway.knock(frame(json.dumps(first_message()).encode()), frame(b"x" * (GREATEST_FIRST + 1)))
    assert not wire.is_closed
    assert len(doorway.sessions[0].bodies[1]) == GREATEST_FIRST + 1
    await doorway.door.close()


async def test_silence_and_slowness_end_after_a_while() -> None:
    """A byte now and then is no sign of life."""
    doorway = Doorway()
    silent, slow = doorway.knock(), doorway.knock(b"Content-Length: 9\r\n")
    inside = doorway.knock(frame(json.dumps(first_message()).encode()))
    await doorway.clock.advance(FIRST_MESSAGE_TIMEOUT_S - 0.1)
    assert not silent.is_closed
    await doorway.clock.advance(0.2)
    assert silent.is_closed
    assert slow.is_closed
    assert not inside.is_closed
    await doorway.door.close()


async def test_few_strangers_are_waited_for_at_a_time(caplog: pytest.LogCaptureFixture) -> None:
    """The oldest gives way, so that a flood does not keep an editor out; and it writes one line, not one each."""
    doorway = Doorway()
    wires = [doorway.knock(b"Content-") for _ in range(MOST_WAITING + 100)]
    assert sum(not wire.is_closed for wire in wires) == MOST_WAITING
    assert all(wire.is_closed for wire in wires[:100])
    doorway.knock(frame(json.dumps(first_message()).encode()))
    assert len(doorway.sessions) == 1
    assert len(caplog.records) == 1
    await doorway.door.close()


async def test_a_session_ends_with_its_connection_and_the_other_way_round() -> None:
    doorway = Doorway(token=None)
    wire = doorway.knock(frame(b"{}"))
    wire.lose()  # type: ignore[attr-defined]
    await settle()
    assert doorway.sessions[0].is_closed
    wire = doorway.knock(frame(b"{}"))
    doorway.sessions[1].code.set_result(0)
    await settle()
    assert wire.is_closed
    wire.lose()  # type: ignore[attr-defined]
    await doorway.door.close()


async def test_a_foreign_user_is_hung_up_on_before_anything_is_read() -> None:
    doorway = Doorway(token=None)
    doorway.door.peer_refusal = lambda _wire: "it is another user's"
    assert doorway.knock(frame(b"{}")).is_closed
    assert not doorway.sessions
