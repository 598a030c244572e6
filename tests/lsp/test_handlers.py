"""What each LSP method does to the documents, the engine and the index."""

import asyncio
from typing import Any, cast

import pytest
from lsprotocol import types

from fim_language_server.core.values import (
    CompletionRequest,
    Position,
    SelectedText,
    Skip,
    Source,
    Suggestion,
    Trigger,
)
from fim_language_server.lsp.handlers import did_change_watched_files
from fim_language_server.lsp.session import Session
from tests.fakes.clock import settle
from tests.fakes.editor import URI, FakeEditor, completion_params, edit
from tests.fakes.places import local, uri_of


async def nothing(request: CompletionRequest) -> Suggestion | Skip:
    return Skip.NOTHING_NEW


async def test_an_answer_is_a_pure_insertion_of_a_plain_string() -> None:
    """One item, an empty range at the cursor, and the command that tells of its acceptance."""
    async with FakeEditor() as editor:
        await editor.initialize()
        editor.open("ab\n")
        answer = await editor.ask("textDocument/inlineCompletion", completion_params(0, 1))
        place = {"line": 0, "character": 1}
        assert answer["result"]["items"] == [
            {
                "insertText": "<a|b>",
                "range": {"start": place, "end": place},
                "command": {"title": "accepted", "command": "fim.accept", "arguments": ["s1"]},
            }
        ]
        await editor.ask("workspace/executeCommand", {"command": "fim.accept", "arguments": ["s1"]})
        assert editor.engine.taken == ["s1"]


async def test_nothing_to_offer_is_null() -> None:
    async with FakeEditor(nothing) as editor:
        await editor.initialize()
        editor.open("ab\n")
        assert (await editor.ask("textDocument/inlineCompletion", completion_params(0, 1)))["result"] is None


async def test_who_presses_a_key_is_told_why_there_is_nothing(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", "fim_language_server")
    async with FakeEditor(nothing) as editor:
        await editor.initialize()
        await editor.ask("textDocument/inlineCompletion", completion_params(0, 1))
        assert "nothing to offer" not in caplog.text
        await editor.ask("textDocument/inlineCompletion", completion_params(0, 1, triggerKind=1))
        assert Skip.UNKNOWN_DOCUMENT.value in caplog.text


@pytest.mark.parametrize(
    ("info", "expected"),
    [
        (None, None),
        (("value", 2, 4), SelectedText("value", "va")),
        (("value", 4, 4), SelectedText("value", "")),
        (("other", 2, 4), None),  # it does not begin with what stands there
        (("value", 2, 3), None),  # it does not end at the cursor
        (("value", 5, 4), None),  # backwards
    ],
)
async def test_the_popups_entry_counts_where_it_agrees_with_the_text(info: Any, expected: SelectedText | None) -> None:
    async with FakeEditor() as editor:
        await editor.initialize()
        editor.open("x.va\n")
        selected = info and {"text": info[0], "range": edit((0, info[1]), (0, info[2]), "")["range"]}
        params = completion_params(0, 4, selectedCompletionInfo=selected)
        answer = await editor.ask("textDocument/inlineCompletion", params)
        assert editor.engine.requests[0].selected == expected
        item = answer["result"]["items"][0]
        if expected is None:
            assert item["insertText"] == "<x.va|>"
            assert item["range"]["start"] == item["range"]["end"]
        else:
            assert item["insertText"] == "value<x.va|>", "it extends the entry's text …"
            assert item["range"] == selected["range"], "… over the entry's range"


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        (1, Trigger.INVOKED),
        (2, Trigger.AUTOMATIC),
        (0, Trigger.AUTOMATIC),
        (3, Trigger.AUTOMATIC),
        ("x", Trigger.AUTOMATIC),
    ],
)
async def test_an_unknown_trigger_kind_is_automatic(kind: object, expected: Trigger) -> None:
    async with FakeEditor() as editor:
        await editor.initialize()
        editor.open("a")
        await editor.ask("textDocument/inlineCompletion", completion_params(0, 1, triggerKind=kind))
        assert editor.engine.requests[0].trigger is expected


@pytest.mark.parametrize(("encoding", "character"), [("utf-8", 5), ("utf-16", 3), ("utf-32", 2)])
async def test_positions_are_in_the_clients_favourite_encoding(encoding: str, character: int) -> None:
    async with FakeEditor() as editor:
        offered = {"general": {"positionEncodings": ["utf-7", encoding, "utf-16"]}}
        result = await editor.initialize(offered)
        assert result["capabilities"]["positionEncoding"] == encoding
        editor.open("a😀b\n")
        editor.change(edit((0, character), (0, character), "中"))
        await editor.ask("textDocument/inlineCompletion", completion_params(0, character))
        request = editor.engine.requests[0]
        assert (request.prefix, request.suffix, request.position) == ("a😀", "中b\n", Position(0, 2))


