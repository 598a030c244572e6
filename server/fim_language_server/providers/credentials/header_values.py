"""Headers of the user's own beside the key: their values from variables and programs, for one host alone.

`secrets_for` gives all that a request carries besides what the provider phrases. Nothing here logs.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Mapping, Sequence
from urllib.parse import urlsplit

from attrs import define, field, frozen

from fim_language_server.core.shown_values import as_shown
from fim_language_server.errors import AuthenticationError
from fim_language_server.providers.credentials.keys import (
    ApiKey,
    KeySource,
    NoValueError,
    RunCommand,
    run_key_command,
    value_printed_by,
)
from fim_language_server.providers.hosts.own_headers import LONGEST_VALUE, OwnHeader, is_value


@frozen(repr=False)
class SentSecrets:
    """The key and the headers of the user's own that one request carries."""

    key: ApiKey | None = None
    headers: Mapping[str, ApiKey] = field(factory=dict)
    confidential: tuple[ApiKey, ...] = ()
    """The values of headers that come from outside of the settings."""

    def __repr__(self) -> str:
        return "SentSecrets(…)"

    def with_headers(self, others: Mapping[str, str]) -> dict[str, str]:
        """Return the headers to send: those of the user's own, then `others`, which win, then the key's."""
        names = {name.lower() for name in others}
        own = {name: value.reveal() for name, value in self.headers.items() if name.lower() not in names}
        key = {} if self.key is None else {"Authorization": f"Bearer {self.key.reveal()}"}
        return {**own, **others, **key}

    def texts(self) -> tuple[str, ...]:
        """Return the values that no message may quote; the first holds the key, and is "" without one."""
        key = self.key.reveal() if self.key else ""
        others = [value.reveal() for value in self.confidential]
        # All in the first, which is looked for most strictly; the others for values that are too short for that.
        return ("\n".join(filter(None, [key, *others])), *([key] if key and others else []), *others)


@define(eq=False)
class OwnHeaders:
    """The headers of one host. Programs are run when the first request needs them, and again after a 401."""

    provider: str
    url: str
    headers: tuple[OwnHeader, ...]
    environ: Mapping[str, str] = field(factory=dict, repr=False)
    run_command: RunCommand = field(factory=lambda: run_key_command, repr=False)
    user: str = ""
    """The hash of the user; "" where it is not known: then a header that asks for it is left out."""
    _printed: dict[str, ApiKey] = field(factory=dict, init=False, repr=False)
    _lock: asyncio.Lock = field(factory=asyncio.Lock, init=False, repr=False)

    @property
    def names(self) -> list[str]:
        """The names, as they may be shown, each with the origin of its value where that is no literal."""
        return [as_shown(each.name) + self._origin(each) for each in self.headers]

    @property
    def first_secret(self) -> str:
        """The first header with a secret value, in words for a message; "" where there is none."""
        return next((f"header {as_shown(each.name)}" for each in self.headers if each.is_secret), "")

    def is_for(self, url: str) -> bool:
        """Does `url` lead to the host, port and scheme that these headers are for?"""
        mine, other = urlsplit(self.url), urlsplit(url)
        return (mine.scheme, mine.hostname, mine.port) == (other.scheme, other.hostname, other.port)

    def fingerprint_nowait(self, salt: bytes) -> str | None:
        """Return a salted hash of the secret values; "" without any, None while one is not known."""
        values = [self._known(each) for each in self.headers if each.is_secret]
        if None in values:
            return None
        joined = "\0".join(value.reveal() for value in values if value is not None)
        return hashlib.blake2b(joined.encode(), key=salt, digest_size=16).hexdigest() if values else ""

    async def values(self) -> Mapping[str, ApiKey]:
        """Return name and value of each header. Raises AuthenticationError with the remedy."""
        missing = [each for each in self.headers if each.command and each.name not in self._printed]
        if missing:
            async with self._lock:
                missing = [each for each in missing if each.name not in self._printed]
                # At the same time, so that programs that hang do not add up.
                async with asyncio.TaskGroup() as group:
                    tasks = {each.name: group.create_task(self._run(each)) for each in missing}
                printed = {name: task.result() for name, task in tasks.items()}
                failed = next((value for value in printed.values() if isinstance(value, AuthenticationError)), None)
                self._printed.update({name: value for name, value in printed.items() if isinstance(value, ApiKey)})
                if failed is not None:
                    raise failed
        return {each.name: self._value(each) for each in self.headers if self.user or not each.is_user}

    async def values_after_refusal(self, refused: Mapping[str, ApiKey]) -> Mapping[str, ApiKey] | None:
        """Return other values than `refused`, if a program prints one by now; else None."""
        for each in self.headers:
            if each.command and self._printed.get(each.name) == refused.get(each.name):
                self._printed.pop(each.name, None)
        values = await self.values()
        return None if dict(values) == dict(refused) else values

    def _origin(self, header: OwnHeader) -> str:
        if header.is_user:
            return f" (the user's hash, {self.user})" if self.user else " (the user's hash, which is not known)"
        return f" (from {header.variable})" if header.variable else " (from a program)" * bool(header.command)

    def _known(self, header: OwnHeader) -> ApiKey | None:
        if header.command:
            return self._printed.get(header.name)
        if header.is_user:
            return ApiKey(self.user)
        return ApiKey(header.literal or self.environ.get(header.variable, "").strip())

    def _value(self, header: OwnHeader) -> ApiKey:
        value = self._known(header)
        if value is None or not value.reveal():
            raise self._failure(header, f"the variable {as_shown(header.variable)} is not set for the editor")
        if not is_value(value.reveal()):
            raise self._failure(header, f"{as_shown(header.variable)} holds {_NO_VALUE}")
        return value

    async def _run(self, header: OwnHeader) -> ApiKey | AuthenticationError:
        try:
            printed = await value_printed_by(header.command, self.run_command)
        except NoValueError as error:
            return self._failure(header, str(error))
        return ApiKey(printed) if is_value(printed) else self._failure(header, f"its program printed {_NO_VALUE}")

    def _failure(self, header: OwnHeader, what: str) -> AuthenticationError:
        return AuthenticationError(self.provider, f"provider.headers, {as_shown(header.name)}: {what}.")


