"""The HTTP client: sends requests, and keeps connections open for the next ones."""

from __future__ import annotations

import asyncio
import importlib
import logging
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine
from email.utils import formatdate
from functools import partial
from ssl import SSLContext
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from attrs import define, field

from fim_language_server.core.values import Chunk, Context, Started
from fim_language_server.errors import ProviderError, UnavailableError
from fim_language_server.providers.base import Provider, RequestOptions, ServerFacts
from fim_language_server.providers.credentials import KeySource
from fim_language_server.providers.hosts.endpoints import is_loopback
from fim_language_server.providers.transport import exchange, failures
from fim_language_server.providers.transport.aiohttp_session import AiohttpResponse, classify, drain, open_session
from fim_language_server.providers.transport.certificates import load_certificates
from fim_language_server.providers.transport.exchange import PreparedRequest
from fim_language_server.providers.transport.failures import Failure, unavailable
from fim_language_server.providers.transport.proxies import proxy_for
from fim_language_server.providers.transport.server_knowledge import ProviderRequest, ServerKnowledge

if TYPE_CHECKING:
    import aiohttp

log = logging.getLogger(__name__)

_REMOTE_KEEP_ALIVE = 120.0  # seconds; aiohttp's 15 are shorter than many pauses between two edits
_LOCAL_KEEP_ALIVE = 4.0  # seconds; llama-server closes after 5, and a new connection to loopback costs nothing
_PROXY_LOGIN = 407
_REFUSED_BY_PROXY = (_PROXY_LOGIN, 502)
_REQUEST_TIMEOUT = 408  # sent by some servers over a connection that was idle for too long


def is_remote(url: str) -> bool:
    """Does `url` lead to another machine, so that a handshake takes time?"""
    return not is_loopback(url)


@define(eq=False)
class _ConnectionPool:
    """Kept connections. When one of them is found stale, the whole pool is retired: the others are as old."""

    session: aiohttp.ClientSession
    n_used: int = 0
    is_retired: bool = False