async def test_a_change_is_shown_to_the_engine_where_it_ended() -> None:
    """Each of the notification's changes, in the resulting text; and only while the engine watches."""
    async with FakeEditor() as editor:
        await editor.initialize()
        editor.open("one\ntwo\n")
        editor.change(edit((0, 0), (0, 0), "x"))
        assert editor.engine.views == []
        editor.engine.watched.add(URI)
        editor.change(edit((1, 3), (1, 3), "!"), edit((0, 0), (0, 1), "\n"))
        assert [(view.prefix, view.suffix) for view in editor.engine.views[0]] == [
            ("\none\ntwo!", "\n"),
            ("\n", "one\ntwo!\n"),
        ]


async def test_closing_is_told_and_forgets_the_text() -> None:
    async with FakeEditor() as editor:
        await editor.initialize()
        editor.open("a")
        editor.notify("textDocument/didClose", {"textDocument": {"uri": URI}})
        editor.notify("textDocument/didClose", {"textDocument": {"uri": URI}})
        assert editor.engine.closed == [URI]
        assert (await editor.ask("textDocument/inlineCompletion", completion_params(0, 1)))["result"] is None


async def test_files_and_folders_reach_the_application() -> None:
    async with FakeEditor() as editor:
        await editor.initialize(workspaceFolders=[{"uri": uri_of("/project"), "name": "work"}])
        editor.open("a", uri_of("/project/sub/b.py"))
        editor.notify("textDocument/didSave", {"textDocument": {"uri": uri_of("/project/sub/b.py")}})
        changes = [{"uri": uri_of("/project/c.py"), "type": 1}, {"uri": "untitled:x", "type": 2}]
        editor.notify("workspace/didChangeWatchedFiles", {"changes": changes})
        assert editor.application.files == [local("/project/sub/b.py"), local("/project/c.py")]
        event = {
            "added": [{"uri": uri_of("/project/sub"), "name": "sub"}],
            "removed": [{"uri": uri_of("/project"), "name": "w"}],
        }
        editor.notify("workspace/didChangeWorkspaceFolders", {"event": event})
        await settle()
        assert editor.application.folders == [(local("/project/sub"),)]
        await editor.ask("textDocument/inlineCompletion", completion_params(0, 1, uri_of("/project/sub/b.py")))
        assert editor.engine.requests[0].document.path == "b.py"


@pytest.mark.parametrize("arguments", [None, [], [1], ["a", "b"]])
async def test_a_command_with_wrong_arguments_is_refused(arguments: object) -> None:
    async with FakeEditor() as editor:
        await editor.initialize()
        for command in ("fim.accept", "fim.unknown"):
            answer = await editor.ask("workspace/executeCommand", {"command": command, "arguments": arguments})
            assert answer["error"]["code"] == -32602


async def test_thousands_of_changed_files_are_told_in_parts() -> None:
    """A branch that is checked out must not hold up the requests behind it."""
    told: list[int] = []

    class Told:
        def files_changed(self, paths: list[str]) -> None:
            told.append(len(paths))

    changes = [types.FileEvent(uri_of(f"/w/{number}.py"), types.FileChangeType.Changed) for number in range(1_250)]
    rest = did_change_watched_files(cast("Session", Told()), types.DidChangeWatchedFilesParams(changes))
    assert told == []
    assert rest is not None
    await rest
    assert told == [500, 500, 250]
    assert did_change_watched_files(cast("Session", Told()), types.DidChangeWatchedFilesParams(changes[:3])) is None
    assert told[3:] == [3]


@pytest.mark.parametrize(
    ("change", "is_answered"),
    [
        (edit((0, 0), (1, 0), ""), False),  # the line above went: there is no line 1 any more
        (edit((1, 0), (1, 2), ""), False),  # what was before the cursor went
        (edit((1, 2), (1, 2), "c"), True),
        (edit((0, 0), (0, 0), "new"), True),
        (None, False),  # the document is closed
    ],
)
async def test_a_place_that_is_gone_is_answered_with_nothing(change: object, is_answered: bool) -> None:
    """Otherwise the range would lie behind a line's end, or in no document."""
    may_answer = asyncio.Event()

    async def wait(request: CompletionRequest) -> Suggestion | Skip:
        await may_answer.wait()
        return Suggestion("s", "text", request, Source.PROVIDER)

    async with FakeEditor(wait) as editor:
        await editor.initialize()
        editor.open("a\nbc")
        asked = editor.request("textDocument/inlineCompletion", completion_params(1, 2))
        await settle()
        if change is None:
            editor.notify("textDocument/didClose", {"textDocument": {"uri": URI}})
        else:
            editor.change(change)  # type: ignore[arg-type]
        may_answer.set()
        assert ((await editor.answer_to(asked))["result"] is not None) == is_answered
