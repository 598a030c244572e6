"""A server on loopback with a model of next edits that knows the answer (`next_edit_oracle`), in pieces of any size."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Callable
from typing import Any, Self

from aiohttp import web
from attrs import define, field

from tests.fakes.next_edit_oracle import read_prompt


@define(eq=False)
class OracleServer:
    """Answers for one kind of model: the window of each prompt, changed by `edit`."""

    kind: str
    edit: Callable[[str], str] = field(repr=False)
    answer: Callable[[str], str] | None = field(default=None, repr=False)
    """The raw answer to a prompt, in place of the oracle's."""
    finish_reason: str = "stop"
    may_answer: asyncio.Event | None = field(default=None, repr=False)
    """Set when the model has thought enough; None: at once."""
    was_asked: asyncio.Event = field(factory=asyncio.Event, repr=False)
    bodies: list[dict[str, Any]] = field(factory=list, repr=False)
    keys: list[str] = field(factory=list, repr=False)
    url: str = ""
    _dice: random.Random = field(factory=lambda: random.Random(5))
    _runner: web.AppRunner | None = None

    async def __aenter__(self) -> Self:
        app = web.Application(client_max_size=4 << 20)
        app.router.add_post("/v1/completions", self._complete)
        app.router.add_post("/v1/edit/completions", self._edit)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._runner is not None
        await self._runner.cleanup()

    def prompt(self, number: int = -1) -> str:
        """Return the prompt of a request."""
        body = self.bodies[number]
        text = body["prompt"] if "prompt" in body else body["messages"][0]["content"]
        assert isinstance(text, str)
        return text

    async def _note(self, request: web.Request) -> str:
        self.bodies.append(await request.json())
        self.keys.append(request.headers.get("Authorization", ""))
        self.was_asked.set()
        if self.may_answer is not None:
            await self.may_answer.wait()
        if self.answer is not None:
            return self.answer(self.prompt())
        shown = read_prompt(self.kind, self.prompt())
        return shown.answer_with(self.edit(shown.text)) or shown.nothing

    async def _edit(self, request: web.Request) -> web.Response:
        text = await self._note(request)
        assert set(self.bodies[-1]) == {"model", "messages", "max_tokens"}
        message = {"role": "assistant", "content": text}
        usage = {"prompt_tokens": 100, "completion_tokens": 20, "total_tokens": 120}
        choice = {"index": 0, "message": message, "finish_reason": self.finish_reason}
        return web.json_response({"id": "1", "choices": [choice], "usage": usage})

    async def _complete(self, request: web.Request) -> web.StreamResponse:
        text = await self._note(request)
        assert self.bodies[-1]["temperature"] == 0
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        events = [{"choices": [{"index": 0, "text": piece, "finish_reason": None}]} for piece in self._pieces(text)]
        last = {"choices": [{"index": 0, "text": "", "finish_reason": self.finish_reason}]}
        counted = {"choices": [], "usage": {"prompt_tokens": 100, "completion_tokens": 20}}
        frames = "".join(f"data: {json.dumps(event)}\n\n" for event in (*events, last, counted)) + "data: [DONE]\n\n"
        for start in range(0, len(frames), 997):
            await response.write(frames[start : start + 997].encode())
        return response

    def _pieces(self, text: str) -> list[str]:
        pieces, at = [], 0
        while at < len(text):
            size = self._dice.randint(1, 12)
            pieces.append(text[at : at + size])
            at += size
        return pieces
