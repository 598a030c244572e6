"""Every request is answered, whatever it is; what is no message costs only itself; nothing leaks in an error."""

import asyncio
import json
import logging
from typing import Any

import pytest

from fim_language_server.core.values import CompletionRequest, Skip, Suggestion
from tests.fakes.clock import settle
from tests.fakes.editor import URI, FakeEditor, completion_params, edit

PARSE, INVALID_REQUEST, NO_METHOD, INVALID_PARAMS, INTERNAL = -32700, -32600, -32601, -32602, -32603
CANCELLED, NOT_INITIALIZED = -32800, -32002


async def fail(request: CompletionRequest) -> Suggestion | Skip:
    raise RuntimeError("a fault of ours")


async def wait_for_ever(request: CompletionRequest) -> Suggestion | Skip:
    await asyncio.Event().wait()
    raise AssertionError


@pytest.mark.parametrize(
    ("message", "told_id", "code"),
    [
        (b"no json", None, PARSE),
        (b'{"jsonrpc": "2.0", "id": 1', None, PARSE),
        (b"\xff\xfe", None, PARSE),
        (b"", None, PARSE),
        ("[" * 100_000, None, PARSE),
        ([], None, INVALID_REQUEST),
        ([{"jsonrpc": "2.0", "id": 1, "method": "shutdown"}], None, INVALID_REQUEST),
        (7, None, INVALID_REQUEST),
        (None, None, INVALID_REQUEST),
        ({"id": 4, "method": "shutdown"}, 4, INVALID_REQUEST),
        ({"jsonrpc": "1.0", "id": 4, "method": "shutdown"}, 4, INVALID_REQUEST),
        ({"jsonrpc": "2.0", "id": None, "method": "shutdown"}, None, INVALID_REQUEST),
        ({"jsonrpc": "2.0", "id": {}, "method": "shutdown"}, None, INVALID_REQUEST),
        ({"jsonrpc": "2.0", "id": 4, "method": 5}, 4, INVALID_REQUEST),
        ({"jsonrpc": "2.0"}, None, INVALID_REQUEST),
        ({"jsonrpc": "2.0", "id": 4, "method": "no/such"}, 4, NO_METHOD),
        ({"jsonrpc": "2.0", "id": "x", "method": "$/private"}, "x", NO_METHOD),
    ],
)
async def test_what_is_no_request_is_refused_and_forgotten(message: Any, told_id: Any, code: int) -> None:
    async with FakeEditor() as editor:
        await editor.initialize()
        editor.received.clear()
        editor.write(message)
        refusals = [told for told in editor.received if "error" in told]
        assert [(told["id"], told["error"]["code"]) for told in refusals] == [(told_id, code)]
        editor.open("a")
        assert (await editor.ask("textDocument/inlineCompletion", completion_params(0, 1)))["result"]


@pytest.mark.parametrize(
    "params",
    [
        None,
        [],
        {},
        {"textDocument": {}, "position": {"line": 0, "character": 0}},
        {"textDocument": {"uri": 3}, "position": {"line": 0, "character": 0}},
        {"textDocument": {"uri": URI}},
        {"textDocument": {"uri": URI}, "position": {"line": -1, "character": 0}},
        {"textDocument": {"uri": URI}, "position": {"line": "0", "character": 0}},
        {"textDocument": {"uri": URI}, "position": {"line": 0.5, "character": 0}},
        {"textDocument": {"uri": URI}, "position": {"line": True, "character": 0}},
        {**completion_params(0, 0), "context": {"triggerKind": 1, "selectedCompletionInfo": {"text": "x"}}},
    ],
)
async def test_invalid_params_are_answered_without_a_window(params: Any) -> None:
    """pygls sends nothing at all, but for a window."""
    async with FakeEditor() as editor:
        await editor.initialize()
        answer = await editor.ask("textDocument/inlineCompletion", params)
        assert answer["error"]["code"] == INVALID_PARAMS
        assert "data" not in answer["error"]
        assert not editor.notifications("window/showMessage")


