"""Ghost text in five editors: each with its own capabilities, position encoding and habits, by pytest-lsp."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Mapping
from typing import Any

import pytest
import pytest_asyncio
from attrs import frozen
from lsprotocol import converters, types
from pygls.exceptions import JsonRpcException
from pytest_lsp import ClientServerConfig, LanguageClient

from benchmarks.fake_api.provider_server import FimServer
from tests.e2e.clients import Editor
from tests.e2e.clients.coc import COC
from tests.e2e.clients.emacs import EMACS
from tests.e2e.clients.lsp4ij import LSP4IJ
from tests.e2e.clients.neovim import NEOVIM
from tests.e2e.clients.vscode import VSCODE
from tests.e2e.raw_client import provider_options, server_environment

pytestmark = pytest.mark.asyncio(loop_scope="module")

SUGGESTED = "total + amount"
HEAD = "# 😀 é\ndef add(total, amount):\n"
UNIT_SIZES = {"utf-8": ("utf-8", 1), "utf-16": ("utf-16-le", 2), "utf-32": ("utf-32-le", 4)}


def suggest(body: Mapping[str, Any]) -> str:
    """Go on with `return total + amount` from wherever in it the prompt ends."""
    line = str(body["prompt"]).rpartition("\n")[2].partition("return ")[2]
    return SUGGESTED[len(line) :] if SUGGESTED.startswith(line) else ""


@frozen
class Session:
    """An editor at work: its client, its habits, and the model behind the server."""

    client: LanguageClient
    editor: Editor
    provider: FimServer
    result: types.InitializeResult

    def units(self, text: str) -> int:
        """Return how many columns the editor counts in a text."""
        codec, size = UNIT_SIZES[self.editor.encoding]
        return len(text.encode(codec)) // size

    def open(self, uri: str, text: str) -> None:
        self.client.text_document_did_open(
            types.DidOpenTextDocumentParams(types.TextDocumentItem(uri, "python", 1, text))
        )

    def insert(self, uri: str, version: int, line: int, before: str, text: str) -> None:
        """Type a text behind what stands before it in its line."""
        place = types.Position(line, self.units(before))
        self.client.text_document_did_change(
            types.DidChangeTextDocumentParams(
                types.VersionedTextDocumentIdentifier(version, uri),
                [types.TextDocumentContentChangePartial(types.Range(place, place), text)],
            )
        )

    def params(self, uri: str, line: int, before: str, *, invoked: bool = False) -> types.InlineCompletionParams:
        kinds = types.InlineCompletionTriggerKind
        kind = kinds.Invoked if invoked and self.editor.invokes else kinds.Automatic
        return types.InlineCompletionParams(
            types.InlineCompletionContext(kind),
            types.TextDocumentIdentifier(uri),
            types.Position(line, self.units(before)),
        )

    async def complete(self, uri: str, line: int, before: str, *, invoked: bool = False) -> Any:
        """Return the one item offered, or None."""
        params = self.params(uri, line, before, invoked=invoked)
        result = await self.client.text_document_inline_completion_async(params)
        if result is None:
            return None
        (item,) = result.items
        assert item.range.start == item.range.end == params.position, "a pure insertion at the cursor"
        return item


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def provider() -> AsyncIterator[FimServer]:
    async with FimServer(suggest) as server:
        yield server


@pytest_asyncio.fixture(
    loop_scope="module", scope="module", params=[VSCODE, NEOVIM, EMACS, LSP4IJ, COC], ids=lambda editor: editor.name
)
async def session(request: pytest.FixtureRequest, provider: FimServer) -> AsyncIterator[Session]:
    editor: Editor = request.param
    command = [sys.executable, "-m", "fim_language_server", "--stdio"]
    client = await ClientServerConfig(server_command=command, server_env=server_environment()).start()
    assert isinstance(client, LanguageClient)
    capabilities = converters.get_converter().structure(editor.capabilities, types.ClientCapabilities)
    result = await client.initialize_session(
        types.InitializeParams(
            capabilities=capabilities,
            workspace_folders=[types.WorkspaceFolder("file:///project", "work")],
            initialization_options=provider_options(provider.url),
        )
    )
    yield Session(client, editor, provider, result)
    await client.shutdown_session()
    assert client.error is None
    assert not client.messages, "nothing was shown"
    await client.stop()  # type: ignore[no-untyped-call]


async def test_inline_completion_is_offered_in_the_editors_own_columns(session: Session) -> None:
    capabilities = session.result.capabilities
    assert capabilities.position_encoding == session.editor.encoding
    assert capabilities.inline_completion_provider is not None
    assert capabilities.text_document_sync.change is types.TextDocumentSyncKind.Incremental


async def test_ghost_text_is_shown_and_accepted_behind_emoji(session: Session) -> None:
    uri, line = "file:///project/emoji.py", "    '😀é中'; return "
    session.open(uri, HEAD + line + "\n")
    item = await session.complete(uri, 2, line, invoked=True)
    assert item.insert_text == SUGGESTED
    if session.editor.reports_acceptance:
        command = types.ExecuteCommandParams(item.command.command, item.command.arguments)
        assert await session.client.workspace_execute_command_async(command) is None


async def test_typing_what_is_suggested_asks_nobody_again(session: Session) -> None:
    """Each key brings the rest of the text, whether or not the editor cancels the request before."""
    uri, line = "file:///project/typed.py", "    return "
    session.open(uri, HEAD + line)
    assert (await session.complete(uri, 2, line)).insert_text == SUGGESTED
    asked = len(session.provider.completions)
    for version, key in enumerate("total", 2):
        session.insert(uri, version, 2, line, key)
        line += key
        typed = line.removeprefix("    return ")
        assert (await session.complete(uri, 2, line)).insert_text == SUGGESTED.removeprefix(typed)
    assert len(session.provider.completions) == asked


async def test_the_rest_of_a_partly_accepted_text_asks_nobody(session: Session) -> None:
    """By word, in columns of every encoding; no editor tells it but by the edit."""
    uri, line = "file:///project/part.py", "    '😀é中'; return "
    session.open(uri, HEAD + line)
    item = await session.complete(uri, 2, line)
    asked = len(session.provider.completions)
    first, rest = item.insert_text[:6], item.insert_text[6:]
    session.insert(uri, 2, 2, line, first)
    assert (await session.complete(uri, 2, line + first)).insert_text == rest
    assert len(session.provider.completions) == asked


async def test_commands_answer_every_editor(session: Session) -> None:
    """Snoozed, nothing is offered unasked; the reason is told."""
    uri, line = "file:///project/commands.py", "    return "
    session.open(uri, HEAD + line)

    async def run(command: str, *arguments: Any) -> Any:
        params = types.ExecuteCommandParams(command, list(arguments))
        return await session.client.workspace_execute_command_async(params)

    assert list(session.result.capabilities.execute_command_provider.commands) == [
        "fim.accept",
        "fim.snooze",
        "fim.toggleLanguage",
        "fim.showWhy",
        "fim.acceptNextEdit",
        "fim.dismissNextEdit",
        "fim.startRecording",
        "fim.stopRecording",
    ]
    await run("fim.snooze", 5)
    assert await session.complete(uri, 2, line) is None
    (newest, *_) = await run("fim.showWhy")
    told = newest if isinstance(newest, dict) else newest._asdict()
    assert (told["answer"], told["line"], told["column"]) == ("nothing", 2, len(line))
    assert "snoozed" in told["reason"]
    await run("fim.snooze", 0)
    assert (await session.complete(uri, 2, line)).insert_text == SUGGESTED


async def test_every_superseded_request_is_answered(session: Session) -> None:
    """Fast typing, with a cancel for the older request where the editor sends one."""
    uri, line = "file:///project/fast.py", "    return "
    session.open(uri, HEAD + line)
    answers: list[asyncio.Future[Any]] = []
    for version, key in enumerate("total + ", 2):
        session.insert(uri, version, 2, line, key)
        line += key
        params = session.params(uri, 2, line)
        if session.editor.cancels and answers:
            session.client.cancel_request(types.CancelParams(f"{uri}#{version - 1}"))
        sent = session.client.protocol.send_request_async(  # type: ignore[no-untyped-call]
            types.TEXT_DOCUMENT_INLINE_COMPLETION, params, msg_id=f"{uri}#{version}"
        )
        answers.append(asyncio.ensure_future(sent))
    results = await asyncio.wait_for(asyncio.gather(*answers, return_exceptions=True), 60)
    assert results[-1].items[0].insert_text == "amount"
    codes = {result.code for result in results[:-1] if isinstance(result, JsonRpcException)}
    assert codes <= ({-32800} if session.editor.cancels else set())


async def test_settings_are_pulled_again_when_they_change(session: Session) -> None:
    """Every one of them offers `workspace/configuration`; a null in the notification means: ask."""
    uri, line = "file:///project/settings.py", "    return "
    session.open(uri, HEAD + line)
    for mode, expected in (("off", None), ("automatic", SUGGESTED)):
        session.client.set_configuration({"trigger": {"mode": mode}}, section="fim")
        session.client.workspace_did_change_configuration(types.DidChangeConfigurationParams(settings=None))
        async with asyncio.timeout(10):
            while True:
                item = await session.complete(uri, 2, line)
                if (item and item.insert_text) == expected:
                    break


async def test_a_closed_document_is_answered_with_nothing(session: Session) -> None:
    uri = "file:///project/closed.py"
    session.open(uri, HEAD)
    session.client.text_document_did_close(types.DidCloseTextDocumentParams(types.TextDocumentIdentifier(uri)))
    assert await session.complete(uri, 2, "") is None
