"""A server of OpenAI's completions that refuses what it is told to refuse, in memory: no sockets, no real time."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from attrs import define, field

from fim_language_server.providers.transport.exchange import PreparedRequest

STATUSES = (400, 404, 405, 415, 422, 429, 500, 501, 503)

WORDINGS: Mapping[str, Callable[[str, int], str]] = {
    "openai": lambda name, _: json.dumps(
        {"error": {"message": f"Unrecognized request argument supplied: {name}", "type": "invalid_request_error"}}
    ),
    "param": lambda name, _: json.dumps({"error": {"message": "Not supported with this model.", "param": name}}),
    "llama": lambda name, status: json.dumps(
        {"error": {"code": status, "message": f"Unsupported param: {name}", "type": "server_error"}}
    ),
    "pydantic": lambda name, _: json.dumps(
        {"detail": [{"type": "extra_forbidden", "loc": ["body", name], "msg": "Extra inputs are not permitted"}]}
    ),
    "serde": lambda name, _: f"unknown field `{name}`, expected one of `model`, `prompt`",
    "quoted": lambda name, _: json.dumps({"message": f"'{name}' is not allowed here"}),
    "blank": lambda _name, _status: "",
    "empty object": lambda _name, _status: "{}",
    "mute": lambda _name, _status: json.dumps({"error": {"message": "Bad request", "type": "invalid"}}),
    "page": lambda _name, status: f"<html><body><h1>{status}</h1></body></html>",
}
"""How refusals are worded: with the field's name in some place, or without."""


@define(eq=False)
class MemoryAnswer:
    """A response that has come already."""

    status: int
    body: bytes
    headers: Mapping[str, str]

    async def read_any(self) -> bytes:
        data, self.body = self.body, b""
        return data

    def release(self, *, whole: bool) -> None:
        return


@define(eq=False)
class PickyServer:
    """Refuses the fields of `refuses` by `status` and `wording`; `send` is what carries a request to it.

    `streams` False: it refuses to stream, True: it refuses not to. `per_second`: seconds between two requests that
    it takes; `now` is its time, which `sleep` moves on.
    """

    refuses: Sequence[str] = ()
    status: int = 400
    wording: str = "openai"
    streams: bool | None = None
    reads_suffix: bool = True
    counts: bool = True
    least_tokens: int = 0
    most_tokens: int = 1 << 20
    seconds_apart: float = 0.0
    retry_after: str = ""
    now: float = 100.0
    seen: list[Mapping[str, Any]] = field(factory=list)
    _last: float = 0.0

    async def sleep(self, seconds: float) -> None:
        self.now += seconds

    async def send(self, outgoing: PreparedRequest) -> MemoryAnswer:
        body = json.loads(outgoing.body or b"{}")
        self.seen.append(body)
        self.now += 0.05
        if self.now - self._last < self.seconds_apart:
            return self._answer(429, json.dumps({"error": {"message": "Rate limit exceeded: 1 request per second"}}))
        self._last = self.now
        if (name := self._refused(body)) is not None:
            return self._answer(self.status, WORDINGS[self.wording](name, self.status))
        return self._answer(200, self._completion(body))

    def _refused(self, body: Mapping[str, Any]) -> str | None:
        for name in self.refuses:
            if name in body:
                return name
        if self.streams is not None and bool(body.get("stream")) is not self.streams:
            return "stream"
        if not self.least_tokens <= body.get("max_tokens", self.least_tokens) <= self.most_tokens:
            return "max_tokens"
        return None

    def _completion(self, body: Mapping[str, Any]) -> str:
        n_prompt = (len(body["prompt"]) + (len(body.get("suffix") or "") if self.reads_suffix else 0)) // 4
        usage = {"prompt_tokens": n_prompt, "completion_tokens": 3}
        choice = {"index": 0, "text": "a + b", "finish_reason": "stop"}
        if not body.get("stream"):
            return json.dumps({"choices": [choice], **({"usage": usage} if self.counts else {})})
        events = [{"choices": [choice]}]
        if self.counts and body.get("stream_options"):
            events.append({"choices": [], "usage": usage})  # type: ignore[dict-item]
        return "".join(f"data: {json.dumps(event)}\n\n" for event in events) + "data: [DONE]\n\n"

    def _answer(self, status: int, text: str) -> MemoryAnswer:
        kind = "text/html" if text.startswith("<") else "application/json" if text.startswith("{") else "text/plain"
        kind = "text/event-stream" if text.startswith("data:") else kind
        headers = {"content-type": kind, "date": "Sun, 06 Nov 1994 08:49:37 GMT"}
        if status == 429 and self.retry_after:
            headers["retry-after"] = self.retry_after
        return MemoryAnswer(status, text.encode(), headers)