async def test_generated_readers_refuse_as_well_and_quote_nothing() -> None:
    async with FakeEditor() as editor:
        await editor.initialize()
        answer = await editor.ask("workspace/executeCommand", {"command": {"secret": "text"}, "arguments": 4})
        assert answer["error"]["code"] == INVALID_PARAMS
        assert "secret" not in json.dumps(answer)


@pytest.mark.parametrize(
    "params",
    [
        {"capabilities": {}, "processId": None, "trace": "compact"},
        {"capabilities": {"workspace": {"workspaceEdit": {"failureHandling": "pray", "resourceOperations": ["x"]}}}},
        {"capabilities": None},
        {"capabilities": []},
        {"capabilities": {"general": None, "window": 4, "workspace": [], "textDocument": {"inlineCompletion": None}}},
        {"capabilities": {"general": {"positionEncodings": ["utf-7", 8]}}, "workspaceFolders": [{}, None]},
        {"capabilities": {}, "processId": "many", "rootUri": 8, "rootPath": {}, "initializationOptions": "fast"},
        {},
    ],
)
async def test_initialize_is_answered_whatever_the_client_says_of_itself(params: Any) -> None:
    async with FakeEditor() as editor:
        answer = await editor.ask("initialize", params)
        assert answer["result"]["capabilities"]["inlineCompletionProvider"] == {}
        assert answer["result"]["capabilities"]["positionEncoding"] == "utf-16"


async def test_the_life_cycle_is_kept() -> None:
    """LSP 3.18, "Server lifecycle": -32002 before `initialize`, -32600 for a second one and after `shutdown`."""
    async with FakeEditor() as editor:
        early = await editor.ask("textDocument/inlineCompletion", completion_params(0, 0))
        assert early["error"]["code"] == NOT_INITIALIZED
        editor.notify("textDocument/didOpen", {"nonsense": 1})  # dropped, says the spec
        await editor.initialize()
        assert (await editor.ask("initialize", {}))["error"]["code"] == INVALID_REQUEST
        assert (await editor.ask("shutdown"))["result"] is None
        assert editor.application.is_closed
        assert (await editor.ask("textDocument/inlineCompletion", {}))["error"]["code"] == INVALID_REQUEST
        editor.notify("exit")
        assert await editor.server.wait_ended() == 0


async def test_exit_without_shutdown_is_an_error() -> None:
    async with FakeEditor() as editor:
        await editor.initialize()
        editor.notify("exit")
        assert await editor.server.wait_ended() == 1


async def test_nothing_is_sent_after_shutdown() -> None:
    async with FakeEditor() as editor:
        await editor.initialize()
        await editor.ask("shutdown")
        editor.received.clear()
        logging.getLogger("fim_language_server.x").error("too late")
        editor.server.session.messages.notice("too late")
        await settle()
        assert editor.received == []


async def test_shutdown_answers_what_is_under_way() -> None:
    async with FakeEditor(wait_for_ever) as editor:
        await editor.initialize()
        editor.open("a")
        request = editor.request("textDocument/inlineCompletion", completion_params(0, 1))
        await settle()
        assert (await editor.ask("shutdown"))["result"] is None
        assert (await editor.answer_to(request))["error"]["code"] == CANCELLED


async def test_a_request_is_about_the_text_at_its_dispatch() -> None:
    """[didChange v][request][didChange v+1] in one read: the request means v."""
    async with FakeEditor() as editor:
        await editor.initialize()
        editor.open("\n")
        requests = []
        for version in range(2, 52):
            editor.change(edit((0, 0), (0, 99), f"v{version}"), version=version)
            requests.append(editor.request("textDocument/inlineCompletion", completion_params(0, 99)))
            editor.change(edit((0, 0), (0, 0), "later "), version=version)
        for version, request in enumerate(requests, 2):
            answer = await editor.answer_to(request)
            assert answer["result"]["items"][0]["insertText"] == f"<v{version}|>"


