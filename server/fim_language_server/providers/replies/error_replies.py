"""Responses that refuse a request: the error that each means, with its remedy in one sentence. Pure.

Error bodies have a dozen shapes, from the APIs, their gateways and their older versions: `{"message": …}`,
`{"detail": …}`, `{"error": "…"}`, `{"error": {"message": …}}`, and lists of faults in three places. All are read, none
is required. A server's own words are quoted only where they are short and echo nothing that was sent.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from attrs import field, frozen

from fim_language_server.core.shown_values import as_shown
from fim_language_server.errors import (
    AuthenticationError,
    ProviderError,
    RateLimitedError,
    RequestRejectedError,
    TooLongError,
    UnavailableError,
)
from fim_language_server.providers.base import RequestSummary
from fim_language_server.providers.hosts.endpoints import is_loopback, shown
from fim_language_server.providers.replies.gateway_errors import gateway_error
from fim_language_server.providers.replies.response_headers import reset_after, retry_after
from fim_language_server.providers.replies.wire_text import brief, identifier, looks_like_a_page, parse_object, quote

_TOO_LONG = (
    "too long",
    "too large",
    "context length",
    "context window",
    "context size",
    "maximum context",
    "exceeds the maximum",
)
_NO_SUFFIX = ("does not support insert", "infill is not supported", "suffix is not", "unsupported param: suffix")

_SETTINGS = {
    "model": "model",
    "temperature": "temperature",
    "top_p": "topP",
    "max_tokens": "maxTokens",
    "min_tokens": "minTokens",
    "stop": "stop",
    "random_seed": "randomSeed",
    "seed": "randomSeed",
    "n_predict": "maxTokens",
    "num_predict": "maxTokens",
    "stream": "stream",
}


@frozen
class RefusingHost:
    """The host that refused a request, with what its messages say of it."""

    name: str
    label: str
    default_model: str
    key_hint: str = ""
    retired: Mapping[str, str] = field(factory=dict)  # models that are switched off, each with its replacement
    model_remedy: str = ""  # the remedy for a model that the host does not have; `{model}` is its name
    fim_remedy: str = ""  # the remedy for a model that cannot fill in the middle


def setting_of(name: str) -> str:
    """Return the setting of section `provider` that the request's field `name` comes from; "" if there is none."""
    return _SETTINGS.get(name, "")


def read_error(
    host: RefusingHost, status: int, headers: Mapping[str, str], body: str, summary: RequestSummary
) -> ProviderError:
    """Return the error for a response that refuses a request, in one sentence that names the remedy."""
    wait = retry_after(headers)
    if wait is None and status == 429:
        wait = reset_after(body, headers)
    if looks_like_a_page(headers.get("content-type", ""), body) and status not in (401, 429):
        return UnavailableError(host.name, _page_sentence(host, status, summary), retry_after=wait)
    error = parse_object(body)
    quoted = quote(_api_message(error) if error else body, summary.confidential)
    own = gateway_error(host.name, host.label, status, _api_message(error), _kinds(error), quoted, summary)
    if own is not None:
        return own
    if status == 401:
        return AuthenticationError(host.name, _key_sentence(host, summary))
    if status in (402, 403):
        return AuthenticationError(host.name, _permission_sentence(host, status, quoted, summary))
    if status == 429:
        return RateLimitedError(host.name, _limit_sentence(host, wait, error), retry_after=wait)
    if status == 408 or (status >= 500 and status != 501):
        state = "is still loading its model" if "loading" in _api_message(error).lower() else "is out of order"
        sentence = f"{host.label} {state} ({status}); it is tried again by itself."
        return UnavailableError(host.name, sentence, retry_after=wait)
    if status in (404, 405) and "model" not in _api_message(error).lower():
        # Only the user can correct the address; the request is not retried.
        return RequestRejectedError(host.name, _no_api_sentence(host, status, summary))
    kind = TooLongError if _is_too_long(status, _api_message(error).lower()) else RequestRejectedError
    return kind(host.name, _rejection_sentence(host, status, error, quoted, summary))


def read_notices(headers: Mapping[str, str], summary: RequestSummary, newer: str) -> tuple[str, ...]:
    """Return a notice where the headers of a successful response announce that the model will be retired."""
    retires_on = brief(headers.get("x-model-deprecation-timestamp", ""))[:40]
    if not retires_on:
        return ()
    remedy = f"set provider.model to a newer one, such as {newer}"
    return (f"The model {_model(summary)} will be retired ({retires_on}); {remedy}.",)


def _key_sentence(host: RefusingHost, summary: RequestSummary) -> str:
    if not summary.key_source:
        return f"{host.label} asks for a key (401) and none was sent; set provider.apiKeyEnv to its variable."
    hint = f" {host.key_hint}" if host.key_hint else ""
    return f"{host.label} refused the key from {summary.key_source} (401); check it.{hint}"


