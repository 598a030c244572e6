"""Metrics of the FIM server in Prometheus' text format: numbers only, never a text, a path or a key.

The library is an extra (`prometheus`), and is imported when a server with metrics is made.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from attrs import define, field

from fim_language_server import __version__

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry, Counter, Histogram

MISSING: Final = "This server has no metrics; install fim-language-server[prometheus] to have them."

BUCKETS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)
"""Upper bounds in seconds: most answers of the embedded model take a few milliseconds."""

OUTCOMES: Final = ("text", "nothing", "refused", "unauthorized", "failed")
"""Values of the label `outcome`: a text, no likely one, a request in a wrong form, one without the key, and a bug."""


@define(eq=False)
class FimMetrics:
    """Counts of one server. `make_metrics` makes it where the library is installed."""

    _registry: CollectorRegistry = field(repr=False)
    _requests: Counter
    _tokens: Counter
    _seconds: Histogram

    def count(self, outcome: str) -> None:
        """Count a request for a completion that ended as one of `OUTCOMES`."""
        self._requests.labels(outcome).inc()

    def count_tokens(self, prompt: int, completion: int) -> None:
        """Count the tokens of a request and of its answer, as the answer tells them."""
        self._tokens.labels("input").inc(prompt)
        self._tokens.labels("output").inc(completion)

    @contextmanager
    def timed(self) -> Iterator[None]:
        """Measure how long the block takes, as the time of an answer."""
        with self._seconds.time():
            yield

    def text(self) -> tuple[bytes, str]:
        """Return all metrics as Prometheus reads them, and their content type."""
        from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

        return generate_latest(self._registry), CONTENT_TYPE_LATEST


def make_metrics(is_indexed: Callable[[], bool]) -> FimMetrics | None:
    """Return the metrics of a server, whose `is_indexed` is asked at each look; None without the library."""
    try:
        from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector
    except ImportError:
        return None
    registry = CollectorRegistry()
    ProcessCollector(registry=registry)
    name = "fim_server_build"
    Gauge(f"{name}_info", "The version of the server.", ["version"], registry=registry).labels(__version__).set(1)
    indexed = Gauge("fim_server_workspace_indexed", "1 when the workspace is indexed.", registry=registry)
    indexed.set_function(is_indexed)
    requests = Counter("fim_server_requests", "Requests for completions.", ["outcome"], registry=registry)
    tokens = Counter("fim_server_tokens", "Tokens of prompts and answers.", ["type"], registry=registry)
    for outcome in OUTCOMES:
        requests.labels(outcome)  # A rate needs the zero before the first one.
    help_text = "Time until an answer is complete."
    seconds = Histogram("fim_server_request_duration_seconds", help_text, buckets=BUCKETS, registry=registry)
    return FimMetrics(registry, requests, tokens, seconds)
