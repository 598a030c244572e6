"""The client: sends requests, and keeps connections open for the next ones."""

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
from fim_language_server.providers.transport.aiohttp_session import AiohttpAnswer, classify, drain, open_session
from fim_language_server.providers.transport.certificates import load_certificates
from fim_language_server.providers.transport.exchange import PreparedRequest
from fim_language_server.providers.transport.failures import Failure, unavailable
from fim_language_server.providers.transport.learning import Learning, Wanted
from fim_language_server.providers.transport.proxies import proxy_for

if TYPE_CHECKING:
    import aiohttp

log = logging.getLogger(__name__)

_REMOTE_KEEP_ALIVE = 120.0  # seconds; aiohttp's 15 are over before the next thought is
_LOCAL_KEEP_ALIVE = 4.0  # llama-server closes after 5, and a new connection to loopback costs nothing
_PROXY_LOGIN = 407
_REFUSED_BY_PROXY = (_PROXY_LOGIN, 502)
_REQUEST_TIMEOUT = 408  # what some servers say into a connection that was idle for too long


def is_remote(url: str) -> bool:
    """Is this another machine, to which a handshake takes its time?"""
    return not is_loopback(url)


@define(eq=False)
class _Pool:
    """Kept connections. One of them found stale, no request takes another of them: they are as old."""

    session: aiohttp.ClientSession
    n_used: int = 0
    is_retired: bool = False


