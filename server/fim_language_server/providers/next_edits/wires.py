"""The two APIs that next edits are asked over. Pure.

The prompt is the prefix of the transport's context, and is sent word for word.

`/v1/completions` is that of OpenAI, which llama.cpp, vLLM, Ollama and others speak. `/v1/edit/completions` is
Inception's; it takes one message and does not stream (docs.inceptionlabs.ai).
"""

from __future__ import annotations

from typing import Any

from attrs import evolve, frozen

from fim_language_server.core.values import Context
from fim_language_server.providers.apis.openai_completions import OpenAiCompletions
from fim_language_server.providers.apis.openai_probes import OpenAiProbes, Probing
from fim_language_server.providers.apis.wire_api import WireApi
from fim_language_server.providers.base import NOTHING_KNOWN, Framing, HttpRequest, RequestOptions
from fim_language_server.providers.next_edits.profile import EditProfile, EditWire
from fim_language_server.providers.replies.error_replies import RefusingHost
from fim_language_server.providers.replies.wire_text import well_formed


@frozen
class EditCompletions(OpenAiCompletions):
    """A server of OpenAI's completions that runs a model for next edits."""

    def build_request(self, url: str, context: Context, options: RequestOptions) -> HttpRequest:
        """Return the request: the prompt as it is, and the texts that end the answer."""
        facts = options.facts
        streams = options.stream if facts.streams is None else facts.streams
        wanted: dict[str, Any] = {
            "model": options.model or self.default_model,
            "prompt": well_formed(context.prefix),
            "max_tokens": facts.max_tokens or options.max_tokens,
            "temperature": options.temperature,
            "stop": list(options.stop) or None,
            "stream": streams,
            "stream_options": {"include_usage": True} if streams else None,
        }
        sent = self.fields - facts.refused_fields
        return HttpRequest(url, {name: value for name, value in wanted.items() if value is not None and name in sent})

    def probe_in_turn(self, url: str, options: RequestOptions, *, has_refused: bool) -> Probing:
        """Probe a server that has refused a request: it may not know one of the fields."""
        if not has_refused:
            return NOTHING_KNOWN
        model = options.model or self.default_model
        return (yield from OpenAiProbes(self, url, evolve(options, model=model), has_refused).run())

    def refusing_host(self, url: str) -> RefusingHost:
        """Return what messages say of the host; the remedy for a model that it does not have is `doctor`."""
        remedy = "set provider.model to one that it has: `fim-language-server doctor` lists them"
        return evolve(super().refusing_host(url), model_remedy=remedy)


@frozen
class EditMessages(WireApi):
    """Inception's endpoint for edits."""

    path: str = "/v1/edit/completions"
    models_path: str = "/v1/models"
    framing: Framing = Framing.JSON

    def build_request(self, url: str, context: Context, options: RequestOptions) -> HttpRequest:
        """Return the request with its one message."""
        body = {
            "model": options.model or self.default_model,
            "messages": [{"role": "user", "content": well_formed(context.prefix)}],
            "max_tokens": options.max_tokens,
        }
        return HttpRequest(url, {name: value for name, value in body.items() if value is not None})


def wire_of(profile: EditProfile) -> EditMessages | EditCompletions:
    """Return the API that a profile's models are asked over, as a provider for the transport."""
    api: type[EditMessages | EditCompletions]
    api = EditMessages if profile.wire is EditWire.EDITS else EditCompletions
    return api(
        name=profile.name,
        label="Inception" if profile.wire is EditWire.EDITS else "The server of next edits",
        url=profile.url,
        api_key_env=profile.api_key_env,
        default_model=profile.model,
        description=profile.description,
        keeps_prompts=profile.wire is EditWire.COMPLETIONS,
    )
