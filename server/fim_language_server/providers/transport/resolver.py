"""A name resolver that finds names of this machine on this machine only.

`localhost` and the names below it are trusted without encryption and in every region. By RFC 6761 (6.3) they lead to
loopback, but not all resolvers and name servers comply. Imported together with aiohttp.
"""

from __future__ import annotations

import socket

from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import DefaultResolver

from fim_language_server.providers.hosts.endpoints import is_loopback_address, is_loopback_name


class LoopbackResolver(AbstractResolver):
    """aiohttp's resolver, without addresses of other machines for a loopback name."""

    def __init__(self, usual: AbstractResolver | None = None) -> None:
        self._usual = usual or DefaultResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """Return the addresses of `host`. Raises OSError where none of them may be used."""
        addresses = await self._usual.resolve(host, port, family)
        if not is_loopback_name(host):
            return addresses
        loopback = [address for address in addresses if is_loopback_address(address["host"])]
        if not loopback:
            raise OSError(f"{host} does not lead to this machine")
        return loopback

    async def close(self) -> None:
        """Close the usual resolver."""
        await self._usual.close()
