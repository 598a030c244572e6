"""Looking up hosts, such that the names of this machine lead to this machine.

`localhost` and the names below it are trusted without encryption and outside of every region. RFC 6761 says that they
lead to loopback; resolvers and name servers do not all keep to that. Imported together with aiohttp.
"""

from __future__ import annotations

import socket

from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import DefaultResolver

from fim_language_server.providers.hosts.endpoints import is_loopback_address, is_loopback_name


class LoopbackResolver(AbstractResolver):
    """The usual resolver, without those addresses of a loopback name that are elsewhere."""

    def __init__(self, usual: AbstractResolver | None = None) -> None:
        self._usual = usual or DefaultResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """Return the addresses of a host. Raises OSError where it has none that may be used."""
        found = await self._usual.resolve(host, port, family)
        if not is_loopback_name(host):
            return found
        here = [each for each in found if is_loopback_address(each["host"])]
        if not here:
            raise OSError(f"{host} does not lead to this machine")
        return here

    async def close(self) -> None:
        """Let go of what the usual resolver holds."""
        await self._usual.close()
