"""Check of a team's collector of metrics by `doctor`: its library, and whether it takes metrics."""

from __future__ import annotations

import asyncio

from fim_language_server.app.usage_recording import NO_OTEL
from fim_language_server.cli.findings import CheckReport, Level
from fim_language_server.providers.hosts.endpoints import shown
from fim_language_server.settings import Settings


async def check_collector(report: CheckReport, settings: Settings) -> None:
    """Check the collector that `usage.otlp` names, if it names one, by sending it nothing."""
    address = settings.usage.otlp
    if not address:
        return
    try:
        from fim_language_server.usage.metrics_export import takes_metrics
    except ImportError:
        report.error("metrics", NO_OTEL)
        return
    if await asyncio.to_thread(takes_metrics, address):
        report.ok("metrics", f"the collector {shown(address)} takes metrics: numbers, never a text")
    else:
        remedy = "check usage.otlp, and the variable OTEL_EXPORTER_OTLP_HEADERS if it asks for a key"
        report.add(Level.WARN, "metrics", f"the collector {shown(address)} takes no metrics", remedy)