async def test_a_request_waits_for_the_application_with_its_text() -> None:
    async with FakeEditor() as editor:
        editor.application_may_come.clear()
        await editor.initialize()
        editor.open("first")
        request = editor.request("textDocument/inlineCompletion", completion_params(0, 5))
        editor.change({"text": "second"})
        await settle()
        editor.application_may_come.set()
        assert (await editor.answer_to(request))["result"]["items"][0]["insertText"] == "<first|>"


@pytest.mark.parametrize("started", [True, False])
async def test_a_cancelled_request_is_answered_once(started: bool) -> None:
    """-32800, also where the cancel comes with the request in one write."""
    async with FakeEditor(wait_for_ever) as editor:
        await editor.initialize()
        editor.open("a")
        request = editor.request("textDocument/inlineCompletion", completion_params(0, 1))
        if started:
            await settle()
        editor.notify("$/cancelRequest", {"id": request})
        assert (await editor.answer_to(request))["error"]["code"] == CANCELLED
        editor.notify("$/cancelRequest", {"id": request})
        await editor.answer_to(request)
        assert len(editor.engine.requests) == int(started)


@pytest.mark.parametrize("params", [{"id": 99}, {"id": "nobody"}, {"id": None}, {"id": []}, {}, None, 5])
async def test_cancelling_what_is_not_there_is_silent(params: Any) -> None:
    async with FakeEditor() as editor:
        await editor.initialize()
        editor.received.clear()
        editor.notify("$/cancelRequest", params)
        await settle()
        assert editor.received == []


async def test_a_failing_completion_answers_null_and_says_so_once(caplog: pytest.LogCaptureFixture) -> None:
    """An error would be a notification on the screen at every keystroke (VS Code)."""
    async with FakeEditor(fail) as editor:
        await editor.initialize()
        editor.open("a")
        for _ in range(3):
            assert (await editor.ask("textDocument/inlineCompletion", completion_params(0, 1)))["result"] is None
        assert len(editor.notifications("window/showMessage")) == 1
        assert "Traceback" not in json.dumps(editor.received)
        assert "a fault of ours" in caplog.text, "the log has the traceback"


async def test_another_failing_request_is_answered_shortly(caplog: pytest.LogCaptureFixture) -> None:
    async with FakeEditor() as editor:
        await editor.initialize()
        editor.engine.taken = None  # type: ignore[assignment]
        answer = await editor.ask("workspace/executeCommand", {"command": "fim.accept", "arguments": ["s"]})
        assert answer["error"] == {"code": INTERNAL, "message": "internal error; see the server's log"}
        assert "NoneType" in caplog.text


async def test_a_failing_notification_opens_no_window() -> None:
    async with FakeEditor() as editor:
        await editor.initialize()
        editor.notify("textDocument/didChange", {"textDocument": {"uri": URI}, "contentChanges": 4})
        editor.notify("textDocument/didSave", {})
        editor.notify("$/unknown", {})
        editor.notify("unknown")
        await settle()
        assert not editor.notifications("window/showMessage")


async def test_a_nested_jsonrpc_key_is_only_a_key() -> None:
    """pygls reads every nested object with that key as a message of its own."""
    async with FakeEditor() as editor:
        options = {"jsonrpc": "2.0", "id": 1, "method": "textDocument/hover", "provider": {"jsonrpc": "2.0"}}
        result = await editor.initialize(options=options)
        assert result["serverInfo"]["name"] == "fim-language-server"
        assert editor.application.configured[0]["jsonrpc"] == "2.0"


async def test_parameters_are_not_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    async with FakeEditor(fail) as editor:
        await editor.initialize(options={"provider": {"kind": "SECRET"}})
        editor.open("SECRET")
        await editor.ask("textDocument/inlineCompletion", completion_params(0, 1))
        await editor.ask("textDocument/inlineCompletion", {"textDocument": "SECRET"})
        editor.change({"text": 5, "also": "SECRET"})
        editor.write('{"SECRET": ')
        assert "SECRET" not in caplog.text
