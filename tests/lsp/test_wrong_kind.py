"""A request that is sent as a notification does nothing; one method's mistake is not another's end."""

from __future__ import annotations

import logging

import pytest

from tests.fakes.clock import settle
from tests.fakes.editor import FakeEditor, completion_params
from tests.lsp.wire.test_protocol import INVALID_REQUEST


@pytest.mark.parametrize(
    "method", ["initialize", "shutdown", "textDocument/inlineCompletion", "textDocument/copilotInlineEdit"]
)
@pytest.mark.parametrize("params", [None, {}, {"capabilities": {}}, {"command": "fim.snooze", "arguments": [7]}])
async def test_a_request_without_an_id_is_ignored(
    method: str, params: object, caplog: pytest.LogCaptureFixture
) -> None:
    """Its `shutdown` would close the output with nobody told."""
    async with FakeEditor() as editor:
        await editor.initialize()
        editor.open("ab\n")
        editor.received.clear()
        editor.notify(method, params)
        answer = await editor.ask("textDocument/inlineCompletion", completion_params(0, 1))
        assert answer["result"]["items"][0]["insertText"] == "<a|b>"
        assert len(editor.received) == 1
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]


async def test_a_command_without_an_id_is_run() -> None:
    """`copilot.el` runs the command of an accepted edit like that; a wrong one costs only itself."""
    async with FakeEditor() as editor:
        await editor.initialize()
        editor.received.clear()
        editor.notify("workspace/executeCommand", {"command": "fim.accept", "arguments": ["s1"]})
        for wrong in (
            None,
            {},
            {"command": "fim.accept"},
            {"command": "no.such"},
            {"command": "fim.accept", "arguments": 7},
        ):
            editor.notify("workspace/executeCommand", wrong)
        assert editor.engine.taken == ["s1"]
        assert not [message for message in editor.received if "id" in message]


async def test_work_that_a_notification_begins_is_done() -> None:
    """A command that takes time, and a checkout that changes more files than are read at once."""
    async with FakeEditor() as editor:
        await editor.initialize()
        editor.notify("workspace/executeCommand", {"command": "fim.toggleLanguage", "arguments": ["python"]})
        changes = [{"uri": f"file:///project/{number}.py", "type": 2} for number in range(1_200)]
        editor.notify("workspace/didChangeWatchedFiles", {"changes": changes})
        await settle()
        assert editor.application.settings.trigger.languages == {"python": False}
        assert len(editor.application.files) == 1_200


@pytest.mark.parametrize("notify_first", [False, True])
async def test_initialize_twice_is_refused_and_the_session_goes_on(notify_first: bool) -> None:
    async with FakeEditor() as editor:
        if notify_first:
            editor.notify("initialize", {"capabilities": {}})
        await editor.initialize()
        for params in ({"capabilities": {}}, None, []):  # type: ignore[var-annotated]
            answer = await editor.ask("initialize", params)
            assert answer["error"]["code"] == INVALID_REQUEST
        editor.notify("initialized", {})
        editor.open("ab\n")
        assert (await editor.ask("textDocument/inlineCompletion", completion_params(0, 1)))["result"]


@pytest.mark.parametrize("language", ["\ud800", "a\0", "x" * 1_000_000, "a\nb", 7, None])
async def test_a_language_that_is_no_word_is_none(language: object) -> None:
    """It is counted by, and one that cannot be kept would cost everybody's statistics."""
    async with FakeEditor() as editor:
        await editor.initialize()
        editor.open("ab\n", language_id=language)  # type: ignore[arg-type]
        await editor.ask("textDocument/inlineCompletion", completion_params(0, 1))
        assert editor.engine.requests[0].document.language_id == ""
