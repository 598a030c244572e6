"""The plugin and fim-language-server together, with a provider on loopback: what a user has, but for the model."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from fim_language_server.app.application import INDEXED
from tests.editors.leaving_out import skip_unless_ci
from tests.editors.nvim.neovim import INSTALLED, PATIENCE, ROOT, Neovim
from tests.editors.provider import SERVER, serve
from tests.editors.screen import Screen
from tests.editors.steps import code, count

PROGRAM = "def add(a, b):\n    total = a + b\n    return total\n"
SHOP = """\
def mean(totals):
    result = 0
    for each in totals:
        result += each
    return result / len(totals)
"""
KEY = {"MISTRAL_API_KEY": "test-key"}
NOTED = "Noted = {} vim.notify = function(text) table.insert(Noted, text) end"
LINE = "return require('fim_ls').statusline()"


def told(neovim: Neovim, beginning: str) -> bool:
    """Was the user told something that begins so?"""
    return any(text.startswith(beginning) for text in neovim.lua("return Noted"))


@pytest.fixture
def program(tmp_path: Path) -> Path:
    """A finished program that the provider knows and completes from."""
    path = tmp_path / "finished" / "demo.py"
    path.parent.mkdir()
    path.write_text(PROGRAM, encoding="utf-8")
    return path


@pytest.fixture
def provider(program: Path) -> Iterator[dict[str, str]]:
    """The provider: its answers begin after 180 ms, as a hosted model's do."""
    with serve("--oracle", str(program), "--first-byte-ms", "180") as settings:
        yield settings


def configured(provider: dict[str, str]) -> dict[str, Any]:
    """Return what a user would give to `vim.lsp.config`."""
    return {"cmd": [SERVER], "settings": {"fim": {"provider": provider}}}


@pytest.mark.parametrize("folder", ["plain", "a folder with ünïcode 😀 and spaces"])
def test_ghost_text_from_a_model(
    start: Callable[..., Neovim], provider: dict[str, str], tmp_path: Path, folder: str
) -> None:
    """Shown, typed through and accepted, whatever the file's path is."""
    neovim = start(configured(provider), environment=KEY)
    neovim.edit(tmp_path / folder / "demo.py")
    neovim.type("idef add(a, b):<CR>total = ")
    neovim.wait_for_ghost("a + b")
    neovim.type("a")
    neovim.wait_for_ghost(" + b")
    neovim.type("<Tab>")
    neovim.wait_for_text("def add(a, b):\n    total = a + b")


def test_the_next_line_is_shown_before_enter(
    start: Callable[..., Neovim], tmp_path: Path, drawn: tuple[str, str]
) -> None:
    """At the end of a finished line where the plugin draws, after Enter where Neovim does; then line by line."""
    below = "\n\ndone = True\n"
    finished = tmp_path / "finished.py"
    finished.write_text(PROGRAM + below, encoding="utf-8")
    with serve("--oracle", str(finished)) as provider:
        neovim = start(configured(provider), environment=KEY)
        neovim.edit(tmp_path / "demo.py", "\n" + below)
        neovim.type("idef add(a, b):")
        if drawn[1] == "plugin":
            neovim.wait_for_ghost("\n    total = a + b\n    return total")
        neovim.type("<CR>")
        neovim.wait_for_ghost("total = a + b\n    return total")
        neovim.type("<M-C-Right>")
        end = "" if drawn[1] == "plugin" else "\n    "
        accepted = f"def add(a, b):\n    total = a + b{end}"
        neovim.wait_for_text(accepted + "\n" + below.removesuffix("\n"))
        neovim.wait_for_ghost("\n    return total".removeprefix(end))
        neovim.type("<M-Right><M-Right>")
        neovim.wait_for_text((PROGRAM + below).removesuffix("\n"))


