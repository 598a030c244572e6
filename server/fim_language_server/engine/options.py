"""What the engine is given: the model, the options, and who is told. Plain values and signatures, no behaviour."""

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
"""Asks a model: an async generator of its answer, which raises ProviderError and hangs up when it is closed."""


class EngineListener(Protocol):
    """Who is told what the provider does."""

    def provider_failed(self, error: ProviderError) -> None:
        """A request failed; the engine has already drawn its conclusions."""
        ...

    def provider_recovered(self) -> None:
        """A request was answered after the last one had failed."""
        ...

    def answered_late(self, request: CompletionRequest) -> None:
        """A model has said something for a request that was answered with another one's text: it is known now."""
        ...

    def notice(self, text: str) -> None:
        """The provider has something to say to the user: a model about to be retired, say."""
        ...


@frozen
class EngineOptions:
    """What the settings say, as the engine needs it. Times in ms."""

    trigger: TriggerOptions = field(factory=TriggerOptions)
    shaping: ShapingOptions = field(factory=ShapingOptions)
    min_delay_ms: int = 0
    linger_ms: int = 1_000
    fallback_after_ms: int = 1_500
    """How long a model may be silent before the next one is asked; 0: as long as its transport lets it."""


@frozen
class Statistics:
    """What the engine has done since it began."""

    requests: int = 0  # questions from the editor
    streams: int = 0  # requests to the provider
    hung_up: int = 0  # of these, closed before the model was done
    failed: int = 0
    from_cache: int = 0  # suggestions that cost nothing
    from_stream: int = 0  # suggestions from a request that was under way
