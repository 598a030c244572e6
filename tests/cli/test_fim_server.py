"""`fim-server` as a process: it says where it is, answers from its workspace, follows it, and ends when told to."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import cast

import aiohttp
import pytest

from fim_language_server.app.application import Application
from fim_language_server.app.backends import excluder
from fim_language_server.cli import fim_server
from fim_language_server.cli.fim_server import (
    Key,
    ask,
    changed_paths,
    index_and_follow,
    is_loopback,
    path_inside,
    read_key,
)
from fim_language_server.core.values import Chunk, Suggestion, Trigger
from fim_language_server.errors import SettingsError
from fim_language_server.settings import Settings
from fim_language_server.web.fim_request import FimRequest
from tests.fakes.engine_bench import first_of
from tests.fakes.requests import request_at
from tests.web.test_fim_server import Nobody

SOURCE = Path(__file__).parents[2] / "server"
LINE = "return [component * factor for component in vector]"
BODY = f"def scale(vector, factor):\n    {LINE}\n\n\ndef unit():\n    return 1\n\n\n"


@asynccontextmanager
async def running(*words: str, env: Mapping[str, str] | None = None) -> AsyncIterator[asyncio.subprocess.Process]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "fim_language_server", "fim-server", *words),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(SOURCE), **(env or {})},
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def first_line(process: asyncio.subprocess.Process) -> dict[str, str]:
    assert process.stdout is not None
    return json.loads(await asyncio.wait_for(process.stdout.readline(), 30))  # type: ignore[no-any-return]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGTERM to catch")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_living_api_for_our_own_provider(tmp_path: Path, number: int) -> None:
    """The server of an editor completes from the workspace of another process, and a signal ends that well."""
    (tmp_path / "vectors.py").write_text(BODY * 3, encoding="utf-8")
    async with running("--workspace", str(tmp_path), "--wait-for-index") as process:
        told = await first_line(process)
        assert (told["model"], told["workspace"]) == ("embedded", str(tmp_path.resolve()))
        async with aiohttp.ClientSession() as http, http.get(f"{told['url']}/v1/models") as stranger:
            assert stranger.status == 401
        application = Application([], Nobody(), environ={"FIM_KEY": told["key"]})
        await application.configure({"provider": {"kind": "mistral", "url": told["url"], "apiKeyEnv": "FIM_KEY"}})
        try:
            request = request_at(BODY.replace(LINE, "ret|"), trigger=Trigger.INVOKED)
            answer = await first_of(application.engine, request)
        finally:
            await application.close()
        assert isinstance(answer, Suggestion)
        assert "ret" + answer.text == LINE
        process.send_signal(number)
        assert await asyncio.wait_for(process.wait(), 20) == 0


async def test_beyond_loopback_it_wants_a_key(tmp_path: Path) -> None:
    """And says why."""
    async with running("--workspace", str(tmp_path), "--host", "0.0.0.0") as process:
        _, said = await asyncio.wait_for(process.communicate(), 30)
    assert process.returncode == 2
    assert "could read your code" in said.decode()
    assert "--api-key-env" in said.decode()


def test_the_key_comes_from_the_named_variable() -> None:
    assert read_key("0.0.0.0", "KEY", {"KEY": " k\n"}) == Key("k")


def test_without_a_key_of_ones_own_another_one_is_made_up_each_time() -> None:
    """Switching that off takes a word that says what it does, and never lets in other machines."""
    keys = [read_key("127.0.0.1", None, {}) for _ in range(2)]
    assert all(key.value and len(key.value) >= 32 and key.is_printed for key in keys)
    assert keys[0] != keys[1]
    assert keys[0].value not in repr(keys[0])  # type: ignore[operator]
    assert read_key("127.0.0.1", None, {}, is_open=True) == Key(None)
    for variable, host in (("KEY", "127.0.0.1"), (None, "0.0.0.0")):
        with pytest.raises(SettingsError):
            read_key(host, variable, {"KEY": "k"}, is_open=True)


@pytest.mark.parametrize("environ", [{}, {"KEY": ""}, {"KEY": " "}])
def test_a_variable_without_a_key_is_refused(environ: dict[str, str]) -> None:
    """Rather than serving without one."""
    with pytest.raises(SettingsError, match="KEY"):
        read_key("127.0.0.1", "KEY", environ)


@pytest.mark.parametrize(
    ("host", "expected"),
    [("127.0.0.1", True), ("::1", True), ("localhost", True), ("0.0.0.0", False), ("::", False), ("my.host", False)],
)
def test_what_counts_as_loopback(host: str, expected: bool) -> None:
    assert is_loopback(host) is expected


@pytest.mark.parametrize("words", [["--workspace", "/no/such/folder"], ["--port", "70000"], ["--settings", "/no.json"]])
def test_misuse_is_told_in_a_sentence(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    import argparse

    parser = argparse.ArgumentParser()
    fim_server.add_arguments(parser)
    assert fim_server.run(parser.parse_args(words)) == 2
    assert words[1] in capsys.readouterr().err


def test_which_files_changed() -> None:
    """Written, made and removed ones."""
    before = {"a": 1.0, "b": 1.0, "c": 1.0}
    assert changed_paths(before, {"a": 1.0, "b": 2.0, "d": 1.0}) == ["b", "c", "d"]


async def test_a_workspace_that_changes_is_followed(tmp_path: Path) -> None:
    """No editor tells, so its files' times are looked at: seldom where that takes long."""
    (tmp_path / "a.py").write_text("a = 1\n", encoding="utf-8")
    told: list[list[str]] = []

    class Indexing(Nobody):
        settings = Settings()

        async def warm_up(self) -> None:
            assert not indexed.is_set()

        async def wait_until_indexed(self) -> None:
            pass

        def files_changed(self, paths: list[str]) -> None:
            told.append(paths)

    async def sleep(seconds: float) -> None:
        pauses.append(seconds)
        looks.append(len(looks))
        if len(looks) == 2:
            (tmp_path / "b.py").write_text("b = 1\n", encoding="utf-8")
            (tmp_path / "data.bin").write_bytes(b"1")
        elif len(looks) == 4:
            raise EndOfTestError

    class EndOfTestError(Exception):
        pass

    indexed, looks, pauses = asyncio.Event(), list[int](), list[float]()
    times = iter((0.0, 0.1, 10.0, 12.0, 20.0, 20.1))
    with pytest.raises(EndOfTestError):
        await index_and_follow(Indexing(), tmp_path, indexed, sleep, lambda: next(times))  # type: ignore[arg-type]
    assert indexed.is_set()
    assert pauses == [5.0, 5.0, 40.0, 5.0]
    assert told == [[f"{tmp_path.resolve().as_posix()}/b.py"]]


def test_absolute_paths_inside_become_the_indexs_names() -> None:
    assert path_inside(Path("/project"), "/project/src/a.py") == "src/a.py"
    assert path_inside(Path("/project"), "/other/a.py") == "/other/a.py"


@pytest.mark.parametrize(
    ("folder", "path", "answers"),
    [
        ("/w", "a.py", True),
        ("/w", "", True),
        ("/w", ".env.bak", False),
        ("/home/u/.kube", "config", False),
        ("/w", "/home/u/.ssh/config", False),
        ("/w", "sub/../../home/.aws/config", False),
        ("/w", "dump.sql", False),
    ],
)
async def test_files_of_secrets_are_not_completed(folder: str, path: str, answers: bool) -> None:
    """By the name that the client says, taken for one in the workspace's folder."""

    class StandIn:
        window = (10, 10)
        is_excluded = staticmethod(excluder(["*.sql"]))

        async def open_stream(self, _request: object, _context: object) -> AsyncGenerator[Chunk, None]:
            yield Chunk("text")

    question = FimRequest("ab", "", path=path)
    assert await ask(cast("Application", StandIn()), question, Path(folder)) == ("text" if answers else "")
