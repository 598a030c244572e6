"""A FIM server on loopback that speaks Mistral's dialect, slowly or wrongly where it is told to.

Tests hold it as `async with FimServer("answer") as server`; benchmarks and end-to-end drivers run it as a
script: `python -m benchmarks.fake_api.provider_server --oracle FILE … --first-byte-ms 180`, which prints its base URL
and then serves until it is stopped (`GET /_requests` tells what it has seen). The official client certifies
it (tests/providers/test_official_client.py).
"""

from __future__ import annotations

import argparse
import asyncio
import json
import ssl
import time
from collections import deque
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Self

from aiohttp import web
from attrs import define, field

from benchmarks.fake_api import mistral_dialect as dialect
from benchmarks.fake_api.answers import Oracle
from benchmarks.fake_api.scripted_answer import Script, answer_tokens, pace_events, whole_body

Answer = str | Callable[[Mapping[str, Any]], str]
"""An answer: always the same text, or a function of the request's body."""


@define(eq=False)
class Recorded:
    """A request as the server saw it, and what became of it. Times are `time.monotonic()` seconds."""

    method: str
    path: str
    headers: Mapping[str, str] = field(repr=False)
    body: Any
    peer: Any  # address and port of the client: the same for two requests on one connection
    arrived_at: float
    tokens: list[str] = field(factory=list, repr=False)  # of the answer
    n_sent: int = 0  # … written so far
    finished_at: float | None = None
    hung_up_at: float | None = None
    _over: asyncio.Event = field(factory=asyncio.Event, repr=False)

    async def wait_until_over(self, timeout: float = 5.0) -> None:
        """Wait until the answer was given or the client hung up; TimeoutError if neither happens."""
        await asyncio.wait_for(self._over.wait(), timeout)

    async def wait_for_hang_up(self, timeout: float = 5.0) -> float:
        """Wait until the client has hung up, and return when it did."""
        await self.wait_until_over(timeout)
        if self.hung_up_at is None:
            raise AssertionError("the answer was given in full; nobody hung up")
        return self.hung_up_at

    def hang_up(self) -> None:
        """Note that the client has hung up."""
        self.hung_up_at = time.monotonic()
        self._over.set()

    def describe(self) -> dict[str, Any]:
        """Return it as JSON, without headers: keys travel there."""
        names = ("method", "path", "body", "arrived_at", "n_sent", "finished_at", "hung_up_at")
        return {name: getattr(self, name) for name in names}


