"""The check of a model's kind and address by what a company's policy allows (`settings.allowed`). Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from fim_language_server.core.shown_values import as_shown
from fim_language_server.errors import SettingsError
from fim_language_server.providers.hosts.endpoints import is_loopback, named_host, shown_host
from fim_language_server.providers.hosts.regions import check_region

if TYPE_CHECKING:
    from fim_language_server.settings.allowed import Allowed  # pydantic must not be imported from here

THIS_MACHINE = "localhost"
"""The entry of `allow.hosts` that stands for this machine, under each of its names and at each port."""

STORE_PORT = 6379
"""The port of a store of budgets whose address names none."""


def check_allowed(kind: str, url: str, allowed: Allowed | None) -> None:
    """Raise SettingsError where a policy does not allow the provider `kind`, or the host of the endpoint `url`.

    A host is allowed by its name and port; without a port by the scheme's own. This machine is no exception: a port
    of it may lead anywhere.
    """
    if allowed is None:
        return
    if allowed.kinds is not None and kind not in allowed.kinds:
        raise SettingsError(f'{allowed.file} does not allow provider.kind "{as_shown(kind)}"; {allowed.advice}.')
    if allowed.hosts is not None and _named(url) not in {_as_named(host, allowed.file) for host in allowed.hosts}:
        raise SettingsError(f"{allowed.file} does not allow the host {shown_host(url)}; {allowed.advice}.")
    if allowed.regions:
        check_region(url, allowed.regions, f"{allowed.file}, allow.regions,")


def check_store_allowed(url: str, allowed: Allowed | None) -> None:
    """Raise SettingsError where a policy does not allow the host of `budget.store`, and does not set it itself.

    An entry without a port stands for STORE_PORT, as one of a model's host stands for the scheme's own.
    """
    if allowed is None or allowed.hosts is None or not url or url == allowed.store:
        return
    names = {_named(url), _named(url).removesuffix(f":{STORE_PORT}")}
    if names.isdisjoint(_as_named(host, allowed.file) for host in allowed.hosts):
        raise SettingsError(f"{allowed.file} does not allow the host of budget.store, {_named(url)}; {allowed.advice}.")


def check_host_names(allowed: Allowed) -> None:
    """Raise SettingsError where an entry of `allow.hosts` is no host."""
    for host in allowed.hosts or ():
        _as_named(host, allowed.file)


def _named(url: str) -> str:
    """Return the host of an endpoint as a policy names it."""
    if is_loopback(url):
        return THIS_MACHINE
    parts = urlsplit(url)
    host = (parts.hostname or "").removesuffix(".")
    host = f"[{host}]" if ":" in host else host
    return f"{host}:{parts.port}" if parts.port is not None else host


def _as_named(host: str, file: str) -> str:
    try:
        name = named_host(host.strip())
    except ValueError:
        name = ""
    if not name or "*" in name:
        raise SettingsError(
            f'{file}: allow.hosts names "{as_shown(host)}", which is no host; write it without https:// and path.'
        )
    return _named(f"http://{name.removesuffix(':443')}")
