"""What a provider is: how to phrase one request and how to read one event. Pure; `transport` does the I/O.

A new host for a known wire API is one entry in the registry (`providers/__init__.py`); a new wire API is one file
with a frozen class of this shape, plus its entry. docs/adding-a-provider.md builds one in five steps.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from typing import Any, Protocol

from attrs import field, frozen

from fim_language_server.core.values import Chunk, Context
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

    def endpoint(self, base_url: str) -> str:
        """Return the full URL to post to, for a base URL in any of the forms people paste.

        With or without `/v1`, a trailing slash, or the whole endpoint.
        Raises SettingsError where it is no http(s) URL.
        """
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

    def read_error(self, status: int, headers: Mapping[str, str], body: str) -> ProviderError:
        """Turn an error answer into one of our errors, with one sentence that says what to do."""
        ...
