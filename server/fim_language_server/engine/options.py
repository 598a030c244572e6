"""Types that the engine is made with: the model's signature, the options, and the listener. No behaviour."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from attrs import field, frozen

from fim_language_server.core.shaping import ShapingOptions
from fim_language_server.core.trigger import TriggerOptions
from fim_language_server.core.values import CompletionRequest, Context
from fim_language_server.engine.shared_stream import Events
from fim_language_server.errors import ProviderError

OpenStream = Callable[[CompletionRequest, Context], Events]
"""Requests a model's answer: an async generator that raises ProviderError, and closes its connection when closed."""


class EngineListener(Protocol):
    """Receives what happens to the requests to models."""

    def provider_failed(self, error: ProviderError) -> None:
        """Receive the failure of a request. Pause, cache and statistics are up to date when this is called."""
        ...

    def provider_recovered(self) -> None:
        """Receive that a request succeeded after the last one had failed."""
        ...

    def answered_late(self, request: CompletionRequest) -> None:
        """Receive that a model has answered `request` after another model's text was shown; the cache has it now."""
        ...

    def notice(self, text: str) -> None:
        """Receive a sentence of the provider's for the user: that a model is about to be retired, for instance."""
        ...


@frozen
class EngineOptions:
    """The settings that the engine needs. Times in ms."""

    trigger: TriggerOptions = field(factory=TriggerOptions)
    shaping: ShapingOptions = field(factory=ShapingOptions)
    min_delay_ms: int = 0
    linger_ms: int = 1_000
    fallback_after_ms: int = 1_500
    """Time without text after which the next model is requested; 0: only when the transport's timeout is over."""


@frozen
class Statistics:
    """Counts of the engine's requests and streams since it was made."""

    requests: int = 0  # from the editor
    streams: int = 0  # requests to models
    cancelled: int = 0  # streams that were closed before the model was done
    failed: int = 0
    from_cache: int = 0  # suggestions that cost nothing
    from_stream: int = 0  # suggestions from a stream that was already running