@define(eq=False)
class FimServer:
    """The server: `url` is its base (`http://127.0.0.1:PORT/v1`), `requests` what it was asked, oldest first.

    `script` holds for every answer, or `choose` gives each its own; those put into `once` go first, one answer each.
    """

    answer: Answer = "return a + b"
    script: Script = field(factory=Script)
    api_key: str | None = "test-key"
    fields: set[str] = field(factory=lambda: set(dialect.FIELDS))
    ssl_context: ssl.SSLContext | None = None
    any_model: bool = False
    port: int = 0
    once: deque[Script] = field(factory=deque)
    choose: Callable[[], Script] | None = None
    requests: list[Recorded] = field(factory=list)
    connections: set[Any] = field(factory=set)
    url: str = ""
    _runner: web.AppRunner | None = None
    _arrival: asyncio.Condition = field(factory=asyncio.Condition)

    async def __aenter__(self) -> Self:
        app = web.Application(client_max_size=64 << 20)
        app.router.add_post("/{base:.*}v1/fim/completions", self._complete)
        app.router.add_post("/v1/projects/{place:.*}/publishers/mistralai/models/{method}", self._complete)  # Vertex AI
        app.router.add_get("/{base:.*}v1/models", self._list_models)
        app.router.add_get("/_requests", self._list_requests)
        app.router.add_put("/_script", self._change_script)
        app.router.add_route("*", "/{path:.*}", self._not_found)
        self._runner = web.AppRunner(app, handler_cancellation=True, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self.port, ssl_context=self.ssl_context)
        await site.start()
        self.port = self._runner.addresses[0][1]
        self.url = f"{'https' if self.ssl_context else 'http'}://127.0.0.1:{self.port}/v1"
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._runner is not None
        await self._runner.cleanup()

    @property
    def completions(self) -> list[Recorded]:
        """The completion requests among the requests."""
        return [request for request in self.requests if request.method == "POST"]

    async def wait_for_completions(self, n: int, timeout: float = 5.0) -> list[Recorded]:
        """Wait until `n` completion requests have arrived, and return them."""
        async with asyncio.timeout(timeout), self._arrival:
            await self._arrival.wait_for(lambda: len(self.completions) >= n)
        return self.completions

    async def _record(self, request: web.Request, body: Any = None) -> Recorded:
        peer = request.transport.get_extra_info("peername") if request.transport else None
        path = request.raw_path
        recorded = Recorded(request.method, path, request.headers, body, peer, time.monotonic())
        self.requests.append(recorded)
        self.connections.add(peer)
        async with self._arrival:
            self._arrival.notify_all()
        return recorded

    async def _not_found(self, request: web.Request) -> web.Response:
        await self._record(request)
        return web.json_response({"detail": "Not Found"}, status=404)

    async def _list_requests(self, request: web.Request) -> web.Response:
        return web.json_response([recorded.describe() for recorded in self.requests])

    async def _change_script(self, request: web.Request) -> web.Response:
        """Let a driver in another process say what is answered from now on: `{"answer": …, "script": {…}}`.

        A list of answers is gone through, one a request; the last one stays.
        """
        change = await request.json()
        answer = change.get("answer", self.answer)
        self.answer = _in_turn(answer) if isinstance(answer, list) else answer
        self.script = Script(**change.get("script", {}))
        return web.Response(status=204)

    async def _list_models(self, request: web.Request) -> web.Response:
        await self._record(request)
        if not self._is_authorized(request):
            return web.json_response({"detail": "Unauthorized"}, status=401)
        return web.json_response(dialect.models_body())

    def _is_authorized(self, request: web.Request) -> bool:
        return self.api_key is None or request.headers.get("Authorization") == f"Bearer {self.api_key}"

    async def _complete(self, request: web.Request) -> web.StreamResponse:
        raw = await request.read()
        try:
            body = json.loads(raw)
        except ValueError:
            body = None
        recorded = await self._record(request, body)
        script = self.once.popleft() if self.once else self.choose() if self.choose else self.script
        try:
            response = await self._respond(request, recorded, script)
        except asyncio.CancelledError:
            recorded.hang_up()
            raise
        except ConnectionError:  # raised on, aiohttp would print it
            recorded.hang_up()
            return web.Response()
        recorded.finished_at = time.monotonic()
        recorded._over.set()
        return response

    async def _respond(self, request: web.Request, recorded: Recorded, script: Script) -> web.StreamResponse:
        assert request.transport is not None
        if script.hang_up_at_once:
            request.transport.abort()
            return web.Response()
        if script.first_byte_after and not script.headers_first:
            await asyncio.sleep(script.first_byte_after)
        if refusal := self._refusal(request, recorded.body, script):
            return refusal
        text = self.answer if isinstance(self.answer, str) else self.answer(recorded.body)
        tokens, reason = answer_tokens(recorded.body, text)
        recorded.tokens = tokens
        if recorded.body.get("stream"):
            return await self._stream(request, recorded, script, tokens, reason)
        await asyncio.sleep(script.per_token * len(tokens))
        body = whole_body(recorded.body, tokens, reason, script)
        recorded.n_sent = len(tokens)
        return web.json_response(body, headers=dict(script.headers))

    def _refusal(self, request: web.Request, body: Any, script: Script) -> web.Response | None:
        """Return the answer to a request that is not completed: as the script has it, or as the API would."""
        if script.status is not None:
            is_json = isinstance(script.body, dict)
            kind = script.content_type or ("application/json" if is_json else "text/plain")
            text = json.dumps(script.body) if isinstance(script.body, dict) else script.body
            data = text.encode() if isinstance(text, str) else text
            headers = {"Content-Type": kind, **script.headers}
            return web.Response(status=script.status, body=data, headers=headers)
        if not self._is_authorized(request):
            return web.json_response({"detail": "Unauthorized"}, status=401)
        if faults := dialect.check_request(body, self.fields):
            return web.json_response({"detail": faults}, status=422)
        error = None if self.any_model else dialect.check_model(body["model"])
        return None if error is None else web.json_response(error, status=400)

    async def _stream(
        self, request: web.Request, recorded: Recorded, script: Script, tokens: list[str], reason: str
    ) -> web.StreamResponse:
        kind = script.content_type or "text/event-stream; charset=utf-8"
        response = web.StreamResponse(headers={"Content-Type": kind, **script.headers})
        await response.prepare(request)
        if script.first_byte_after and script.headers_first:
            await asyncio.sleep(script.first_byte_after)
        n_bytes = 0
        async for data in pace_events(recorded, script, tokens, reason):
            for limit in (script.drop_after, script.end_after):
                if limit is not None and n_bytes + len(data) >= limit:
                    await response.write(data[: limit - n_bytes])
                    if limit == script.drop_after and request.transport is not None:
                        request.transport.close()
                    return response
            n_bytes += len(data)
            size = script.split_every or len(data)
            for start in range(0, len(data), size):
                await response.write(data[start : start + size])
                await asyncio.sleep(0)
        await response.write_eof()
        return response


def _in_turn(answers: list[str]) -> Callable[[Mapping[str, Any]], str]:
    left = deque(answers)
    return lambda _body: left.popleft() if len(left) > 1 else left[0]


async def _serve(arguments: argparse.Namespace) -> None:
    texts = tuple(Path(path).read_text(encoding="utf-8", errors="replace") for path in arguments.oracle)
    answer: Answer = Oracle(texts, arguments.miss_rate, arguments.seed) if texts else arguments.text
    script = Script(first_byte_after=arguments.first_byte_ms / 1e3, per_token=arguments.per_token_ms / 1e3)
    server = FimServer(answer, script, arguments.key or None, any_model=True, port=arguments.port)
    async with server:
        print(server.url, flush=True)
        await asyncio.Event().wait()


def main() -> None:
    """Serve until stopped; the first line printed is the base URL."""
    parser = argparse.ArgumentParser(description="A FIM server on loopback that speaks Mistral's dialect.")
    parser.add_argument("--oracle", nargs="*", default=[], metavar="FILE", help="finished files to answer from")
    parser.add_argument("--text", default="return a + b", help="the answer, where there is no oracle")
    parser.add_argument("--miss-rate", type=float, default=0.0, help="share of lines answered wrongly, 0 … 1")
    parser.add_argument("--seed", type=int, default=0, help="decides which lines are answered wrongly")
    parser.add_argument("--first-byte-ms", type=float, default=0.0, help="wait before an answer")
    parser.add_argument("--per-token-ms", type=float, default=0.0, help="wait before each later token")
    parser.add_argument("--port", type=int, default=0, help="0: any free one")
    parser.add_argument("--key", default="", help="the bearer key to insist on; empty: none is asked for")
    try:
        asyncio.run(_serve(parser.parse_args()))
    except KeyboardInterrupt:
        return


if __name__ == "__main__":
    main()
