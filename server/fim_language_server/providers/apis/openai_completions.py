"""OpenAI's completions, `POST …/v1/completions`: how a request is phrased and what its answers mean. Pure.

The schema has a field for the suffix, and servers differ in what they make of it: some fill in the middle, some
refuse it, some take it and ignore it, which looks like an answer and is none. So a server that is not known is asked
first, with a short prompt and a long suffix: if it counts no more tokens than the prompt has, it has not read the
suffix. Where it does not, prefix and suffix are put together by the template of the model's family (core.prompt).
Sources: platform.openai.com (completions), api-docs.deepseek.com (FIM, beta).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import evolve, frozen

from fim_language_server.core.prompt import (
    AUTO,
    MOST_STOPS,
    NO_TEMPLATE,
    choose_template,
    prefix_with_files,
    render_prompt,
    stops_with,
)
from fim_language_server.core.values import Chunk, Context, Started
from fim_language_server.errors import ProviderError, RequestRejectedError, SettingsError
from fim_language_server.providers.apis import option_warnings as remarks
from fim_language_server.providers.apis.openai_probes import FirstQuestions, Questions
from fim_language_server.providers.base import (
    NO_LIMITS,
    NOTHING_KNOWN,
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
from fim_language_server.providers.replies.wire_text import well_formed

FIELDS = frozenset({"model", "prompt", "suffix", "max_tokens", "temperature", "top_p", "stop", "stream"})
"""What every server of the dialect knows; `seed` and `stream_options` are not among it."""

_NAMES = {"random_seed": "seed"}


@frozen
class OpenAiCompletions:
    """One host of OpenAI's completions, or any server that speaks them."""

    name: str
    label: str
    url: str
    api_key_env: str | None
    default_model: str
    description: str
    path: str = "/v1/completions"
    family: str = ""  # of all its models, where there is but one: other files are shown in the prefix as it knows them
    fields: frozenset[str] = FIELDS | {"seed", "stream_options"}
    max_stops: int = MOST_STOPS
    key_hint: str = ""
    retired: tuple[tuple[str, str], ...] = ()
    limits: HostLimits = NO_LIMITS
    window: HostWindow | None = None
    auth: Auth = Auth.KEY
    framing: Framing = Framing.SSE

    def endpoint(self, base_url: str, region: str = "", project: str = "") -> str:
        """Return the full URL to post to. Raises SettingsError where `base_url` is no http(s) URL."""
        return full_endpoint(base_url.strip() or self.url, self.path)

    def models_url(self, url: str) -> str | None:
        """Return where the host lists its models."""
        return sibling(url, "/beta/completions" if url.endswith("/beta/completions") else "/completions", "/models")

    def ask_in_turn(self, url: str, options: RequestOptions, *, is_doubted: bool) -> Questions:
        """Ask a server that is not the vendor's own whether it reads the suffix, and which fields it takes.

        Where the template is set, only one that has refused a completion is asked.
        """
        if url == self.endpoint("") or (options.template != AUTO and not is_doubted):
            return NOTHING_KNOWN
        model = options.model or self.default_model
        return (yield from FirstQuestions(self, url, evolve(options, model=model), is_doubted).ask())

    def build_request(self, url: str, context: Context, options: RequestOptions) -> HttpRequest:
        """Phrase the request. Raises RequestRejectedError where a template is needed and none is known."""
        model = options.model or self.default_model
        prompt = prefix_with_files(choose_template("", self.family), context) if self.family else context.prefix
        prompt, suffix, stops = well_formed(prompt), well_formed(context.suffix), options.stop
        if not self._fills_in(options, model):
            try:
                template = choose_template(model, options.template)
            except SettingsError as error:
                raise RequestRejectedError(self.name, str(error)) from None
            prompt, suffix = well_formed(render_prompt(template, context)), ""
            stops = stops_with(template, stops)
        streams = options.stream if options.facts.streams is None else options.facts.streams
        wanted: dict[str, Any] = {
            "model": model,
            "prompt": prompt,
            "suffix": suffix or None,
            "max_tokens": options.facts.max_tokens or options.max_tokens,
            "temperature": options.temperature,
            "top_p": options.top_p,
            "stop": [well_formed(text) for text in dict.fromkeys(stops)][: self.max_stops] or None,
            "seed": options.random_seed,
            "stream": streams,
            "stream_options": {"include_usage": True} if streams else None,
        }
        sent = self.fields - options.facts.refused_fields
        return HttpRequest(url, {name: value for name, value in wanted.items() if value is not None and name in sent})

    def remarks(self, options: RequestOptions) -> tuple[str, ...]:
        """Say which options this host cannot take as they are."""
        taken = {name for name in remarks.OPTIONAL if _NAMES.get(name, name) in self.fields}
        return (
            *remarks.too_many_stops(options, self.max_stops),
            *remarks.not_taken(self.label, options, taken),
        )

    def read_event(self, data: str) -> Chunk | None:
        """Read one event's data, or a whole body. Raises StreamError for an error, or what is no JSON."""
        return choice_events.read_event(self.name, self.label, data)

    def is_end(self, data: str) -> bool:
        """Is this the end mark? Not every server sends one."""
        return data.strip() == "[DONE]"

    def read_started(self, headers: Mapping[str, str], asked: RequestSummary) -> Started:
        """Read rate limits."""
        return Started(limits=read_limits(headers))

    def read_models(self, body: str) -> tuple[ModelCard, ...]:
        """Read the answer of `GET /v1/models`. Raises StreamError where it is none."""
        return choice_events.read_models(self.name, self.label, body)

    def read_error(
        self, status: int, headers: Mapping[str, str], body: str, asked: RequestSummary | None = None
    ) -> ProviderError:
        """Turn a refusal into one of our errors, with one sentence that says what to do."""
        remedy = "set provider.template to the model's family, or provider.model to one that can"
        host = refusals.Host(self.name, self.label, self.default_model, self.key_hint, dict(self.retired))
        is_own = asked is not None and asked.url != self.endpoint("")
        models = "set provider.model to one that it has: `fim-language-server doctor` lists them" if is_own else ""
        host = evolve(host, fim_remedy=remedy, model_remedy=models)
        return refusals.read_error(host, status, headers, body, asked or RequestSummary())

    def _fills_in(self, options: RequestOptions, model: str) -> bool:
        if options.template != AUTO:
            return options.template == NO_TEMPLATE
        return options.facts.fills_in is not False