def test_a_better_text_takes_the_place_of_a_guess(start: Callable[..., Neovim], tmp_path: Path, program: Path) -> None:
    """The model is slow, so what the workspace suggests is seen first; no key is needed for the model's own text."""
    known = [f"def f{n}(a, b):\n    total = a {'*-/%'[n % 4]} b\n    return total\n\n\n" for n in range(8)]
    work = tmp_path / "work"
    (work / ".git").mkdir(parents=True)
    (work / "known.py").write_text("".join(known), encoding="utf-8")
    indexed = (
        "vim.lsp.handlers['window/logMessage'] = function(_, told)"
        f" vim.g.indexed = vim.g.indexed or told.message:find('{INDEXED}') end"
    )
    with serve("--oracle", str(program), "--first-byte-ms", "1000") as provider:
        config = configured(provider)
        config["settings"]["fim"]["embedded"] = {"instantGuess": True, "minConfidence": 0.1}
        neovim = start(config, indexed, KEY)
        neovim.edit(work / "new.py", "def add(a, b):\n")
        neovim.wait(lambda: neovim.lua("return vim.g.indexed"))
        neovim.type("ototal = ")
        neovim.wait(lambda: re.fullmatch(r"a [*/%-] b", neovim.ghost() or ""))
        neovim.wait_for_ghost("a + b")
        neovim.type("<Tab>")
        neovim.wait_for_text("def add(a, b):\n    total = a + b")


def test_two_windows_on_one_folder(start: Callable[..., Neovim], provider: dict[str, str], tmp_path: Path) -> None:
    """Each has a server of its own, and what one types is nothing to the other."""
    first, second = (start(configured(provider), environment=KEY) for _ in range(2))
    first.edit(tmp_path / "demo.py", "def add(a, b):\n")
    second.edit(tmp_path / "demo.py", "def add(a, b):\n")
    first.type("ototal = ")
    first.wait_for_ghost("a + b")
    second.type("ototal = a ")
    second.wait_for_ghost("+ b")
    assert first.ghost() == "a + b"
    first.type("<Tab>")
    first.wait_for_text("def add(a, b):\n    total = a + b")
    assert second.text() == "def add(a, b):\n    total = a "


def test_an_untitled_and_a_renamed_buffer(
    start: Callable[..., Neovim], provider: dict[str, str], tmp_path: Path
) -> None:
    """A buffer needs no file, and may get another name while it is open."""
    neovim = start(configured(provider), environment=KEY)
    neovim.rpc.command("setfiletype python")
    neovim.wait_for_server()
    neovim.type("idef add(a, b):<CR>total = ")
    neovim.wait_for_ghost("a + b")
    neovim.type("<Esc>")
    for name in ("first.py", "second.py"):
        neovim.rpc.command(f"saveas {tmp_path / name}")
        neovim.wait_for_server()
        neovim.type("A<BS> ")
        neovim.wait_for_ghost("a + b")
        neovim.type("<Esc>")


def test_a_read_only_file(start: Callable[..., Neovim], provider: dict[str, str], tmp_path: Path) -> None:
    """It is completed like any other; only writing is refused."""
    neovim = start(configured(provider), environment=KEY)
    neovim.edit(tmp_path / "demo.py", "def add(a, b):\n")
    neovim.rpc.command("set readonly")
    neovim.type("ototal = ")
    neovim.wait_for_ghost("a + b")


def test_settings_change_while_typing(start: Callable[..., Neovim], provider: dict[str, str], tmp_path: Path) -> None:
    """New settings hold from the next key on."""
    neovim = start(configured(provider), environment=KEY)
    neovim.edit(tmp_path / "demo.py", "def add(a, b):\n")
    neovim.type("ototal = ")
    neovim.wait_for_ghost("a + b")
    neovim.lua(
        "local c = require('fim_ls').client(0) c.settings = vim.json.decode(...)"
        " c:notify('workspace/didChangeConfiguration', { settings = c.settings })",
        json.dumps({"fim": {"provider": provider, "trigger": {"mode": "off"}}}),
    )
    neovim.wait(lambda: neovim.lua("return require('fim_ls').statusline()") == "FIM off")
    neovim.type("<Esc>ototal = ")
    neovim.wait_for_ghost(None)


