"""Status, commands, maps, health, and a server that crashes."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.editors.nvim.neovim import SCRIPTED, Neovim

NOTED = "Noted = {} vim.notify = function(text) table.insert(Noted, text) end"


def noted(neovim: Neovim) -> list[str]:
    """Return what was told to the user."""
    return list(neovim.lua("return Noted"))


@pytest.fixture
def noting(start: Callable[..., Neovim], tmp_path: Path) -> Neovim:
    """A Neovim that keeps what it tells the user."""
    neovim = start(before=NOTED)
    neovim.edit(tmp_path / "demo.py")
    return neovim


def say(neovim: Neovim, **status: object) -> None:
    """Let the server send a status."""
    params = {"message": "", "provider": "codestral", "model": "codestral-latest", "seconds": None, **status}
    neovim.lua(
        "require('fim_ls').client(0):notify('test/notify', { method = '$/fim/status', params = vim.json.decode(...) })",
        json.dumps(params),
    )


@pytest.mark.parametrize(
    ("status", "line"),
    [
        ({"kind": "ready"}, "FIM ready"),
        ({"kind": "thinking"}, "FIM thinking"),
        ({"kind": "paused", "seconds": 12}, "FIM paused 12 s"),
        ({"kind": "snoozed", "seconds": 900}, "FIM snoozed 15 min"),
        ({"kind": "offline"}, "FIM offline model"),
        ({"kind": "error", "message": "The key is wrong."}, "FIM error"),
        ({"kind": "disabled"}, "FIM off"),
        ({"kind": "of a later version"}, "FIM of a later version"),
    ],
)
def test_status_line(noting: Neovim, status: dict[str, object], line: str) -> None:
    """The status line says in a word or two what the server said last."""
    assert noting.lua("return require('fim_ls').statusline()") == "FIM"
    say(noting, **status)
    noting.wait(lambda: noting.lua("return require('fim_ls').statusline()") == line)


def test_fim_status_says_it_all(noting: Neovim) -> None:
    """State, model, and the remedy that the server names."""
    say(noting, kind="error", message="The key is wrong: set CODESTRAL_API_KEY.")
    noting.wait(lambda: noting.lua("return require('fim_ls').statusline()") == "FIM error")
    noting.rpc.command("FimStatus")
    assert noted(noting)[-1] == "FIM: error (codestral codestral-latest). The key is wrong: set CODESTRAL_API_KEY."


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ("FimSnooze", ["fim.snooze", [15]]),
        ("FimSnooze 5", ["fim.snooze", [5]]),
        ("FimSnooze 0", ["fim.snooze", [0]]),
        ("FimToggle", ["fim.toggleLanguage", ["python"]]),
    ],
)
def test_commands_are_the_servers(noting: Neovim, command: str, expected: list[object]) -> None:
    """Each command of Neovim is one of the server's."""
    noting.rpc.command(command)
    noting.wait(lambda: [list(entry[1:]) for entry in noting.recorded() if entry[0] == "command"] == [expected])


def test_a_wrong_number_of_minutes_is_told(noting: Neovim) -> None:
    """What is no number of minutes goes nowhere."""
    noting.rpc.command("FimSnooze soon")
    assert noted(noting) == ["FIM: :FimSnooze takes minutes, such as 15, or 0 to end it"]
    assert noting.commands() == []


def test_fim_why_lists_decisions(noting: Neovim) -> None:
    """The last decisions, newest first, one line each; fields that are missing are left out."""
    decision = {"time": "12:00:01", "line": 3, "trigger": "automatic", "answer": "nothing", "reason": "in a comment"}
    noting.script(command_result=[decision])
    noting.rpc.command("FimWhy")
    noting.wait(lambda: noted(noting))
    assert noted(noting) == ["12:00:01  line 3  automatic  nothing  in a comment"]


def test_commands_without_a_server_say_so(start: Callable[..., Neovim]) -> None:
    """They name what to do, and do not fail."""
    neovim = start(before=NOTED)
    neovim.rpc.command("FimStatus")
    neovim.rpc.command("FimSnooze")
    assert noted(neovim) == ["FIM: no server runs here; see :checkhealth fim_ls"] * 2
    assert neovim.lua("return require('fim_ls').statusline()") == ""


def test_health(noting: Neovim) -> None:
    """Editor, server, keys and client, each with its state; a key is named and never shown."""
    noting.lua("vim.env.CODESTRAL_API_KEY, vim.env.MISTRAL_API_KEY = 'secret-key', nil")
    noting.rpc.command("checkhealth fim_ls")
    report = noting.text()
    assert "draws inline completion" in report
    assert "CODESTRAL_API_KEY is set" in report
    assert "attached to 1 buffer(s)" in report
    assert "secret-key" not in report


def test_health_without_a_server(start: Callable[..., Neovim]) -> None:
    """A program that is not there is an error with a remedy, also by its name."""
    neovim = start({"cmd": ["no-such-program"]})
    neovim.rpc.command("checkhealth fim_ls")
    report = neovim.text()
    assert "no-such-program is not to be found" in report
    assert "PATH" in report


def test_a_crashed_server_is_started_again_once(noting: Neovim) -> None:
    """The user is told, and the second crash in a row is left alone."""
    for n, told in [(1, "is started again"), (2, "stays down")]:
        noting.kill_server("scripted_server")
        # Neovim says in words of its own that a client has quit; so it is not the only message.
        noting.wait(lambda told=told: any(told in text for text in noted(noting)), lambda: noted(noting))  # type: ignore[misc]
        if n == 1:
            noting.wait_for_server()
            noting.script(anchor="a = ", texts=["b"])
            noting.type("ia = ")
            noting.wait_for_ghost("b")
            noting.type("<Esc>")


def test_keys_keep_what_they_did(start: Callable[..., Neovim], tmp_path: Path) -> None:
    """Where there is no ghost text, a default key does what it was mapped to before."""
    neovim = start(
        {"cmd": SCRIPTED}, before="vim.keymap.set('i', '<Tab>', function() return 'mine' end, { expr = true })"
    )
    neovim.edit(tmp_path / "demo.py")
    neovim.script(anchor="a = ", texts=["b"])
    neovim.type("i<Tab> a = ")
    neovim.wait_for_ghost("b")
    neovim.type("<Tab>")
    neovim.wait_for_text("mine a = b")


def test_plug_maps_are_there_without_setup(start: Callable[..., Neovim]) -> None:
    """Whoever wants other keys maps these."""
    neovim = start()
    maps = neovim.lua("return vim.tbl_map(function(m) return m.lhs end, vim.api.nvim_get_keymap('i'))")
    names = ["Accept", "AcceptWord", "AcceptLine", "Next", "Previous", "Dismiss", "Trigger"]
    assert {f"<Plug>(Fim{name})" for name in names} <= set(maps)
