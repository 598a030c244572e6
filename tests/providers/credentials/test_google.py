"""Google's tokens: asked for in a thread, once for everybody, ahead of their end; what to do where there is none."""

from __future__ import annotations

import asyncio
import sys
import threading
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from attrs import define, field

from fim_language_server.errors import AuthenticationError
from fim_language_server.providers.credentials import ApiKey, GoogleCredentials
from fim_language_server.providers.credentials.google import (
    RENEWED_AHEAD_S,
    GoogleAuthError,
    GoogleToken,
    default_login,
)

HOUR = 3_600.0


@define
class Google:
    """Gives numbered tokens that live for an hour of a clock that the test sets."""

    time: float = 0.0
    n_asked: int = 0
    threads: set[int] = field(factory=set)

    def token(self) -> GoogleToken:
        self.n_asked += 1
        self.threads.add(threading.get_ident())
        return GoogleToken(ApiKey(f"token-{self.n_asked}"), self.time + HOUR)

    def credentials(self) -> GoogleCredentials:
        return GoogleCredentials("vertex", self.token, lambda: self.time)


async def key_of(credentials: GoogleCredentials) -> str:
    return (await credentials.key()).reveal()


async def test_a_token_is_kept_and_renewed_ahead_of_its_end() -> None:
    """An hour is an hour less five minutes."""
    google = Google()
    credentials = google.credentials()
    assert await key_of(credentials) == "token-1"
    google.time = HOUR - RENEWED_AHEAD_S - 1
    assert await key_of(credentials) == "token-1"
    google.time = HOUR - RENEWED_AHEAD_S + 1
    assert await key_of(credentials) == "token-2"
    assert credentials.source == "Google's application default credentials"


async def test_google_is_asked_in_a_thread_and_once() -> None:
    """The library blocks; ten requests at once want one token."""
    google = Google()
    credentials = google.credentials()
    keys = await asyncio.gather(*(key_of(credentials) for _ in range(10)))
    assert set(keys) == {"token-1"}
    assert google.n_asked == 1
    assert threading.get_ident() not in google.threads


async def test_a_refused_token_is_renewed_once() -> None:
    """It may have been revoked; one that others have renewed meanwhile is taken."""
    google = Google()
    credentials = google.credentials()
    refused = await credentials.key()
    assert (await credentials.key_after_refusal(refused)) == ApiKey("token-2")
    assert (await credentials.key_after_refusal(refused)) == ApiKey("token-2")
    assert google.n_asked == 2


def failing(error: Exception) -> Callable[[], GoogleToken]:
    def get_token() -> GoogleToken:
        raise error

    return get_token


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (ImportError("No module named 'google'"), 'pip install "fim-language-server[vertex]"'),
        (GoogleAuthError("DefaultCredentialsError"), "(DefaultCredentialsError); run `gcloud auth"),
    ],
)
async def test_no_token(error: Exception, words: str) -> None:
    """One sentence says what to install, or how to log in; the next request asks again."""
    credentials = GoogleCredentials("vertex", failing(error))
    for _ in range(2):
        with pytest.raises(AuthenticationError) as caught:
            await credentials.key()
        assert words in str(caught.value)
    credentials.get_token = Google().token
    assert await key_of(credentials) == "token-1"


async def test_nothing_shows_the_token() -> None:
    """Neither the credentials nor what they gave."""
    credentials = Google().credentials()
    key = await credentials.key()
    assert "token-1" not in f"{credentials!r} {key!r} {key}"


def test_googles_own_library(monkeypatch: pytest.MonkeyPatch) -> None:
    """Found once, refreshed at every call; its end, which it tells in UTC without saying so, is read as UTC."""
    import google.auth
    from google.auth.exceptions import RefreshError

    class Fake:
        token, expiry, n_refreshed = "abc", datetime(2026, 1, 1, 12), 0

        def refresh(self, request: object) -> None:
            self.n_refreshed += 1
            if self.n_refreshed == 3:
                raise RefreshError("/home/somebody/key.json")  # type: ignore[no-untyped-call]

    fake, found = Fake(), []

    def default(scopes: list[str]) -> tuple[Fake, str]:
        found.append(scopes)
        return fake, "project"

    monkeypatch.setattr(google.auth, "default", default)
    get_token = default_login()
    for _ in range(2):
        assert get_token() == GoogleToken(ApiKey("abc"), datetime(2026, 1, 1, 12, tzinfo=UTC).timestamp())
    assert found == [["https://www.googleapis.com/auth/cloud-platform"]]
    with pytest.raises(GoogleAuthError) as caught:
        get_token()
    assert str(caught.value) == "RefreshError"


def test_it_is_imported_when_it_is_needed() -> None:
    """It is optional, and takes a quarter of a second."""
    import subprocess

    code = "import sys, fim_language_server.providers.targets; print('google.auth' in sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "False"
