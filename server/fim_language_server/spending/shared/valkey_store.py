"""A budget store for many machines: one function in a Valkey or Redis server of a team, called ahead of need.

The function (`exchange.lua`) is loaded once by whoever runs the server (`fim-language-server team load`); clients only
call it. The client library is the extra `valkey`, and is imported when a store is set and first used. A server that is
away costs a try each five seconds, off every key's path.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import urlsplit

from attrs import define, field, frozen

from fim_language_server.spending.shared.budget_store import StoreError
from fim_language_server.spending.shared.crowd_file import CrowdFile
from fim_language_server.spending.shared.store_messages import read_grant, written
from fim_language_server.spending.shared_values import LeaseGrant, SpendingReport

EXCHANGE, LEAVE = "fim_budget_exchange_1", "fim_budget_leave_1"
KEPT = ("spent", "members", "learned")
ANSWER_S = 2.0
"""Seconds in which the server must connect and answer."""
RETRY_S = 4.0
"""Seconds until the next try after it did not: with ANSWER_S less than ten until all is well again."""
LONGEST_SCOPE = 200
TLS = ("valkeys", "rediss")
REFUSED = (
    "refused the user or password; set the user in budget.store, and budget.storePasswordEnv or "
    "budget.storePasswordCommand"
)
NOT_INSTALLED = "budget.store needs the extra valkey; install fim-language-server[valkey]"

ReadPassword = Callable[[bool], Awaitable[str]]
"""Returns the password, "" for none; its argument says that the last one was refused. Raises StoreError."""


@frozen
class StoreAddress:
    """Address of a server, and how it is reached; `ca_file` has certificates to trust besides the system's."""

    url: str
    ca_file: str = ""
    answer_s: float = ANSWER_S

    @property
    def host(self) -> str:
        """The host and port in words."""
        parts = urlsplit(self.url)
        return f"{parts.hostname}:{parts.port or 6379}"

    @property
    def sentinel_name(self) -> str:
        """The name under which Sentinels watch the server; "" where the address is that of the server itself."""
        return urlsplit(self.url).query.removeprefix("sentinel=")


async def _no_password(_is_refused: bool) -> str:
    return ""


def function_source() -> str:
    """Return the library with the function, as FUNCTION LOAD takes it."""
    from importlib import resources  # Servers never need it.

    return resources.files("fim_language_server.spending.shared").joinpath("exchange.lua").read_text("utf-8")


def team_scope(host: str, model: str) -> bytes:
    """Return the name of a budget in a team's store: all keys of a host and model spend it together."""
    name = re.sub(r"[{}\s\x00-\x1f*?\[\]\\]", "_", f"{host}:{model}")
    return name[:LONGEST_SCOPE].encode("utf-8", "replace")


def keys_of(scope: bytes) -> list[bytes]:
    """Return the keys of a budget, with one hash tag, so that one node of a cluster has them all."""
    return [b"{fim:%s}:%s" % (scope, name.encode()) for name in KEPT]


