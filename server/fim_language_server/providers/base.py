"""What a provider is: how to phrase one request and how to read one event. Pure; `transport` does the I/O.

A new host for a known wire API is one entry in the registry (`providers/__init__.py`); a new wire API is one file
with a frozen class of this shape, plus its entry. docs/adding-a-provider.md builds one in five steps.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from typing import Any, Protocol

from attrs import field, frozen

from fim_language_server.core.values import Chunk, Context, Started
from fim_language_server.errors import ProviderError


class Framing(enum.Enum):
    """How events are laid out in a response body."""

    SSE = "sse"
    NDJSON = "ndjson"


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


@frozen
class HttpRequest:
    """One POST, ready to be sent, but for the key: `transport` adds that last and shows it to nobody."""

    url: str
    body: Mapping[str, Any] = field(repr=False)  # JSON by nature; nobody reads it but the wire
    headers: Mapping[str, str] = field(factory=dict, repr=False)


@frozen
class Asked:
    """What a message may say about a request, and what it must not.

    `withheld` are the key and the texts that were sent: a server that echoes them must not get them into a log.
    """

    model: str = ""
    url: str = ""
    key_source: str = ""  # where the key came from, such as a variable's name; "" if none was sent
    withheld: tuple[str, ...] = field(default=(), repr=False)


@frozen
class Limits:
    """What a host is known to allow, per minute; 0 where it is not known. Tokens are prompt and answer together."""

    requests_per_minute: int = 0
    tokens_per_minute: int = 0


NO_LIMITS = Limits()


@frozen
class Window:
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
    def framing(self) -> Framing:
        """How a streamed response is framed."""
        ...

    @property
    def description(self) -> str:
        """What this is, in one line, for the docs and the settings' form."""
        ...

    @property
    def limits(self) -> Limits:
        """What the host is known to allow; a budget set by the user comes before it."""
        ...

    @property
    def window(self) -> Window | None:
        """The context that suits the host; None where the settings' default does."""
        ...

    def endpoint(self, base_url: str, region: str = "") -> str:
        """Return the full URL to post to, for a base URL in any of the forms people paste.

        With or without `/v1`, a trailing slash, or the whole endpoint; an empty one means `url`. `region` fills
        the place that some hosts have for it. Raises SettingsError where it is no http(s) URL.
        """
        ...

    def models_url(self, url: str) -> str | None:
        """Return where the host lists its models, given the full endpoint; None where it does not."""
        ...

    def remarks(self, options: RequestOptions) -> tuple[str, ...]:
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

    def read_started(self, headers: Mapping[str, str], asked: Asked) -> Started:
        """Read rate limits and notices from a good answer's headers (their names in lower case)."""
        ...

    def read_models(self, body: str) -> tuple[ModelCard, ...]:
        """Read the list of models. Raises StreamError where it is none."""
        ...

    def read_error(
        self, status: int, headers: Mapping[str, str], body: str, asked: Asked | None = None
    ) -> ProviderError:
        """Turn an error answer into one of our errors, with one sentence that says what to do.

        Header names come in lower case; `date` is there even if the server did not send it.
        """
        ...
