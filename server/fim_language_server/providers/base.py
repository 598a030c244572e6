"""What a provider is: how to phrase one request and how to read one event. Pure; `transport` does the I/O.

A new host for a known wire API is one entry in the registry (`providers/__init__.py`); a new wire API is one file
with a frozen class of this shape, plus its entry. docs/adding-a-provider.md builds one in four steps.
"""

from __future__ import annotations

import enum
from collections.abc import Generator, Mapping, Sequence
from typing import Any, Protocol, runtime_checkable

from attrs import field, frozen

from fim_language_server.core.values import Chunk, Context, Started
from fim_language_server.errors import ProviderError


class Framing(enum.Enum):
    """How events are laid out in a response body."""

    SSE = "sse"
    NDJSON = "ndjson"
    JSON = "json"  # one object, for hosts that do not stream


class Auth(enum.Enum):
    """What goes into the `Authorization` header, as a bearer token."""

    KEY = "a key, from a variable or a program"
    GOOGLE = "a token of Google's application default credentials"


@frozen
class ServerFacts:
    """What a server was found to do and to be, by asking it. None: not known."""

    fills_in: bool | None = None  # does it put prefix and suffix together itself?
    context_tokens: int | None = None
    bytes_per_token: float | None = None
    thinks: bool = False  # does the model think first, unless told not to?
    refused_fields: frozenset[str] = frozenset()
    streams: bool | None = None  # does it stream, where it must be asked otherwise than is wanted?
    max_tokens: int | None = None  # what it takes instead of the number that is wanted
    finding: str = ""  # the same in a sentence, for `doctor`
    notices: tuple[str, ...] = ()  # what the user should know of settings that it refuses


NOTHING_KNOWN = ServerFacts()


@frozen
class RequestOptions:
    """What the settings say about one request. None means: leave it out, let the host decide."""

    model: str
    temperature: float | None = None
    top_p: float | None = None
    max_tokens: int | None = None
    min_tokens: int | None = None
    stop: tuple[str, ...] = ()
    random_seed: int | None = None
    stream: bool = True
    template: str = "auto"  # `auto`, `none` or a family of core.prompt, for servers that take text
    facts: ServerFacts = NOTHING_KNOWN


@frozen
class HttpRequest:
    """One POST, ready to be sent, but for the key: `transport` adds that last and shows it to nobody."""

    url: str
    body: Mapping[str, Any] = field(repr=False)  # JSON by nature; nobody reads it but the wire
    headers: Mapping[str, str] = field(factory=dict, repr=False)


@frozen
class RequestSummary:
    """What a message may say about a request, and what it must not.

    `withheld` are the key and the texts that were sent: a server that echoes them must not get them into a log.
    """

    model: str = ""
    url: str = ""
    key_source: str = ""  # where the key came from, such as a variable's name; "" if none was sent
    withheld: tuple[str, ...] = field(default=(), repr=False)


@frozen
class Probe:
    """Something to ask a server before it is asked to complete: a GET, or with a body a POST."""

    url: str
    body: Mapping[str, Any] | None = None


@frozen
class ProbeReply:
    """What came back, whatever its status; header names in lower case."""

    status: int
    headers: Mapping[str, str]
    body: str = field(repr=False)
    asked: RequestSummary = RequestSummary()


@frozen
class AlternateHost:
    """Another host of the same vendor, for which a refused key may have been made."""

    name: str  # in the registry
    label: str
    url: str  # the full endpoint


@frozen
class HostLimits:
    """What a host is known to allow, per minute; 0 where it is not known. Tokens are prompt and answer together."""

    requests_per_minute: int = 0
    tokens_per_minute: int = 0


NO_LIMITS = HostLimits()


@frozen
class HostWindow:
    """The most characters of prefix and suffix that suit a host, where it wants less than the settings' default."""

    prefix_chars: int
    suffix_chars: int


@frozen
class ModelCard:
    """What a host says about one of its models; None and "" where it does not say."""

    id: str
    completes_fim: bool | None = None
    context_tokens: int | None = None
    retires_on: str = ""
    replacement: str = ""


