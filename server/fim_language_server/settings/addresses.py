"""Form of addresses in settings. Pure."""

from __future__ import annotations

import re

STORE = re.compile(
    r"(valkeys?|rediss?)://([A-Za-z0-9._~-]{1,80}@)?(\[[0-9A-Fa-f:.]{2,45}\]|[A-Za-z0-9._-]{1,253})(:[0-9]{1,5})?(/[0-9]{0,4})?"
    r"(\?sentinel=[A-Za-z0-9._-]{1,80})?"
)
"""No password, which is no setting, and no query but Sentinel's: another one could switch the checks of TLS off."""


COLLECTOR = re.compile(
    r"https?://(\[[0-9A-Fa-f:.]{2,45}\]|[A-Za-z0-9._-]{1,253})(:[0-9]{1,5})?(/[A-Za-z0-9._~/-]{0,500})?"
)
"""No user and password, and no query: keys of a collector are no settings."""


def checked_collector(address: str) -> str:
    """Return the URL of a collector of metrics, without blanks around it. Raises ValueError where it is none."""
    address = address.strip()
    if address and not COLLECTOR.fullmatch(address):
        raise ValueError(
            "it has the form https://HOST:4318, without a key: that is taken from OTEL_EXPORTER_OTLP_HEADERS"
        )
    return address


def checked_store(address: str) -> str:
    """Return the address of a store of budgets, without blanks around it. Raises ValueError where it is none."""
    address = address.strip()
    if address and not STORE.fullmatch(address):
        raise ValueError(
            "it has the form valkeys://USER@HOST:PORT, without a password: that is taken from "
            "budget.storePasswordEnv or budget.storePasswordCommand"
        )
    return address
