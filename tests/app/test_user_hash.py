"""The user's hash for a gateway: only where a header asks for it, and the one that the record of requests has."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from benchmarks.fake_api.provider_server import FimServer
from fim_language_server.app.application import Application
from fim_language_server.app.user_hash import user_hash
from fim_language_server.settings import ProviderSettings
from fim_language_server.usage.attribution import this_user
from tests.app.test_application import Heard, ask

ASKS: dict[str, Any] = {"x-end-user": {"user": "hash"}}


def test_no_file_is_made_where_no_header_asks(tmp_path: Path) -> None:
    assert user_hash(ProviderSettings(headers={"x-team": "a"}), str(tmp_path)) == ""
    assert list(tmp_path.iterdir()) == []
    assert user_hash(ProviderSettings(headers=ASKS), "") == ""
    assert user_hash(ProviderSettings(headers=5), str(tmp_path)) == ""


def test_it_stays_the_same_and_tells_nothing(tmp_path: Path) -> None:
    """On this machine; another one has another random key. A fallback's header counts, too."""
    section = ProviderSettings(fallback=({"kind": "openai", "headers": ASKS},))
    first = user_hash(section, str(tmp_path))
    (tmp_path / "other").mkdir()
    assert len(first) == 12
    assert user_hash(section, str(tmp_path)) == first
    assert user_hash(section, str(tmp_path / "other")) != first
    assert first not in this_user()


async def test_it_goes_with_a_completion(tmp_path: Path) -> None:
    async with FimServer() as server:
        heard = Heard()
        application = Application(
            [str(tmp_path)], heard, environ={"MISTRAL_API_KEY": "test-key"}, state_folder=str(tmp_path)
        )
        provider = {"kind": "mistral", "url": server.url, "headers": ASKS, "fallback": []}
        assert await application.configure({"provider": provider}) == []
        await ask(application)
        await application.close()
        sent = server.completions[0].headers["x-end-user"]
    assert sent == user_hash(ProviderSettings(headers=ASKS), str(tmp_path))
