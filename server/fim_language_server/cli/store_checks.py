"""Checks of a team's budget store: that it answers, knows the function and lets this user call it, and of its clock."""

from __future__ import annotations

import time
from collections.abc import Mapping
from urllib.parse import urlsplit

from fim_language_server.app.budgets import store_of
from fim_language_server.cli.findings import CheckReport, Level
from fim_language_server.errors import SettingsError
from fim_language_server.providers.hosts.allowed_hosts import check_store_allowed
from fim_language_server.settings import Settings
from fim_language_server.spending.shared.budget_store import StoreError
from fim_language_server.spending.shared.valkey_store import TLS
from fim_language_server.spending.shared_values import Amount, SpendingReport

CHECKED_SCOPE = b"doctor"
MOST_ASIDE_S = 60.0
LOCAL = ("localhost", "127.0.0.1", "::1")


async def check_store(report: CheckReport, settings: Settings, environ: Mapping[str, str]) -> None:
    """Check the store that `budget.store` names, if it names one, by an exchange of its own."""
    if not settings.budget.store:
        return
    try:
        check_store_allowed(settings.budget.store, settings.provider.allowed)
    except SettingsError as error:
        report.error("store", str(error))
        return
    parts, store = urlsplit(settings.budget.store), store_of(settings, environ)
    try:
        probe = SpendingReport((), Amount(), Amount(1, 1), Amount(1, 1))
        await store.exchange(CHECKED_SCOPE, "doctor", probe)
        await store.leave("doctor")
        report.ok("store", f"the budget store {parts.hostname} shares one limit among the team's machines")
        seconds, _ = await store.call("TIME")
        aside_s = abs(time.time() - float(seconds))
        if aside_s > MOST_ASIDE_S:
            remedy = "set one of the clocks; limits hold all the same, as only the store's clock counts"
            report.add(Level.WARN, "store", f"its clock and this machine's differ by {aside_s:,.0f} s", remedy)
    except StoreError as error:
        report.error("store", str(error))
    finally:
        await store.close()
    if parts.scheme not in TLS and parts.hostname not in LOCAL:
        remedy = "use valkeys://, or be sure of every machine between"
        report.add(Level.WARN, "store", "the way to the budget store is not encrypted, its password neither", remedy)
