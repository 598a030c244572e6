"""The embedded model behind Mistral's own HTTP API, for tools that speak it: `/v1/fim/completions` and `/v1/models`.

`/metrics` counts what was asked (`fim_metrics`).

Completions hold code of the workspace. So without a key only programs of this machine may send requests: no web page,
which a browser names in `Origin`, and no name that was made to mean this machine, which it names in `Host`.
How requests are checked and answers look is in `fim_request` and `fim_answer`.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import logging
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import nullcontext
from typing import Any, Final

from aiohttp import web
from aiohttp.typedefs import Handler
from attrs import define, field

from fim_language_server.web import fim_answer
from fim_language_server.web.fim_metrics import MISSING, FimMetrics
from fim_language_server.web.fim_request import ALIASES, MODEL, FimRequest, RefusedError, error_body, read_question
from fim_language_server.web.serving import is_asked_by_loopback, is_same_secret

logger = logging.getLogger(__name__)

COMPLETIONS: Final = "/v1/fim/completions"

GREATEST_BODY: Final = 4_000_000
"""Bytes of a request's body; a client sends what surrounds the cursor, not a repository."""

Complete = Callable[[FimRequest], Awaitable[str]]
"""Asks the model; "" where it has nothing to say."""


@define(eq=False)
class FimApi:
    """The API over a model. `key` is what clients must send as bearer; None: they need none, but come from here."""

    complete: Complete
    key: str | None = field(default=None, repr=False)
    is_ready: Callable[[], bool] = lambda: True
    """Is the workspace indexed?"""
    now: Callable[[], float] = time.time
    metrics: FimMetrics | None = None
    """Counts of what was asked; None where their library is not installed."""
    _numbers: Iterator[int] = field(factory=lambda: itertools.count(1), init=False, repr=False)

    def application(self) -> web.Application:
        """Return it as an aiohttp application."""
        application = web.Application(client_max_size=GREATEST_BODY, middlewares=[self._guard])
        application.router.add_post(COMPLETIONS, self._complete)
        application.router.add_get("/v1/models", self._list_models)
        application.router.add_get("/v1/models/{name}", self._show_model)
        application.router.add_get("/health", self._health)
        application.router.add_get("/metrics", self._metrics)
        return application

    @web.middleware
    async def _guard(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Refuse requests without the right to be served, in the form of the API's own errors."""
        if (reason := self._stranger(request)) is not None:
            self._count(request, "unauthorized")
            return _json(error_body(reason, "authentication_error"), 403)
        if request.path != "/health" and not self._has_key(request):
            self._count(request, "unauthorized")
            return _json({"detail": "Unauthorized"}, 401)
        try:
            return await handler(request)
        except RefusedError as refused:
            self._count(request, "refused")
            return _json(refused.body, refused.status)
        except web.HTTPRequestEntityTooLarge:
            self._count(request, "refused")
            sentence = f"The request is larger than {GREATEST_BODY:,} bytes; send what surrounds the cursor."
            return _json(error_body(sentence, "invalid_request_error"), 413)
        except web.HTTPException as refusal:
            allowed = {"Allow": refusal.headers["Allow"]} if "Allow" in refusal.headers else {}
            return _json({"detail": refusal.reason}, refusal.status, **allowed)
        except ConnectionError:
            raise  # The client has gone.
        except Exception:
            # A bug costs this answer; the server lives, and the log has the traceback.
            logger.exception("A request failed")
            self._count(request, "failed")
            return _json(error_body("Internal server error", "server_error"), 500)

    def _stranger(self, request: web.Request) -> str | None:
        """Return why a request is refused that may come from a web page; None: it does not."""
        if self.key is not None:
            return None  # A page does not know the key.
        if not is_asked_by_loopback(request):
            return "Ask for this server by a loopback address."
        if "Origin" in request.headers:
            return "Web pages may ask only where a key is required; start the server with --api-key-env."
        return None

    def _has_key(self, request: web.Request) -> bool:
        if self.key is None:
            return True
        scheme, _, sent_key = request.headers.get("Authorization", "").partition(" ")
        return scheme.lower() == "bearer" and is_same_secret(sent_key.strip(), self.key)

    def _count(self, request: web.Request, outcome: str) -> None:
        """Count a request for a completion; of others, and of unknown paths, there is nothing to tell."""
        if self.metrics is not None and request.path == COMPLETIONS:
            self.metrics.count(outcome)

    async def _complete(self, request: web.Request) -> web.StreamResponse:
        question = read_question(await request.read())
        with self.metrics.timed() if self.metrics is not None else nullcontext():
            answer = fim_answer.make_answer(question, await self.complete(question))
        self._count(request, "text" if answer.text else "nothing")
        if self.metrics is not None:
            usage = fim_answer.usage_of(question, answer)
            self.metrics.count_tokens(usage["prompt_tokens"], usage["completion_tokens"])
        head = fim_answer.Head(f"fim-{next(self._numbers)}", question.model, int(self.now()))
        if not question.stream:
            return _json(fim_answer.whole_body(head, question, answer))
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream", "Cache-Control": "no-cache"})
        await response.prepare(request)
        for chunk in fim_answer.chunk_bodies(head, question, answer):
            await response.write(b"data: " + json.dumps(chunk).encode() + b"\n\n")
        await response.write(b"data: [DONE]\n\n")
        await response.write_eof()
        return response

    async def _list_models(self, _request: web.Request) -> web.Response:
        return _json(fim_answer.models_body(int(self.now())))

    async def _show_model(self, request: web.Request) -> web.Response:
        name = request.match_info["name"]
        if name not in (MODEL, *ALIASES):
            return _json(error_body(f"Invalid model: {name}", "invalid_model", "1500"), 404)
        return _json(fim_answer.model_card(name, int(self.now())))

    async def _metrics(self, _request: web.Request) -> web.Response:
        if self.metrics is None:
            return _json({"detail": MISSING}, 501)
        body, content_type = self.metrics.text()
        return web.Response(body=body, headers={"Content-Type": content_type})

    async def _health(self, _request: web.Request) -> web.Response:
        """Answer 503 while the workspace is being indexed; completions come from the prompt alone until then."""
        return _json({"status": "ok"}) if self.is_ready() else _json({"status": "indexing"}, 503)


async def serve_fim_api(host: str, port: int, api: FimApi, announce: Callable[[str], Awaitable[None]]) -> None:
    """Serve until cancelled; port 0 is any free one. `announce` is told the base URL, to which clients add `/v1/…`.

    Raises OSError where the port cannot be had.
    """
    runner = web.AppRunner(api.application(), access_log=None, handler_cancellation=True, shutdown_timeout=1)
    await runner.setup()
    try:
        await web.TCPSite(runner, host, port).start()
        address = runner.addresses[0]
        await announce(f"http://{f'[{address[0]}]' if ':' in address[0] else address[0]}:{address[1]}")
        await asyncio.get_running_loop().create_future()
    finally:
        await runner.cleanup()


def _json(body: Any, status: int = 200, **headers: str) -> web.Response:
    # ASCII: JSON may carry what UTF-8 cannot.
    return web.Response(status=status, text=json.dumps(body), content_type="application/json", headers=headers)