def test_a_killed_server_is_started_again_once(
    start: Callable[..., Neovim], provider: dict[str, str], tmp_path: Path
) -> None:
    """The user is told, what was typed stays, and ghost text comes again; killed once more at once, it stays down."""
    neovim = start(configured(provider), NOTED, KEY)
    neovim.edit(tmp_path / "demo.py", "def add(a, b):\n")
    neovim.type("ototal = ")
    neovim.wait_for_ghost("a + b")
    neovim.kill_server(SERVER)
    neovim.wait(lambda: told(neovim, "FIM: the server stopped (signal 9) and is started again"))
    assert neovim.text() == "def add(a, b):\n    total = "
    neovim.wait_for_server()
    neovim.type("<Esc>A<BS> ")
    neovim.wait_for_ghost("a + b")
    neovim.wait(lambda: neovim.lua(LINE) == "FIM ready", lambda: neovim.lua(LINE))
    neovim.kill_server(SERVER)
    neovim.wait(lambda: told(neovim, "FIM: the server stopped again (signal 9) and stays down"))
    neovim.type("<Esc>A<BS> ")
    neovim.wait(lambda: neovim.text() == "def add(a, b):\n    total = ")
    assert neovim.lua(LINE) == ""
    assert neovim.lua("return #vim.lsp.get_clients({ name = 'fim_ls' })") == 0


def test_health_and_status(start: Callable[..., Neovim], provider: dict[str, str], tmp_path: Path) -> None:
    """`:FimStatus` names the model, `:checkhealth` the version, and neither shows the key."""
    neovim = start(configured(provider), NOTED, KEY)
    neovim.edit(tmp_path / "demo.py")
    neovim.wait(lambda: neovim.lua(LINE) == "FIM ready", lambda: neovim.lua(LINE))
    neovim.rpc.command("FimStatus")
    assert told(neovim, "FIM: ready (mistral "), neovim.lua("return Noted")
    neovim.rpc.command("checkhealth fim_ls")
    report = neovim.text()
    version = subprocess.run([SERVER, "--version"], capture_output=True, text=True, check=True).stdout.strip()
    assert f"{SERVER}: {version}" in report
    assert "MISTRAL_API_KEY is set" in report
    assert "FIM: ready (mistral " in report
    assert "ERROR" not in report
    assert KEY["MISTRAL_API_KEY"] not in report


def test_status_snooze_and_why(start: Callable[..., Neovim], provider: dict[str, str], tmp_path: Path) -> None:
    """The server says what it does, keeps quiet when told to, and tells why."""
    neovim = start(configured(provider), NOTED, KEY)
    neovim.edit(tmp_path / "demo.py", "def add(a, b):\n")
    neovim.wait(lambda: neovim.lua(LINE) == "FIM ready", lambda: neovim.lua(LINE))
    neovim.type("ototal = ")
    neovim.wait_for_ghost("a + b")
    neovim.rpc.command("FimSnooze 5")
    neovim.wait(lambda: neovim.lua(LINE) == "FIM snoozed 5 min", lambda: neovim.lua(LINE))
    neovim.rpc.command("FimSnooze 0")
    neovim.wait(lambda: neovim.lua(LINE) == "FIM ready", lambda: neovim.lua(LINE))
    neovim.rpc.command("FimWhy")
    neovim.wait(lambda: "suggestion" in "".join(neovim.lua("return Noted")), lambda: neovim.lua("return Noted"))
    neovim.rpc.command("FimToggle")
    neovim.wait(lambda: "FIM: off for python, until Neovim ends" in neovim.lua("return Noted"))


