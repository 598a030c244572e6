"""The command for the server of a team, with a real one."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from benchmarks.team.valkey_server import real_valkey
from fim_language_server.cli import main

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


def test_the_function_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    """For those who load it by another way."""
    assert status("function") == 0
    assert capsys.readouterr().out.startswith("#!lua name=fim_budget")
