"""Reading of APIs that answer with `choices`: events of a stream, whole bodies, the list of models. Pure.

Mistral's FIM API and OpenAI's completions are two dialects of one form. Hosts differ, so all variants are read:
`content` is a string, null or a list of typed parts; some hosts send `choices[0].text`; the last text may be in the
chunk that has the finish reason.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import evolve

from fim_language_server.core.values import Chunk, Usage
from fim_language_server.errors import StreamError
from fim_language_server.providers.base import ModelCard
from fim_language_server.providers.replies.event_errors import NULL_CONTENT, ReportedError, UnreadableEventError
from fim_language_server.providers.replies.wire_text import brief, identifier, parse_object


def read_event(provider: str, label: str, data: str) -> Chunk | None:
    """Return the chunk in one event's data, or in a whole body; None where it adds nothing. Choice 0 is the answer.

    An empty text is a `Chunk` without text. An answer that ends with `null` in place of a text has the silence
    NULL_CONTENT. `label` names the host in messages. Raises ReportedError for an error reported inside a response of
    status 200, UnreadableEventError for data that is no JSON object, and StreamError for a broken event.
    """
    event = parse(provider, label, data)
    usage = _read_usage(event.get("usage"), event.get("timings"))
    choice = _answering_choice(event)
    content, reason = _find_content(choice), choice.get("finish_reason")
    reason = reason if isinstance(reason, str) and reason else None
    if reason == "error":
        raise broken_off(provider, label, "")
    if not (content is _ABSENT or content is None or isinstance(content, str | list)):
        raise broken_event(provider, label)
    text, is_null = _text_of(content), reason is not None and content is None
    if not isinstance(content, str | list) and reason is None and usage is None:
        return None
    return Chunk(text, reason, usage, silence=NULL_CONTENT if is_null else "")


def read_models(provider: str, label: str, body: str) -> tuple[ModelCard, ...]:
    """Return the models of the list `body`; aliases count as models. Raises StreamError where it is no list."""
    cards = _object(provider, label, body).get("data")
    if not isinstance(cards, list):
        raise StreamError(provider, f"{label} answered with something else than a list of models.")
    return tuple(card for entry in cards if isinstance(entry, dict) for card in _read_cards(entry))


def _object(provider: str, label: str, data: str) -> Mapping[str, Any]:
    event = parse_object(data)
    if not event:
        is_broken = data.lstrip().startswith("{") and data.strip().strip("{} \t")
        raise broken_event(provider, label) if is_broken else no_completion(provider, label)
    return event


def no_completion(provider: str, label: str) -> UnreadableEventError:
    """Return the error for an event that is no completion, and no part of one."""
    return UnreadableEventError(provider, _NOT_A_COMPLETION.format(label))


def broken_event(provider: str, label: str) -> StreamError:
    """Return the error for a broken event: the text would lack the piece that it should have held."""
    return StreamError(provider, _NOT_A_COMPLETION.format(label))


_NOT_A_COMPLETION = "{} sent something that is not a completion; type on to try again."


def parse(provider: str, label: str, data: str) -> Mapping[str, Any]:
    """Return one event, or a whole body, as an object.

    Raises UnreadableEventError for data that is no JSON object, and ReportedError for an error that it reports.
    """
    event = _object(provider, label, data)
    if _is_error(event):
        raise broken_off(provider, label, _kind_of_error(event), _words_of_error(event), _status_of_error(event))
    return event


def broken_off(provider: str, label: str, kind: str, words: str = "", status: int = 0) -> ReportedError:
    """Return the error for an answer that ends with an error; `kind` is its type, "" where unknown."""
    named = f" ({kind})" if kind else ""
    sentence = f"{label} broke off its answer with an error{named}; type on to try again."
    return ReportedError(provider, sentence, words=words, status=status)


def _kind_of_error(event: Mapping[str, Any]) -> str:
    inner = _inner_error(event)
    names = (identifier(inner.get(name)) for name in ("type", "status", "code"))
    return next((name for name in names if name), "")


def _words_of_error(event: Mapping[str, Any]) -> str:
    # `transport` checks whether they quote the prompt, because it knows what was sent.
    error, inner = event.get("error"), _inner_error(event)
    candidates = (error, inner.get("message"), inner.get("detail"))
    return next((text for text in candidates if isinstance(text, str) and text), "")


def _status_of_error(event: Mapping[str, Any]) -> int:
    """Return the HTTP status that an error names; 0 where it names none."""
    inner = _inner_error(event)
    for name in ("code", "status", "status_code"):
        value = inner.get(name)
        number = int(value) if isinstance(value, str) and value.isdecimal() and len(value) == 3 else value
        if isinstance(number, int) and not isinstance(number, bool) and 400 <= number <= 599:
            return number
    return 0


def _inner_error(event: Mapping[str, Any]) -> Mapping[str, Any]:
    error = event.get("error")
    return error if isinstance(error, dict) else event


def _is_error(event: Mapping[str, Any]) -> bool:
    if event.get("choices"):
        return False
    return bool(event.get("error")) or str(event.get("object")).lower() == "error"


def _answering_choice(event: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the choice of index 0, or the first that has no index; an empty one where there is none."""
    choices = event.get("choices")
    for choice in choices if isinstance(choices, list) else []:
        if isinstance(choice, dict) and choice.get("index") in (0, None, "0"):
            return choice
    return {}


_ABSENT: Any = object()


def _find_content(choice: Mapping[str, Any]) -> Any:
    """Return the value in the place of the text, of any type; `_ABSENT` where the choice has no such place."""
    messages = choice.get("messages")
    last = messages[-1] if isinstance(messages, list) and messages else None
    for holder in (choice.get("delta"), choice.get("message"), last):
        if isinstance(holder, dict) and "content" in holder:
            return holder["content"]
    return choice.get("text", _ABSENT)


def _text_of(content: Any) -> str:
    if isinstance(content, list):
        return "".join(_text_of(part.get("text")) for part in content if isinstance(part, dict))
    return content if isinstance(content, str) else ""


def _read_usage(usage: Any, timings: Any) -> Usage | None:
    """Return the tokens of an event. Cached ones have another name with most hosts; llama.cpp's are in `timings`."""
    if not isinstance(usage, dict):
        return None
    details = usage.get("prompt_tokens_details") or usage.get("prompt_token_details")
    inner = details.get("cached_tokens") if isinstance(details, dict) else None
    counts = (inner, *(usage.get(name) for name in ("num_cached_tokens", "cached_tokens", "prompt_cache_hit_tokens")))
    reused = timings.get("cache_n") if isinstance(timings, dict) else None
    prompt = count(usage.get("prompt_tokens"))
    cached = min(prompt, max(map(count, (*counts, reused))))
    return Usage(prompt, count(usage.get("completion_tokens")), cached)


def count(value: Any) -> int:
    """Return `value` if it is a positive integer, else 0."""
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
        retires_on=brief(_text_of(entry.get("deprecation"))),
        replacement=brief(_text_of(entry.get("deprecation_replacement_model"))),
    )
    return [evolve(card, id=name) for name in names if isinstance(name, str)]
