"""OpenAI's completions, `POST …/v1/completions`: how a request is phrased and what its answers mean. Pure.

The schema has a field for the suffix, and servers differ in what they make of it: some fill in the middle, some
refuse it, some take it and ignore it, which looks like an answer and is none. So a server that is not known is asked
first, with a short prompt and a long suffix: if it counts no more tokens than the prompt has, it has not read the
suffix. Where it does not, prefix and suffix are put together by the template of the model's family (core.prompt).
Sources: platform.openai.com (completions), api-docs.deepseek.com (FIM, beta).
"""

from __future__ import annotations

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
from fim_language_server.core.values import Context
from fim_language_server.errors import RequestRejectedError, SettingsError
from fim_language_server.providers.apis import option_warnings
from fim_language_server.providers.apis.openai_probes import FirstQuestions, Questions
from fim_language_server.providers.apis.wire_api import WireApi
from fim_language_server.providers.base import (
    NOTHING_KNOWN,
    HttpRequest,
    RequestOptions,
)
from fim_language_server.providers.replies.error_replies import RefusingHost
from fim_language_server.providers.replies.wire_text import well_formed

FIELDS = frozenset({"model", "prompt", "suffix", "max_tokens", "temperature", "top_p", "stop", "stream"})
"""What every server of the dialect knows; `seed` and `stream_options` are not among it."""

_NAMES = {"random_seed": "seed"}


@frozen
class OpenAiCompletions(WireApi):
    """One host of OpenAI's completions, or any server that speaks them."""

    path: str = "/v1/completions"
    models_path: str = "/v1/models"
    fim_remedy: str = "set provider.template to the model's family, or provider.model to one that can"
    family: str = ""
    """The family of all models of the host, where it has one family only: the prefix shows other files in its form."""
    fields: frozenset[str] = FIELDS | {"seed", "stream_options"}
    """The fields of a request that the host accepts."""
    max_stops: int = MOST_STOPS

    def probe_in_turn(self, url: str, options: RequestOptions, *, is_doubted: bool) -> Questions:
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

    def option_warnings(self, options: RequestOptions) -> tuple[str, ...]:
        """Say which options this host cannot take as they are."""
        taken = {name for name in option_warnings.OPTIONAL if _NAMES.get(name, name) in self.fields}
        return (
            *option_warnings.too_many_stops(options, self.max_stops),
            *option_warnings.not_accepted(self.label, options, taken),
        )

    def refusing_host(self, url: str) -> RefusingHost:
        """Return what a message needs to know of the host; the models of a user's own server are not known."""
        host = super().refusing_host(url)
        if not url or url == self.endpoint(""):
            return host
        remedy = "set provider.model to one that it has: `fim-language-server doctor` lists them"
        return evolve(host, model_remedy=remedy)

    def _fills_in(self, options: RequestOptions, model: str) -> bool:
        if options.template != AUTO:
            return options.template == NO_TEMPLATE
        return options.facts.fills_in is not False
