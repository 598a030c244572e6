"""Answers of the FIM server: completions, the chunks of a stream and the list of models, as Mistral's API has them.

Pure. Source: Mistral's OpenAPI document, and what the official client insists on (`type: base` in a model's card, a
`finish_reason` in every choice).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from attrs import field, frozen

from fim_language_server.web.fim_request import ALIASES, MODEL, FimRequest

CONTEXT_TOKENS: Final = 32_000
"""Tokens of context that the server states. The model takes any length, and reads some thousand around the cursor."""

_BYTES_PER_TOKEN: Final = 3.2
"""Of source code with Mistral's tokenizer."""

_WORD: Final = re.compile(r"\s*\w+|\s*[^\w\s]+|\s+")
"""A word with the space before it: what a chunk of a stream holds, and what counts as a token of an answer."""


@frozen
class FimAnswer:
    """Completion for a request: words, and the reason for their end (`stop` or `length`)."""

    words: tuple[str, ...] = field(repr=False)
    reason: str = "stop"

    @property
    def text(self) -> str:
        """All of it."""
        return "".join(self.words)


@frozen
class Head:
    """Fields at the beginning of all parts of one answer; `created` in seconds since 1970."""

    id: str
    model: str
    created: int


def make_answer(question: FimRequest, text: str) -> FimAnswer:
    """Return the model's text as far as stop texts and token limit let it go."""
    ends = [place for stop in question.stops if (place := text.find(stop)) >= 0]
    words = tuple(_WORD.findall(text[: min(ends)] if ends else text))
    if question.max_tokens is not None and len(words) > question.max_tokens:
        return FimAnswer(words[: question.max_tokens], "length")
    return FimAnswer(words)


def whole_body(head: Head, question: FimRequest, answer: FimAnswer) -> dict[str, Any]:
    """Return the body of an answer that is not streamed."""
    message = {"role": "assistant", "content": answer.text, "tool_calls": None, "prefix": False}
    choice = {"index": 0, "message": message, "finish_reason": answer.reason}
    return {**_head(head, "chat.completion"), "choices": [choice], "usage": usage_of(question, answer)}


def chunk_bodies(head: Head, question: FimRequest, answer: FimAnswer) -> Iterator[dict[str, Any]]:
    """Yield the chunks of a stream: a role, then word by word; the last one has the reason and the usage."""
    yield _chunk(head, {"role": "assistant", "content": ""}, None)
    for word in answer.words[:-1]:
        yield _chunk(head, {"content": word}, None)
    last = _chunk(head, {"content": "".join(answer.words[-1:])}, answer.reason)
    yield {**last, "usage": usage_of(question, answer)}


def usage_of(question: FimRequest, answer: FimAnswer) -> dict[str, int]:
    """Return the usage in tokens: the prompt's by its size, the answer's by its words. Neither costs anything."""
    size = len((question.prefix + question.suffix).encode("utf-8", "replace"))
    prompt, completion = round(size / _BYTES_PER_TOKEN), len(answer.words)
    return {"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion}


def models_body(created: int) -> dict[str, Any]:
    """Return what `GET /v1/models` answers: a card for each name."""
    return {"object": "list", "data": [model_card(name, created) for name in (MODEL, *ALIASES)]}


def model_card(name: str, created: int) -> dict[str, Any]:
    """Return the card of the model under one of its names."""
    capabilities = {"completion_fim": True, "completion_chat": False, "function_calling": False, "fine_tuning": False,
                    "vision": False, "classification": False}  # fmt: skip
    return {
        "id": name,
        "object": "model",
        "created": created,
        "owned_by": "fim-language-server",
        "type": "base",
        "name": MODEL,
        "description": "Copies what stands elsewhere in the workspace; no network",
        "aliases": _others(name, (MODEL, *ALIASES)),
        "capabilities": capabilities,
        "max_context_length": CONTEXT_TOKENS,
        "default_model_temperature": 0.0,
        "deprecation": None,
        "deprecation_replacement_model": None,
    }


def _others(name: str, names: Sequence[str]) -> list[str]:
    return [other for other in names if other != name]


def _chunk(head: Head, delta: Mapping[str, str], reason: str | None) -> dict[str, Any]:
    choice = {"index": 0, "delta": delta, "finish_reason": reason}
    return {**_head(head, "chat.completion.chunk"), "choices": [choice]}


def _head(head: Head, kind: str) -> dict[str, Any]:
    return {"id": head.id, "object": kind, "created": head.created, "model": head.model}
