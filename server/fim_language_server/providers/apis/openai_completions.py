"""OpenAI's completions, `POST …/v1/completions`. Pure.

The schema has a field for the suffix, and servers differ: some fill in the middle, some refuse the field, some accept
and ignore it, and then complete the prefix alone. So an unknown server is probed first, with a short prompt and a long
suffix: if it counts no more tokens than the prompt has, it ignores the suffix. Prefix and suffix of a server that does
not fill in are put together by the template of the model's family (core.prompt).
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
    family_of,
    prefix_with_files,
    render_prompt,
    stops_with,
)
from fim_language_server.core.values import Context
from fim_language_server.errors import RequestRejectedError, SettingsError
from fim_language_server.providers.apis import option_warnings
from fim_language_server.providers.apis.openai_probes import OpenAiProbes, Probing
from fim_language_server.providers.apis.wire_api import WireApi
from fim_language_server.providers.base import (
    NOTHING_KNOWN,
    HttpRequest,
    RequestOptions,
)
from fim_language_server.providers.replies.error_replies import RefusingHost
from fim_language_server.providers.replies.wire_text import well_formed

FIELDS = frozenset({"model", "prompt", "suffix", "max_tokens", "temperature", "top_p", "stop", "stream"})
"""Fields that all servers of the API accept; some do not know `seed` and `stream_options`."""

_FIELD_NAMES = {"random_seed": "seed"}


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

    def probe_in_turn(self, url: str, options: RequestOptions, *, has_refused: bool) -> Probing:
        """Probe a server other than the vendor's own: does it read the suffix, and which fields does it accept?

        Where the template is set, only a server that has refused a completion is probed.
        """
        if url == self.endpoint("") or (options.template != AUTO and not has_refused):
            return NOTHING_KNOWN
        model = options.model or self.default_model
        return (yield from OpenAiProbes(self, url, evolve(options, model=model), has_refused).run())

    def build_request(self, url: str, context: Context, options: RequestOptions) -> HttpRequest:
        """Return the request. Raises RequestRejectedError where a template is needed and none is known."""
        model = options.model or self.default_model
        family = choose_template("", self.family) if self.family else family_of(model)
        prompt = well_formed(prefix_with_files(family, context))
        suffix, stops = well_formed(context.suffix), options.stop
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
        """Return a sentence for each option that the host does not accept as it is set."""
        accepted = {name for name in option_warnings.OPTIONAL if _FIELD_NAMES.get(name, name) in self.fields}
        return (
            *option_warnings.too_many_stops(options, self.max_stops),
            *option_warnings.not_accepted(self.label, options, accepted),
        )

    def refusing_host(self, url: str) -> RefusingHost:
        """Return what messages say of the host; for a user's own server the remedy for a model is `doctor`."""
        host = super().refusing_host(url)
        if not url or url == self.endpoint(""):
            return host
        remedy = "set provider.model to one that it has: `fim-language-server doctor` lists them"
        return evolve(host, model_remedy=remedy)

    def _fills_in(self, options: RequestOptions, model: str) -> bool:
        if options.template != AUTO:
            return options.template == NO_TEMPLATE
        return options.facts.fills_in is not False
