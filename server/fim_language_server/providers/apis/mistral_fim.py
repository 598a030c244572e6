"""Mistral's FIM API, `POST …/v1/fim/completions`. Pure.

Several hosts speak it; each is an entry in the registry. Its schema forbids additional fields, hence the list of
accepted fields for each host. Source: docs.mistral.ai/api (fim).
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from attrs import frozen

from fim_language_server.core.values import Context, Started
from fim_language_server.providers.apis import option_warnings
from fim_language_server.providers.apis.wire_api import WireApi
from fim_language_server.providers.base import (
    AlternateHost,
    HttpRequest,
    RequestOptions,
    RequestSummary,
)
from fim_language_server.providers.hosts.endpoints import host_of
from fim_language_server.providers.replies import error_replies
from fim_language_server.providers.replies.response_headers import read_limits
from fim_language_server.providers.replies.wire_text import well_formed

OPTIONAL_FIELDS = ("temperature", "top_p", "max_tokens", "min_tokens", "stop", "random_seed")

FIELDS = frozenset(["prompt", "suffix", "model", "stream", *OPTIONAL_FIELDS])
"""Fields that all hosts of the API accept. The business API also knows `metadata`, which is not needed here."""

CACHE_HOST = "api.mistral.ai"
"""The host that accepts `prompt_cache_key`, and bills cached tokens at a tenth. A mirror may refuse the field."""

RETIRED = (
    ("codestral-2405", "codestral-latest"),
    ("codestral-2501", "codestral-latest"),
    ("codestral-mamba-2407", "codestral-latest"),
)
"""Models that Mistral has switched off, each with its replacement (docs.mistral.ai, models)."""

MAX_STOPS = 8
"""The most stop texts that are sent. The API states no limit; other servers of it refuse long lists."""

SNIPPET_MARK = "+++++ "
"""The mark before the path of a file: Codestral was trained with several files, each under such a line."""


@frozen
class MistralFim(WireApi):
    """One host of Mistral's FIM API. `{region}` in its URL is filled from `provider.region`."""

    path: str = "/v1/fim/completions"
    models_path: str = "/v1/models"
    default_region: str = ""
    fields: frozenset[str] = FIELDS
    """The fields of a request that the host accepts."""
    max_temperature: float = 1.5
    empty_suffix: str = ""
    """The suffix that is sent where nothing follows the cursor."""
    alternate_host: AlternateHost | None = None

    def endpoint(self, base_url: str, region: str = "", project: str = "") -> str:
        """Return the full URL to post to. Raises SettingsError where `base_url` is no http(s) URL, or is missing."""
        base = base_url.strip() or self.url
        return super().endpoint(base.replace("{region}", region or self.default_region))

    def alternate_host_of(self, url: str) -> AlternateHost | None:
        """Return the vendor's other host, for a key that `url` refuses; None for an address of the user's own."""
        return self.alternate_host if self.alternate_host and url == self.endpoint("") else None

    def build_request(self, url: str, context: Context, options: RequestOptions) -> HttpRequest:
        """Return the request, of fields that the host accepts; the suffix is sent even if it is empty."""
        wanted: dict[str, Any] = {
            "model": options.model or self.default_model,
            "prompt": render_prompt(context),
            "suffix": well_formed(context.suffix) or self.empty_suffix,
            "stream": options.stream,
            "temperature": None if options.temperature is None else min(options.temperature, self.max_temperature),
            "top_p": options.top_p,
            "max_tokens": options.max_tokens,
            "min_tokens": _min_tokens(options),
            "stop": _stops(context, options) or None,
            "random_seed": options.random_seed,
            "prompt_cache_key": cache_key(context) if host_of(url) == CACHE_HOST else None,
        }
        body = {name: value for name, value in wanted.items() if value is not None and name in self.fields}
        return HttpRequest(url, body)

    def option_warnings(self, options: RequestOptions) -> tuple[str, ...]:
        """Return a sentence for each option that the host does not accept as it is set."""
        warnings = list(option_warnings.temperature_too_high(self.label, options, self.max_temperature))
        if _min_tokens(options) != options.min_tokens:
            warnings.append("provider.minTokens is above provider.maxTokens; the lower of the two is sent for both.")
        warnings += option_warnings.too_many_stops(options, MAX_STOPS)
        return (*warnings, *option_warnings.not_accepted(self.label, options, self.fields))

    def read_started(self, headers: Mapping[str, str], summary: RequestSummary) -> Started:
        """Return rate limits, and a notice where the model is about to be retired."""
        return Started(error_replies.read_notices(headers, summary, self.default_model), read_limits(headers))


def render_prompt(context: Context) -> str:
    """Return the prefix, below the snippets of other files if there are any."""
    if not context.snippets:
        return well_formed(context.prefix)
    parts = [f"{_head(snippet.path)}{snippet.text}\n\n" for snippet in context.snippets]
    return well_formed("".join([*parts, _head(context.path), context.prefix]))


def _head(path: str) -> str:
    # A line end in a file's name would let the name begin a file, or a text, of its own.
    return f"{SNIPPET_MARK}{' '.join((path or 'untitled').split())}\n"


def cache_key(context: Context) -> str:
    """Return a hash of the document's path: requests for one document share the beginning of their prompts."""
    return hashlib.blake2b(context.path.encode("utf-8", "replace"), digest_size=12).hexdigest()


def _stops(context: Context, options: RequestOptions) -> list[str]:
    snippet_stop = ("\n" + SNIPPET_MARK,) if context.snippets else ()
    texts = (well_formed(text) for text in (*snippet_stop, *options.stop) if text)
    return list(dict.fromkeys(texts))[:MAX_STOPS]


def _min_tokens(options: RequestOptions) -> int | None:
    if options.min_tokens is None or options.max_tokens is None:
        return options.min_tokens
    return min(options.min_tokens, options.max_tokens)
