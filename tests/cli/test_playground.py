"""`playground`: what it opens, that it says how to build its page, and that it runs until it is told to stop."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
import webbrowser
from pathlib import Path

import aiohttp
import pytest

from fim_language_server.app.application import Application
from fim_language_server.cli import main, playground
from fim_language_server.cli.complete import END_OF_FILE, read_request
from fim_language_server.cli.listeners import TerminalListener
from fim_language_server.cli.playground import open_browser, open_path, read_page
from fim_language_server.core.language_table import EXTENSIONS
from fim_language_server.core.values import Skip
from fim_language_server.errors import SettingsError

ROOT = Path(__file__).parents[2]


def test_a_file_is_opened_in_its_repository(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / "ä b").mkdir()
    file = tmp_path / "ä b" / "a.TS"
    file.write_text("é", encoding="utf-8")
    opened = open_path(file)
    assert (opened.folder_uri, opened.folder_name) == (tmp_path.as_uri(), tmp_path.name)
    assert opened.file is not None
    assert (opened.file.uri, opened.file.language_id, opened.file.text) == (file.as_uri(), "typescript", "é")


def test_a_folder_is_opened_with_a_sample(tmp_path: Path) -> None:
    opened = open_path(tmp_path)
    assert (opened.folder_uri, opened.file) == (tmp_path.as_uri(), None)


@pytest.mark.parametrize("content", [None, b"\xff", b"a" * 2_000_001])
def test_what_cannot_be_opened_is_said(tmp_path: Path, content: bytes | None) -> None:
    file = tmp_path / "a.py"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(SettingsError, match=r"a\.py"):
        open_path(file)


def test_without_the_page_the_command_says_how_to_build_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(playground, "PAGE", tmp_path / "page")
    with pytest.raises(SystemExit) as ended:
        main(["playground", str(tmp_path), "--no-browser"])
    assert ended.value.code == 2
    assert capsys.readouterr().err.count("\n") == 1, "one sentence"
    with pytest.raises(SettingsError, match="make playground"):
        read_page(tmp_path)


def test_the_secret_address_is_in_no_argument_list(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []
    monkeypatch.setattr(webbrowser, "open", opened.append)
    open_browser("http://127.0.0.1:1/secret/", tmp_path)
    assert opened == [(tmp_path / "open.html").as_uri()]
    assert "url=http://127.0.0.1:1/secret/" in (tmp_path / "open.html").read_text()


async def test_it_serves_until_it_is_told_to_stop(tmp_path: Path) -> None:
    page = tmp_path / "page"
    page.mkdir()
    (page / "index.html").write_text("hello")
    code = (
        "import sys, pathlib; from fim_language_server.cli import main, playground;"
        "playground.PAGE = pathlib.Path(sys.argv[1]); main(['playground', sys.argv[1], '--no-browser'])"
    )
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", code, str(page)),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2] / "server")},
    )
    try:
        assert process.stdout is not None
        line = await asyncio.wait_for(process.stdout.readline(), 30)
        url = line.decode().removeprefix("open ").strip()
        assert url.startswith("http://127.0.0.1:")
        async with aiohttp.ClientSession() as http, http.get(url) as answer:
            assert await answer.text() == "hello"
        process.send_signal(signal.SIGTERM)
        assert await asyncio.wait_for(process.wait(), 30) == 0
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def test_the_embedded_model_has_something_to_say_in_every_sample(tmp_path: Path) -> None:
    """The page opens without a key on a sample; the first thing that people see must not be silence."""
    samples = json.loads((ROOT / "editors/playground/src/samples.json").read_text(encoding="utf-8"))
    assert len(samples) == 18
    application = Application([str(tmp_path)], TerminalListener())
    try:
        await application.configure({"provider": {"kind": "embedded"}})
        await application.warm_up()
        silent = []
        for sample in samples:
            path = tmp_path / f"playground.{sample['extension']}"
            path.write_text(sample["text"], encoding="utf-8")
            request = read_request(path, END_OF_FILE, tmp_path, application.request_window)
            if isinstance(await application.engine.complete(request, alternatives=False), Skip):
                silent.append(sample["id"])
        assert silent == []
    finally:
        await application.close()


def test_every_sample_is_a_language_that_the_server_knows() -> None:
    """By its id and by its extension."""
    samples = json.loads((ROOT / "editors/playground/src/samples.json").read_text(encoding="utf-8"))
    assert [sample["id"] for sample in samples if EXTENSIONS.get(sample["extension"]) != sample["id"]] == []
