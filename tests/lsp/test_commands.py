"""The commands: what each changes, and that wrong arguments are refused with a sentence."""

from __future__ import annotations

import pytest

from fim_language_server.core.values import Skip
from fim_language_server.lsp.commands import HANDLERS
from fim_language_server.lsp.editor.capabilities import COMMANDS
from tests.fakes.editor import FakeEditor, completion_params


async def run(editor: FakeEditor, command: str, *arguments: object) -> object:
    answer = await editor.ask("workspace/executeCommand", {"command": command, "arguments": list(arguments)})
    assert "error" not in answer, answer
    return answer["result"]


def test_every_announced_command_is_there() -> None:
    assert tuple(HANDLERS) == COMMANDS


async def test_snoozed_only_explicit_requests_are_answered() -> None:
    async with FakeEditor() as editor:
        await editor.initialize()
        editor.open("ab")
        await run(editor, "fim.snooze", 5)
        assert (await editor.ask("textDocument/inlineCompletion", completion_params(0, 1)))["result"] is None
        assert (await editor.ask("textDocument/inlineCompletion", completion_params(0, 1, triggerKind=1)))["result"]
        assert [decision.reason for decision in editor.engine.decisions.newest_first()] == [Skip.SNOOZED.value]
        await run(editor, "fim.snooze", 0)
        assert (await editor.ask("textDocument/inlineCompletion", completion_params(0, 1)))["result"]
        assert [state["kind"] for state in editor.notifications("$/fim/status")][-2:] == ["snoozed", "ready"]


async def test_a_language_is_switched_off_and_on_again() -> None:
    """On top of what the settings say, for this session."""
    async with FakeEditor() as editor:
        await editor.initialize(options={"trigger": {"languages": {"markdown": False}, "mode": "explicit"}})
        assert await run(editor, "fim.toggleLanguage", "python") == {"language": "python", "enabled": False}
        assert editor.application.settings.trigger.languages == {"markdown": False, "python": False}
        assert editor.application.settings.trigger.mode == "explicit"
        assert await run(editor, "fim.toggleLanguage", "markdown") == {"language": "markdown", "enabled": True}
        assert await run(editor, "fim.toggleLanguage", "python") == {"language": "python", "enabled": True}
        assert editor.application.settings.trigger.languages == {"markdown": True, "python": True}


async def test_what_others_switch_off_a_language_may_be_switched_on_in() -> None:
    async with FakeEditor() as editor:
        await editor.initialize(options={"trigger": {"languages": {"*": False}}})
        assert await run(editor, "fim.toggleLanguage", "python") == {"language": "python", "enabled": True}


async def test_the_reasons_are_told_newest_first() -> None:
    async with FakeEditor() as editor:
        await editor.initialize()
        editor.open("ab\ncd")
        assert await run(editor, "fim.showWhy") == []
        await run(editor, "fim.snooze", 1)
        for line in (0, 1):
            await editor.ask("textDocument/inlineCompletion", completion_params(line, 1))
        told = await run(editor, "fim.showWhy")
        assert isinstance(told, list)
        assert [decision["line"] for decision in told] == [1, 0]
        assert {decision["answer"] for decision in told} == {"nothing"}


@pytest.mark.parametrize(
    ("command", "arguments"),
    [
        ("fim.accept", []),
        ("fim.accept", [1]),
        ("fim.snooze", None),
        ("fim.snooze", [-1]),
        ("fim.snooze", [True]),
        ("fim.snooze", ["5"]),
        ("fim.snooze", [1e9]),
        ("fim.toggleLanguage", []),
        ("fim.toggleLanguage", [""]),
        ("fim.toggleLanguage", [{}]),
        ("fim.startRecording", []),
        ("fim.startRecording", ["session.jsonl"]),
        ("fim.startRecording", ["/tmp/session.jsonl", "yes"]),
        ("fim.restart", []),
    ],
)
async def test_what_a_command_does_not_take_is_refused(command: str, arguments: object) -> None:
    async with FakeEditor() as editor:
        await editor.initialize()
        answer = await editor.ask("workspace/executeCommand", {"command": command, "arguments": arguments})
        assert answer["error"]["code"] == -32602
        assert command in answer["error"]["message"]
