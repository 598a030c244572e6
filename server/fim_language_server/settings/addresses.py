"""Form of addresses in settings. Pure."""

from __future__ import annotations

import re

STORE = re.compile(
    r"(valkeys?|rediss?)://([A-Za-z0-9._~-]{1,80}@)?(\[[0-9A-Fa-f:.]{2,45}\]|[A-Za-z0-9._-]{1,253})(:[0-9]{1,5})?(/[0-9]{0,4})?"
)
"""No password, which is no setting, and no query: one could switch the checks of TLS off."""


def checked_store(address: str) -> str:
    """Return the address of a store of budgets, without blanks around it. Raises ValueError where it is none."""
    address = address.strip()
    if address and not STORE.fullmatch(address):
        raise ValueError(
            "it has the form valkeys://USER@HOST:PORT, without a password: that is taken from "
            "budget.storePasswordEnv or budget.storePasswordCommand"
        )
    return address
