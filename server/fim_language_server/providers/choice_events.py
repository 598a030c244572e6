"""What APIs that answer with `choices` say: events of a stream, whole bodies, the list of models. Pure.

Mistral's FIM API and OpenAI's completions are two dialects of one form. Hosts differ in what they send, so this is
tolerant: `content` is a string, null or a list of typed parts; some
say `choices[0].text`; the last text may ride in the very chunk that carries the finish reason.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import evolve

from fim_language_server.core.values import Chunk, Usage
from fim_language_server.errors import StreamError
from fim_language_server.providers.base import ModelCard
from fim_language_server.providers.wire_text import brief, identifier, parse_object, well_formed


def read_event(provider: str, label: str, data: str) -> Chunk | None:
    """Read one event's data, or a whole body; None if it says nothing.

    Raises StreamError for an error told inside a 200 answer, and for what is no JSON object.
    """
    event = parse(provider, label, data)
    usage = _read_usage(event.get("usage"))
    choice = _first_choice(event)
    text, reason = _read_text(choice), choice.get("finish_reason")
    reason = reason if isinstance(reason, str) and reason else None
    if reason == "error":
        raise broken_off(provider, label, "")
    if not text and reason is None and usage is None:
        return None
    return Chunk(text, reason, usage)


def read_models(provider: str, label: str, body: str) -> tuple[ModelCard, ...]:
    """Read a list of models; aliases count as models. Raises StreamError where it is none."""
    cards = _object(provider, label, body).get("data")
    if not isinstance(cards, list):
        raise StreamError(provider, f"{label} answered with something else than a list of models.")
    return tuple(card for entry in cards if isinstance(entry, dict) for card in _read_cards(entry))


def _object(provider: str, label: str, data: str) -> Mapping[str, Any]:
    event = parse_object(data)
    if not event:
        raise StreamError(provider, f"{label} sent something that is not a completion; type on to try again.")
    return event


def parse(provider: str, label: str, data: str) -> Mapping[str, Any]:
    """Return one event, or a whole body, as an object. Raises StreamError for garbage, and for an error told in it."""
    event = _object(provider, label, data)
    if _is_error(event):
        raise broken_off(provider, label, _kind_of_error(event))
    return event


def broken_off(provider: str, label: str, kind: str) -> StreamError:
    """Return the error for an answer that ends with an error of this kind ("" where it does not say)."""
    said = f" ({kind})" if kind else ""
    return StreamError(provider, f"{label} broke off its answer with an error{said}; type on to try again.")


def _kind_of_error(event: Mapping[str, Any]) -> str:
    # Its words are not repeated: nothing here could tell whether they quote the prompt.
    error = event.get("error")
    inner = error if isinstance(error, dict) else event
    names = (identifier(inner.get(name)) for name in ("type", "status", "code"))
    return next((name for name in names if name), "")


def _is_error(event: Mapping[str, Any]) -> bool:
    if event.get("choices"):
        return False
    return bool(event.get("error")) or str(event.get("object")).lower() == "error"


def _first_choice(event: Mapping[str, Any]) -> Mapping[str, Any]:
    choices = event.get("choices")
    first = choices[0] if isinstance(choices, list) and choices else None
    return first if isinstance(first, dict) else {}


def _read_text(choice: Mapping[str, Any]) -> str:
    messages = choice.get("messages")
    last = messages[-1] if isinstance(messages, list) and messages else None
    for holder in (choice.get("delta"), choice.get("message"), last):
        if isinstance(holder, dict) and "content" in holder:
            return well_formed(_content(holder["content"]))
    return well_formed(_content(choice.get("text")))


def _content(content: Any) -> str:
    if isinstance(content, list):
        return "".join(_content(part.get("text")) for part in content if isinstance(part, dict))
    return content if isinstance(content, str) else ""


def _read_usage(usage: Any) -> Usage | None:
    if not isinstance(usage, dict):
        return None
    details = usage.get("prompt_tokens_details") or usage.get("prompt_token_details")
    inner = details.get("cached_tokens") if isinstance(details, dict) else None
    said = (inner, *(usage.get(name) for name in ("num_cached_tokens", "cached_tokens", "prompt_cache_hit_tokens")))
    cached = max(map(count, said))
    return Usage(count(usage.get("prompt_tokens")), count(usage.get("completion_tokens")), cached)


def count(value: Any) -> int:
    """Return `value` if it is a number of something; 0 for anything else."""
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else 0


def _read_cards(entry: Mapping[str, Any]) -> list[ModelCard]:
    capabilities = entry.get("capabilities")
    fim = capabilities.get("completion_fim") if isinstance(capabilities, dict) else None
    aliases = entry.get("aliases")
    names = dict.fromkeys([entry.get("id"), *(aliases if isinstance(aliases, list) else [])])
    card = ModelCard(
        id="",
        completes_fim=fim if isinstance(fim, bool) else None,
        context_tokens=count(entry.get("max_context_length")) or count(entry.get("max_model_len")) or None,
        retires_on=brief(_content(entry.get("deprecation"))),
        replacement=brief(_content(entry.get("deprecation_replacement_model"))),
    )
    return [evolve(card, id=name) for name in names if isinstance(name, str)]
