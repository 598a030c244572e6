"""Regions of hosts, as far as their addresses tell them: for `provider.regions`. Pure.

A host that is listed neither here nor in the setting has no region: a region is known, never guessed.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Final
from urllib.parse import urlsplit

from fim_language_server.core.shown_values import address_as_shown, as_shown
from fim_language_server.errors import SettingsError
from fim_language_server.providers.hosts.endpoints import host_of, is_loopback, named_host, shown_host

_HOSTS: Final = (
    # Mistral's own API is hosted in the EU (docs.mistral.ai, data and security).
    (r"(api|codestral)\.mistral\.ai/.*", "eu"),
    # Langdock has the region in the path, Google and Azure in the name.
    (r"api\.langdock\.com/mistral/(?P<region>[a-z0-9-]+)/.*", ""),
    (r"(?P<region>[a-z0-9-]+)-aiplatform\.googleapis\.com/.*", ""),
    (r"[^/]+\.(?P<region>[a-z0-9]+)\.(models\.ai|inference\.ml)\.azure\.com/.*", ""),
    (r"api\.inceptionlabs\.ai/.*", "us"),
    (r"api\.openai\.com/.*", "us"),
    (r"api\.deepseek\.com/.*", "cn"),
)
"""Patterns of host and path, each with its region; "" where the address names the region."""

_LARGER_REGIONS: Final = (
    (r"europe-(?!west2$|west6$).*", "eu"),  # Google's London and Zürich are not in the EU
    (r"us-.*", "us"),
    (r"(west|north)europe|(sweden|france|poland|spain)central|germanywestcentral|italynorth", "eu"),
    (r"(east|west|central|northcentral|southcentral|westcentral)us\d?", "us"),
)
"""Patterns of cloud regions, each with the larger region that holds it."""


Regions = Collection[str | Mapping[str, str]] | Mapping[str, str]
"""The setting `provider.regions`: names of regions, and maps from hosts to the regions that they are in."""


def regions_of(url: str, named: Mapping[str, str] | None = None) -> tuple[str, ...]:
    """Return the names of the region that the host of `url` is in, the narrowest first; none where it is unknown.

    `named` are hosts, with or without a port, and their regions; the table above has priority over them.
    """
    parts = urlsplit(url.lower())
    address = f"{parts.hostname or ''}{parts.path or '/'}"
    for pattern, region in _HOSTS:
        if found := re.fullmatch(pattern, address):
            return _with_larger(region or found["region"])
    names = (host_of(url), (parts.hostname or "").removesuffix("."))
    known = next((named[name] for name in names if named and name in named), "")
    return _with_larger(known) if known else ()


def _with_larger(region: str) -> tuple[str, ...]:
    return (region, *(larger for pattern, larger in _LARGER_REGIONS if re.fullmatch(pattern, region)))


def check_region(url: str, setting: Regions, name: str = "provider.regions") -> None:
    """Raise SettingsError where `setting` allows some regions and the host of `url` is in none of them.

    `name` is the name of the setting in the message. This machine is always allowed. Where only hosts are named,
    their regions are those allowed.
    """
    if not setting or is_loopback(url):
        return
    named = dict(_named_hosts(setting))
    names = [] if isinstance(setting, Mapping) else [name.lower() for name in setting if isinstance(name, str)]
    allowed = names or sorted(set(named.values()))
    regions, host = regions_of(url, named), address_as_shown(urlsplit(url).hostname or "")
    if set(allowed).intersection(regions):
        return
    only = f"{name} allows only {', '.join(map(as_shown, allowed)) or 'this machine'}"
    if regions:
        raise SettingsError(
            f"{only}, and {host} is in {as_shown(regions[0])}; add its region, or choose another provider."
        )
    example = f'{{"{shown_host(url)}": "{as_shown(allowed[0]) if allowed else "eu"}"}}'
    raise SettingsError(
        f"{only}, and nobody knows where {host} is; choose another provider, or say where it is: "
        f"add {example} to {name}."
    )


def _named_hosts(setting: Regions) -> Iterator[tuple[str, str]]:
    for entry in [setting] if isinstance(setting, Mapping) else setting:
        for host, region in entry.items() if isinstance(entry, Mapping) else ():
            try:
                yield named_host(host), region.lower()
            except ValueError:
                raise SettingsError(
                    "provider.regions names something that is no host; write it without https:// and path: "
                    '{"llm.acme.example": "eu"}.'
                ) from None
