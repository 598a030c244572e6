"""What a refusal of Mistral's FIM API means and what to do about it, in one sentence. Pure.

Five shapes of error bodies are about, from the API, its gateway and its older versions; all are read and none
is relied on. A server's own words are quoted only where they are short and echo nothing that was sent.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from attrs import frozen

from fim_language_server.errors import (
    AuthenticationError,
    ProviderError,
    RateLimitedError,
    RequestRejectedError,
    UnavailableError,
)
from fim_language_server.providers.base import Asked
from fim_language_server.providers.endpoints import shown
from fim_language_server.providers.response_headers import retry_after
from fim_language_server.providers.wire_text import brief, identifier, looks_like_a_page, parse_object, quote

RETIRED = {
    "codestral-2405": "codestral-latest",
    "codestral-2501": "codestral-latest",
    "codestral-mamba-2407": "codestral-latest",
}
"""Models that Mistral has switched off, and what to ask for instead (docs.mistral.ai, models)."""

_TOO_LONG = ("too long", "too large", "context length", "context window", "maximum context", "exceeds the maximum")

_SETTINGS = {
    "model": "model",
    "temperature": "temperature",
    "top_p": "topP",
    "max_tokens": "maxTokens",
    "min_tokens": "minTokens",
    "stop": "stop",
    "random_seed": "randomSeed",
    "stream": "stream",
}


@frozen
class Host:
    """What a message needs to know of the host that refused."""

    name: str
    label: str
    default_model: str
    key_hint: str


def setting_of(field: str) -> str:
    """Return the key of section `provider` that a field of the request comes from; "" if there is none."""
    return _SETTINGS.get(field, "")


def read_error(host: Host, status: int, headers: Mapping[str, str], body: str, asked: Asked) -> ProviderError:
    """Turn an error answer into one of our errors, with one sentence that says what to do."""
    wait = retry_after(headers)
    if looks_like_a_page(headers.get("content-type", ""), body) and status not in (401, 429):
        return UnavailableError(host.name, _page_sentence(host, status, asked), retry_after=wait)
    error = parse_object(body)
    said = quote(_api_message(error) if error else body, asked.withheld)
    if status == 401:
        return AuthenticationError(host.name, _key_sentence(host, asked))
    if status in (402, 403):
        return AuthenticationError(host.name, _permission_sentence(host, status, said, asked))
    if status == 429:
        return RateLimitedError(host.name, _limit_sentence(host, wait, error), retry_after=wait)
    if status == 408 or status >= 500:
        sentence = f"{host.label} is out of order ({status}); it is tried again by itself."
        return UnavailableError(host.name, sentence, retry_after=wait)
    if status == 404 and "model" not in _api_message(error).lower():
        # An address is the user's to mend, and does not mend itself.
        return RequestRejectedError(host.name, _no_api_sentence(host, asked))
    return RequestRejectedError(host.name, _rejection_sentence(host, status, error, said, asked))


def read_notices(headers: Mapping[str, str], asked: Asked) -> tuple[str, ...]:
    """Return what the user should know although all went well: a model that is about to be retired."""
    retires_on = brief(headers.get("x-model-deprecation-timestamp", ""))[:40]
    if not retires_on:
        return ()
    remedy = "set provider.model to a newer one, such as codestral-latest"
    return (f"The model {_model(asked)} will be retired ({retires_on}); {remedy}.",)


def _key_sentence(host: Host, asked: Asked) -> str:
    if not asked.key_source:
        return f"{host.label} asks for a key (401) and none was sent; set provider.apiKeyEnv to its variable."
    hint = f" {host.key_hint}" if host.key_hint else ""
    return f"{host.label} refused the key from {asked.key_source} (401); check it.{hint}"


def _permission_sentence(host: Host, status: int, said: str, asked: Asked) -> str:
    source = f" from {asked.key_source}" if asked.key_source else ""
    if status == 402:
        return f"{host.label} asks for payment (402); check the plan and spending limit of the key{source}."
    reason = f": {said}" if said else ""
    return (
        f"{host.label} does not let the key{source} use the model {_model(asked)} (403{reason}); "
        "choose another in provider.model, or a key whose workspace may use it."
    )


def _limit_sentence(host: Host, wait: float | None, error: Mapping[str, Any]) -> str:
    if any(word in _api_message(error).lower() for word in ("month", "quota", "billing", "credit")):
        return (
            f"{host.label}: the quota of this key is used up (429); check its plan, or set provider.kind to embedded."
        )
    until = "in a while" if wait is None else f"in {wait:.0f} s"
    return f"{host.label} takes no more requests for now (429); completion goes on {until}."


def _page_sentence(host: Host, status: int, asked: Asked) -> str:
    return (
        f"{host.label} answered with a web page instead of an API's answer ({status}) at {shown(asked.url)}; "
        "check provider.url, and whether a proxy or firewall stands between."
    )


def _no_api_sentence(host: Host, asked: Asked) -> str:
    return f"There is no FIM API at {shown(asked.url)} (404); check provider.url and provider.kind."


def _rejection_sentence(host: Host, status: int, error: Mapping[str, Any], said: str, asked: Asked) -> str:
    message, code = _api_message(error).lower(), identifier(error.get("code"))
    if status == 413 or any(words in message for words in _TOO_LONG):
        return f"The request is too long for {_model(asked)} ({status}); lower context.prefixChars and suffixChars."
    if code == "3051" or "fim is not enabled" in message:
        remedy = f'set provider.model to "{host.default_model}"'
        return f"The model {_model(asked)} cannot fill in the middle ({status}); {remedy}."
    if code == "1500" or error.get("type") == "invalid_model" or "invalid model" in message or status == 404:
        return _model_sentence(host, status, asked)
    if faults := list(_faults(error)):
        return _fault_sentence(host, status, faults, asked)
    reason = f": {said}" if said else ""
    return f"{host.label} refused the request ({status}{reason}); check the settings of section provider."


def _model_sentence(host: Host, status: int, asked: Asked) -> str:
    if RETIRED.get(asked.model) == host.default_model:
        return f'The model {_model(asked)} was retired ({status}); set provider.model to "{host.default_model}".'
    own = asked.model == host.default_model
    remedy = "one that completes FIM there" if own else f'"{host.default_model}", or another that completes FIM'
    return f"{host.label} does not know the model {_model(asked)} ({status}); set provider.model to {remedy}."


def _fault_sentence(host: Host, status: int, faults: list[tuple[str, str, str]], asked: Asked) -> str:
    field, kind, message = faults[0]
    setting = setting_of(field)
    name = f"provider.{setting}" if setting else f'the field "{field}"'
    said = quote(message, asked.withheld)
    if kind == "extra_forbidden" or "extra inputs" in message.lower():
        remedy = (
            f"unset provider.{setting}" if setting and setting != "model" else "check provider.kind and provider.url"
        )
        return f"{host.label} does not accept {name} ({status}); {remedy}."
    remedy = "change it" if setting else "check provider.kind and provider.url"
    return f"{host.label} refused {name} ({status}{f': {said}' if said else ''}); {remedy}."


def _faults(error: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Yield (field, type, message) from a 422, whose list of faults is found in three places."""
    message = error.get("message")
    inner = message.get("detail") if isinstance(message, dict) else None
    for faults in (error.get("detail"), inner, message):
        for fault in faults if isinstance(faults, list) else []:
            place = fault.get("loc") if isinstance(fault, dict) else None
            names = [identifier(part) for part in place] if isinstance(place, list) else []
            fields = [name for name in names if name and name != "body" and not name.isdecimal()]
            if fields:
                yield fields[0], identifier(fault.get("type")), str(fault.get("msg") or "")


def _api_message(error: Mapping[str, Any]) -> str:
    """Return an error's own words, from wherever its shape keeps them."""
    inner = error.get("error")
    for holder in (error, inner if isinstance(inner, dict) else {}):
        for name in ("message", "detail", "error_description", "title"):
            if isinstance(value := holder.get(name), str):
                return value
    return inner if isinstance(inner, str) else ""


def _model(asked: Asked) -> str:
    return f'"{brief(asked.model)}"' if asked.model else "asked for"
