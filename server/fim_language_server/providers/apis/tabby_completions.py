"""Tabby's `POST /v1/completions`. Pure.

A request has the text in segments, and its response is one piece: the API has no stream, no limit of tokens and no
stop texts. The server chooses the model. Source: the OpenAPI document of Tabby (tabby.tabbyml.com/api).
"""

from __future__ import annotations

from typing import Any

from attrs import frozen

from fim_language_server.core.values import Chunk, Context
from fim_language_server.providers.apis.wire_api import WireApi, without_none
from fim_language_server.providers.base import (
    Framing,
    HttpRequest,
    ModelCard,
    RequestOptions,
)
from fim_language_server.providers.replies import choice_events
from fim_language_server.providers.replies.wire_text import parse_object, well_formed


@frozen
class TabbyCompletions(WireApi):
    """A Tabby server."""

    name: str = "tabby"
    label: str = "Tabby"
    url: str = "http://127.0.0.1:8080"
    path: str = "/v1/completions"
    models_path: str = "/v1/health"
    api_key_env: str | None = "TABBY_API_KEY"
    default_model: str = ""  # the server was started with one
    description: str = "a Tabby server; the key is the token on its home page"
    key_hint: str = "Its home page shows your token."
    accepted_options: frozenset[str] = frozenset({"temperature", "random_seed"})
    framing: Framing = Framing.JSON
    end_mark: str = ""

    def build_request(self, url: str, context: Context, options: RequestOptions) -> HttpRequest:
        """Return the request, with the snippets as recently opened files."""
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
            "segments": without_none(segments),
            "temperature": options.temperature,
            "seed": options.random_seed,
        }
        return HttpRequest(url, without_none(wanted))

    def read_event(self, data: str) -> Chunk | None:
        """Return the completion in a whole body. Raises StreamError for an error, or no completion."""
        body = choice_events.parse(self.name, self.label, data)
        if not isinstance(body.get("choices"), list):
            raise choice_events.no_completion(self.name, self.label)
        chunk = choice_events.read_event(self.name, self.label, data)
        return Chunk(chunk.text if chunk else "", "stop", chunk.usage if chunk else None)

    def read_models(self, body: str) -> tuple[ModelCard, ...]:
        """Return the model in the response of `GET /v1/health`."""
        model = parse_object(body).get("model")
        return (ModelCard(model, completes_fim=True),) if isinstance(model, str) else ()
