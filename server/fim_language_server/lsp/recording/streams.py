"""Models' answers as a recording keeps them: the whole text, and when each part of it came."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from typing import Any

from attrs import define, field

from fim_language_server.core.values import Chunk, CompletionRequest, Context, Started
from fim_language_server.engine.options import OpenStream
from fim_language_server.engine.shared_stream import Events
from fim_language_server.errors import ProviderError

NoteStream = Callable[[dict[str, Any], str, CompletionRequest], None]
"""Receives the fields of a stream that has ended, its text, and the request that it was for."""


@define
class StreamTap:
    """Passes a model's answers on, and notes each when it ends. `ms` returns the time of the recording."""

    _ms: Callable[[], float] = field(repr=False)
    _note: NoteStream = field(repr=False)
    _last: int = 0
    _running: dict[int, Callable[[], None]] = field(factory=dict, repr=False)

    def note_running(self) -> None:
        """Note the streams that are under way, as far as they have come: the recording ends."""
        for note in list(self._running.values()):
            note()

    def tap(
        self, model: str, open_stream: OpenStream, request: CompletionRequest, context: Context, cause: int
    ) -> Events:
        """Return the answer of a model to a request; `cause` is the number of the editor's request behind it."""
        self._last += 1
        fields = {
            "ms": self._ms(),
            "stream": self._last,
            "model": model,
            "version": request.document.version,
            "line": request.position.line,
            "column": request.position.column,
            "trigger": request.trigger.value,
            "variant": request.variant,
            "request": cause,
            "prefix": len(context.prefix),
            "suffix": len(context.suffix),
            "pieces": len(context.snippets),
        }
        return self._pass_on(open_stream(request, context), fields, request)

    async def _pass_on(
        self, events: Events, fields: dict[str, Any], request: CompletionRequest
    ) -> AsyncGenerator[Started | Chunk, None]:
        began, end = fields["ms"], "closed"
        texts: list[str] = []
        parts: list[dict[str, object]] = []
        number = fields["stream"]

        def note() -> None:
            if self._running.pop(number, None) is not None:
                lasted = round(self._ms() - began, 3)
                self._note({**fields, "parts": list(parts), "end": end, "lastedMs": lasted}, "".join(texts), request)

        self._running[number] = note
        try:
            async with aclosing(events) as source:
                async for event in source:
                    ms = round(self._ms() - began, 3)
                    if isinstance(event, Chunk):
                        texts.append(event.text)
                        parts.append(_part(event, ms))
                    else:
                        fields["startedMs"] = ms
                    yield event
            end = "finished"
        except ProviderError as error:
            end = "failed"
            fields |= {"error": type(error).__name__, "message": error.message, "status": error.status}
            if error.retry_after is not None:
                fields["retryAfter"] = error.retry_after
            raise
        finally:
            note()


def _part(chunk: Chunk, ms: float) -> dict[str, object]:
    part: dict[str, object] = {"ms": ms, "length": len(chunk.text)}
    if chunk.finish_reason is not None:
        part["finish"] = chunk.finish_reason
    if chunk.confidence is not None:
        part["confidence"] = chunk.confidence
    if chunk.silence:
        part["silence"] = chunk.silence
    if chunk.usage is not None:
        part |= {"promptTokens": chunk.usage.prompt_tokens, "completionTokens": chunk.usage.completion_tokens}
    return part
