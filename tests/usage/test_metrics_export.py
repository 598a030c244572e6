"""Metrics reach a collector as OTLP has them, with the names of the GenAI conventions, and never with a text."""

from __future__ import annotations

import asyncio
import gzip
import logging
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import web
from attrs import evolve, field, frozen
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
    ExportMetricsServiceResponse,
)
from opentelemetry.proto.common.v1.common_pb2 import KeyValue
from opentelemetry.proto.metrics.v1.metrics_pb2 import Metric

from fim_language_server.app.usage_recording import NO_OTEL, UsageRecording
from fim_language_server.cli.collector_check import check_collector
from fim_language_server.cli.findings import CheckReport, Level
from fim_language_server.core.acceptance import Outcome
from fim_language_server.core.values import Skip, Source, Suggestion, Usage
from fim_language_server.engine.health import Health
from fim_language_server.engine.model_chain import Backend
from fim_language_server.settings import Settings, narrowed, parse_settings
from fim_language_server.spending.budget import RateBudget
from fim_language_server.usage.metrics_export import PATH, endpoint_of, make_export
from fim_language_server.usage.record import RequestRecord
from tests.fakes.clock import FakeClock
from tests.fakes.model import ScriptedModel
from tests.fakes.requests import request_at

LONG_S = 60.0
"""Seconds to wait for a thread on a slow machine."""

RECORD = RequestRecord(
    "mistral", "codestral-latest", "python", "finished", 10, 200, 300, Usage(1_000, 50, 400), False, 0.25,
    "api.mistral.ai:8443", "file:///home/ada/SECRET/a.py", 500.0,
)  # fmt: skip


@frozen
class Collector:
    """A receiver of OTLP over HTTP, and all that it got."""

    url: str
    requests: list[ExportMetricsServiceRequest] = field(factory=list)
    bodies: list[bytes] = field(factory=list)
    headers: list[dict[str, str]] = field(factory=list)

    @property
    def metrics(self) -> dict[str, Metric]:
        """The metrics of the last request, by name."""
        [resource] = self.requests[-1].resource_metrics
        return {metric.name: metric for scope in resource.scope_metrics for metric in scope.metrics}

    @property
    def resource(self) -> dict[str, str]:
        """The attributes of the process in the last request."""
        return {it.key: it.value.string_value for it in self.requests[-1].resource_metrics[0].resource.attributes}


@asynccontextmanager
async def collecting() -> AsyncIterator[Collector]:
    """Run a collector on a free port of this machine."""

    async def take(request: web.Request) -> web.Response:
        body = await request.read()
        if request.headers.get("Content-Encoding") == "gzip" and body[:2] == b"\x1f\x8b":
            body = gzip.decompress(body)
        collector.bodies.append(body)
        collector.headers.append({name.lower(): value for name, value in request.headers.items()})
        collector.requests.append(ExportMetricsServiceRequest.FromString(body))
        answer = ExportMetricsServiceResponse().SerializeToString()
        return web.Response(body=answer, content_type="application/x-protobuf")

    application = web.Application()
    application.router.add_post(PATH, take)
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        collector = Collector(f"http://127.0.0.1:{runner.addresses[0][1]}")
        yield collector
    finally:
        await runner.cleanup()


def points(metric: Metric) -> dict[tuple[str, ...], float]:
    """Return the values of a metric by the values of its attributes, sorted by their names; sums of histograms."""
    data = getattr(metric, metric.WhichOneof("data") or "")
    return {
        tuple(it.value.string_value or str(it.value.int_value) for it in sorted(point.attributes, key=_key)):
        point.sum if hasattr(point, "sum") else point.as_double or point.as_int
        for point in data.data_points
    }  # fmt: skip


def _key(attribute: KeyValue) -> str:
    return attribute.key


def names(metric: Metric) -> set[str]:
    data = getattr(metric, metric.WhichOneof("data") or "")
    return {it.key for point in data.data_points for it in point.attributes}


