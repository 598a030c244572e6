"""Tokens of Google's application default credentials: a file, gcloud's login, or a machine's own identity.

google-auth is an optional dependency (`fim-language-server[vertex]`) and is synchronous: it is imported and called
in a thread. A token is valid for an hour and renewed five minutes before its end, so that no request has a stale one.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from attrs import define, field, frozen

from fim_language_server.errors import AuthenticationError
from fim_language_server.providers.credentials.keys import ApiKey

RENEWED_AHEAD_S = 300.0
"""The time before its end at which a token is renewed."""

TIMEOUT_S = 20.0
"""The time limit for getting a token: outside of Google's cloud its metadata server never answers."""

SCOPE = "https://www.googleapis.com/auth/cloud-platform"

_LOG_IN = "run `gcloud auth application-default login`, or set GOOGLE_APPLICATION_CREDENTIALS to a key file"


@frozen
class GoogleToken:
    """An access token, and the time of day in seconds at which it expires; None if it does not expire."""

    secret: ApiKey
    expires_at: float | None


class GoogleAuthError(Exception):
    """Google gave no token. `str(error)` may go into a message: it has neither paths nor account names."""


@define(eq=False)
class GoogleCredentials:
    """The token of the account that Google's application default credentials name.

    `get_token` blocks, so it is called in a thread; `now` is the time of day in seconds.
    """

    provider: str
    get_token: Callable[[], GoogleToken] = field(factory=lambda: default_login(), repr=False)
    now: Callable[[], float] = field(default=time.time, repr=False)
    _token: GoogleToken | None = field(default=None, init=False, repr=False)
    _lock: asyncio.Lock = field(factory=asyncio.Lock, init=False, repr=False)

    @property
    def source(self) -> str:
        """The origin of the token, in words for a message."""
        return "Google's application default credentials"

    def fingerprint_nowait(self, salt: bytes) -> str | None:
        """Return one fingerprint for all tokens: limits are those of the project, which the address names."""
        return self.source

    async def key(self) -> ApiKey:
        """Return a token that is valid for some minutes more. Raises AuthenticationError with the remedy."""
        async with self._lock:
            if self._token is None or self._expires_soon(self._token):
                self._token = await self._renew()
            return self._token.secret

    async def key_after_refusal(self, refused: ApiKey | None) -> ApiKey | None:
        """Return another token than `refused`, which may have been revoked or expired by Google's clock; else None."""
        async with self._lock:
            if self._token is not None and self._token.secret == refused:
                self._token = None
        key = await self.key()
        return None if key == refused else key

    def _expires_soon(self, token: GoogleToken) -> bool:
        return token.expires_at is not None and token.expires_at - self.now() < RENEWED_AHEAD_S

    async def _renew(self) -> GoogleToken:
        try:
            async with asyncio.timeout(TIMEOUT_S):
                return await asyncio.to_thread(self.get_token)  # its thread ends by google-auth's own time limits
        except ImportError:
            sentence = (
                f'{self.provider} needs google-auth; install it with `pip install "fim-language-server[vertex]"` '
                "into the server's environment."
            )
        except TimeoutError:
            sentence = f"Google gave no token within {TIMEOUT_S:.0f} s; {_LOG_IN}."
        except GoogleAuthError as error:
            sentence = f"Google gave no token ({error}); {_LOG_IN}."
        raise AuthenticationError(self.provider, sentence) from None


def default_login() -> Callable[[], GoogleToken]:
    """Return a blocking function that finds the credentials once, and returns a new token at each call."""
    logins: list[Any] = []

    def get_token() -> GoogleToken:
        import google.auth
        from google.auth.exceptions import GoogleAuthError as GoogleError
        from google.auth.transport.requests import Request

        try:
            if not logins:
                logins.append(google.auth.default(scopes=[SCOPE])[0])
            (credentials,) = logins
            credentials.refresh(Request())
        except GoogleError as error:
            raise GoogleAuthError(type(error).__name__) from None  # its words may name files and accounts
        expiry: datetime | None = credentials.expiry
        expires_at = None if expiry is None else expiry.replace(tzinfo=UTC).timestamp()  # it is naive, and in UTC
        return GoogleToken(ApiKey(credentials.token), expires_at)

    return get_token
