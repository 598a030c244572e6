"""What the events of one answer say: what is passed over, what is joined, and what counts as nothing said."""

from __future__ import annotations

import itertools
import json
from typing import Any

import pytest

from fim_language_server.errors import StreamError
from fim_language_server.providers import REGISTRY
from fim_language_server.providers.replies.answer_reading import MOST_SILENT_EVENTS, AnswerReader
from fim_language_server.providers.transport import Transport
from tests.fakes.wire_server import Canned, WireServer
from tests.providers.conftest import listen

PATH = "/v1/fim/completions"
MISTRAL = REGISTRY["mistral"]


def event(text: Any, reason: str | None = None, index: int = 0) -> str:
    return json.dumps({"choices": [{"index": index, "delta": {"content": text}, "finish_reason": reason}]})


def sse(*data: str) -> str:
    return "".join(f"data: {one}\n\n" for one in data)


A, B, STOP = event("a "), event("+ b"), event("", "stop")
USAGE = json.dumps({"choices": [], "usage": {"prompt_tokens": 3, "completion_tokens": 3}})
NOTES = (
    "data: \n\n",
    "data:\n\n",
    "event: ping\ndata: {}\n\n",
    "event: ping\ndata: ping\n\n",
    'event: ping\ndata: {"type": "ping"}\n\n',
    "data: : PROCESSING\n\n",
    "data: keep-alive\n\n",
    "data: null\n\n",
    "data: []\n\n",
    "data: 17\n\n",
    'data: "thinking"\n\n',
    'data: {"status": "queued", "position": 3}\n\n',
    'data: {"choices": []}\n\n',
    'data: {"choices": null}\n\n',
    sse(event("not this one", None, 1)).rstrip("\n") + "\n\n",
    ": comment\n\n",
    "id: 7\nretry: 10\n\n",
    sse(USAGE),
)


async def text_of(transport: Transport, body: str | bytes, content_type: str = "text/event-stream") -> str:
    """Return the text of an answer, or the class of its error."""
    async with WireServer({PATH: Canned(body=body, content_type=content_type)}) as server:
        heard = await listen(transport, server.url)
    return type(heard.error).__name__ if heard.error else heard.text


@pytest.mark.parametrize("note", NOTES)
@pytest.mark.parametrize("place", [0, 1, 2])
async def test_an_event_without_a_completion_is_passed_over(transport: Transport, note: str, place: int) -> None:
    """Before the answer, in its middle and before its end."""
    parts = [sse(A), sse(B), sse(STOP, "[DONE]")]
    parts.insert(place, note)
    assert await text_of(transport, "".join(parts)) == "a + b"


@pytest.mark.parametrize("end", ["", sse("[DONE]")])
@pytest.mark.parametrize("note", [note for note in NOTES if "comment" not in note and "retry" not in note])
async def test_an_answer_of_nothing_else_is_a_failure(transport: Transport, note: str, end: str) -> None:
    """Somebody else may answer then: the model has not been heard."""
    assert await text_of(transport, note + end) == "StreamError" or "Unreadable" in await text_of(transport, note + end)


@pytest.mark.parametrize(
    "body",
    [
        "",
        sse("[DONE]"),
        ": comment\n\n",
        sse(USAGE, "[DONE]"),
        sse(event(None, "stop"), "[DONE]"),
        sse(event(12, "stop"), "[DONE]"),
        sse(A, event(12), B, STOP, "[DONE]"),
        sse(A, '{"choices": [{"index": 0,', B, STOP, "[DONE]"),
        sse(event("not this one", "stop", 1), "[DONE]"),
        'error: {"code": 400, "message": "too long"}\n\ndata: [DONE]\n\n',
        "error: out of memory\n\n",
        'event: error\ndata: {"message": "overloaded"}\n\n',
        "event: error\ndata: overloaded\n\n",
        sse(A) + 'event: error\ndata: {"error": {"message": "overloaded"}}\n\n',
    ],
)
async def test_what_says_nothing_by_the_protocol_is_a_failure(transport: Transport, body: str) -> None:
    """No event, none of the answer's own choice, one without a text, or one that tells an error."""
    async with WireServer({PATH: Canned(body=body, content_type="text/event-stream")}) as server:
        assert (await listen(transport, server.url)).error is not None


