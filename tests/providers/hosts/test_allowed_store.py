"""The host of a store of budgets, under a policy that names the hosts that may be asked."""

from __future__ import annotations

import pytest

from fim_language_server.errors import SettingsError
from fim_language_server.providers.hosts.allowed_hosts import check_store_allowed
from fim_language_server.settings.allowed import Allowed

HOSTS = ("fim.acme.example", "limits.acme.example", "other.example:7000", "localhost")


@pytest.mark.parametrize(
    ("store", "is_allowed"),
    [
        ("", True),
        ("valkeys://limits.acme.example", True),
        ("valkeys://fim@limits.acme.example:6379/1", True),
        ("rediss://LIMITS.acme.example.", True),
        ("valkey://127.0.0.1:7001", True),
        ("valkeys://other.example:7000", True),
        ("valkeys://other.example", False),
        ("valkeys://limits.acme.example:6380", False),
        ("valkeys://limits.acme.example.evil.example", False),
        ("valkeys://limits.acme.example@evil.example", False),
        ("valkeys://10.0.0.1", False),
        ("valkeys://[2001:db8::1]:6379", False),
    ],
)
def test_a_store_is_allowed_by_host_and_port(store: str, is_allowed: bool) -> None:
    """A name without a port stands for 6379; nothing is hidden in a user, a suffix or another port."""
    allowed = Allowed("policy.json", hosts=HOSTS)
    if is_allowed:
        check_store_allowed(store, allowed)
    else:
        with pytest.raises(SettingsError, match=r"policy\.json does not allow the host of budget\.store"):
            check_store_allowed(store, allowed)


def test_a_store_that_the_policy_sets_needs_no_entry() -> None:
    """Only others' stores are judged, and only where hosts are named."""
    check_store_allowed("valkeys://a.example", Allowed("policy.json", hosts=(), store="valkeys://a.example"))
    check_store_allowed("valkeys://a.example", Allowed("policy.json"))
    check_store_allowed("valkeys://a.example", None)