async def test_requests_are_sent_by_the_conventions() -> None:
    """Tokens by type, times in seconds, the error of a failed one, dollars; what is estimated is no count."""
    async with collecting() as collector:
        export = await asyncio.to_thread(make_export, collector.url, {})
        export.note(RECORD)
        export.note(evolve(RECORD, is_estimated=True, cost=None, usage=Usage(9_999, 9_999), total_ms=1_000))
        refused = evolve(RECORD, outcome="failed", first_text_ms=None, usage=Usage(), is_estimated=True, cost=None)
        export.note(evolve(refused, error="RateLimitedError", total_ms=20))
        await export.close(LONG_S)
    metrics = collector.metrics
    of_request = ("text_completion", "mistral_ai", "codestral-latest")
    host = ("api.mistral.ai", "8443")
    assert points(metrics["gen_ai.client.token.usage"]) == {
        (*of_request, "input", *host): 1_000, (*of_request, "output", *host): 50,
    }  # fmt: skip
    assert names(metrics["gen_ai.client.token.usage"]) == {
        "gen_ai.operation.name", "gen_ai.provider.name", "gen_ai.request.model", "gen_ai.token.type",
        "server.address", "server.port",
    }  # fmt: skip
    assert metrics["gen_ai.client.token.usage"].unit == "{token}"
    assert points(metrics["gen_ai.client.operation.duration"]) == {
        (*of_request, *host): 1.5, ("RateLimitedError", *of_request, *host): 0.02,
    }  # fmt: skip
    assert list(metrics["gen_ai.client.operation.duration"].histogram.data_points[0].explicit_bounds)[::13] == [
        0.01,
        81.92,
    ]
    assert points(metrics["gen_ai.client.operation.time_to_first_chunk"]) == {(*of_request, *host): 0.4}
    assert points(metrics["fim.cost"]) == {(*of_request, *host): 0.25}
    assert collector.resource["service.name"] == "fim-language-server"


def recording(folder: Path) -> UsageRecording:
    return UsageRecording(FakeClock().call_later, str(folder))


def chain() -> list[Backend]:
    clock = FakeClock()
    return [Backend("mistral", "codestral-latest", ScriptedModel(), RateBudget(clock), Health(clock))]


def settings(**usage: str) -> Settings:
    read, problems = parse_settings({"usage": usage})
    assert problems == []
    return read


async def test_outcomes_answers_and_refusals_are_sent(tmp_path: Path) -> None:
    """What was taken back is gone; an answer has a source or a reason."""
    async with collecting() as collector:
        usage = recording(tmp_path)
        assert await usage.configure(settings(otlp=collector.url), chain()) == []
        shown = Suggestion("1", "SECRET TEXT", request_at("a|"), Source.CACHE, "codestral-latest")
        for outcome, n in ((Outcome.DISMISSED, 1), (Outcome.DISMISSED, -1), (Outcome.ACCEPTED, 1)):
            usage.record_fate(shown, outcome, n)
        for answer in (shown, shown, Skip.OVER_BUDGET, None):
            usage.record_answer(answer)
        usage.record_use(RECORD)
        export = usage._export
        assert export is not None
        await asyncio.to_thread(export._provider.force_flush, LONG_S * 1_000)
        await usage.close()
    assert points(collector.metrics["fim.suggestions"]) == {
        ("accepted", "mistral_ai", "codestral-latest"): 1, ("dismissed", "mistral_ai", "codestral-latest"): 0,
    }  # fmt: skip
    assert points(collector.metrics["fim.answers"]) == {("cache",): 2, ("over_budget",): 1}
    sent = b"".join(collector.bodies)
    assert not [word for word in (b"SECRET", b"/home", b"ada") if word in sent]


