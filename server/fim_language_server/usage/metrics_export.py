"""Metrics for a team's own collector (OTLP over HTTP): numbers of tokens, times, dollars and outcomes, never a text.

The names of section GenAI are those of OpenTelemetry's semantic conventions, which are in development and move
(https://opentelemetry.io/docs/specs/semconv/gen-ai/gen-ai-metrics, release 1.40); our own begin with `fim.`.
The SDK adds numbers up in memory, by few attributes, and sends sums once a minute from a thread of its own: no request
waits for a collector, and a collector that is away costs nothing but one line in the log. The module is imported where
`usage.otlp` is set, and needs the extra `otel`.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
import uuid
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlsplit

from attrs import define, field
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.metrics import Counter, Histogram, UpDownCounter
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import MetricExportResult, MetricsData, PeriodicExportingMetricReader
from opentelemetry.sdk.resources import OTELResourceDetector, Resource

from fim_language_server import __version__
from fim_language_server.state.database import CLOSE_S
from fim_language_server.usage.record import RequestRecord

logger = logging.getLogger(__name__)

SCHEMA_URL: Final = "https://opentelemetry.io/schemas/1.40.0"
PATH: Final = "/v1/metrics"

CHECK_S: Final = 5.0

TOKENS: Final = "gen_ai.client.token.usage"
DURATION: Final = "gen_ai.client.operation.duration"
FIRST_CHUNK: Final = "gen_ai.client.operation.time_to_first_chunk"
SUGGESTIONS: Final = "fim.suggestions"
ANSWERS: Final = "fim.answers"
COST: Final = "fim.cost"

TOKEN_BUCKETS: Final = tuple(4**power for power in range(14))
"""Upper bounds in tokens; with those of times they are the ones that the conventions advise."""
SECOND_BUCKETS: Final = tuple(0.01 * 2**power for power in range(14))

PROVIDERS: Final[Mapping[str, str]] = {
    "mistral": "mistral_ai",
    "codestral": "mistral_ai",
    "vertex": "gcp.vertex_ai",
    "azure": "azure.ai.inference",
}
"""Names of providers in the conventions, where they differ from ours."""


def endpoint_of(collector: str) -> str:
    """Return the address to which metrics are sent, given the collector's base URL or that address itself."""
    base = collector.rstrip("/")
    return base if base.endswith(PATH) else base + PATH


class _OneLineExporter(OTLPMetricExporter):
    """An exporter that logs one line when the collector is away, and one when it answers again."""

    _is_away = False

    def export(self, metrics_data: MetricsData, timeout_millis: float | None = 10_000, **kwargs: Any) -> Any:
        """Send sums; called in the SDK's thread."""
        result = super().export(metrics_data, timeout_millis, **kwargs)
        is_away = result is not MetricExportResult.SUCCESS
        if is_away and not self._is_away:
            logger.warning("the collector of usage.otlp takes no metrics; they are sent when it does")
        elif self._is_away and not is_away:
            logger.info("the collector of usage.otlp takes metrics again")
        self._is_away = is_away
        return result


