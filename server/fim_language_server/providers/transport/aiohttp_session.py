"""The parts of transport that depend on aiohttp: setting up a session, its responses, and the meaning of its errors.

aiohttp is imported inside functions: the import takes a sixth of a second, which the first connection spends in a
thread.
"""

from __future__ import annotations

import asyncio
import errno
from collections.abc import Callable, Mapping
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from attrs import define

from fim_language_server import __version__
from fim_language_server.providers.transport import failures
from fim_language_server.providers.transport.exchange import PreparedRequest
from fim_language_server.providers.transport.failures import Failure, unavailable

if TYPE_CHECKING:
    import aiohttp

_DRAIN_TIMEOUT = 2.0  # seconds for the bytes between the last event of a response and its end


@define(eq=False)
class AiohttpResponse:
    """A response of aiohttp in the shape of `exchange.HttpResponse`."""

    status: int
    headers: Mapping[str, str]
    _response: aiohttp.ClientResponse
    _outgoing: PreparedRequest
    _first_byte_timeout: float
    _on_release: Callable[[bool], None]
    _has_begun: bool = False

    async def read_any(self) -> bytes:
        """Return the bytes of the body that have arrived, at least one; b"" at its end. Raises ProviderError."""
        import aiohttp

        provider, url = self._outgoing.provider, self._outgoing.url
        try:
            data = await self._response.content.readany()
        except TimeoutError:  # aiohttp.SocketTimeoutError is one.
            failure = Failure.SILENT if self._has_begun else Failure.NO_FIRST_BYTE
            raise unavailable(provider, failure, url, seconds=self._first_byte_timeout) from None
        except (aiohttp.ClientError, OSError):
            raise failures.broken_off(provider, url) from None
        self._has_begun = True
        return data

    def release(self, *, whole: bool) -> None:
        """Keep the connection if the response is `whole`, else close it at once."""
        self._on_release(whole)


def open_session(keep_alive: float) -> aiohttp.ClientSession:
    """Return a session that keeps idle connections for `keep_alive` seconds; needs a running event loop.

    A request that is sent over a kept connection sets `reused = True` in its `trace_request_ctx`.
    """
    import aiohttp

    from fim_language_server.providers.transport.resolver import LoopbackResolver

    async def note_reuse(_: Any, context: SimpleNamespace, __: Any) -> None:
        context.trace_request_ctx.reused = True

    tracing = aiohttp.TraceConfig()
    tracing.on_connection_reuseconn.append(note_reuse)
    return aiohttp.ClientSession(
        # No limit of connections: the engine limits requests, and a queue here would go unnoticed.
        connector=aiohttp.TCPConnector(
            limit=0, keepalive_timeout=keep_alive, ttl_dns_cache=300, resolver=LoopbackResolver()
        ),
        # Compressed event streams are held back by some proxies until a block is full.
        headers={"User-Agent": f"fim-language-server/{__version__}", "Accept-Encoding": "identity"},
        cookie_jar=aiohttp.DummyCookieJar(),
        trace_configs=[tracing],
    )


async def drain(response: aiohttp.ClientResponse) -> None:
    """Read the rest of a response after its last event, so that its connection can be used again."""
    import aiohttp

    try:
        async with asyncio.timeout(_DRAIN_TIMEOUT):
            while await response.content.readany():
                pass
    except (aiohttp.ClientError, OSError):  # a timeout is an OSError
        return
    finally:
        response.close()


def classify(error: Exception) -> Failure:
    """Return the failure that an error of aiohttp stands for."""
    import aiohttp

    kinds: tuple[tuple[type[Exception], Failure], ...] = (
        (aiohttp.ClientConnectorCertificateError, Failure.UNTRUSTED),
        (aiohttp.ClientSSLError, Failure.NO_TLS),
        (aiohttp.ClientConnectorDNSError, Failure.NO_SUCH_HOST),
        (aiohttp.ClientProxyConnectionError, Failure.PROXY_UNREACHABLE),
        (aiohttp.ConnectionTimeoutError, Failure.CONNECT_TIMEOUT),
        (aiohttp.ServerTimeoutError, Failure.NO_FIRST_BYTE),
        (aiohttp.ClientConnectorError, Failure.UNREACHABLE),
    )
    if isinstance(error, aiohttp.ClientConnectorError) and error.os_error.errno == errno.ECONNREFUSED:
        return Failure.REFUSED
    return next((failure for kind, failure in kinds if isinstance(error, kind)), Failure.DROPPED)
