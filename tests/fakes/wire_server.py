"""A server on loopback that answers by a table and keeps what it was asked: for any API over HTTP."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Mapping
from typing import Any, Self

from aiohttp import web
from attrs import define, field, frozen


@frozen
class Canned:
    """One answer."""

    status: int = 200
    body: Any = ""  # bytes and text as they are, anything else as JSON
    content_type: str = ""  # "": application/json for JSON, text/plain for text
    headers: Mapping[str, str] = field(factory=dict)


@frozen
class Seen:
    """One request."""

    method: str
    path: str  # with its query
    headers: Mapping[str, str] = field(repr=False)
    body: Any


def sse(*events: Any, done: bool = True) -> Canned:
    """Return a stream of server-sent events; a text is a frame as it is."""
    frames = [event if isinstance(event, str) else f"data: {json.dumps(event)}\n\n" for event in events]
    return Canned(body="".join(frames) + ("data: [DONE]\n\n" if done else ""), content_type="text/event-stream")


def ndjson(*events: Any) -> Canned:
    """Return a stream of lines of JSON."""
    return Canned(body="".join(json.dumps(event) + "\n" for event in events), content_type="application/x-ndjson")


@define(eq=False)
class WireServer:
    """Answers a path with the next of its `answers`, and with the last one from then on; others are 404."""

    answers: dict[str, Canned | list[Canned]]
    seen: list[Seen] = field(factory=list)
    url: str = ""
    _queues: dict[str, deque[Canned]] = field(factory=dict)
    _runner: web.AppRunner | None = None

    async def __aenter__(self) -> Self:
        app = web.Application(client_max_size=64 << 20)
        app.router.add_route("*", "/{path:.*}", self._answer)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._runner is not None
        await self._runner.cleanup()

    def asked(self, path: str) -> list[Seen]:
        """Return the requests for a path, oldest first."""
        return [request for request in self.seen if request.path == path]

    async def _answer(self, request: web.Request) -> web.Response:
        data = await request.read()
        self.seen.append(Seen(request.method, request.raw_path, request.headers, json.loads(data) if data else None))
        canned = self._next(request.path)
        if isinstance(canned.body, str | bytes):
            kind, body = canned.content_type or "text/plain", canned.body
        else:
            kind, body = canned.content_type or "application/json", json.dumps(canned.body)
        encoded = body.encode() if isinstance(body, str) else body
        return web.Response(status=canned.status, body=encoded, headers={"Content-Type": kind, **canned.headers})

    def _next(self, path: str) -> Canned:
        answers = self.answers.get(path, Canned(404, {"error": "no such path"}))
        queue = self._queues.setdefault(path, deque(answers if isinstance(answers, list) else [answers]))
        return queue.popleft() if len(queue) > 1 else queue[0]
