"""Time from asking a provider to the first piece of its answer, against a raw socket that sends the same request.

The API is on loopback and answers at once, so what is left is ours: phrasing, sending, reading, decoding.
"""

from __future__ import annotations

import asyncio
import json
import os
import statistics
import time
from collections.abc import Sequence
from contextlib import aclosing
from typing import Any
from unittest import mock

from benchmarks.fake_api.provider_server import FimServer
from benchmarks.servers import KEY_VARIABLE
from fim_language_server.app.application import Application
from fim_language_server.core.values import Chunk, CompletionRequest, Context, Document, Position

ROUNDS = 100
PREFIX, SUFFIX = "value = compute(first, second)\n" * 130, "value = compute(first, second)\n" * 65


class _Nobody:
    def __getattr__(self, name: str) -> Any:
        return lambda *_arguments, **_more: None


async def measure() -> dict[str, Any]:
    """Return medians in ms, and their ratio; both ask in turn, on a connection that is open already."""
    ours: list[float] = []
    raw: list[float] = []
    async with FimServer("return 1") as api:
        with mock.patch.dict(os.environ, {KEY_VARIABLE: api.api_key or ""}):
            application = Application([], _Nobody())
            provider = {"kind": "mistral", "url": api.url, "apiKeyEnv": KEY_VARIABLE, "fallback": []}
            await application.configure({"provider": provider, "log": {"statistics": False}})
            reader, writer = await asyncio.open_connection("127.0.0.1", api.port)
            for _ in range(ROUNDS):
                ours.append(await _ask(application))
                raw.append(await _ask_raw(reader, writer, api))
            writer.close()
            await application.close()
    return _figures(ours, raw)


def _figures(ours: Sequence[float], raw: Sequence[float]) -> dict[str, Any]:
    first, floor = statistics.median(ours), statistics.median(raw)
    return {
        "first piece of an answer, ms": round(first, 2),
        "first piece of an answer, raw socket, ms": round(floor, 2),
        "first piece of an answer, ours / raw socket": round(first / floor, 2),
    }


async def _ask(application: Application) -> float:
    began = time.perf_counter()
    took = 0.0
    lines = PREFIX.split("\n")
    request = CompletionRequest(
        document=Document("file:///project/a.py", "python", 1, "a.py"),
        position=Position(len(lines) - 1, len(lines[-1])),
        prefix=PREFIX,
        suffix=SUFFIX,
    )
    async with aclosing(application.open_stream(request, Context(PREFIX, SUFFIX, "a.py", "python"))) as events:
        async for event in events:
            if isinstance(event, Chunk) and event.text and not took:
                took = (time.perf_counter() - began) * 1e3
    return took


async def _ask_raw(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, api: FimServer) -> float:
    body = {"model": "codestral-latest", "prompt": PREFIX, "suffix": SUFFIX, "max_tokens": 128, "stream": True}
    data = json.dumps(body).encode()
    head = (
        f"POST /v1/fim/completions HTTP/1.1\r\nHost: 127.0.0.1:{api.port}\r\nAuthorization: Bearer {api.api_key}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(data)}\r\n\r\n"
    )
    began = time.perf_counter()
    writer.write(head.encode() + data)
    received, took = b"", 0.0
    while not received.endswith(b"0\r\n\r\n"):
        received += await reader.read(65_536)
        if not took and b'"content": "return' in received:
            took = (time.perf_counter() - began) * 1e3
    return took


if __name__ == "__main__":
    print(asyncio.run(measure()))
