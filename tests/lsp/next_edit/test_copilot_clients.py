"""Clients of Copilot's language server that are pointed at this one: what each sends, word for word, and does.

sidekick.nvim asks in normal mode, applies all edits at once and runs their commands; copilot-lsp shows the first, says
so, applies it and runs nothing; copilot.el runs the command by a notification. The last two take columns as UTF-16
units, whatever was agreed.
"""

from collections.abc import Sequence
from typing import Any

import pytest

from fim_language_server.core.acceptance import Outcome
from fim_language_server.core.next_edit.values import NextEdit, NextEditQuestion, Replacement
from tests.fakes.clock import FakeClock, settle
from tests.fakes.editor import URI, FakeEditor
from tests.lsp.next_edit.mirror import MirrorEditor

ASK = "textDocument/copilotInlineEdit"
NEOVIM = {
    "general": {"positionEncodings": ["utf-8", "utf-16", "utf-32"]},
    "textDocument": {"inlineCompletion": {"dynamicRegistration": False}},
}
EMACS = {"general": {"positionEncodings": ["utf-16"]}}
PLUGINS = {
    "sidekick": {},
    "copilot-lsp": {
        "editorInfo": {"name": "neovim", "version": "0.12.0"},
        "editorPluginInfo": {"name": "Github Copilot LSP for Neovim", "version": "0.0.1"},
    },
    "copilot.el": {
        "editorInfo": {"name": "Emacs", "version": "30.1"},
        "editorPluginInfo": {"name": "copilot.el", "version": "0.5"},
    },
}
TEXT = "s = '𝒳'; scanner = 1\nuse('𝒳é', scanner)\nother()\nreturn '𝒳', scanner\n"


def rename(question: NextEditQuestion) -> Sequence[NextEdit]:
    """Find every further `scanner`, the nearest below the cursor first."""
    document = question.document
    places = [at for at in range(len(document.text)) if document.text.startswith("scanner", at)]
    places.sort(key=lambda at: (at < question.cursor, at))
    return [NextEdit(document.uri, Replacement(at, at + 7, "scan"), "rename") for at in places]


class CopilotClient(MirrorEditor):
    """One of the three at work."""

    def __init__(self, editor: FakeEditor, name: str, encoding: str) -> None:
        super().__init__(editor, TEXT, encoding)
        self.name = name

    async def ask(self, cursor: int, **context: Any) -> list[dict[str, Any]]:
        params = {"textDocument": {"uri": URI, "version": self.version}, "position": self.position(cursor), **context}
        answer = await self.editor.ask(ASK, params)
        edits = answer["result"]["edits"]
        assert isinstance(edits, list)
        return edits

    def rename_the_first(self) -> None:
        """What the user does: `scanner` at its declaration becomes `scan`, by deleting its end."""
        at = self.text.index("scanner") + 4
        self.edit(at, at + 3, "")


async def start(editor: FakeEditor, name: str) -> CopilotClient:
    editor.server.session.next_editor.find_repeat = rename
    result = await editor.initialize(EMACS if name == "copilot.el" else NEOVIM, PLUGINS[name])
    encoding = result["capabilities"]["positionEncoding"]
    client = CopilotClient(editor, name, encoding)
    editor.notify("workspace/didChangeConfiguration", {"settings": {"nextEditSuggestions": {"enabled": True}}})
    editor.open(client.text)
    editor.notify("textDocument/didFocus", {"textDocument": {"uri": URI}})
    editor.notify("textDocument/didFocus", {})
    await settle()
    return client


@pytest.mark.parametrize(
    ("name", "encoding"), [("sidekick", "utf-8"), ("copilot-lsp", "utf-16"), ("copilot.el", "utf-16")]
)
async def test_the_client_starts_without_a_message_to_the_user(name: str, encoding: str) -> None:
    """Its own settings are not ours to complain about; those that count in UTF-16 whatever was agreed get it."""
    async with FakeEditor() as editor:
        client = await start(editor, name)
        assert editor.server.session.workspace.encoding.value == encoding
        assert editor.notifications("window/showMessage") == []
        assert all(not problems for problems in [editor.server.session.configuration.raw()[1]])
        assert editor.application.configured[-1] == {}
        assert await client.ask(0) == []