@define(eq=False)
class ValkeyStore:
    """A budget store on a server that speaks Valkey's protocol. One connection, made when it is first needed."""

    _address: StoreAddress
    _read_password: ReadPassword = field(default=_no_password, repr=False)
    _crowd: CrowdFile | None = None
    others: str = field(default="the team", init=False)
    _n_noted: dict[bytes, int] = field(factory=dict, init=False, repr=False)
    _client: Any = field(default=None, init=False, repr=False)
    _is_refused: bool = field(default=False, init=False)
    _scopes: dict[str, bytes] = field(factory=dict, init=False, repr=False)

    async def open(self) -> bytes:
        """Return the salt of its scopes, which have none: they are the same on every machine."""
        return b""

    async def exchange(self, scope: bytes, process: str, report: SpendingReport) -> LeaseGrant:
        """Enter what a process says of itself; return its grant. Raises StoreError."""
        self._scopes[process] = scope
        try:
            answer = await self.call("FCALL", EXCHANGE, len(KEPT), *keys_of(scope), process, written(report))
            grant = read_grant(answer)
        except ValueError as error:
            raise self._lost(f"answered with something else than a grant ({error})") from None
        except StoreError as error:
            if self._crowd is not None:
                error.members = await asyncio.to_thread(self._crowd.recall, scope)
            raise
        if self._crowd is not None and grant.members != self._n_noted.get(scope):
            self._n_noted[scope] = grant.members
            await asyncio.to_thread(self._crowd.note, scope, grant.members)
        return grant

    async def leave(self, process: str) -> None:
        """Give back what a process has set aside. Raises StoreError."""
        scope = self._scopes.pop(process, None)
        if scope is not None:
            await self.call("FCALL", LEAVE, len(KEPT), *keys_of(scope), process)

    async def close(self) -> None:
        """Close the connection."""
        client, self._client = self._client, None
        if client is not None:
            await client.aclose()

    async def call(self, *words: Any) -> Any:
        """Send one command, and return the answer. Raises StoreError."""
        try:
            if self._client is None:
                self._client = await self._make_client()
            async with asyncio.timeout(self._address.answer_s):
                return await self._client.execute_command(*words)
        except StoreError:
            raise
        except ImportError:
            raise StoreError(NOT_INSTALLED, RETRY_S, is_lost=True) from None
        except TimeoutError:
            await self._drop()
            raise self._lost(f"did not answer within {self._address.answer_s:g} s{self._about_tls()}") from None
        except Exception as error:  # noqa: BLE001
            # The library's errors, of which it may be absent, and those of sockets and TLS. None may end the sharing.
            await self._drop()
            reason = _reason(error)
            self._is_refused = reason == REFUSED
            raise self._lost(reason) from None

    async def _make_client(self) -> Any:
        loop = asyncio.get_running_loop()
        make = await loop.run_in_executor(None, _import_client)  # The import takes 30 ms.
        parts = urlsplit(self._address.url)
        options: dict[str, Any] = {"single_connection_client": True, "client_name": "fim-language-server"}
        options |= {"socket_timeout": self._address.answer_s, "socket_connect_timeout": self._address.answer_s}
        if password := await self._read_password(self._is_refused):
            options["password"] = password
        if parts.scheme in TLS:
            options |= {"ssl_check_hostname": True}
            if self._address.ca_file:
                options["ssl_ca_certs"] = self._address.ca_file
        if name := self._address.sentinel_name:
            return make(await self._find_primary(make, name, options), **options)
        return make(self._address.url, **options)

    async def _find_primary(self, make: Callable[..., Any], name: str, options: dict[str, Any]) -> str:
        """Return the address of the primary that a Sentinel names. Sentinels are asked without user and password."""
        parts = urlsplit(self._address.url)
        place = parts.netloc.rpartition("@")[2]
        sentinel = make(f"{parts.scheme}://{place}", **{key: options[key] for key in options if key != "password"})
        try:
            async with asyncio.timeout(self._address.answer_s):
                found = await sentinel.execute_command("SENTINEL", "GET-MASTER-ADDR-BY-NAME", name)
        finally:
            await sentinel.aclose()
        if not found:
            raise self._lost(f"is a Sentinel that watches no server named {name}")
        host, port = (it.decode() if isinstance(it, bytes) else str(it) for it in found)
        user = f"{parts.username}@" if parts.username else ""
        host = f"[{host}]" if ":" in host else host
        return parts._replace(netloc=f"{user}{host}:{port}", query="").geturl()

    async def _drop(self) -> None:
        """Forget the connection: an answer that comes late must not be taken for the next one."""
        client, self._client = self._client, None
        if client is not None:
            try:
                async with asyncio.timeout(self._address.answer_s):
                    await client.aclose()
            except Exception:  # noqa: BLE001, S110
                pass  # It is broken, which is why it is dropped.

    def _about_tls(self) -> str:
        """Return a hint where TLS is spoken to a server that may wait for something else."""
        scheme = urlsplit(self._address.url).scheme
        plain = {"valkeys": "valkey", "rediss": "redis"}.get(scheme)
        return f"; {scheme}:// speaks TLS: does its port? Without TLS it is {plain}://" if plain else ""

    def _lost(self, what: str) -> StoreError:
        return StoreError(f"the budget store {self._address.host} {what}", RETRY_S, is_lost=True)


def _import_client() -> Callable[..., Any]:
    from valkey.asyncio import Valkey

    make: Callable[..., Any] = Valkey.from_url
    return make


def _reason(error: Exception) -> str:
    """Return what happened, and what to do, from the server's error; none of these has the password in it."""
    text = f"{type(error).__name__} {error}"
    if "unction not found" in text:
        return "does not know the function; load it with fim-language-server team load"
    if "NOPERM" in text or "NoPermission" in text:
        return "does not let this user call the function; see the ACL in docs/teams.md"
    if "NOAUTH" in text or "WRONGPASS" in text or "Authentication" in text:
        return REFUSED
    if "CERTIFICATE" in text or "certificate" in text:
        return "has a certificate that is not trusted; set provider.caFile to your company's certificates"
    return f"cannot be used ({type(error).__name__}); is it running, and does budget.store name it?"
