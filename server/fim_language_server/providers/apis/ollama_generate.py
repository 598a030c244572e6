"""Ollama's `POST /api/generate`. Pure.

A model whose template has a place for the suffix (capability `insert`) fills in itself. Any other model is sent a
prompt by the template of its family, with `raw`, which bypasses Ollama's own template. So is a request whose prefix
or suffix is empty: Ollama answers an empty prompt by loading the model only, and takes an empty suffix for a chat.
So is one with snippets, for which Ollama's template has no place.
Of a prompt longer than the context only the last tokens are read, without an error.
Source: docs/api.md and server/routes.go of Ollama.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from attrs import evolve, frozen

from fim_language_server.core.prompt import (
    AUTO,
    NO_TEMPLATE,
    FimTemplate,
    choose_template,
    family_of,
    prefix_with_files,
    render_prompt,
    stops_with,
)
from fim_language_server.core.values import Chunk, Context, Usage
from fim_language_server.errors import RequestRejectedError, SettingsError, StreamError
from fim_language_server.providers.apis.token_windows import (
    answer_share,
    estimate_tokens,
    first_tokens,
    last_tokens,
    least_bytes_per_token,
    snippets_that_fit,
)
from fim_language_server.providers.apis.wire_api import WireApi, without_none
from fim_language_server.providers.base import (
    Framing,
    HttpRequest,
    ModelCard,
    Probe,
    ProbeReply,
    RequestOptions,
    ServerFacts,
)
from fim_language_server.providers.host_limits import (
    CutUnit,
    Kept,
    SilentCut,
)
from fim_language_server.providers.hosts.endpoints import sibling
from fim_language_server.providers.replies import choice_events
from fim_language_server.providers.replies.wire_text import parse_object, well_formed

PATH = "/api/generate"

LEAST_CONTEXT: Final = 4096
"""The smallest context in tokens that is requested. Ollama cuts a longer prompt silently, and loads the model anew
for another size of the context: so few sizes are requested."""

_SILENT_CUTS: Final = (
    SilentCut(("prompt", "suffix"), LEAST_CONTEXT, CutUnit.TOKENS, Kept.END, limit_field="options.num_ctx"),
)

_MARKS_TOKENS: Final = 32
"""Tokens reserved for the marks between the parts, and for names of files."""


@frozen
class OllamaGenerate(WireApi):
    """Ollama, on this machine or anywhere."""

    name: str = "ollama"
    label: str = "Ollama"
    url: str = "http://127.0.0.1:11434"
    path: str = PATH
    models_path: str = "/api/tags"
    ignored_suffix: str = "/v1"
    api_key_env: str | None = "OLLAMA_API_KEY"
    default_model: str = "qwen2.5-coder:1.5b-base"
    description: str = "Ollama on this machine, or anywhere"
    model_remedy: str = "run `ollama pull {model}`, or set provider.model to one that `ollama list` shows"
    fim_remedy: str = "set provider.template to the model's family, or provider.model to one that can `insert`"
    accepted_options: frozenset[str] = frozenset({"temperature", "top_p", "stop", "random_seed"})
    framing: Framing = Framing.NDJSON
    end_mark: str = ""  # a line of `"done": true` ends a stream
    silent_cuts: tuple[SilentCut, ...] = _SILENT_CUTS

    def probes(self, url: str, options: RequestOptions) -> tuple[Probe, ...]:
        """Return a probe for the abilities of the model."""
        return (Probe(sibling(url, PATH, "/api/show"), {"model": options.model or self.default_model}),)

    def read_facts(self, options: RequestOptions, replies: Sequence[ProbeReply]) -> ServerFacts:
        """Return capabilities and context size. Raises ProviderError where the server does not have the model."""
        (reply,) = replies
        if reply.status != 200:
            raise self.read_error(reply.status, reply.headers, reply.body, reply.summary)
        described = parse_object(reply.body)
        capabilities, model_info = described.get("capabilities"), described.get("model_info")
        sizes = model_info if isinstance(model_info, dict) else {}
        context = max(
            (choice_events.count(size) for key, size in sizes.items() if key.endswith(".context_length")), default=0
        )
        if not isinstance(capabilities, list):
            return ServerFacts(None, context or None, finding="this Ollama does not tell what the model can do")
        fills_in = "insert" in capabilities
        finding = "the model fills in itself (insert)" if fills_in else "the model has no template of its own (insert)"
        return ServerFacts(fills_in, context or None, thinks="thinking" in capabilities, finding=finding)

    def sent_context(self, context: Context, options: RequestOptions) -> Context:
        """Return the context cut to what the model has room for: the windows first, and the first snippets that fit."""
        if not (n_context := options.facts.context_tokens):
            return context
        per_token = least_bytes_per_token(context.prefix + context.suffix)
        room = n_context - answer_share(n_context, options.max_tokens or 128) - min(_MARKS_TOKENS, n_context // 8)
        suffix_room = min(n_context // 3, max(room // 4, room - estimate_tokens(context.prefix, per_token)))
        suffix = first_tokens(context.suffix, suffix_room, per_token)
        prefix = last_tokens(context.prefix, room - estimate_tokens(suffix, per_token), per_token)
        left = room - estimate_tokens(suffix, per_token) - estimate_tokens(prefix, per_token)
        snippets = tuple(snippets_that_fit(context.snippets, left, per_token))
        return evolve(context, prefix=prefix, suffix=suffix, snippets=snippets)

    def build_request(self, url: str, context: Context, options: RequestOptions) -> HttpRequest:
        """Return the request. Raises RequestRejectedError where a template is needed and none is known."""
        model, context = options.model or self.default_model, self.sent_context(context, options)
        template = self._template(context, options, model)
        suffix, stops = well_formed(context.suffix), options.stop
        if template is None:
            prompt = well_formed(prefix_with_files(family_of(model), context))
        else:
            prompt, suffix = well_formed(render_prompt(template, context)), ""
            stops = stops_with(template, stops)
        settings = {
            "num_predict": options.max_tokens,
            "temperature": options.temperature,
            "top_p": options.top_p,
            "stop": [well_formed(text) for text in dict.fromkeys(stops)] or None,
            "seed": options.random_seed,
            "num_ctx": _context_size(context, prompt + suffix, options),
        }
        wanted: dict[str, Any] = {
            "model": model,
            "prompt": prompt or "\n",
            "suffix": None if template else suffix or "\n",
            "raw": True if template else None,
            "think": False if options.facts.thinks else None,
            "stream": options.stream,
            "options": without_none(settings),
        }
        return HttpRequest(url, without_none(wanted))

    def read_event(self, data: str) -> Chunk | None:
        """Return the chunk in one line, or in a whole body. Raises StreamError for an error, or no JSON."""
        event = choice_events.parse(self.name, self.label, data)
        response = event.get("response")
        if response is not None and not isinstance(response, str):
            raise choice_events.broken_event(self.name, self.label)
        text = response or ""
        if event.get("done") is not True:
            return None if response is None else Chunk(text)
        count = choice_events.count
        usage = Usage(count(event.get("prompt_eval_count")), count(event.get("eval_count")))
        reason = event.get("done_reason")
        return Chunk(text, reason if isinstance(reason, str) and reason else "stop", usage)

    def read_models(self, body: str) -> tuple[ModelCard, ...]:
        """Return the models of `GET /api/tags`, also by their names without `:latest`."""
        listed = parse_object(body).get("models")
        if not isinstance(listed, list):
            raise StreamError(self.name, f"{self.label} answered with something else than a list of models.")
        names = [entry["name"] for entry in listed if isinstance(entry, dict) and isinstance(entry.get("name"), str)]
        short = [name.removesuffix(":latest") for name in names]
        return tuple(ModelCard(name) for name in dict.fromkeys([*names, *short]))

    def _template(self, context: Context, options: RequestOptions, model: str) -> FimTemplate | None:
        """Return the template for prefix and suffix; None where Ollama puts them together."""
        if options.template == NO_TEMPLATE:
            return None
        if options.template == AUTO and options.facts.fills_in is not False:
            needs_template = context.snippets or not (context.prefix and context.suffix)
            return family_of(model) if needs_template else None
        try:
            return choose_template(model, options.template)
        except SettingsError as error:
            raise RequestRejectedError(self.name, str(error)) from None


def _context_size(context: Context, text: str, options: RequestOptions) -> int:
    """Return the size of the context to request for the prompt `text` of `context`.

    The suffix takes at most a third of it: if there are three times as many tokens as estimated, the end of the prefix
    is still read.
    """
    n_suffix = estimate_tokens(context.suffix, least_bytes_per_token(context.suffix))
    wanted = estimate_tokens(text, least_bytes_per_token(text)) + (options.max_tokens or 128)
    size = LEAST_CONTEXT
    while size < max(wanted, 3 * n_suffix):
        size *= 2
    return min(size, options.facts.context_tokens or size)
