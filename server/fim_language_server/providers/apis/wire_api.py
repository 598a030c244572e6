"""The base of all wire APIs: a host as data, and those functions that are the same for most APIs. Pure.

A file of a wire API subclasses `WireApi`, sets the data that its hosts share, and adds `build_request` and
`read_event`. It overrides another function only where its API differs. docs/adding-a-provider.md shows one.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from attrs import frozen

from fim_language_server.core.values import Chunk, Context, Started
from fim_language_server.errors import ProviderError, SettingsError
from fim_language_server.providers.apis import option_warnings
from fim_language_server.providers.base import (
    Auth,
    Framing,
    ModelCard,
    RequestOptions,
    RequestSummary,
)
from fim_language_server.providers.host_limits import (
    NO_LIMITS,
    HostLimits,
    HostWindow,
    SilentCut,
)
from fim_language_server.providers.hosts.endpoints import full_endpoint, host_of, is_loopback, shown_host, sibling
from fim_language_server.providers.replies import choice_events, error_replies
from fim_language_server.providers.replies.error_replies import RefusingHost
from fim_language_server.providers.replies.response_headers import read_limits


@frozen(kw_only=True)
class WireApi:
    """One host of a wire API. A subclass sets defaults for what its hosts share; the registry sets the rest."""

    name: str
    """The name in the registry and in `provider.kind`."""
    label: str
    """The name of the host in a sentence."""
    url: str
    """The default base URL; "" where each user has an address of their own."""
    path: str
    """The path of the endpoint, such as `/v1/completions`; it is added to a base URL that lacks it or a part of it."""
    models_path: str = ""
    """The path that lists the models, in place of `path`; "" where the host has no list."""
    ignored_suffix: str = ""
    """The end of a base URL that users paste although the API has no such path, such as `/v1`."""
    api_key_env: str | None
    default_model: str
    description: str
    key_hint: str = ""
    """A sentence on what to check about a key that is refused."""
    model_remedy: str = ""
    """A remedy for a model that the host does not have, with `{model}` for its name; "" for the default remedy."""
    fim_remedy: str = ""
    """A remedy for a model that cannot fill in the middle; "" for the default remedy."""
    retired: tuple[tuple[str, str], ...] = ()
    """Models that are switched off, each with its replacement."""
    accepted_options: frozenset[str] = frozenset(option_warnings.OPTIONAL)
    """Names of those optional `RequestOptions` that the host accepts."""
    limits: HostLimits = NO_LIMITS
    window: HostWindow | None = None
    keeps_prompts: bool = True
    """Does the host keep what it worked out of a prompt, so that a beginning that stays costs little or nothing?"""
    can_warm: bool = False
    """Can a request only fill the server's cache of prompts? Not where tokens cost money."""
    silent_cuts: tuple[SilentCut, ...] = ()
    """The limits beyond which the host drops text without an error. `build_request` sends texts that are below them."""
    auth: Auth = Auth.KEY
    framing: Framing = Framing.SSE
    end_mark: str = "[DONE]"
    """The data of the event that ends a stream, and says nothing else; "" where the API has none."""

    def endpoint(self, base_url: str, region: str = "", project: str = "") -> str:
        """Return the full URL to post to. Raises SettingsError where `base_url` is no http(s) URL, or is missing."""
        base = base_url.strip() or self.url
        if not base:
            raise SettingsError(f"{self.label} has no address for everybody; set provider.url to your endpoint's.")
        if self.ignored_suffix:
            base = base.rstrip("/").removesuffix(self.ignored_suffix)
        return full_endpoint(base, self.path)

    def models_url(self, url: str) -> str | None:
        """Return the URL of the host's list of models, given the endpoint `url`; None where it has no list."""
        return sibling(url, self.path, self.models_path) if self.models_path else None

    def option_warnings(self, options: RequestOptions) -> tuple[str, ...]:
        """Return a sentence for each option that is set and not accepted."""
        return option_warnings.not_accepted(self.label, options, self.accepted_options)

    def sent_context(self, context: Context, options: RequestOptions) -> Context:
        """Return the part of `context` that a request carries: all of it, unless an API overrides this."""
        return context

    def read_event(self, data: str) -> Chunk | None:
        """Return what one event's data, or a whole body, adds to the answer; None where it adds nothing.

        This reads the events of APIs that answer with `choices`. Raises StreamError for an error, or no JSON.
        """
        return choice_events.read_event(self.name, self.label, data)

    def is_end(self, data: str) -> bool:
        """Is this event's data the API's end mark?"""
        return bool(self.end_mark) and data.strip() == self.end_mark

    def read_started(self, headers: Mapping[str, str], summary: RequestSummary) -> Started:
        """Return the rate limits that the headers of a successful response name."""
        return Started(limits=read_limits(headers))

    def read_models(self, body: str) -> tuple[ModelCard, ...]:
        """Return the models of a list in OpenAI's form. Raises StreamError where `body` is none."""
        return choice_events.read_models(self.name, self.label, body)

    def read_error(
        self, status: int, headers: Mapping[str, str], body: str, summary: RequestSummary | None = None
    ) -> ProviderError:
        """Return the error for a response that refuses a request, in one sentence that names the remedy."""
        summary = summary or RequestSummary()
        return error_replies.read_error(self.refusing_host(summary.url), status, headers, body, summary)

    def refusing_host(self, url: str) -> RefusingHost:
        """Return what a message needs to know of the host at the endpoint `url`; "" is the host's own.

        Another host than the vendor's is called by its name, and the vendor's advice on keys does not hold there.
        """
        is_vendors = not url or self._is_vendors_host(url)
        return RefusingHost(
            self.name,
            self.label if is_vendors else shown_host(url),
            self.default_model,
            self.key_hint if is_vendors else "",
            dict(self.retired),
            self.model_remedy,
            self.fim_remedy,
        )

    def _is_vendors_host(self, url: str) -> bool:
        """Does `url` lead to the vendor's host, or has the provider no host but those of its users?"""
        if not self.url or is_loopback(self.url) or "{region}" in urlsplit(self.url).netloc:
            return True
        return host_of(url) == urlsplit(self.url).netloc


def without_none(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of a request that have a value."""
    return {name: value for name, value in fields.items() if value is not None}
