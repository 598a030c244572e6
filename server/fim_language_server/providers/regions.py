"""In which region a host is, as far as its address tells: for `provider.regions`. Pure.

A host that is not listed is nowhere: who restricts regions wants to know where their code goes, not to guess.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Final
from urllib.parse import urlsplit

from fim_language_server.errors import SettingsError
from fim_language_server.providers.endpoints import is_loopback

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
"""Patterns of host and path, with the region, or "" where the address has it."""

_PARTS: Final = (
    (r"europe-(?!west2$|west6$).*", "eu"),  # Google's London and Zürich are not in the EU
    (r"us-.*", "us"),
    (r"(west|north)europe|(sweden|france|poland|spain)central|germanywestcentral|italynorth", "eu"),
    (r"(east|west|central|northcentral|southcentral|westcentral)us\d?", "us"),
)
"""Which cloud regions lie in a larger one."""


def regions_of(url: str) -> tuple[str, ...]:
    """Return the names of the region that the host of `url` is in, the narrowest first; none if nobody knows."""
    parts = urlsplit(url.lower())
    address = f"{parts.hostname or ''}{parts.path or '/'}"
    for pattern, region in _HOSTS:
        if found := re.fullmatch(pattern, address):
            region = region or found["region"]
            return (region, *(larger for part, larger in _PARTS if re.fullmatch(part, region)))
    return ()


def check_region(url: str, allowed: Collection[str]) -> None:
    """Raise SettingsError where `allowed` names regions and the host of `url` is in none of them.

    This machine is always allowed.
    """
    if not allowed or is_loopback(url):
        return
    regions, host = regions_of(url), urlsplit(url).hostname
    if not {name.lower() for name in allowed}.intersection(regions):
        only = f"provider.regions allows only {', '.join(allowed)}"
        where = f"{host} is in {regions[0]}" if regions else f"nobody knows where {host} is"
        raise SettingsError(f"{only}, and {where}; add its region, or choose another provider.")