async def test_sidekick_applies_all_edits_in_one_step() -> None:
    """Asked on leaving insert mode and on changes in normal mode, with a context; each edit's command is run after."""
    async with FakeEditor() as editor:
        client = await start(editor, "sidekick")
        client.rename_the_first()
        edits = await client.ask(client.text.index("scan"), context={"triggerKind": 2})
        assert [edit["text"] for edit in edits] == ["scan", "scan"]
        parts = client.parts_of(edits)
        assert parts is not None
        client.edit_all(parts)
        assert client.text == TEXT.replace("scanner", "scan")
        for edit in edits:
            answer = await editor.ask("workspace/executeCommand", {**edit["command"], "workDoneToken": 7})
            assert answer["result"] is None
        assert await client.ask(0, context={"triggerKind": 2}) == []
        assert [entry[2:] for entry in editor.application.next_edits] == [("rename", Outcome.ACCEPTED)] * 2


async def test_sidekick_cancels_with_each_update_and_drops_older_answers() -> None:
    """A cancelled request is answered, as LSP demands, and the next one has the edits."""
    async with FakeEditor() as editor:
        client = await start(editor, "sidekick")
        client.rename_the_first()
        params = {"textDocument": {"uri": URI, "version": client.version}, "position": client.position(0)}
        first = editor.request(ASK, params)
        editor.notify("$/cancelRequest", {"id": first})
        client.edit(0, 0, "x")
        answer = await editor.answer_to(first)
        assert answer.get("error", {}).get("code") == -32800 or answer["result"] == {"edits": []}
        assert len(await client.ask(0, context={"triggerKind": 2})) == 2


async def test_copilot_lsp_takes_the_first_edit_and_asks_again() -> None:
    """It says what it shows, applies it without running a command, and asks again after the change of the text."""
    async with FakeEditor() as editor:
        client = await start(editor, "copilot-lsp")
        client.rename_the_first()
        for left in (2, 1):
            edits = await client.ask(client.text.index("scan"))
            assert len(edits) == left
            editor.notify("textDocument/didShowInlineEdit", {"item": {"command": edits[0]["command"]}})
            parts = client.parts_of(edits[:1])
            assert parts is not None
            client.edit_all(parts)
        assert client.text == TEXT.replace("scanner", "scan")
        assert await client.ask(0) == []
        assert [entry[3] for entry in editor.application.next_edits] == [Outcome.ACCEPTED] * 2


async def test_copilot_el_runs_the_command_by_a_notification() -> None:
    """Nothing is answered to it, and what follows is offered to the next request."""
    async with FakeEditor() as editor:
        client = await start(editor, "copilot.el")
        client.rename_the_first()
        first, _ = await client.ask(client.text.index("scan"))
        editor.notify(
            "textDocument/didShowInlineEdit", {"item": {"command": {"arguments": first["command"]["arguments"]}}}
        )
        parts = client.parts_of([first])
        assert parts is not None
        client.edit_all(parts)
        editor.notify("workspace/executeCommand", first["command"])
        (second,) = await client.ask(client.text.index("other"))
        assert client.parts_of([second]) == [(client.text.index("scanner"), client.text.index("scanner") + 7, "scan")]
        assert not [message for message in editor.received if "error" in message]


@pytest.mark.parametrize("name", ["sidekick", "copilot-lsp", "copilot.el"])
async def test_typing_on_meanwhile_moves_the_edit(name: str) -> None:
    """A line written above, and one in the middle: the next answer has the edits at their new places."""
    async with FakeEditor(clock=FakeClock()) as editor:
        client = await start(editor, name)
        client.rename_the_first()
        assert len(await client.ask(0)) == 2
        at = client.text.index("other")
        for character in "é = 1\n":
            client.edit(at, at, character)
            at += 1
        client.edit(0, 0, "# 𝒳\n")
        edits = await client.ask(0)
        parts = client.parts_of(edits)
        assert parts is not None
        assert client.applied(parts) == client.text.replace("scanner", "scan")


@pytest.mark.parametrize("name", ["sidekick", "copilot-lsp", "copilot.el"])
async def test_an_older_version_gets_no_edits(name: str) -> None:
    """The client would drop them."""
    async with FakeEditor() as editor:
        client = await start(editor, name)
        client.rename_the_first()
        params = {"textDocument": {"uri": URI, "version": client.version - 1}, "position": client.position(0)}
        assert (await editor.ask(ASK, params))["result"] == {"edits": []}