@pytest.mark.parametrize(
    ("usage", "named"),
    [
        ({}, set()),
        ({"person": "off"}, set()),
        ({"person": "hash"}, {"user.hash"}),
        ({"person": "Ada"}, {"user.name"}),
        ({"project": "hash"}, set()),
        ({"project": "billing", "person": "hash"}, {"user.hash", "fim.project"}),
    ],
)
async def test_a_person_is_named_only_where_that_was_set(
    usage: dict[str, str], named: set[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The default's hash stays on the machine; what the environment adds is the user's own doing."""
    monkeypatch.setenv("OTEL_RESOURCE_ATTRIBUTES", "team=editors")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_HEADERS", "x-key=k1")
    async with collecting() as collector:
        kept = recording(tmp_path)
        await kept.configure(settings(otlp=collector.url, **usage), chain())
        kept.record_use(RECORD)
        export = kept._export
        assert export is not None
        await asyncio.to_thread(export._provider.force_flush, LONG_S * 1_000)
        await kept.close()
    usual = {"service.name", "service.version", "service.instance.id", "team"}
    assert set(collector.resource) - usual == named
    assert collector.headers[-1]["x-key"] == "k1"
    if "person" in usage and usage["person"] == "hash":
        assert len(collector.resource["user.hash"]) == 12


async def test_a_collector_that_is_away_is_one_line(
    caplog: pytest.LogCaptureFixture, unused_tcp_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However often it is tried, and nothing waits for it."""
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "0.01")
    with caplog.at_level(logging.DEBUG):
        export = await asyncio.to_thread(make_export, f"http://127.0.0.1:{unused_tcp_port}", {})
        for _ in range(3):
            export.note(RECORD)
            await asyncio.to_thread(export._provider.force_flush, LONG_S * 1_000)
        await export.close(LONG_S)
    said = [record for record in caplog.records if record.name.startswith(("fim_language_server", "opentelemetry"))]
    assert [record.message for record in said if record.levelno >= logging.INFO] == [
        "the collector of usage.otlp takes no metrics; they are sent when it does"
    ]


async def test_a_collector_that_does_not_answer_holds_up_nothing(tmp_path: Path) -> None:
    """Closing waits for a moment only; the thread that waits is one that ends with the process."""
    held = asyncio.Event()

    async def hold(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await held.wait()
        writer.close()

    server = await asyncio.start_server(hold, "127.0.0.1", 0)
    try:
        export = await asyncio.to_thread(make_export, f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", {})
        export.note(RECORD)
        await asyncio.wait_for(export.close(0.01), LONG_S)
    finally:
        held.set()
        server.close()


async def test_doctor_says_whether_a_collector_takes_metrics(
    unused_tcp_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It sends nothing but an empty request; without a collector it says nothing."""
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "0.01")
    async with collecting() as collector:
        found = CheckReport()
        for address in (collector.url, f"http://127.0.0.1:{unused_tcp_port}", ""):
            await check_collector(found, settings(otlp=address))
    assert [(each.level, each.check) for each in found.findings] == [(Level.OK, "metrics"), (Level.WARN, "metrics")]
    assert len(collector.requests[0].resource_metrics) == 0


async def test_doctor_says_that_the_library_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    """As the server does."""
    monkeypatch.setitem(sys.modules, "fim_language_server.usage.metrics_export", None)
    found = CheckReport()
    await check_collector(found, settings(otlp="http://127.0.0.1:4318"))
    assert found.failed


async def test_new_settings_make_it_anew_and_others_do_not(tmp_path: Path) -> None:
    """A change of something else must not begin the sums anew; an empty address ends it."""
    async with collecting() as collector:
        usage = recording(tmp_path)
        await usage.configure(settings(otlp=collector.url), chain())
        first = usage._export
        await usage.configure(settings(otlp=collector.url), chain())
        assert usage._export is first
        await usage.configure(settings(otlp=collector.url, person="hash"), chain())
        assert usage._export is not first
        await usage.configure(settings(), chain())
        assert usage._export is None
        await usage.close()


async def test_a_missing_library_is_told_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With what to install; recording goes on."""
    monkeypatch.setitem(sys.modules, "fim_language_server.usage.metrics_export", None)
    usage = recording(tmp_path)
    assert await usage.configure(settings(otlp="http://127.0.0.1:4318"), chain()) == [NO_OTEL]
    usage.record_use(RECORD)
    await usage.close()


def test_nothing_of_it_is_imported_where_it_is_off() -> None:
    """It costs time and memory at the start."""
    code = "import sys, fim_language_server.app.application; print([it for it in sys.modules if 'opentel' in it])"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"


def test_a_workspace_cannot_set_it_or_name_a_person() -> None:
    """It would learn when somebody works, and how much."""
    theirs = settings(otlp="https://collector.example", person="Eve", project="theirs")
    holds = narrowed(settings(otlp="https://ours.example"), theirs)
    assert (holds.usage.otlp, holds.usage.person, holds.usage.project) == ("https://ours.example", "hash", "theirs")


@pytest.mark.parametrize(
    ("address", "endpoint"),
    [
        ("http://localhost:4318", "http://localhost:4318/v1/metrics"),
        ("https://otel.example/", "https://otel.example/v1/metrics"),
        ("https://otel.example/otlp/v1/metrics", "https://otel.example/otlp/v1/metrics"),
        ("http://[::1]:4318", "http://[::1]:4318/v1/metrics"),
    ],
)
def test_an_address_in_any_form(address: str, endpoint: str) -> None:
    """With the path of metrics, or without."""
    assert endpoint_of(settings(otlp=address).usage.otlp) == endpoint


@pytest.mark.parametrize(
    "address",
    [
        "otel.example",
        "grpc://otel.example:4317",
        "https://u:secret@otel.example",
        "https://otel.example?key=secret",
        "x y",
    ],
)
def test_an_address_with_a_key_in_it_is_none(address: str) -> None:
    """The sentence says where keys belong, and does not repeat one."""
    read, (problem,) = parse_settings({"usage": {"otlp": address}})
    assert read.usage.otlp == ""
    assert "OTEL_EXPORTER_OTLP_HEADERS" in problem
    assert "secret" not in problem
