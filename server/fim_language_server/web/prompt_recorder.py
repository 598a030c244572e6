"""A FIM server that has nothing to say and keeps what it was asked: Mistral's API and llama.cpp's `/infill`.

`eval --context` measures by it what a language server sends. It answers at once, with an empty text, so that nothing
is shown and nothing asked ahead.
"""

from __future__ import annotations

import json
from typing import Any, Final

from aiohttp import web
from attrs import define, field

_CONTEXT: Final = 131_072
"""Tokens of context that it tells of itself, where it stands for llama.cpp: more than any prompt has."""

_GREATEST_BODY: Final = 16_000_000


@define(eq=False)
class PromptRecorder:
    """The server, and the bodies of the completions that it was asked for, in their order."""

    bodies: list[dict[str, Any]] = field(factory=list, init=False, repr=False)

    def application(self) -> web.Application:
        """Return it as an aiohttp application."""
        application = web.Application(client_max_size=_GREATEST_BODY)
        application.router.add_post("/infill", self._infill)
        application.router.add_get("/props", self._props)
        application.router.add_post("/tokenize", self._tokenize)
        application.router.add_post("/{path:.*fim/completions}", self._complete)
        return application

    async def _complete(self, request: web.Request) -> web.StreamResponse:
        body = await self._record(request)
        choice = {"index": 0, "finish_reason": "stop"}
        usage = {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0}
        head = {"id": "recorded", "created": 0, "model": str(body.get("model", "")), "usage": usage}
        if not body.get("stream"):
            whole = choice | {"message": {"role": "assistant", "content": ""}}
            return web.json_response(head | {"object": "chat.completion", "choices": [whole]})
        piece = choice | {"delta": {"content": ""}}
        return _events(head | {"object": "chat.completion.chunk", "choices": [piece]}, "data: [DONE]\n\n")

    async def _infill(self, request: web.Request) -> web.StreamResponse:
        body = await self._record(request)
        answer = {"content": "", "stop": True, "stop_type": "eos", "tokens_predicted": 0, "tokens_evaluated": 0}
        return _events(answer) if body.get("stream") else web.json_response(answer)

    async def _record(self, request: web.Request) -> dict[str, Any]:
        body = await request.json()
        if not isinstance(body, dict):
            raise web.HTTPUnprocessableEntity
        self.bodies.append(body)
        return body

    async def _props(self, _request: web.Request) -> web.Response:
        return web.json_response({"default_generation_settings": {"n_ctx": _CONTEXT}})

    async def _tokenize(self, request: web.Request) -> web.Response:
        body = await request.json()
        text = body.get("content", "") if isinstance(body, dict) else ""
        return web.json_response({"tokens": list(range(len(str(text)) // 3))})


def _events(event: dict[str, Any], end: str = "") -> web.Response:
    return web.Response(text=f"data: {json.dumps(event)}\n\n{end}", content_type="text/event-stream")