@define(eq=False)
class MetricsExport:
    """Metrics of one process. Belongs to one event loop; `close` sends what is left."""

    _provider: MeterProvider = field(repr=False)
    _tokens: Histogram = field(repr=False)
    _duration: Histogram = field(repr=False)
    _first_chunk: Histogram = field(repr=False)
    _suggestions: UpDownCounter = field(repr=False)
    _answers: Counter = field(repr=False)
    _cost: Counter = field(repr=False)

    def note(self, record: RequestRecord) -> None:
        """Add a request that has ended. Tokens that the provider has not counted are left out, as is said there."""
        attributes = attributes_of(record)
        if not record.is_estimated:
            for kind, n in (("input", record.usage.prompt_tokens), ("output", record.usage.completion_tokens)):
                self._tokens.record(n, {**attributes, "gen_ai.token.type": kind})
        if record.first_text_ms is not None:
            self._first_chunk.record(record.first_text_ms / 1_000, attributes)
        failed = {"error.type": record.error or "_OTHER"} if record.outcome == "failed" else {}
        self._duration.record(record.total_ms / 1_000, {**attributes, **failed})
        if record.cost:
            self._cost.add(record.cost, attributes)

    def note_fate(self, provider: str, model: str, outcome: str, n: int) -> None:
        """Add a suggestion with its outcome; take it back where `n` is -1."""
        attributes = {"gen_ai.provider.name": _provider_name(provider), "gen_ai.request.model": model}
        self._suggestions.add(n, {**attributes, "fim.outcome": outcome})

    def note_answer(self, source: str, reason: str) -> None:
        """Add an answer to an editor: the source of its text, or the reason for none; the other one is ""."""
        self._answers.add(1, {"fim.source": source} if source else {"fim.reason": reason})

    async def close(self, timeout_s: float = CLOSE_S) -> None:
        """Send what is left, waiting for at most `timeout_s`; a thread that still waits ends with the process."""
        loop, done = asyncio.get_running_loop(), asyncio.Event()

        def shut_down() -> None:
            self._provider.shutdown(timeout_millis=timeout_s * 1_000)
            with contextlib.suppress(RuntimeError):  # The loop may be gone by now.
                loop.call_soon_threadsafe(done.set)

        threading.Thread(target=shut_down, name="close metrics", daemon=True).start()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(done.wait(), timeout_s)


def make_export(collector: str, identity: Mapping[str, str]) -> MetricsExport:
    """Return the metrics that are sent to a collector, given its URL. It takes a while: call it in a thread.

    `identity` are attributes of the process, such as `user.hash`. OTEL_RESOURCE_ATTRIBUTES adds to them, and the
    headers come from OTEL_EXPORTER_OTLP_HEADERS, where keys belong; the SDK reads its other variables as well.
    """
    _silence_library()
    own = {"service.name": "fim-language-server", "service.version": __version__}
    own |= {"service.instance.id": str(uuid.uuid4()), **identity}
    resource = OTELResourceDetector().detect().merge(Resource(own, SCHEMA_URL))
    reader = PeriodicExportingMetricReader(_OneLineExporter(endpoint_of(collector)))
    provider = MeterProvider([reader], resource, shutdown_on_exit=False)
    meter = provider.get_meter("fim_language_server", __version__, SCHEMA_URL)
    return MetricsExport(
        provider,
        meter.create_histogram(TOKENS, "{token}", explicit_bucket_boundaries_advisory=TOKEN_BUCKETS),
        meter.create_histogram(DURATION, "s", explicit_bucket_boundaries_advisory=SECOND_BUCKETS),
        meter.create_histogram(FIRST_CHUNK, "s", explicit_bucket_boundaries_advisory=SECOND_BUCKETS),
        meter.create_up_down_counter(SUGGESTIONS, "{suggestion}", "Ghost texts by what became of them."),
        meter.create_counter(ANSWERS, "{answer}", "Answers to the editor by the source of their text."),
        meter.create_counter(COST, "USD", "Dollars, by the prices that are known."),
    )


def takes_metrics(collector: str) -> bool:
    """Return whether a collector takes a request without metrics. Waits for it: call it in a thread."""
    _silence_library()
    exporter = OTLPMetricExporter(endpoint_of(collector), timeout=CHECK_S)
    try:
        return exporter.export(MetricsData(())) is MetricExportResult.SUCCESS
    finally:
        exporter.shutdown()


def _silence_library() -> None:
    # It says the same at each try, with a traceback.
    logging.getLogger("opentelemetry").setLevel(logging.CRITICAL)


def attributes_of(record: RequestRecord) -> dict[str, str | int]:
    """Return the attributes of a request by the conventions."""
    attributes: dict[str, str | int] = {
        "gen_ai.operation.name": "text_completion",
        "gen_ai.provider.name": _provider_name(record.provider),
    }
    if record.model:
        attributes["gen_ai.request.model"] = record.model
    with contextlib.suppress(ValueError):
        place = urlsplit(f"//{record.host}")
        attributes |= {"server.address": place.hostname} if place.hostname else {}
        attributes |= {"server.port": place.port} if place.port else {}
    return attributes


def _provider_name(provider: str) -> str:
    return PROVIDERS.get(provider, provider)
