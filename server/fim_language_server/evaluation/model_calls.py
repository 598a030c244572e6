"""Asking one model about one place, as the editor would: the same context, stream and shaping, but no waiting or cache.

A model here is a function that opens a stream, and what it may see. Where it comes from is `contestants`' business.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import aclosing
from typing import Final

from attrs import define, field, frozen

from fim_language_server.core.context import build_context
from fim_language_server.core.shaping import ShapingOptions, is_complete, shape
from fim_language_server.core.typing_through import with_plain_line_ends
from fim_language_server.core.values import Chunk, CompletionRequest, Context, Document, Position, Trigger, Usage
from fim_language_server.engine.engine import OpenStream
from fim_language_server.evaluation.holes import Hole

BYTES_PER_TOKEN: Final = 3.2
"""Of source code with Mistral's tokenizer: how tokens are estimated where the host does not tell them."""

SHAPING: Final = ShapingOptions(multi_line="never")
"""Holes end with their line, so answers do."""


@frozen
class ModelAnswer:
    """Text of a model at one place, shaped to be shown; times in ms since the request.

    `first_ms` is None where nothing came over a wire. Tokens are the host's count, or an estimate by size where the
    stream was closed before the count came (`tokens_are_estimated`).
    """

    text: str = field(default="", repr=False)
    confidence: float | None = None
    first_ms: float | None = None
    total_ms: float = 0.0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    tokens_are_estimated: bool = False


@frozen
class PromptWindow:
    """Code points before and after the cursor that every model gets."""

    prefix_chars: int
    suffix_chars: int


@define
class ModelCaller:
    """Asks one model, with one window. `now` gives seconds that only grow."""

    open_stream: OpenStream = field(repr=False)
    window: PromptWindow
    now: Callable[[], float] = field(repr=False)

    async def ask(self, hole: Hole, trigger: Trigger, typed: str = "") -> ModelAnswer:
        """Ask what comes after the hole's beginning and `typed`. Raises ProviderError."""
        request = request_of(hole, typed, trigger, self.window)
        context = build_context(request, self.window.prefix_chars, self.window.suffix_chars)
        began = self.now()
        first: float | None = None
        raw, text, ended, usage, confidence = "", "", False, None, None
        async with aclosing(self.open_stream(request, context)) as events:
            async for event in events:
                if not isinstance(event, Chunk):
                    first = self.now()
                    continue
                raw += event.text
                text = with_plain_line_ends(raw)
                usage, confidence = event.usage or usage, event.confidence or confidence
                ended = event.finish_reason is not None or ended
                if not ended and text and is_complete(request, text, SHAPING):
                    break  # The server would have its answer here, and close the stream soon.
            else:
                ended = True
        total_ms = (self.now() - began) * 1_000
        shown = shape(request, text, SHAPING, finished=ended).text if text else ""
        counts = _count_tokens(usage, context, raw)
        return ModelAnswer(shown, confidence, None if first is None else (first - began) * 1_000, total_ms, *counts)


def request_of(hole: Hole, typed: str, trigger: Trigger, window: PromptWindow) -> CompletionRequest:
    """Return the editor's request for a hole into which `typed` (part of a line) was typed already."""
    before, after = window.prefix_chars, window.suffix_chars
    prefix = hole.prefix + typed
    return CompletionRequest(
        document=Document(f"file:///{hole.path}", path=hole.path),
        position=Position(hole.row, hole.column + len(typed)),
        prefix=prefix[-before:] if before else "",
        suffix=hole.suffix[:after],
        trigger=trigger,
        prefix_is_whole=hole.prefix_is_whole and len(prefix) <= before,
        suffix_is_whole=hole.suffix_is_whole and len(hole.suffix) <= after,
    )


def estimate_tokens(text: str) -> int:
    """Return about how many tokens a piece of source code is."""
    return round(len(text.encode("utf-8", "replace")) / BYTES_PER_TOKEN)


def _count_tokens(usage: Usage | None, context: Context, said: str) -> tuple[int, int, bool]:
    if usage is not None:
        return usage.prompt_tokens, usage.completion_tokens, False
    return estimate_tokens(context.prefix + context.suffix), estimate_tokens(said), True