@pytest.mark.parametrize("body", [sse(STOP), sse(event(""), event(None, "stop"), "[DONE]"), sse(event("", "length"))])
async def test_a_model_that_ends_without_a_text_is_silent(transport: Transport, body: str) -> None:
    """That is an answer."""
    assert await text_of(transport, body) == ""


LABELS = ("text/event-stream", "application/json", "text/plain", "application/x-ndjson", "application/octet-stream", "")


@pytest.mark.parametrize(
    "body",
    [
        sse(A, B, STOP, "[DONE]"),
        f"{A}\n{B}\n{STOP}\n",
        json.dumps({"choices": [{"index": 0, "message": {"content": "a + b"}, "finish_reason": "stop"}]}),
        json.dumps({"choices": [{"index": 0, "message": {"content": "a + b"}, "finish_reason": "stop"}]}, indent=2),
        "\ufeff\n" + json.dumps({"choices": [{"text": "a + b"}]}),
    ],
    ids=["events", "lines", "whole", "indented", "blank first"],
)
@pytest.mark.parametrize("label", LABELS)
async def test_a_body_is_read_by_what_it_is(transport: Transport, body: str, label: str) -> None:
    """Whatever its label says."""
    assert await text_of(transport, body, label) == "a + b"


@pytest.mark.parametrize("label", LABELS)
async def test_an_error_is_told_in_its_own_words_whatever_its_label(transport: Transport, label: str) -> None:
    """A status that it names is taken for the answer's own."""
    body = json.dumps({"error": {"message": "the cluster is being moved", "type": "busy"}})
    async with WireServer({PATH: Canned(body=body, content_type=label)}) as server:
        assert "the cluster is being moved" in str((await listen(transport, server.url)).error)
    assert (
        await text_of(transport, json.dumps({"error": {"message": "slow", "code": 429}}), label) == "RateLimitedError"
    )
    assert await text_of(transport, json.dumps({"error": {"message": "slow", "code": "429"}})) == "RateLimitedError"


def joined(*pieces: str, keeps_replacements: bool = False) -> str:
    reader = AnswerReader(MISTRAL, keeps_replacements)
    chunks = [reader.read(event(piece)) for piece in pieces]
    end = reader.read(STOP)
    return "".join(chunk.text for chunk in [*chunks, end] if chunk)


def test_a_pair_of_surrogates_is_joined_wherever_it_was_cut() -> None:
    """JSON can carry half a character; a document cannot."""
    whole = "a \ud83d\ude00\ud83d\ude01 b"
    text = whole.encode("utf-16-le", "surrogatepass").decode("utf-16-le")
    for cuts in itertools.combinations(range(len(whole) + 1), 2):
        pieces = [whole[start:end] for start, end in zip((0, *cuts), (*cuts, len(whole)), strict=True)]
        assert joined(*pieces) == text


@pytest.mark.parametrize(
    ("pieces", "text"),
    [
        (("# caf", "\ufffd"), "# caf"),
        (("# caf\ufffd",), "# caf"),
        (("# caf\ufffd", "\ufffd x"), "# caf"),
        (("a \ud83d b",), "a "),
        (("\ude00 b",), ""),
    ],
)
def test_a_text_ends_before_a_broken_character(pieces: tuple[str, ...], text: str) -> None:
    """What stands for it is no text; a document that has it itself may be given it."""
    assert joined(*pieces) == text
    if "\ufffd" in "".join(pieces):
        assert joined(*pieces, keeps_replacements=True) == "".join(pieces)


async def test_an_answer_of_events_without_text_ends(transport: Transport) -> None:
    """It would go on for ever."""
    body = sse(event("")) * (MOST_SILENT_EVENTS + 10) + sse(A, STOP)
    assert await text_of(transport, body) == "StreamError"
    assert await text_of(transport, ": wait\n\n" * 700_000 + sse(A, STOP)) == "StreamError"


def test_reasoning_of_some_hundred_events_is_waited_for() -> None:
    """A text may follow it."""
    reader = AnswerReader(MISTRAL)
    for _ in range(MOST_SILENT_EVENTS - 1):
        reader.read(event(""))
    assert not reader.is_silent_for_too_long
    with pytest.raises(StreamError):
        reader.read(event(12))
