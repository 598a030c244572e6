"""Messages about notebooks: what they announce, and what the engine and the client hear of them."""

from typing import Any

import pytest

from fim_language_server.core.document_paths import path_of_uri
from fim_language_server.core.values import CompletionRequest, Position, Skip, Source, Suggestion
from fim_language_server.lsp.session import Session
from tests.fakes.clock import settle
from tests.fakes.editor import FakeEditor, completion_params, edit
from tests.fakes.places import local, uri_of

NOTEBOOK = uri_of("/project/a.ipynb")
SYNC = {"notebookDocument": {"synchronization": {"dynamicRegistration": True}}}


def cell_uri(name: str) -> str:
    return f"vscode-notebook-cell:/project/a.ipynb#{name}"


def item(name: str, text: str, language_id: str = "python") -> dict[str, Any]:
    return {"uri": cell_uri(name), "languageId": language_id, "version": 1, "text": text}


def entry(name: str) -> dict[str, Any]:
    return {"kind": 2, "document": cell_uri(name)}


def change(**cells: Any) -> dict[str, Any]:
    return {"notebookDocument": {"uri": NOTEBOOK, "version": 2}, "change": {"cells": cells}}


def text_change(name: str, *changes: dict[str, Any]) -> dict[str, Any]:
    return change(textContent=[{"document": {"uri": cell_uri(name), "version": 2}, "changes": list(changes)}])


async def begin(editor: FakeEditor, capabilities: object = SYNC) -> None:
    await editor.initialize(capabilities)
    params = {
        "notebookDocument": {"uri": NOTEBOOK, "notebookType": "jupyter-notebook", "cells": [entry("a"), entry("b")]},
        "cellTextDocuments": [item("a", "def f():\n    pass"), item("b", "f(")],
    }
    editor.notify("notebookDocument/didOpen", params)
    editor.engine.watched.add(NOTEBOOK)


def views(editor: FakeEditor) -> list[tuple[str, str, str]]:
    return [(view.document.uri, view.prefix, view.suffix) for edits in editor.engine.views for view in edits]


async def test_notebooks_are_announced_to_clients_that_send_them() -> None:
    for capabilities, expected in ((SYNC, {"notebookSelector": [{"notebook": "*"}], "save": True}), ({}, None)):
        async with FakeEditor() as editor:
            answer = await editor.initialize(capabilities)
            assert answer["capabilities"].get("notebookDocumentSync") == expected


async def test_an_answer_is_put_at_the_place_in_the_cell() -> None:
    """The engine counts lines in the notebook, the client in the cell."""
    async with FakeEditor() as editor:
        await begin(editor)
        answer = await editor.ask("textDocument/inlineCompletion", completion_params(0, 2, cell_uri("b")))
        place = {"line": 0, "character": 2}
        assert answer["result"]["items"][0]["range"] == {"start": place, "end": place}
        request = editor.engine.requests[0]
        assert (request.document.uri, request.position) == (NOTEBOOK, Position(3, 2))
        assert (request.prefix, request.suffix) == ("def f():\n    pass\n\nf(", "")


async def test_a_place_that_an_edit_removed_meanwhile_gets_no_answer() -> None:
    async def shorten(request: CompletionRequest) -> Suggestion | Skip:
        editor.notify("notebookDocument/didChange", text_change("b", edit((0, 0), (0, 2), "")))
        return Suggestion("s", "x", request, Source.PROVIDER)

    async with FakeEditor(shorten) as editor:
        await begin(editor)
        answer = await editor.ask("textDocument/inlineCompletion", completion_params(0, 2, cell_uri("b")))
        assert answer["result"] is None


async def test_the_engine_observes_typing_in_a_cell_as_an_edit_of_the_notebook() -> None:
    async with FakeEditor() as editor:
        await begin(editor)
        editor.notify("notebookDocument/didChange", text_change("b", edit((0, 2), (0, 2), "1)")))
        editor.notify("notebookDocument/didChange", text_change("a", edit((0, 5), (0, 5), "oo")))
        assert views(editor) == [
            (NOTEBOOK, "def f():\n    pass\n\nf(1)", ""),
            (NOTEBOOK, "def foo", "():\n    pass\n\nf(1)"),
        ]


@pytest.mark.parametrize(
    "cells",
    [
        {"structure": {"array": {"start": 0, "deleteCount": 2, "cells": [entry("b"), entry("a")]}}},
        {"structure": {"array": {"start": 0, "deleteCount": 1}, "didClose": [{"uri": cell_uri("a")}]}},
        {"structure": {"array": {"start": 2, "deleteCount": 0, "cells": [entry("c")]}, "didOpen": [item("c", "x")]}},
        {"data": [{"kind": 1, "document": cell_uri("a")}]},
    ],
)
async def test_the_engine_observes_that_cells_are_moved_deleted_added_and_of_another_kind(cells: Any) -> None:
    async with FakeEditor() as editor:
        await begin(editor)
        editor.notify("notebookDocument/didChange", change(**cells))
        assert [uri for uri, _, _ in views(editor)] == [NOTEBOOK]
        assert editor.engine.closed == []