class Provider(Protocol):
    """One way to reach a model. Implementations are frozen values without I/O."""

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
        """The model asked for where `provider.model` is not set."""
        ...

    @property
    def api_key_env(self) -> str | None:
        """The name of the environment variable that holds the key; None where none is needed."""
        ...

    @property
    def auth(self) -> Auth:
        """What kind of credentials the host takes."""
        ...

    @property
    def framing(self) -> Framing:
        """How a streamed response is framed."""
        ...

    @property
    def description(self) -> str:
        """What this is, in one line, for the docs and the settings' form."""
        ...

    @property
    def limits(self) -> HostLimits:
        """What the host is known to allow; a budget set by the user comes before it."""
        ...

    @property
    def window(self) -> HostWindow | None:
        """The context that suits the host; None where the settings' default does."""
        ...

    def endpoint(self, base_url: str, region: str = "", project: str = "") -> str:
        """Return the full URL to post to, for a base URL in any of the forms people paste.

        With or without `/v1`, a trailing slash, or the whole endpoint; an empty one means `url`. `region` and
        `project` fill the places that some hosts have for them. Raises SettingsError where it is no http(s) URL,
        or one of these is missing.
        """
        ...

    def models_url(self, url: str) -> str | None:
        """Return where the host lists its models, given the full endpoint; None where it does not."""
        ...

    def option_warnings(self, options: RequestOptions) -> tuple[str, ...]:
        """Say, a sentence each, which options this host cannot take as they are, and what is sent instead."""
        ...

    def build_request(self, url: str, context: Context, options: RequestOptions) -> HttpRequest:
        """Phrase the request: only fields this host accepts (an unknown one is a 422 at Mistral)."""
        ...

    def read_event(self, data: str) -> Chunk | None:
        """Read one event's data, or a whole non-streamed body. None for an event that says nothing.

        Raises StreamError for what cannot be read and for an error told inside a 200 answer.
        """
        ...

    def is_end(self, data: str) -> bool:
        """Is this event the dialect's own end mark (`[DONE]`)?"""
        ...

    def read_started(self, headers: Mapping[str, str], summary: RequestSummary) -> Started:
        """Read rate limits and notices from a good answer's headers (their names in lower case)."""
        ...

    def read_models(self, body: str) -> tuple[ModelCard, ...]:
        """Read the list of models. Raises StreamError where it is none."""
        ...

    def read_error(
        self, status: int, headers: Mapping[str, str], body: str, summary: RequestSummary | None = None
    ) -> ProviderError:
        """Turn an error answer into one of our errors, with one sentence that says what to do.

        Header names come in lower case; `date` is there even if the server did not send it.
        """
        ...


@runtime_checkable
class ProbesServer(Protocol):
    """A provider that must know something of the server before it can phrase a request well."""

    def probes(self, url: str, options: RequestOptions) -> tuple[Probe, ...]:
        """Return what to ask the server behind the endpoint `url`; nothing where all is known."""
        ...

    def read_facts(self, options: RequestOptions, replies: Sequence[ProbeReply]) -> ServerFacts:
        """Read the replies, in the order of the questions. Raises ProviderError where asking on has no point."""
        ...


@runtime_checkable
class ProbesInTurn(Protocol):
    """A provider whose next question depends on the last reply."""

    def probe_in_turn(
        self, url: str, options: RequestOptions, *, is_doubted: bool
    ) -> Generator[Probe, ProbeReply, ServerFacts]:
        """Yield what to ask the server behind the endpoint `url`, be sent the replies, and return what was found.

        `is_doubted`: it has refused a completion since it was asked last. Raises ProviderError where asking on has
        no point.
        """
        ...


@runtime_checkable
class HasAlternateHost(Protocol):
    """A provider whose vendor has another host, with keys that look the same and are not."""

    def alternate_host_of(self, url: str) -> AlternateHost | None:
        """Return the other host of the endpoint `url`; None where it is not the vendor's own."""
        ...
