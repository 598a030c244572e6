"""The interface of a provider: phrasing one request and reading one event. Pure; `transport` does the I/O.

A new host of a known wire API is one entry in the registry (`providers/__init__.py`). A new wire API is one file with
a frozen subclass of `apis.wire_api.WireApi`, plus its entry; docs/adding-a-provider.md builds one in four steps.
"""

from __future__ import annotations

import enum
from collections.abc import Generator, Mapping, Sequence
from typing import Any, Protocol, runtime_checkable

from attrs import field, frozen

from fim_language_server.core.values import Chunk, Context, Started
from fim_language_server.errors import ProviderError
from fim_language_server.providers.host_limits import HostLimits, HostWindow, SilentCut


class Framing(enum.Enum):
    """The layout of events in a response body."""

    SSE = "sse"
    NDJSON = "ndjson"
    JSON = "json"  # one object, from hosts that do not stream


class Auth(enum.Enum):
    """The bearer token that goes into the `Authorization` header."""

    KEY = "a key, from a variable or a program"
    GOOGLE = "a token of Google's application default credentials"


@frozen
class ServerFacts:
    """Facts that probes found out about a server. None where a fact is not known."""

    fills_in: bool | None = None
    """Does the server itself insert text between prefix and suffix?"""
    context_tokens: int | None = None
    """The size of the model's context."""
    bytes_per_token: float | None = None
    thinks: bool = False
    """Does the model reason before it answers, unless the request forbids it?"""
    refused_fields: frozenset[str] = frozenset()
    """Fields of a request that the server refuses."""
    streams: bool | None = None
    """Does the server stream? None: as the settings request it."""
    max_tokens: int | None = None
    """The limit of the answer to send; None: the limit of the settings."""
    finding: str = ""
    """The facts in a sentence, for `doctor`."""
    notices: tuple[str, ...] = ()
    """Sentences for the user about settings that the server refuses."""


NOTHING_KNOWN = ServerFacts()


@frozen
class RequestOptions:
    """The settings of one request. An option that is None is left out of it, so that the host decides."""

    model: str
    temperature: float | None = None
    top_p: float | None = None
    max_tokens: int | None = None
    min_tokens: int | None = None
    stop: tuple[str, ...] = ()
    random_seed: int | None = None
    stream: bool = True
    template: str = "auto"  # `auto`, `none` or a family of core.prompt
    only_warms: bool = False
    """Is the prompt only to be read into the server's cache, with no answer? For providers with `can_warm`."""
    facts: ServerFacts = NOTHING_KNOWN


@frozen
class HttpRequest:
    """One POST request without its key, which `transport` adds last."""

    url: str
    body: Mapping[str, Any] = field(repr=False)  # a JSON object
    headers: Mapping[str, str] = field(factory=dict, repr=False)


@frozen
class RequestSummary:
    """The parts of a request that a message may name, and the confidential values that it must not quote.

    `confidential` are the key, or "", and then the texts that were sent: a server that echoes one of them must not get
    it into a log.
    """

    model: str = ""
    url: str = ""
    key_source: str = ""  # the origin of the key, such as a variable's name; "" if none was sent
    confidential: tuple[str, ...] = field(default=(), repr=False)


@frozen
class Probe:
    """A request that finds out about a server before the first completion: a GET, or a POST if it has a body."""

    url: str
    body: Mapping[str, Any] | None = None


@frozen
class ProbeReply:
    """The reply to a probe, of any status; header names in lower case."""

    status: int
    headers: Mapping[str, str]
    body: str = field(repr=False)
    summary: RequestSummary = RequestSummary()


@frozen
class AlternateHost:
    """Another host of the same vendor, which may accept a key that the first one refuses."""

    name: str  # in the registry
    label: str
    url: str  # the full endpoint


@frozen
class ModelCard:
    """An entry of a host's list of models; None and "" where the list does not say."""

    id: str
    completes_fim: bool | None = None
    context_tokens: int | None = None
    retires_on: str = ""
    replacement: str = ""


