"""The command for the server of a team, with a real one."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from benchmarks.team.valkey_server import real_valkey
from fim_language_server.app.company_files import CompanySettings
from fim_language_server.cli import main, team
from fim_language_server.settings.policy import parse_policy
from fim_language_server.spending.shared.budget_store import StoreError
from fim_language_server.spending.shared.valkey_store import StoreAddress, ValkeyStore

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="there is no Valkey server for Windows")


@pytest.fixture
def url(tmp_path: Path) -> Iterator[str]:
    """The address of a server that does not know the function."""
    stack = AsyncExitStack()
    with asyncio.Runner() as runner:
        server = runner.run(stack.enter_async_context(real_valkey(tmp_path, loads=False)))
        yield server.url
        runner.run(stack.aclose())


def status(*words: str) -> int:
    with pytest.raises(SystemExit) as end:
        main(["team", *words])
    return int(str(end.value.code))


def test_a_server_is_prepared_and_checked(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    """The check fails with what to do before the function is loaded, and passes after it; loading twice is fine."""
    assert status("check", "--store", url) == 1
    assert "load it with fim-language-server team load" in capsys.readouterr().out
    assert [status("load", "--store", url) for _ in "12"] == [0, 0]
    assert status("check", "--store", url) == 0
    assert "shares one limit among the team's machines" in capsys.readouterr().out


def test_a_server_that_is_away_and_one_that_is_not_named(capsys: pytest.CaptureFixture[str]) -> None:
    """One sentence each."""
    assert status("load", "--store", "valkey://127.0.0.1:1") == 1
    assert "the budget store 127.0.0.1:1 cannot be used" in capsys.readouterr().err
    assert status("check") == 2
    assert "budget.store" in capsys.readouterr().err
    assert status("check", "--store", "valkey://u:secret@x") == 2
    assert "secret" not in capsys.readouterr().err


def test_the_store_of_the_machine_s_own_settings_is_checked(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """That of the user's file, that of a policy over it, and that of the call over both."""
    away = "valkey://127.0.0.1:1"
    for users, enforced, words, expected in (
        ({"budget.store": url}, None, [], 0),
        (None, url, [], 0),
        ({"budget": {"store": away}}, url, [], 0),
        ({"budget.store": url}, away, [], 1),
        (None, away, ["--store", url], 0),
        (None, url, ["--store", away], 1),
    ):
        policy = None
        if enforced:
            text = json.dumps({"enforce": {"budget.store": enforced}, "allow": {"kinds": ["mistral"]}})
            policy, _ = parse_policy(text, "/etc/policy.json")
        company = CompanySettings(policy, users)
        monkeypatch.setattr(team, "read_company_settings", lambda _environ, company=company: company)
        assert status("load", "--store", url) == 0
        assert status("check", *words) == expected
    capsys.readouterr()


def test_a_policy_that_cannot_be_followed_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """It is why no store is known."""
    company = CompanySettings(problems=("/etc/policy.json cannot be followed: it is no JSON",))
    monkeypatch.setattr(team, "read_company_settings", lambda _environ: company)
    assert status("check") == 2
    assert "/etc/policy.json cannot be followed" in capsys.readouterr().err


async def test_tls_spoken_to_a_server_without_it_is_named() -> None:
    """Such a server waits for more, as a real one does for the rest of its command."""

    async def wait(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    async with await asyncio.start_server(wait, "127.0.0.1", 0) as server:
        place = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
        for scheme, plain in (("valkeys", "valkey"), ("rediss", "redis"), ("valkey", "")):
            store = ValkeyStore(StoreAddress(f"{scheme}://{place}", answer_s=0.2))
            with pytest.raises(StoreError) as caught:
                await store.call("PING")
            await store.close()
            assert ("speaks TLS" in str(caught.value)) == bool(plain)
            assert f"Without TLS it is {plain}://" in str(caught.value) or not plain


def test_the_function_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    """For those who load it by another way."""
    assert status("function") == 0
    assert capsys.readouterr().out.startswith("#!lua name=fim_budget")