async def test_running_a_cell_is_no_edit() -> None:
    """Clients send the execution summary; a text that is shown or under way stays."""
    async with FakeEditor() as editor:
        await begin(editor)
        data = [entry("a") | {"executionSummary": {"executionOrder": 1}, "metadata": {"trusted": True}}]
        editor.notify("notebookDocument/didChange", change(data=data))
        editor.notify("notebookDocument/didChange", {**change(), "change": {"metadata": {"kernelspec": {}}}})
        assert (views(editor), editor.engine.closed) == ([], [])


async def test_a_closed_and_an_emptied_notebook_is_closed_in_the_engine() -> None:
    for method, params in (
        ("notebookDocument/didClose", {"notebookDocument": {"uri": NOTEBOOK}, "cellTextDocuments": []}),
        ("notebookDocument/didChange", change(structure={"array": {"start": 0, "deleteCount": 2}})),
    ):
        async with FakeEditor() as editor:
            await begin(editor)
            editor.notify(method, params)
            assert editor.engine.closed == [NOTEBOOK]


async def test_a_closed_notebook_is_not_completed_any_more(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", "fim_language_server")
    async with FakeEditor() as editor:
        await begin(editor)
        editor.notify("notebookDocument/didClose", {"notebookDocument": {"uri": NOTEBOOK}})
        params = completion_params(0, 2, cell_uri("b"), triggerKind=1)
        assert (await editor.ask("textDocument/inlineCompletion", params))["result"] is None
        assert Skip.UNKNOWN_DOCUMENT.value in caplog.text


async def test_links_are_resolved_for_the_notebooks_file() -> None:
    """A link to a file of secrets is judged by its target, and no cell is completed before it is known."""
    async with FakeEditor() as editor:
        editor.targets.known[path_of_uri(NOTEBOOK)] = "/home/me/.env"
        editor.targets.answers.clear()
        await begin(editor)
        number = editor.request("textDocument/inlineCompletion", completion_params(0, 2, cell_uri("b")))
        await settle()
        assert editor.engine.requests == []
        editor.targets.answers.set()
        await editor.answer_to(number)
        assert editor.engine.requests[0].document.target == "/home/me/.env"


async def test_a_saved_notebook_is_reported_to_the_index() -> None:
    async with FakeEditor() as editor:
        await begin(editor)
        editor.notify("notebookDocument/didSave", {"notebookDocument": {"uri": NOTEBOOK}})
        assert editor.application.files == [local("/project/a.ipynb")]


async def test_a_refresh_has_the_cells_place_and_version() -> None:
    async with FakeEditor() as editor:
        await begin(editor, SYNC | {"experimental": {"fim": {"refresh": True}}})
        await editor.ask("textDocument/inlineCompletion", completion_params(0, 2, cell_uri("b")))
        editor.status.answered_late(editor.engine.requests[-1])
        expected = {"uri": cell_uri("b"), "line": 0, "character": 2, "version": 1}
        assert editor.notifications("$/fim/refresh") == [expected]
        editor.notify("notebookDocument/didChange", text_change("a", edit((0, 0), (0, 0), "x")))
        editor.status.answered_late(editor.engine.requests[-1])
        assert editor.notifications("$/fim/refresh") == [expected], "a cell above has changed"


@pytest.mark.parametrize(
    "params",
    [
        None,
        {},
        {"notebookDocument": None},
        {"notebookDocument": {"uri": 7}},
        change(structure={"array": {"start": -1, "deleteCount": 0}}),
        change(structure={"array": {"start": 0, "deleteCount": 0, "cells": [{}]}}),
        change(textContent=[{"document": None, "changes": []}]),
        change(textContent=[{"document": {"uri": cell_uri("zz"), "version": 1}, "changes": [{"text": "x"}]}]),
    ],
)
async def test_a_hostile_message_costs_only_itself(params: Any) -> None:
    async with FakeEditor() as editor:
        await begin(editor)
        for kind in ("didOpen", "didChange", "didSave", "didClose"):
            if kind == "didChange" or not (params and params.get("change")):
                editor.notify(f"notebookDocument/{kind}", params)
        await editor.ask("textDocument/inlineCompletion", completion_params(0, 2, cell_uri("b")))
        assert editor.engine.requests[-1].prefix == "def f():\n    pass\n\nf("


async def test_the_session_forgets_a_notebook_that_is_opened_again() -> None:
    async with FakeEditor() as editor:
        await begin(editor)
        await begin_again(editor)
        session: Session = editor.server.session
        assert session.workspace.find(cell_uri("b")) is None
        assert editor.engine.closed == [NOTEBOOK]


async def begin_again(editor: FakeEditor) -> None:
    params = {"notebookDocument": {"uri": NOTEBOOK, "cells": [entry("a")]}, "cellTextDocuments": [item("a", "x")]}
    editor.notify("notebookDocument/didOpen", params)


async def test_the_popup_answers_in_a_cell() -> None:
    """The item is put at the place in the cell, whatever stands above it."""
    async with FakeEditor() as editor:
        await begin(editor)
        params = {"textDocument": {"uri": cell_uri("b")}, "position": {"line": 0, "character": 2}}
        answer = await editor.ask("textDocument/completion", params)
        place = {"line": 0, "character": 2}
        (shown,) = answer["result"]["items"]
        assert shown["textEdit"]["range"] == {"start": place, "end": place}
