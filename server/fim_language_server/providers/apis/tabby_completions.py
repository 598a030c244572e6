"""Tabby's `POST /v1/completions`: how a request is phrased and what its answer means. Pure.

It is asked in segments and answers in one piece: there is no stream, no cap on tokens and no stop text to send.
Which model completes is the server's affair. Source: the OpenAPI document of Tabby (tabby.tabbyml.com/api).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import frozen

from fim_language_server.core.values import Chunk, Context, Started
from fim_language_server.errors import ProviderError
from fim_language_server.providers.apis import option_warnings as remarks
from fim_language_server.providers.base import (
    NO_LIMITS,
    Auth,
    Framing,
    HostLimits,
    HostWindow,
    HttpRequest,
    ModelCard,
    RequestOptions,
    RequestSummary,
)
from fim_language_server.providers.hosts.endpoints import full_endpoint, sibling
from fim_language_server.providers.replies import choice_events
from fim_language_server.providers.replies import error_replies as refusals
from fim_language_server.providers.replies.response_headers import read_limits
from fim_language_server.providers.replies.wire_text import parse_object, well_formed

PATH = "/v1/completions"


@frozen
class TabbyCompletions:
    """A Tabby server."""

    name: str = "tabby"
    label: str = "Tabby"
    url: str = "http://127.0.0.1:8080"
    api_key_env: str | None = "TABBY_API_KEY"
    default_model: str = ""  # the one it was started with
    description: str = "a Tabby server; the key is the token on its home page"
    limits: HostLimits = NO_LIMITS
    window: HostWindow | None = None
    auth: Auth = Auth.KEY
    framing: Framing = Framing.JSON

    def endpoint(self, base_url: str, region: str = "", project: str = "") -> str:
        """Return the full URL to post to. Raises SettingsError where `base_url` is no http(s) URL."""
        return full_endpoint(base_url.strip() or self.url, PATH)

    def models_url(self, url: str) -> str | None:
        """Return where the server tells its model."""
        return sibling(url, PATH, "/v1/health")

    def build_request(self, url: str, context: Context, options: RequestOptions) -> HttpRequest:
        """Phrase the request; snippets are what was recently opened."""
        snippets = [
            {"filepath": well_formed(snippet.path), "body": well_formed(snippet.text), "score": 1.0}
            for snippet in context.snippets
        ]
        segments = {
            "prefix": well_formed(context.prefix),
            "suffix": well_formed(context.suffix),
            "filepath": well_formed(context.path) or None,
            "relevant_snippets_from_recently_opened_files": snippets or None,
        }
        wanted: dict[str, Any] = {
            "language": context.language_id or None,
            "segments": {name: value for name, value in segments.items() if value is not None},
            "temperature": options.temperature,
            "seed": options.random_seed,
        }
        return HttpRequest(url, {name: value for name, value in wanted.items() if value is not None})

    def remarks(self, options: RequestOptions) -> tuple[str, ...]:
        """Say which options the server cannot take."""
        return remarks.not_taken(self.label, options, ("temperature", "random_seed"))

    def read_event(self, data: str) -> Chunk | None:
        """Read the whole body. Raises StreamError for an error, or what is no JSON."""
        body = choice_events.parse(self.name, self.label, data)
        if not isinstance(body.get("choices"), list):
            raise choice_events.no_completion(self.name, self.label)
        chunk = choice_events.read_event(self.name, self.label, data)
        return Chunk(chunk.text if chunk else "", "stop", chunk.usage if chunk else None)

    def is_end(self, data: str) -> bool:
        """Is this the end mark? There is none; the end of the body is the end."""
        return False

    def read_started(self, headers: Mapping[str, str], asked: RequestSummary) -> Started:
        """Read rate limits, should a proxy have some."""
        return Started(limits=read_limits(headers))

    def read_models(self, body: str) -> tuple[ModelCard, ...]:
        """Read the model from the answer of `GET /v1/health`."""
        model = parse_object(body).get("model")
        return (ModelCard(model, completes_fim=True),) if isinstance(model, str) else ()

    def read_error(
        self, status: int, headers: Mapping[str, str], body: str, asked: RequestSummary | None = None
    ) -> ProviderError:
        """Turn a refusal into one of our errors, with one sentence that says what to do."""
        hint = "Its home page shows your token."
        host = refusals.Host(self.name, self.label, "", hint)
        return refusals.read_error(host, status, headers, body, asked or RequestSummary())
