"""Record of one request to a model for statistics: cost, times and result. Never its text."""

from __future__ import annotations

from attrs import field, frozen

from fim_language_server.core.values import Usage


@frozen
class Price:
    """Prices of a provider in US dollars per million tokens. Cached tokens of a prompt are often cheaper."""

    prompt: float
    completion: float
    cached: float | None = None

    def of(self, usage: Usage) -> float:
        """Return what a request cost, in US dollars."""
        cached = usage.cached_tokens if self.cached is not None else 0
        rest = max(0, usage.prompt_tokens - cached)
        return (rest * self.prompt + cached * (self.cached or 0) + usage.completion_tokens * self.completion) / 1e6


FREE = Price(0.0, 0.0)
"""The price of a model on this machine."""


@frozen
class RequestRecord:
    """One request to a model. Times are in ms, cost in US dollars; None where it is not known."""

    provider: str
    model: str
    language: str  # the editor's language id
    outcome: str  # "finished", "hung up", "failed"
    wait_ms: float  # from the editor's question to the request
    first_text_ms: float | None  # from the request to the first text
    stream_ms: float | None  # from the first text to the end
    usage: Usage
    is_estimated: bool  # the provider did not say what it counted
    cost: float | None
    host: str = ""  # that was asked, with its port where one is named
    uri: str = field(default="", repr=False)  # of the document; the log keeps a hash of its workspace folder at most
    total_ms: float = 0.0  # from the request to its end
    error: str = ""  # the kind of error that ended it, if one did
