"""A cell and the real engine: a text is typed through, accepted and cancelled as in a file."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from fim_language_server.engine.engine import Engine, EngineOptions
from fim_language_server.engine.health import Health
from fim_language_server.engine.model_chain import Backend, Chain
from fim_language_server.engine.outcomes import OutcomeCounts
from fim_language_server.spending.budget import RateBudget
from tests.fakes.clock import FakeClock, settle
from tests.fakes.editor import FakeEditor, completion_params, edit
from tests.fakes.model import ScriptedModel
from tests.lsp.popup.test_answering import Silent
from tests.lsp.test_notebook_messages import SYNC, cell_uri, change, entry, item, text_change

ASK = "textDocument/inlineCompletion"
NOTEBOOK = "file:///project/a.ipynb"


@asynccontextmanager
async def opened() -> AsyncIterator[tuple[FakeEditor, ScriptedModel, Engine]]:
    """Open a notebook of two cells; the cursor will be at the end of the second one."""
    model, clock = ScriptedModel(), FakeClock()
    chain = Chain((Backend("p", "m", model, RateBudget(clock), Health(clock)),))
    engine = Engine(chain, EngineOptions(), clock, Silent())
    async with FakeEditor(clock=clock) as editor:
        editor.application.engine = engine  # type: ignore[assignment]
        await editor.initialize(SYNC)
        params = {
            "notebookDocument": {"uri": NOTEBOOK, "cells": [entry("a"), entry("b")]},
            "cellTextDocuments": [item("a", "def f(n):\n    return n"), item("b", "x = ")],
        }
        editor.notify("notebookDocument/didOpen", params)
        yield editor, model, engine
        await engine.close()


async def shown(editor: FakeEditor, number: int) -> str | None:
    result = (await editor.answer_to(number))["result"]
    return str(result["items"][0]["insertText"]) if result else None


async def test_typing_through_in_a_cell_and_accepting_ask_the_model_once() -> None:
    async with opened() as (editor, model, engine):
        asked = editor.request(ASK, completion_params(0, 4, cell_uri("b")))
        await settle()
        await model.answers[0].say("f(1) + 2")
        await model.answers[0].finish()
        assert await shown(editor, asked) == "f(1) + 2"
        editor.notify("notebookDocument/didChange", text_change("b", edit((0, 4), (0, 4), "f")))
        assert await shown(editor, editor.request(ASK, completion_params(0, 5, cell_uri("b")))) == "(1) + 2"
        editor.notify("notebookDocument/didChange", text_change("b", edit((0, 5), (0, 5), "(1) + 2")))
        await settle()
        assert engine.outcomes.statistics() == OutcomeCounts(1, accepted=1)
        places = [answer.request.prefix.rpartition("\n")[2] for answer in model.answers]
        assert places[0] == "x = "
        assert "x = f" not in places, "typed through"


@pytest.mark.parametrize(
    "cells",
    [
        {"structure": {"array": {"start": 0, "deleteCount": 2, "cells": [entry("b"), entry("a")]}}},
        {"structure": {"array": {"start": 0, "deleteCount": 1}, "didClose": [{"uri": cell_uri("a")}]}},
        {"structure": {"array": {"start": 2, "deleteCount": 0, "cells": [entry("c")]}, "didOpen": [item("c", "y")]}},
        {"data": [{"kind": 1, "document": cell_uri("a")}]},
        {"textContent": [{"document": {"uri": cell_uri("a"), "version": 2}, "changes": [edit((0, 4), (0, 5), "g")]}]},
    ],
)
async def test_a_stream_ends_when_another_cell_contradicts_it(cells: object) -> None:
    """The service behind it stops, and its bill; the next request is about the notebook as it is now."""
    async with opened() as (editor, model, _):
        editor.request(ASK, completion_params(0, 4, cell_uri("b")))
        await settle()
        await model.answers[0].say("f(")
        editor.notify("notebookDocument/didChange", change(**cells))  # type: ignore[arg-type]
        await settle()
        assert model.answers[0].is_closed


async def test_running_a_cell_leaves_the_stream_alone() -> None:
    async with opened() as (editor, model, _):
        asked = editor.request(ASK, completion_params(0, 4, cell_uri("b")))
        await settle()
        await model.answers[0].say("f(1)")
        data = [entry("a") | {"executionSummary": {"executionOrder": 1}}]
        editor.notify("notebookDocument/didChange", change(data=data))
        await model.answers[0].finish()
        assert await shown(editor, asked) == "f(1)"