@define(eq=False)
class Transport:
    """Sends requests and streams answers over kept connections.

    Belongs to one event loop; `close()` cancels its tasks and closes its connections.
    """

    connect_timeout: float = 5.0
    """Seconds for name look-up, TCP and TLS together."""
    first_byte_timeout: float = 10.0
    """Seconds until the first byte of a response, and between later ones."""
    ca_file: str = ""
    """PEM file with certificates to trust besides the system's."""
    wants_spare: Callable[[str], bool] = is_remote
    """Is a spare connection to this URL opened when a connection is closed early?"""
    wall_time: Callable[[], float] = time.time
    """The time of day in seconds, for responses without a Date header."""
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    """Waits for a number of seconds, before a probe is repeated."""
    _pools: dict[bool, _ConnectionPool] = field(factory=dict, init=False)  # by: is it remote?
    _retired: set[_ConnectionPool] = field(factory=set, init=False)
    _tls: asyncio.Task[SSLContext] | None = field(default=None, init=False)
    _tasks: set[asyncio.Task[None]] = field(factory=set, init=False)
    _warming: set[str] = field(factory=set, init=False)
    _closed: bool = field(default=False, init=False)
    _knowledge: ServerKnowledge = field(init=False, repr=False)

    def __attrs_post_init__(self) -> None:
        # A probe times out before a completion does, so that the next request need not wait for one that hangs.
        self._knowledge = ServerKnowledge(self._send, 0.8 * self.first_byte_timeout, self.sleep)

    def stream(
        self, provider: Provider, url: str, context: Context, options: RequestOptions, credentials: KeySource
    ) -> AsyncGenerator[Started | Chunk, None]:
        """Post one request to the endpoint `url`; yield `Started`, then the chunks of the response.

        A normal end means that the answer is whole. Closing the generator, or cancelling the task that reads it, closes
        the connection at once. Raises ProviderError: StreamError if an answer began and broke off, after the chunks
        that came; UnavailableError also on silence in its middle; any other error before the first chunk.
        """
        return self._knowledge.stream(ProviderRequest(provider, url, context, options, credentials))

    async def probe(self, provider: Provider, url: str, options: RequestOptions, credentials: KeySource) -> ServerFacts:
        """Return the facts of the server behind the endpoint `url`; it is probed once. Raises ProviderError.

        `stream` probes by itself; this does it ahead of the first request, or for a report.
        """
        return await self._knowledge.facts(provider, url, options, credentials)

    async def fetch(self, provider: Provider, url: str, credentials: KeySource) -> str:
        """Return the body of a GET, such as the list of models. Raises ProviderError."""
        return await exchange.fetch(self._send, provider, url, credentials)

    async def prepare(self, url: str) -> None:
        """Load library and certificates for a connection to `url`, without using the network."""
        await self._pool(url)
        if url.startswith("https:"):
            await self._tls_context("")

    async def preconnect(self, url: str, provider: str = "") -> None:
        """Open a connection for the next request to `url`, unless one is idle already. Raises UnavailableError.

        No request is sent, so it costs no tokens and needs no key. It may be called again at any time.
        """
        session = (await self._pool(url)).session

        async def connect_only(request: aiohttp.ClientRequest, _: Any) -> aiohttp.ClientResponse:
            # Here `request` has all that a connection needs, with proxy and TLS. It is never sent.
            assert session.connector is not None
            connection = await session.connector.connect(request, traces=[], timeout=self._timeouts())
            connection.release()
            raise _ConnectedError

        try:
            await self._request(session, PreparedRequest(provider, "POST", url, {}), SimpleNamespace(), (connect_only,))
        except _ConnectedError:
            return

    async def close(self) -> None:
        """Cancel all tasks, wait until they have ended, and close all connections."""
        self._closed = True
        await self._knowledge.close()
        tasks: list[asyncio.Task[Any]] = [*self._tasks, *([self._tls] if self._tls else [])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for pool in [*self._pools.values(), *self._retired]:
            await pool.session.close()

    async def _send(self, outgoing: PreparedRequest) -> AiohttpResponse:
        """Send a request and return its response, of which the head has arrived.

        It is sent once more, over a new connection, where a kept one turns out to have been closed by the server before
        a byte of a response came: servers close idle connections, and may do so while a request is on its way.
        """
        pool = await self._pool(outgoing.url)
        response = await self._send_over(pool, outgoing)
        if response is None:
            response = await self._send_over(self._replacement_of(pool, outgoing.url), outgoing, is_repeat=True)
        assert response is not None
        return response

    async def _send_over(
        self, pool: _ConnectionPool, outgoing: PreparedRequest, *, is_repeat: bool = False
    ) -> AiohttpResponse | None:
        """Send a request over a connection of `pool`; None where a kept one was stale, and this is no repetition."""
        trace = SimpleNamespace(reused=False)
        pool.n_used += 1
        try:
            response = await self._request(pool.session, outgoing, trace)
        except BaseException as error:
            self._end_use_of(pool)
            if isinstance(error, _DroppedError) and trace.reused and not is_repeat:
                return None
            raise
        if response.status == _REQUEST_TIMEOUT and trace.reused and not is_repeat:
            response.close()
            self._end_use_of(pool)
            return None
        if response.status in _REFUSED_BY_PROXY and (proxy := proxy_for(outgoing.url)):
            self._replacement_of(pool, outgoing.url)  # No connection to such a proxy is kept.
            if response.status == _PROXY_LOGIN:
                response.close()
                self._end_use_of(pool)
                raise unavailable(outgoing.provider, Failure.PROXY_LOGIN, outgoing.url, proxy=proxy)
        headers = {name.lower(): value for name, value in response.headers.items()}
        headers.setdefault("date", formatdate(self.wall_time(), usegmt=True))
        release = partial(self._release, response, outgoing, pool)
        return AiohttpResponse(response.status, headers, response, outgoing, self.first_byte_timeout, release)

    def _replacement_of(self, stale: _ConnectionPool, url: str) -> _ConnectionPool:
        """Retire the pool `stale`, if it is in use, and return the pool in its place."""
        remote = is_remote(url)
        if self._pools[remote] is stale:
            stale.is_retired = True
            self._retired.add(stale)
            self._pools[remote] = _ConnectionPool(_open(remote))
            self._close_unused(stale)
        return self._pools[remote]

    def _end_use_of(self, pool: _ConnectionPool) -> None:
        pool.n_used -= 1
        self._close_unused(pool)

    def _close_unused(self, pool: _ConnectionPool) -> None:
        """Close a retired pool that no request uses any more."""
        if pool.is_retired and not pool.n_used:
            self._retired.discard(pool)
            self._run_in_background(pool.session.close(), "close stale connections")

    async def _request(
        self, session: aiohttp.ClientSession, outgoing: PreparedRequest, trace: SimpleNamespace, middlewares: Any = None
    ) -> aiohttp.ClientResponse:
        import aiohttp

        proxy = proxy_for(outgoing.url)
        if proxy and not proxy.startswith(("http://", "https://")):
            raise unavailable(outgoing.provider, Failure.PROXY_KIND, outgoing.url, proxy=proxy)
        tls = await self._tls_context(outgoing.provider) if outgoing.url.startswith("https:") else True
        try:
            return await session.request(
                outgoing.method,
                outgoing.url,
                data=outgoing.body,
                headers=outgoing.headers,
                allow_redirects=False,
                proxy=proxy,
                ssl=tls,
                timeout=self._timeouts(),
                trace_request_ctx=trace,
                middlewares=middlewares,
            )
        except aiohttp.ClientResponseError as error:
            if isinstance(error, aiohttp.ClientHttpProxyError):
                wants_login = error.status == _PROXY_LOGIN
                failure = Failure.PROXY_LOGIN if wants_login else Failure.PROXY_REFUSED
                raise unavailable(outgoing.provider, failure, outgoing.url, proxy=proxy or "") from None
            raise failures.no_api(outgoing.provider, outgoing.url) from None  # the server does not speak HTTP
        except (aiohttp.ClientError, OSError, ValueError) as error:
            # `from None`: aiohttp's errors hold the request, and that holds the key.
            raise self._error_of(error, outgoing, proxy) from None

    def _error_of(self, error: Exception, outgoing: PreparedRequest, proxy: str | None) -> ProviderError:
        if proxy and isinstance(error, ValueError):  # the proxy's URL is invalid; `outgoing.url` is checked
            return unavailable(outgoing.provider, Failure.PROXY_UNREACHABLE, outgoing.url)
        failure = classify(error)
        seconds = self.connect_timeout if failure is Failure.CONNECT_TIMEOUT else self.first_byte_timeout
        if proxy and failure in (Failure.NO_SUCH_HOST, Failure.REFUSED, Failure.UNREACHABLE):
            failure = Failure.PROXY_UNREACHABLE
        explained = unavailable(outgoing.provider, failure, outgoing.url, seconds=seconds, proxy=proxy or "")
        return _DroppedError(explained.provider, explained.message) if failure is Failure.DROPPED else explained

    def _timeouts(self) -> aiohttp.ClientTimeout:
        import aiohttp

        # No total: it would end a stream that is alive. `connect` covers look-up, TCP and TLS.
        return aiohttp.ClientTimeout(total=None, connect=self.connect_timeout, sock_read=self.first_byte_timeout)

    async def _pool(self, url: str) -> _ConnectionPool:
        if not self._pools:
            await asyncio.to_thread(importlib.import_module, "aiohttp")
        if self._closed:
            raise RuntimeError("the transport is closed")
        remote = is_remote(url)
        if remote not in self._pools:
            self._pools[remote] = _ConnectionPool(_open(remote))
        return self._pools[remote]

    async def _tls_context(self, provider: str) -> SSLContext:
        if self._tls is None:
            self._tls = asyncio.create_task(
                asyncio.to_thread(load_certificates, self.ca_file), name="load certificates"
            )
        try:
            return await asyncio.shield(self._tls)
        except OSError:  # ssl.SSLError is one
            raise failures.bad_ca_file(provider, self.ca_file) from None

    def _release(
        self, response: aiohttp.ClientResponse, outgoing: PreparedRequest, pool: _ConnectionPool, whole: bool
    ) -> None:
        self._end_use_of(pool)
        if whole and not response.closed:
            self._run_in_background(drain(response), "drain a response")
            return
        response.close()  # no effect where the body has been read to its end
        # The body of a refusal is read to its end, which keeps the connection.
        if not whole and response.ok and self.wants_spare(outgoing.url) and outgoing.url not in self._warming:
            self._run_in_background(self._open_spare(outgoing), "open a spare connection")

    async def _open_spare(self, outgoing: PreparedRequest) -> None:
        self._warming.add(outgoing.url)
        try:
            await self.preconnect(outgoing.url, outgoing.provider)
        except ProviderError as error:
            log.debug("no spare connection: %s", error)
        finally:
            self._warming.discard(outgoing.url)

    def _run_in_background(self, work: Coroutine[Any, Any, None], name: str) -> None:
        """Run `work` in the background, for as long as the transport lives."""
        if self._closed:
            work.close()
            return
        task = asyncio.create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _open(remote: bool) -> aiohttp.ClientSession:
    return open_session(_REMOTE_KEEP_ALIVE if remote else _LOCAL_KEEP_ALIVE)


class _ConnectedError(Exception):
    """No error: ends a request that was only to connect."""


class _DroppedError(UnavailableError):
    """The connection was closed before a byte of a response came."""
