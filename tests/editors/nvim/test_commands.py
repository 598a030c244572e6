"""Status, commands, maps, health, and a server that crashes."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.editors.nvim.neovim import Neovim

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


@pytest.mark.parametrize(("choice", "with_texts"), [(1, True), (2, False)])
def test_recording_asks_for_consent(noting: Neovim, choice: int, with_texts: bool) -> None:
    """The user says whether texts are kept; with ! the recording ends, and its file is named."""
    noting.lua("local choice = ... vim.fn.confirm = function() return choice end", choice)
    noting.script(command_result={"file": "/tmp/session.jsonl"})
    noting.rpc.command("FimRecord /tmp/session.jsonl")
    noting.wait(lambda: len(noted(noting)) == 1)
    noting.rpc.command("FimRecord!")
    noting.wait(lambda: len(noted(noting)) == 2)
    asked = [list(entry[1:]) for entry in noting.recorded() if entry[0] == "command"]
    assert asked == [["fim.startRecording", ["/tmp/session.jsonl", with_texts]], ["fim.stopRecording", []]]
    assert noted(noting)[1] == "FIM: recorded in /tmp/session.jsonl"


def test_without_consent_nothing_is_recorded(noting: Neovim) -> None:
    """Neither if the question is closed, nor without a name."""
    noting.lua("vim.fn.confirm = function() return 0 end")
    noting.rpc.command("FimRecord /tmp/session.jsonl")
    noting.rpc.command("FimRecord")
    assert len(noted(noting)) == 1
    assert noting.commands() == []


def test_a_wrong_number_of_minutes_is_told(noting: Neovim) -> None:
    """What is no number of minutes goes nowhere."""
    noting.rpc.command("FimSnooze soon")
    assert noted(noting) == ["FIM: :FimSnooze takes minutes, such as 15, or 0 to end it"]
    assert noting.commands() == []


def test_fim_why_lists_decisions(noting: Neovim) -> None:
    """One line each, at the user's time, with lines and columns as Neovim counts them."""
    berlin = "CET-1CEST,M3.5.0,M10.5.0/3"
    times = [
        ("2026-01-31T12:00:01.123+00:00", "UTC0", "12:00:01"),
        ("2026-01-31T12:00:01+00:00", berlin, "13:00:01"),
        ("2026-07-31T23:30:01.9+00:00", berlin, "01:30:01"),
        ("2026-01-01T01:02:03.000+00:00", "EST5EDT,M3.2.0,M11.1.0", "20:02:03"),
        ("2026-06-01T00:00:00.000+00:00", "IST-5:30", "05:30:00"),
        ("2026-06-01T12:00:00.000+00:00", "<+14>-14", "02:00:00"),
        ("2026-06-01T12:00:00.000+00:00", "<-11>11", "01:00:00"),
        ("2026-03-29T00:59:59.000+00:00", berlin, "01:59:59"),  # The clock is put forward at 01:00 UTC.
        ("2026-03-29T01:00:00.000+00:00", berlin, "03:00:00"),
        ("2026-10-25T00:59:59.000+00:00", berlin, "02:59:59"),  # … and back.
        ("2026-10-25T01:00:00.000+00:00", berlin, "02:00:00"),
        ("12:00:01", "UTC0", "12:00:01"),
    ]
    for n, (time, zone, _) in enumerate(times, start=1):
        noting.lua("vim.env.TZ = ...", zone)
        decision = {"time": time, "uri": "file:///work/a%20b.py", "line": 3, "column": 0, "trigger": "automatic"}
        noting.script(command_result=[{**decision, "answer": "nothing", "reason": "in a comment", "ms": 1.4}])
        noting.rpc.command("FimWhy")
        noting.wait(lambda n=n: len(noted(noting)) == n)  # type: ignore[misc]
    expected = [f"{shown}  a b.py:4:1  automatic  nothing  in a comment  1 ms" for *_, shown in times]
    assert noted(noting) == expected


def test_fim_why_leaves_out_what_is_missing(noting: Neovim) -> None:
    """Fields that are missing, or null, are passed over."""
    noting.script(
        command_result=[{"time": None, "line": 3, "answer": "nothing", "source": None, "reason": "in a comment"}]
    )
    noting.rpc.command("FimWhy")
    noting.wait(lambda: noted(noting))
    assert noted(noting) == ["4  nothing  in a comment"]


def test_fim_why_says_what_a_policy_locks(noting: Neovim) -> None:
    """In the first line, once."""
    decision = {
        "time": None,
        "answer": "nothing",
        "reason": "in a comment",
        "policy": "The settings are managed by /p.",
    }
    noting.script(command_result=[decision, decision])
    noting.rpc.command("FimWhy")
    noting.wait(lambda: noted(noting))
    assert noted(noting) == ["The settings are managed by /p.\nnothing  in a comment\nnothing  in a comment"]


def test_fim_log_opens_the_log(noting: Neovim) -> None:
    """The file in which Neovim keeps what it and its servers say, in a window of its own."""
    noting.rpc.command("FimLog")
    assert noting.lua("return vim.api.nvim_buf_get_name(0) == vim.lsp.log.get_filename()")
    assert len(noting.rpc.windows) == 2


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


def test_a_missing_program_is_told_once(start: Callable[..., Neovim], tmp_path: Path) -> None:
    """Neovim itself keeps it for its log."""
    neovim = start({"cmd": ["no-such-program"]}, before=NOTED)
    for name in ("one.py", "two.py"):
        neovim.rpc.command(f"edit {tmp_path / name}")
    assert noted(neovim) == ["FIM: no-such-program is not found; see :checkhealth fim_ls"]


def test_a_program_that_is_there_is_not_told_of(noting: Neovim) -> None:
    """Nothing is said where nothing is to be mended."""
    assert noted(noting) == []


@pytest.mark.parametrize(
    "text", ["The key is wrong.", "The key is wrong: " + "set CODESTRAL_API_KEY, " * 12 + "please."]
)
def test_a_message_while_typing_asks_for_no_key(noting: Neovim, text: str) -> None:
    """A message longer than the screen is wide would stop the user with a prompt: it is cut, and names the rest."""
    noting.type("i")
    params = {"method": "window/showMessage", "params": {"type": 1, "message": text}}
    noting.lua("require('fim_ls').client(0):notify('test/notify', ...)", params)
    noting.wait(lambda: noted(noting))
    (told,) = noted(noting)
    assert len(told) <= noting.rpc.vvars["echospace"]
    assert told == f"FIM: {text}" or told.endswith(" … :FimStatus")


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


def test_plug_maps_are_there_without_setup(start: Callable[..., Neovim]) -> None:
    """Whoever wants other keys maps these."""
    neovim = start()
    maps = neovim.lua("return vim.tbl_map(function(m) return m.lhs end, vim.api.nvim_get_keymap('i'))")
    names = ["Accept", "AcceptWord", "AcceptLine", "Next", "Previous", "Dismiss", "Trigger"]
    assert {f"<Plug>(Fim{name})" for name in names} <= set(maps)
