"""The address of a store of budgets: no password in it, nothing that switches checks off, and none from a workspace."""

from __future__ import annotations

import pytest

from fim_language_server.settings import narrowed, parse_settings


@pytest.mark.parametrize(
    "address",
    [
        "", "valkey://limits.example", "valkeys://fim@limits.example:6380/2", "rediss://limits.example",
        "redis://[::1]:6379", " valkey://127.0.0.1 ", "valkeys://fim@sentinel.example:26379/0?sentinel=limits",
    ],
)  # fmt: skip
def test_an_address_is_taken(address: str) -> None:
    settings, problems = parse_settings({"budget": {"store": address}})
    assert (settings.budget.store, problems) == (address.strip(), [])


@pytest.mark.parametrize(
    "address",
    [
        "limits.example", "http://limits.example", "valkeys://fim:secret@limits.example", "valkey://:secret@limits.example",
        "valkeys://limits.example?ssl_cert_reqs=none", "valkeys://x?sentinel=a&ssl_cert_reqs=none", "valkeys://x?sentinel=",
        "valkeys://limits.example/0?ssl_check_hostname=false",
        "unix:///run/valkey.sock", "valkey://a b", "valkey://a@b@c", "valkey://x#y", "valkey://x:123456",
    ],
)  # fmt: skip
def test_what_is_none_is_refused_with_what_to_do_and_without_the_password(address: str) -> None:
    """Also one with another query than Sentinel's: it could switch off the checks of TLS."""
    settings, (problem,) = parse_settings({"budget": {"store": address}})
    assert settings.budget.store == ""
    assert "valkeys://USER@HOST:PORT" in problem
    assert "budget.storePasswordEnv" in problem
    assert "secret" not in problem


def test_a_workspace_names_no_store() -> None:
    """It would learn when and how much somebody types, and get the password."""
    mine, _ = parse_settings({"budget": {"store": "valkey://limits.example"}})
    theirs, _ = parse_settings({"budget": {"store": "valkey://collector.example", "storePasswordEnv": "AWS_SECRET"}})
    holds = narrowed(mine, theirs)
    assert (holds.budget.store, holds.budget.store_password_env) == ("valkey://limits.example", "")