class Provider(Protocol):
    """A wire API at one host. Implementations are frozen values without I/O; see `apis.wire_api.WireApi`."""

    @property
    def name(self) -> str:
        """The provider's name in the registry and in `provider.kind`."""
        ...

    @property
    def url(self) -> str:
        """The default base URL; `provider.url` overrides it."""
        ...

    @property
    def default_model(self) -> str:
        """The model of a request where `provider.model` is not set; "" for the model that the server runs."""
        ...

    @property
    def api_key_env(self) -> str | None:
        """The name of the environment variable that holds the key; None where the host takes no key."""
        ...

    @property
    def auth(self) -> Auth:
        """The kind of credentials that the host accepts."""
        ...

    @property
    def framing(self) -> Framing:
        """The framing of a streamed response."""
        ...

    @property
    def description(self) -> str:
        """A line about the provider, for the docs and the settings' form."""
        ...

    @property
    def limits(self) -> HostLimits:
        """The limits that the host is known to have; a budget set by the user has priority."""
        ...

    @property
    def window(self) -> HostWindow | None:
        """The window that suits the host; None where the settings' default does."""
        ...

    @property
    def can_warm(self) -> bool:
        """Can a request only fill the server's cache of prompts, without an answer (`RequestOptions.only_warms`)?"""
        ...

    @property
    def silent_cuts(self) -> tuple[SilentCut, ...]:
        """The limits beyond which the host drops text without an error; none where it refuses, or takes everything."""
        ...

    @property
    def keeps_prompts(self) -> bool:
        """Does the host keep what it worked out of a prompt, so that a beginning that stays costs little or nothing?"""
        ...

    def endpoint(self, base_url: str, region: str = "", project: str = "") -> str:
        """Return the full URL to post to, for `base_url` in any form that users paste.

        `base_url` may lack `/v1`, end with a slash, or be the whole endpoint; an empty one means `url`. `region` and
        `project` replace their placeholders in the addresses of some hosts. Raises SettingsError where `base_url` is no
        http(s) URL, or one of these is missing.
        """
        ...

    def models_url(self, url: str) -> str | None:
        """Return the URL of the host's list of models, given the endpoint `url`; None where it has no list."""
        ...

    def option_warnings(self, options: RequestOptions) -> tuple[str, ...]:
        """Return a sentence for each option that the host does not accept as it is set, with what is sent instead."""
        ...

    def sent_context(self, context: Context, options: RequestOptions) -> Context:
        """Return the part of `context` that a request carries: less than all where the host would cut the rest."""
        ...

    def build_request(self, url: str, context: Context, options: RequestOptions) -> HttpRequest:
        """Return the request, with no field that the host does not accept: Mistral refuses unknown ones with a 422."""
        ...

    def read_event(self, data: str) -> Chunk | None:
        """Return what one event's data, or a whole body, adds to the answer; None where it adds nothing.

        Raises StreamError for data that cannot be read, and for an error reported inside a response of status 200.
        """
        ...

    def is_end(self, data: str) -> bool:
        """Is this event's data the API's end mark, such as `[DONE]`?"""
        ...

    def read_started(self, headers: Mapping[str, str], summary: RequestSummary) -> Started:
        """Return rate limits and notices from a successful response's headers, whose names are in lower case."""
        ...

    def read_models(self, body: str) -> tuple[ModelCard, ...]:
        """Return the models of a list. Raises StreamError where `body` is none."""
        ...

    def read_error(
        self, status: int, headers: Mapping[str, str], body: str, summary: RequestSummary | None = None
    ) -> ProviderError:
        """Return the error for a response that refuses a request, in one sentence that names the remedy.

        Header names are in lower case. `date` is always among the headers, whether or not the server sent it.
        """
        ...


@runtime_checkable
class ProbesServer(Protocol):
    """A provider that must know facts of the server before it can phrase a request well."""

    def probes(self, url: str, options: RequestOptions) -> tuple[Probe, ...]:
        """Return the probes for the server behind the endpoint `url`; none where all is known."""
        ...

    def read_facts(self, options: RequestOptions, replies: Sequence[ProbeReply]) -> ServerFacts:
        """Return the facts in `replies`, which are in the order of the probes. Raises ProviderError to stop probing."""
        ...


@runtime_checkable
class ProbesInTurn(Protocol):
    """A provider whose next probe depends on the last reply."""

    def probe_in_turn(
        self, url: str, options: RequestOptions, *, has_refused: bool
    ) -> Generator[Probe, ProbeReply, ServerFacts]:
        """Yield probes for the server behind the endpoint `url`, receive each reply, and return the facts.

        `has_refused`: the server has refused a completion since it was probed last. Raises ProviderError to stop
        probing.
        """
        ...


@runtime_checkable
class HasAlternateHost(Protocol):
    """A provider whose vendor has another host, with keys of its own that look alike."""

    def alternate_host_of(self, url: str) -> AlternateHost | None:
        """Return the alternate of the endpoint `url`; None where that endpoint is not the vendor's."""
        ...
