"""Scripted answers of the loopback server: the script of its pace and faults, and the events of a text."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from typing import Any, Literal, Protocol

from attrs import field, frozen

from benchmarks.fake_api import mistral_dialect as dialect


@frozen
class Script:
    """The pace and the faults of one answer. Times in seconds; `n` counts tokens, or bytes of the body where noted."""

    first_byte_after: float = 0.0  # before the status line, as servers do that queue
    headers_first: bool = False  # … or after the headers
    per_token: float = 0.0
    stall_after: int | None = None  # tokens: then silence, and the connection stays open
    drop_after: int | None = None  # bytes: then the connection is reset
    end_after: int | None = None  # bytes: then the body ends as if it were whole
    error_after: int | None = None  # tokens: then an error object inside the 200 answer
    split_every: int | None = None  # bytes: write the body in pieces of this size
    status: int | None = None  # answer with this status, `body` and `headers` instead
    body: str | bytes | dict[str, Any] = ""
    headers: Mapping[str, str] = field(factory=dict)
    content_type: str | None = None
    hang_up_at_once: bool = False  # close the connection without a single byte of an answer
    garbage_at: int | None = None  # tokens: one event that holds half a completion
    comments: bool = False  # keep-alive comments and events of unknown type in between
    content: Literal["string", "list", "text"] = "string"
    text_in_last_chunk: bool = True  # the last chunk carries text and finish_reason, as Mistral's does
    empty_choices: bool = False  # usage rides in a chunk of its own, with `choices: []`
    done: bool = True  # end with `data: [DONE]`
    finish: bool = True  # give a finish_reason at all
    line_end: str = "\n"
    space: bool = True  # `data: {…}`, not `data:{…}`


class Progress(Protocol):
    """Notes on an answer while it is sent."""

    body: Any
    n_sent: int


async def pace_events(recorded: Progress, script: Script, tokens: list[str], reason: str) -> AsyncIterator[bytes]:
    """Yield the events of a streamed answer as bytes, at the script's pace and with its faults."""
    if script.comments:
        yield _frame(": keep-alive", script) + _frame("event: ping", script)
    yield _event(_chunk(recorded.body, "", None, script, role=True), script)
    alone = not script.text_in_last_chunk or not tokens
    for n, token in enumerate([*tokens, ""] if alone else tokens):
        is_last = n == (len(tokens) if alone else len(tokens) - 1)
        if n == script.stall_after:
            await asyncio.Event().wait()
        if n == script.error_after:
            yield _event({**dialect.error_body("Internal server error", "1000", "server_error")}, script)
            return
        if n == script.garbage_at:
            yield _event('{"choices": [{', script)
        if script.per_token and n:
            await asyncio.sleep(script.per_token)
        chunk = _chunk(recorded.body, token, reason if is_last and script.finish else None, script)
        if is_last and not script.empty_choices:
            chunk["usage"] = dialect.usage_of(recorded.body, len(tokens))
        recorded.n_sent = min(n + 1, len(tokens))
        yield _event(chunk, script)
        if script.comments:
            yield _frame(": keep-alive", script)
    if script.empty_choices:
        usage = dialect.usage_of(recorded.body, len(tokens))
        yield _event({"id": "cmpl-1", "model": recorded.body["model"], "choices": [], "usage": usage}, script)
    if script.done:
        yield _event("[DONE]", script)


def _event(data: Mapping[str, Any] | str, script: Script) -> bytes:
    text = data if isinstance(data, str) else json.dumps(data, ensure_ascii=False)
    return _frame(("data: " if script.space else "data:") + text, script)


def _frame(line: str, script: Script) -> bytes:
    return (line + script.line_end * 2).encode("utf-8", "replace")


def _chunk(
    body: Mapping[str, Any], text: str, reason: str | None, script: Script, *, role: bool = False
) -> dict[str, Any]:
    content = [{"type": "text", "text": text}] if script.content == "list" else text
    delta = {"role": "assistant", "content": content} if role else {"content": content}
    said: dict[str, Any] = {"text": text} if script.content == "text" else {"delta": delta}
    choice = {"index": 0, **said, "finish_reason": reason}
    head = {"id": "cmpl-1", "object": "chat.completion.chunk", "created": 1, "model": body["model"]}
    return {**head, "choices": [choice]}


def whole_body(body: Mapping[str, Any], tokens: list[str], reason: str, script: Script) -> dict[str, Any]:
    """Return the body of an answer that is not streamed."""
    text = "".join(tokens)
    content = [{"type": "text", "text": text}] if script.content == "list" else text
    message = {"role": "assistant", "content": content, "tool_calls": None, "prefix": False}
    said: dict[str, Any] = {"text": text} if script.content == "text" else {"message": message}
    return {
        "id": "cmpl-1",
        "object": "chat.completion",
        "created": 1,
        "model": body["model"],
        "choices": [{"index": 0, **said, "finish_reason": reason}],
        "usage": dialect.usage_of(body, len(tokens)),
    }


def answer_tokens(body: Mapping[str, Any], text: str) -> tuple[list[str], str]:
    """Return the tokens of an answer, ended by a stop text or the cap, and the reason it ends."""
    tokens = dialect.split_tokens(dialect.cut_at_stop(text, body.get("stop")))
    limit = body.get("max_tokens")
    return (tokens, "stop") if limit is None or len(tokens) <= limit else (tokens[:limit], "length")