@define(eq=False)
class Transport:
    """Sends requests and streams answers over connections that it keeps.

    Belongs to one event loop; `close()` ends all that it began.
    """

    connect_timeout: float = 5.0
    """Seconds for name look-up, TCP and TLS together."""
    first_byte_timeout: float = 10.0
    """Seconds until the first byte of an answer, and between later ones."""
    ca_file: str = ""
    """PEM file with certificates to trust besides the system's."""
    wants_spare: Callable[[str], bool] = is_remote
    """Is a spare connection to this URL opened when one is hung up?"""
    wall_time: Callable[[], float] = time.time
    """The time of day, for answers that have no Date."""
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    """Waits so many seconds, where a server takes no more questions now."""
    _pools: dict[bool, _Pool] = field(factory=dict, init=False)  # by: is it remote?
    _retired: set[_Pool] = field(factory=set, init=False)
    _tls: asyncio.Task[SSLContext] | None = field(default=None, init=False)
    _tasks: set[asyncio.Task[None]] = field(factory=set, init=False)
    _warming: set[str] = field(factory=set, init=False)
    _closed: bool = field(default=False, init=False)
    _learning: Learning = field(init=False, repr=False)

    def __attrs_post_init__(self) -> None:
        # A question gives up before a completion does: whoever asks anew is not to wait for one that hangs.
        self._learning = Learning(self._send, 0.8 * self.first_byte_timeout, self.sleep)

    def stream(
        self, provider: Provider, url: str, context: Context, options: RequestOptions, credentials: KeySource
    ) -> AsyncGenerator[Started | Chunk, None]:
        """Post one request to the endpoint `url`; yield `Started`, then the chunks of the answer.

        A normal end means that the answer is whole. Closing the generator, or cancelling the task that reads
        it, hangs up at once. Raises ProviderError: StreamError if an answer began and broke, after the chunks
        that came, UnavailableError also on silence in its middle, and anything else before the first chunk.
        """
        return self._learning.stream(Wanted(provider, url, context, options, credentials))

    async def learn(self, provider: Provider, url: str, options: RequestOptions, credentials: KeySource) -> ServerFacts:
        """Return what the server behind the endpoint `url` was found to do, asking it now if nobody has.

        `stream` does so by itself; this is to do it ahead, and to tell. Raises ProviderError.
        """
        return await self._learning.facts(provider, url, options, credentials)

    async def fetch(self, provider: Provider, url: str, credentials: KeySource) -> str:
        """Return the body of a GET, such as the list of models. Raises ProviderError."""
        return await exchange.fetch(self._send, provider, url, credentials)

    async def prepare(self, url: str) -> None:
        """Load what a connection to `url` needs, library and certificates, without using the network."""
        await self._pool(url)
        if url.startswith("https:"):
            await self._tls_context("")

    async def preconnect(self, url: str, provider: str = "") -> None:
        """Open a connection for the next request to `url`, unless one is idle already. Raises UnavailableError.

        Nothing is sent over it, so it costs no tokens and needs no key. It may be called again at any time.
        """
        session = (await self._pool(url)).session

        async def connect_only(request: aiohttp.ClientRequest, _: Any) -> aiohttp.ClientResponse:
            # Here a request is complete, as far as a connection needs it: proxy, TLS and all. It is never sent.
            assert session.connector is not None
            connection = await session.connector.connect(request, traces=[], timeout=self._timeouts())
            connection.release()
            raise _ConnectedError

        try:
            await self._request(session, PreparedRequest(provider, "POST", url, {}), SimpleNamespace(), (connect_only,))
        except _ConnectedError:
            return

    async def close(self) -> None:
        """Close all connections, and wait until everything that was begun here has ended."""
        self._closed = True
        await self._learning.close()
        tasks: list[asyncio.Task[Any]] = [*self._tasks, *([self._tls] if self._tls else [])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for pool in [*self._pools.values(), *self._retired]:
            await pool.session.close()

    async def _send(self, outgoing: PreparedRequest) -> AiohttpAnswer:
        """Send a request and wait for the head of its answer.

        It is sent once more, over a new connection, where a kept one turns out to have been closed by the other side
        before a byte of an answer came: servers close idle connections, and the news may cross with our request.
        """
        pool = await self._pool(outgoing.url)
        answer = await self._send_over(pool, outgoing)
        if answer is None:
            answer = await self._send_over(self._pool_after(pool, outgoing.url), outgoing, is_repeat=True)
        assert answer is not None
        return answer

    async def _send_over(
        self, pool: _Pool, outgoing: PreparedRequest, *, is_repeat: bool = False
    ) -> AiohttpAnswer | None:
        """Send a request over a pool's connections; None where a kept one was stale, unless it `is_repeat`."""
        trace = SimpleNamespace(reused=False)
        pool.n_used += 1
        try:
            response = await self._request(pool.session, outgoing, trace)
        except BaseException as error:
            self._done_with(pool)
            if isinstance(error, _DroppedError) and trace.reused and not is_repeat:
                return None
            raise
        if response.status == _REQUEST_TIMEOUT and trace.reused and not is_repeat:
            response.close()
            self._done_with(pool)
            return None
        if response.status in _REFUSED_BY_PROXY and (proxy := proxy_for(outgoing.url)):
            self._pool_after(pool, outgoing.url)  # No connection to such a proxy is kept.
            if response.status == _PROXY_LOGIN:
                response.close()
                self._done_with(pool)
                raise unavailable(outgoing.provider, Failure.PROXY_LOGIN, outgoing.url, proxy=proxy)
        headers = {name.lower(): value for name, value in response.headers.items()}
        headers.setdefault("date", formatdate(self.wall_time(), usegmt=True))
        let_go = partial(self._let_go, response, outgoing, pool)
        return AiohttpAnswer(response.status, headers, response, outgoing, self.first_byte_timeout, let_go)

    def _pool_after(self, stale: _Pool, url: str) -> _Pool:
        """Return the pool that takes the place of one with a stale connection."""
        remote = is_remote(url)
        if self._pools[remote] is stale:
            stale.is_retired = True
            self._retired.add(stale)
            self._pools[remote] = _Pool(_open(remote))
            self._close_unused(stale)
        return self._pools[remote]

    def _done_with(self, pool: _Pool) -> None:
        pool.n_used -= 1
        self._close_unused(pool)

    def _close_unused(self, pool: _Pool) -> None:
        """Close what nobody reads from and nobody will send over."""
        if pool.is_retired and not pool.n_used:
            self._retired.discard(pool)
            self._begin(pool.session.close(), "close stale connections")

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
            raise failures.no_api(outgoing.provider, outgoing.url) from None  # no HTTP, whatever it is
        except (aiohttp.ClientError, OSError, ValueError) as error:
            # `from None`: aiohttp's errors hold the request, and that holds the key.
            raise self._failed(error, outgoing, proxy) from None

    def _failed(self, error: Exception, outgoing: PreparedRequest, proxy: str | None) -> ProviderError:
        if proxy and isinstance(error, ValueError):  # our URL has been checked; the proxy's is of the environment
            return unavailable(outgoing.provider, Failure.PROXY_UNREACHABLE, outgoing.url)
        failure = classify(error)
        seconds = self.connect_timeout if failure is Failure.CONNECT_TIMEOUT else self.first_byte_timeout
        if proxy and failure in (Failure.NO_SUCH_HOST, Failure.REFUSED, Failure.UNREACHABLE):
            failure = Failure.PROXY_UNREACHABLE
        explained = unavailable(outgoing.provider, failure, outgoing.url, seconds=seconds, proxy=proxy or "")
        return _DroppedError(explained.provider, explained.message) if failure is Failure.DROPPED else explained

    def _timeouts(self) -> aiohttp.ClientTimeout:
        import aiohttp

        # No total: a total would end a live stream. `connect` covers look-up, TCP and TLS.
        return aiohttp.ClientTimeout(total=None, connect=self.connect_timeout, sock_read=self.first_byte_timeout)

    async def _pool(self, url: str) -> _Pool:
        if not self._pools:
            await asyncio.to_thread(importlib.import_module, "aiohttp")
        if self._closed:
            raise RuntimeError("the transport is closed")
        remote = is_remote(url)
        if remote not in self._pools:
            self._pools[remote] = _Pool(_open(remote))
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

    def _let_go(self, response: aiohttp.ClientResponse, outgoing: PreparedRequest, pool: _Pool, whole: bool) -> None:
        self._done_with(pool)
        if whole and not response.closed:
            self._begin(drain(response), "drain an answer")
            return
        response.close()  # does nothing where the body has been read to its end
        # A refusal is read to its end: no connection is lost by it.
        if not whole and response.ok and self.wants_spare(outgoing.url) and outgoing.url not in self._warming:
            self._begin(self._open_spare(outgoing), "open a spare connection")

    async def _open_spare(self, outgoing: PreparedRequest) -> None:
        self._warming.add(outgoing.url)
        try:
            await self.preconnect(outgoing.url, outgoing.provider)
        except ProviderError as error:
            log.debug("no spare connection: %s", error)
        finally:
            self._warming.discard(outgoing.url)

    def _begin(self, work: Coroutine[Any, Any, None], name: str) -> None:
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
    """Not an error: the way out of a request that was to connect and no more."""


class _DroppedError(UnavailableError):
    """The connection was closed before a byte of an answer came."""