def _permission_sentence(host: RefusingHost, status: int, quoted: str, summary: RequestSummary) -> str:
    source = f" from {summary.key_source}" if summary.key_source else ""
    if status == 402:
        return f"{host.label} asks for payment (402); check the plan and spending limit of the key{source}."
    reason = f": {quoted}" if quoted else ""
    return (
        f"{host.label} does not let the key{source} use the model {_model(summary)} (403{reason}); "
        "choose another in provider.model, or a key whose workspace may use it."
    )


def _limit_sentence(host: RefusingHost, wait: float | None, error: Mapping[str, Any]) -> str:
    message = _api_message(error).lower()
    if "minute" not in message and any(word in message for word in ("month", "quota", "billing", "credit")):
        return (
            f"{host.label}: the quota of this key is used up (429); check its plan, or set provider.kind to embedded."
        )
    until = "in a while" if wait is None else f"in {wait:.0f} s"
    return f"{host.label} takes no more requests for now (429); completion goes on {until}."


def _page_sentence(host: RefusingHost, status: int, summary: RequestSummary) -> str:
    return (
        f"{host.label} answered with a web page instead of an API's answer ({status}) at {shown(summary.url)}; "
        "check provider.url, and whether a proxy or firewall stands between."
    )


def _no_api_sentence(host: RefusingHost, status: int, summary: RequestSummary) -> str:
    return f"There is no FIM API at {shown(summary.url)} ({status}); check provider.url and provider.kind."


def _rejection_sentence(
    host: RefusingHost, status: int, error: Mapping[str, Any], quoted: str, summary: RequestSummary
) -> str:
    message, code = _api_message(error).lower(), identifier(error.get("code"))
    if _is_too_long(status, message):
        return f"The request is too long for {_model(summary)} ({status}); lower context.prefixChars and suffixChars."
    if (
        code == "3051"
        or "fim is not enabled" in message
        or status == 501
        or any(words in message for words in _NO_SUFFIX)
    ):
        remedy = host.fim_remedy or f'set provider.model to "{host.default_model}"'
        return f"The model {_model(summary)} cannot fill in the middle ({status}); {remedy}."
    if _is_about_the_model(status, error, message, code):
        return _model_sentence(host, status, summary)
    if faults := list(_faults(error)):
        return _fault_sentence(host, status, faults, summary)
    reason = f": {quoted}" if quoted else ""
    return f"{host.label} refused the request ({status}{reason}); check the settings of section provider."


def _is_too_long(status: int, message: str) -> bool:
    return status == 413 or any(words in message for words in _TOO_LONG)


def _is_about_the_model(status: int, error: Mapping[str, Any], message: str, code: str) -> bool:
    unknown = "invalid model" in message or "model not exist" in message or "model_not_found" in (code, *_kinds(error))
    return unknown or status == 404 or code == "1500" or error.get("type") == "invalid_model"


def _kinds(error: Mapping[str, Any]) -> tuple[str, ...]:
    inner = error.get("error")
    return tuple(identifier(inner.get(name)) for name in ("code", "type")) if isinstance(inner, dict) else ()


def _model_sentence(host: RefusingHost, status: int, summary: RequestSummary) -> str:
    if newer := host.retired.get(summary.model):
        return f'The model {_model(summary)} was retired ({status}); set provider.model to "{newer}".'
    if host.model_remedy:
        remedy = host.model_remedy.format(model=as_shown(summary.model))
        return f"{host.label} does not have the model {_model(summary)} ({status}); {remedy}."
    if is_loopback(summary.url):
        remedy = "set provider.model to one that it has: `fim-language-server doctor` lists them"
        return f"{host.label} does not know the model {_model(summary)} ({status}); {remedy}."
    own = summary.model == host.default_model
    remedy = "one that completes FIM there" if own else f'"{host.default_model}", or another that completes FIM'
    return f"{host.label} does not know the model {_model(summary)} ({status}); set provider.model to {remedy}."


def _fault_sentence(
    host: RefusingHost, status: int, faults: list[tuple[str, str, str]], summary: RequestSummary
) -> str:
    name, kind, message = faults[0]
    setting = setting_of(name)
    name = f"provider.{setting}" if setting else f'the field "{name}"'
    quoted = quote(message, summary.confidential)
    if kind == "extra_forbidden" or "extra inputs" in message.lower():
        remedy = (
            f"unset provider.{setting}" if setting and setting != "model" else "check provider.kind and provider.url"
        )
        return f"{host.label} does not accept {name} ({status}); {remedy}."
    remedy = "change it" if setting else "check provider.kind and provider.url"
    return f"{host.label} refused {name} ({status}{f': {quoted}' if quoted else ''}); {remedy}."


def _faults(error: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Yield (field, type, message) of each fault in a 422, whose list is in one of three places."""
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
    """Return an error's own words, from any of the shapes."""
    inner = error.get("error")
    for holder in (error, inner if isinstance(inner, dict) else {}):
        for name in ("message", "detail", "error_description", "title"):
            if isinstance(value := holder.get(name), str):
                return value
    return inner if isinstance(inner, str) else ""


def _model(summary: RequestSummary) -> str:
    return f'"{as_shown(summary.model)}"' if summary.model else "asked for"