_NO_VALUE = f"something that is no single line of plain ASCII of at most {LONGEST_VALUE:,} characters"


@define(eq=False)
class KeyAndHeaders:
    """A source of a key, with headers of the user's own beside it."""

    inner: KeySource
    own: OwnHeaders

    @property
    def source(self) -> str:
        """The origin of the key, in words for a message; "" where no key is sent."""
        return self.inner.source

    def fingerprint_nowait(self, salt: bytes) -> str | None:
        """Return a salted hash of key and secret headers: either may name the account; None while one is not known."""
        key, headers = self.inner.fingerprint_nowait(salt), self.own.fingerprint_nowait(salt)
        return None if key is None or headers is None else key + headers

    async def key(self) -> ApiKey | None:
        """Return the key, or None where none is needed. Raises AuthenticationError with the remedy."""
        return await self.inner.key()

    async def key_after_refusal(self, refused: ApiKey | None) -> ApiKey | None:
        """Return another key than `refused`, if there is one by now; else None."""
        return await self.inner.key_after_refusal(refused)


async def secrets_for(credentials: KeySource, url: str) -> SentSecrets:
    """Return the key, and the user's headers where `url` is of their host. Raises AuthenticationError."""
    key = await credentials.key()
    if not isinstance(credentials, KeyAndHeaders) or not credentials.own.is_for(url):
        return SentSecrets(key)
    return _with_values(key, credentials.own.headers, await credentials.own.values())


async def secrets_after_refusal(credentials: KeySource, url: str, refused: SentSecrets) -> SentSecrets | None:
    """Return another key or other headers than those that `url` refused, if there are any by now; else None.

    Raises AuthenticationError.
    """
    key, headers = await credentials.key_after_refusal(refused.key), None
    if isinstance(credentials, KeyAndHeaders) and credentials.own.is_for(url):
        headers = await credentials.own.values_after_refusal(refused.headers)
    if key is None and headers is None:
        return None
    own = credentials.own.headers if isinstance(credentials, KeyAndHeaders) else ()
    return _with_values(key or refused.key, own, refused.headers if headers is None else headers)


def _with_values(key: ApiKey | None, own: Sequence[OwnHeader], values: Mapping[str, ApiKey]) -> SentSecrets:
    secret = tuple(values[each.name] for each in own if each.is_secret and each.name in values)
    return SentSecrets(key, values, secret)
