"""Checks of a provider by `doctor`: key, proxy and TLS, endpoint, model, abilities of the server, and a completion."""

from __future__ import annotations

import time
from collections.abc import Mapping

from attrs import evolve

from fim_language_server.cli.findings import CheckReport, Level
from fim_language_server.core.shown_values import as_shown
from fim_language_server.core.values import Context, Started
from fim_language_server.errors import AuthenticationError, ProviderError
from fim_language_server.providers.base import HasAlternateHost, ModelCard
from fim_language_server.providers.credentials import KeyAndHeaders, secrets_for
from fim_language_server.providers.hosts.endpoints import is_loopback, shown, shown_host
from fim_language_server.providers.targets import Target
from fim_language_server.providers.transport import Transport
from fim_language_server.providers.transport.proxies import proxy_for

QUESTION = Context("def add(first, second):\n    return ", "\n\n\nprint(add(1, 2))\n", "add.py", "python")
MAX_TOKENS = 16
MOST_NAMED = 12
"""Models that are named in a remedy, where a host has many."""


async def check_provider(report: CheckReport, target: Target, transport: Transport) -> None:
    """Check key, proxy, TLS, endpoint, model, and a completion."""
    connect_ms = await check_way_to(report, target, transport)
    if connect_ms is not None:
        await _check_completion(report, target, transport, connect_ms)


async def check_way_to(report: CheckReport, target: Target, transport: Transport) -> float | None:
    """Check key, proxy, TLS, endpoint and model; return the time for connecting in ms, None where a request fails."""
    try:
        secrets = await secrets_for(target.credentials, target.url)
    except ProviderError as error:
        report.error("key", error)
        return None
    report.ok("key", f"key found: {target.credentials.source}" if secrets.key else "no key set, none is sent")
    if isinstance(target.credentials, KeyAndHeaders):
        report.ok("headers", f"sent to this host, too: {', '.join(target.credentials.own.names)}")
    _check_way(report, target.url)
    connect_ms = await _check_endpoint(report, target, transport)
    if connect_ms is None or not await _check_model(report, target, transport):
        return None
    return connect_ms if await _check_server(report, target, transport) else None


def _check_way(report: CheckReport, url: str) -> None:
    proxy = proxy_for(url)
    report.ok("proxy", f"through the proxy {shown_host(proxy)}" if proxy else "no proxy")
    if url.startswith("https:"):
        report.ok("tls", "encrypted (https)")
    elif is_loopback(url):
        report.ok("tls", "not encrypted, and need not be: it is this machine")
    else:
        remedy = "use https:// in provider.url"
        report.add(Level.WARN, "tls", f"key and code go to {shown_host(url)} without encryption", remedy)


async def _check_endpoint(report: CheckReport, target: Target, transport: Transport) -> float | None:
    try:
        await transport.prepare(target.url)
        began = time.perf_counter()
        await transport.preconnect(target.url, target.provider.name)
    except ProviderError as error:
        report.error("endpoint", error)
        return None
    connect_ms = (time.perf_counter() - began) * 1_000
    report.ok("endpoint", f"connected to {shown(target.url)}")
    return connect_ms


async def _check_model(report: CheckReport, target: Target, transport: Transport) -> bool:
    """Look the model up in the host's list, if it has one; False where a completion would fail as well."""
    name = f"model {as_shown(target.options.model)}" if target.options.model else "the model that the server runs"
    url = target.provider.models_url(target.url)
    if url is None:
        report.ok("model", f"{name} (this provider has no list of models)")
        return True
    try:
        body = await transport.fetch(target.provider, url, target.credentials)
        cards = target.provider.read_models(body)
    except ProviderError as error:
        if isinstance(error, AuthenticationError) and not _has_twin(target):
            report.error("model", error)
            return False
        report.ok("model", f"{name} (the list of models could not be read)")
        return True
    if target.options.model:
        _judge_model(report, target, {card.id: card for card in cards})
    else:
        report.ok("model", f"{name}{f': {cards[0].id}' if len(cards) == 1 else ''}")
    return True


def _has_twin(target: Target) -> bool:
    """May the key be one for another host of the same vendor? Then the completion tells."""
    return isinstance(target.provider, HasAlternateHost) and target.provider.alternate_host_of(target.url) is not None


def _judge_model(report: CheckReport, target: Target, cards: Mapping[str, ModelCard]) -> None:
    model, default = target.options.model, target.provider.default_model
    card = cards.get(model)
    if card is None:
        able = sorted(name for name, each in cards.items() if each.completes_fim) or sorted(cards)
        shown_ones = ", ".join(able[:MOST_NAMED]) + (", …" if len(able) > MOST_NAMED else "")
        remedy = f"set provider.model to one of {shown_ones}" if able else "none is there yet: load or pull one"
        report.add(Level.WARN, "model", f"model {as_shown(model)} is not listed", remedy)
    elif card.completes_fim is False:
        report.add(
            Level.FAIL,
            "model",
            f"model {as_shown(model)} cannot fill in the middle",
            f"set provider.model to {default}",
        )
    elif card.retires_on:
        remedy = f"set provider.model to {card.replacement or default}"
        report.add(Level.WARN, "model", f"model {as_shown(model)} is retired on {card.retires_on}", remedy)
    else:
        report.ok("model", f"model {as_shown(model)}")


async def _check_server(report: CheckReport, target: Target, transport: Transport) -> bool:
    """Learn the server's abilities where they are not fixed; False where a completion would fail as well."""
    try:
        facts = await transport.probe(target.provider, target.url, target.options, target.credentials)
    except ProviderError as error:
        report.error("server", error)
        return False
    if facts.finding:
        report.ok("server", facts.finding)
    return True


async def _check_completion(report: CheckReport, target: Target, transport: Transport, connect_ms: float) -> None:
    options = evolve(target.options, max_tokens=MAX_TOKENS, min_tokens=None)
    began, first_ms, text = time.perf_counter(), None, ""
    try:
        async for event in transport.stream(target.provider, target.url, QUESTION, options, target.credentials):
            if isinstance(event, Started):
                for notice in event.notices:
                    report.error("model", notice, Level.WARN)
                continue
            if first_ms is None:
                first_ms = (time.perf_counter() - began) * 1_000
            text += event.text
    except ProviderError as error:
        report.error("completion", error)
        return
    total_ms = (time.perf_counter() - began) * 1_000
    times = f"connect {connect_ms:.0f} ms, first text {first_ms or total_ms:.0f} ms, all {total_ms:.0f} ms"
    if text.strip():
        report.ok("completion", f"completion {text!r} ({times})")
    else:
        remedy = "FIM models may do that; try again, or another model"
        report.add(Level.WARN, "completion", f"the model answered with nothing ({times})", remedy)