def test_without_a_key_the_offline_model_completes(start: Callable[..., Neovim], program: Path) -> None:
    """Nothing but the plugin and the program is needed."""
    work = program.parent
    (work / ".git").mkdir()
    (work / "more.py").write_text(PROGRAM * 3, encoding="utf-8")
    neovim = start({"cmd": [SERVER]}, environment={"MISTRAL_API_KEY": "", "CODESTRAL_API_KEY": ""})
    neovim.edit(work / "new.py")
    neovim.type("idef add(a, b):<CR>total = ")
    deadline = time.monotonic() + PATIENCE
    while neovim.ghost() != "a + b":
        assert time.monotonic() < deadline, neovim.ghost()
        neovim.type("<BS> ")  # The files are still being read when the first key comes: other keys ask again.
        time.sleep(0.5)


def test_on_a_terminal(version: str, provider: dict[str, str], tmp_path: Path) -> None:
    """Seen on a screen, by a user who did the three steps of docs/editors.md as they are written there."""
    if not shutil.which("tmux"):
        skip_unless_ci("tmux is not installed, which draws the screen")
    home, path = tmp_path / "home", tmp_path / "demo.py"
    config = home / ".config" / "nvim" / "init.lua"
    config.parent.mkdir(parents=True)
    assert count("Neovim") <= 3
    (shell,), (setup, _) = code("Neovim", "sh"), code("Neovim", "lua")
    config.write_text(setup, encoding="utf-8")
    environment = {"HOME": str(home), "PATH": f"{Path(SERVER).parent}:{os.environ['PATH']}", **KEY}
    nvim = f"{INSTALLED / version}:{environment['PATH']}"
    subprocess.run(["sh", "-euc", shell], cwd=ROOT, env={**environment, "PATH": nvim}, check=True)
    settings = json.dumps({"fim": {"provider": provider}})
    configure = f"vim.lsp.config('fim_ls', {{ settings = vim.json.decode('{settings}') }})"
    command = [str(INSTALLED / version / "nvim"), "--cmd", f"lua {configure}", "-c", "set noswapfile", str(path)]
    with Screen(f"nvim-{version}", command, environment) as screen:
        screen.type("idef add(a, b):")
        screen.press("Enter")
        screen.type("total = ")
        # Keys from before the server is attached ask nothing: others do.
        screen.wait(lambda: "total = a + b" in screen.text(), again=lambda: screen.press("BSpace", "Space"))
        screen.press("Tab", "Escape", ":w", "Enter")
        screen.wait(path.exists)
        assert path.read_text(encoding="utf-8") == "def add(a, b):\n    total = a + b\n"
        screen.press(":help fim_ls", "Enter")
        screen.wait(lambda: "fim_ls.txt [Help]" in screen.text())


def test_a_changed_name_is_offered_where_it_is_used(start: Callable[..., Neovim], tmp_path: Path) -> None:
    """No model is asked: the next place is shown, Tab goes there and takes it, and then the one after it is offered."""
    neovim = start({"cmd": [SERVER], "settings": {"fim": {"provider": {"kind": "embedded"}}}})
    neovim.edit(tmp_path / "project" / "shop.py", SHOP)
    neovim.wait(lambda: neovim.lua(LINE) == "FIM offline model", lambda: neovim.lua(LINE))
    neovim.type("ftcwprices<Esc>")
    hint = "return vim.inspect(vim.api.nvim_buf_get_extmarks(0, -1, 0, -1, { details = true }))"
    neovim.wait(lambda: "next edit, line 3" in neovim.lua(hint), lambda: neovim.lua(hint))
    neovim.type("<Tab><Tab>")
    neovim.wait(lambda: "in prices:" in neovim.text())
    neovim.wait(lambda: "next edit, line 5" in neovim.lua(hint), lambda: neovim.lua(hint))
    neovim.type("<Tab><Tab>")
    neovim.wait_for_text(SHOP.replace("totals", "prices").rstrip("\n"))
    neovim.type("u")
    neovim.wait(lambda: "len(totals)" in neovim.text())
