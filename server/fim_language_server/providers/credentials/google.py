"""Tokens of Google's application default credentials: a file, gcloud's login, or a machine's own identity.

google-auth is an optional dependency (`fim-language-server[vertex]`) and is synchronous: it is imported, and asked,
in a thread. A token lives for an hour and is renewed five minutes ahead, so that no request meets a stale one.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from attrs import define, field, frozen

from fim_language_server.errors import AuthenticationError
from fim_language_server.providers.credentials.keys import Secret

AHEAD = 300.0
"""Seconds before its end at which a token is renewed."""

TIMEOUT = 20.0
"""Seconds that a token may take; the metadata server of a machine that is none of Google's never answers."""

SCOPE = "https://www.googleapis.com/auth/cloud-platform"

_LOG_IN = "run `gcloud auth application-default login`, or set GOOGLE_APPLICATION_CREDENTIALS to a key file"


@frozen
class GoogleToken:
    """An access token, and when it ends in seconds of the clock that is used; None if it does not say."""

    secret: Secret
    ends_at: float | None


class GoogleAuthError(Exception):
    """No token could be had. `str(error)` may go into a message: it has neither paths nor account names."""


@define(eq=False)
class GoogleCredentials:
    """The token of the person or machine that Google knows this process as.

    `get_token` blocks and is called in a thread; `now` is the time of day in seconds.
    """

    provider: str
    get_token: Callable[[], GoogleToken] = field(factory=lambda: default_login(), repr=False)
    now: Callable[[], float] = field(default=time.time, repr=False)
    _token: GoogleToken | None = field(default=None, init=False, repr=False)
    _asking: asyncio.Lock = field(factory=asyncio.Lock, init=False, repr=False)

    @property
    def source(self) -> str:
        """Where the token comes from, in words for a message."""
        return "Google's application default credentials"

    def fingerprint_nowait(self, salt: bytes) -> str | None:
        """Return the same for every token: limits are those of the project, which the address names."""
        return self.source

    async def key(self) -> Secret:
        """Return a token that is good for some minutes more. Raises AuthenticationError with what to do."""
        async with self._asking:
            if self._token is None or self._ends_soon(self._token):
                self._token = await self._renewed()
            return self._token.secret

    async def key_after_refusal(self, refused: Secret | None) -> Secret | None:
        """Return another token than the one refused: it may have been revoked, or the clock be wrong."""
        async with self._asking:
            if self._token is not None and self._token.secret == refused:
                self._token = None
        key = await self.key()
        return None if key == refused else key

    def _ends_soon(self, token: GoogleToken) -> bool:
        return token.ends_at is not None and token.ends_at - self.now() < AHEAD

    async def _renewed(self) -> GoogleToken:
        try:
            async with asyncio.timeout(TIMEOUT):
                return await asyncio.to_thread(self.get_token)  # google-auth has time limits of its own
        except ImportError:
            sentence = (
                f'{self.provider} needs google-auth; install it with `pip install "fim-language-server[vertex]"` '
                "into the server's environment."
            )
        except TimeoutError:
            sentence = f"Google gave no token within {TIMEOUT:.0f} s; {_LOG_IN}."
        except GoogleAuthError as error:
            sentence = f"Google gave no token ({error}); {_LOG_IN}."
        raise AuthenticationError(self.provider, sentence) from None


def default_login() -> Callable[[], GoogleToken]:
    """Return what finds this process's credentials once, and gives a new token at every call. It blocks."""
    found: list[Any] = []

    def get_token() -> GoogleToken:
        import google.auth
        from google.auth.exceptions import GoogleAuthError as GoogleError
        from google.auth.transport.requests import Request

        try:
            if not found:
                found.append(google.auth.default(scopes=[SCOPE])[0])
            (credentials,) = found
            credentials.refresh(Request())
        except GoogleError as error:
            raise GoogleAuthError(type(error).__name__) from None  # its words may name files and accounts
        expiry: datetime | None = credentials.expiry
        ends_at = None if expiry is None else expiry.replace(tzinfo=UTC).timestamp()  # it is naive, and in UTC
        return GoogleToken(Secret(credentials.token), ends_at)

    return get_token
