"""Acceptance counts alike in every editor: whether it runs the item's command, and however it sends its edits."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from attrs import define, frozen

from fim_language_server.core.values import CompletionRequest
from fim_language_server.engine.engine import Engine, EngineOptions
from fim_language_server.engine.health import Health
from fim_language_server.engine.model_chain import Backend, Chain
from fim_language_server.engine.outcomes import OutcomeCounts
from fim_language_server.spending.budget import RateBudget
from tests.fakes.clock import FakeClock, settle
from tests.fakes.editor import FakeEditor, completion_params, edit
from tests.fakes.model import ScriptedModel


@frozen
class Habits:
    """How an editor behaves where the protocol lets it choose."""

    name: str
    runs_command: bool = True
    asks_at_each_key: bool = True
    sends_whole_text: bool = False
    closes_brackets: bool = False


VSCODE = Habits("vscode", closes_brackets=True)
NEOVIM = Habits("neovim", asks_at_each_key=False)
EMACS = Habits("emacs", asks_at_each_key=False, sends_whole_text=True)
LSP4IJ = Habits("lsp4ij", runs_command=False)


class Silent:
    """Whom the engine tells of its provider."""

    def provider_failed(self, error: Exception) -> None:
        raise AssertionError(error)

    def provider_recovered(self) -> None: ...

    def answered_late(self, request: CompletionRequest) -> None: ...

    def notice(self, text: str) -> None: ...


@define
class Typist:
    """Types at the end of a document, and looks at ghost text."""

    editor: FakeEditor
    habits: Habits
    engine: Engine
    model: ScriptedModel
    text: str = "x = "
    version: int = 1

    def insert(self, inserted: str, *, closed: str = "", over: int = 0) -> None:
        """Insert a text, and what the editor closes with it; `over` so many characters behind the cursor."""
        self.version += 1
        place, end = (0, len(self.text)), (0, len(self.text) + over)
        whole = {"text": self.text + inserted + closed}
        part = edit(place, end, inserted + closed)
        self.editor.change(whole if self.habits.sends_whole_text else part, version=self.version)
        self.text += inserted

    async def look(self, answer: str | None = None) -> dict[str, Any] | None:
        """Ask; return the item offered. `answer` is what the model says if it has to be asked."""
        items = await self.choose(*([] if answer is None else [answer]))
        return items[0] if items else None

    async def choose(self, *answers: str, **context: Any) -> list[dict[str, Any]]:
        """Ask; return the items offered. Each of `answers` is what the model says to one request, in their order."""
        before = len(self.model.answers)
        request = self._ask(**context)
        await settle()
        for stream, answer in zip(self.model.answers[before:], answers, strict=True):
            await stream.say(answer)
            await stream.finish()
        result = (await self.editor.answer_to(request))["result"]
        return [dict(item) for item in result["items"]] if result else []

    def _ask(self, **context: Any) -> int:
        return self.editor.request("textDocument/inlineCompletion", completion_params(0, len(self.text), **context))

    async def type(self, keys: str) -> None:
        for key in keys:
            closes = self.habits.closes_brackets
            self.insert(key, closed=")" * (closes and key == "("), over=int(closes and key == ")"))
            if self.habits.asks_at_each_key:
                self._ask()
                await settle()

    async def accept(self, item: dict[str, Any], part: str | None = None) -> None:
        self.insert(item["insertText"] if part is None else part)
        if part is None and self.habits.runs_command:
            await self.editor.ask("workspace/executeCommand", item["command"])


@asynccontextmanager
async def typist(habits: Habits) -> AsyncIterator[Typist]:
    model, clock = ScriptedModel(), FakeClock()
    chain = Chain((Backend("p", "", model, RateBudget(clock), Health(clock)),))
    engine = Engine(chain, EngineOptions(), clock, Silent())
    async with FakeEditor() as editor:
        editor.application.engine = engine  # type: ignore[assignment]
        await editor.initialize()
        editor.open("x = ")
        yield Typist(editor, habits, engine, model)
        await engine.close()


@pytest.fixture(params=[VSCODE, NEOVIM, EMACS, LSP4IJ], ids=lambda habits: habits.name)
def habits(request: pytest.FixtureRequest) -> Habits:
    return request.param  # type: ignore[no-any-return]


async def test_accepted(habits: Habits) -> None:
    async with typist(habits) as it:
        item = await it.look("foo.bar")
        assert item is not None
        await it.accept(item)
        assert it.engine.outcomes.statistics() == OutcomeCounts(1, accepted=1)


async def test_typed_into_and_then_accepted(habits: Habits) -> None:
    async with typist(habits) as it:
        assert await it.look("foo.bar")
        await it.type("fo")
        item = await it.look()
        assert item is not None
        await it.accept(item)
        assert it.text == "x = foo.bar"
        assert it.engine.outcomes.statistics() == OutcomeCounts(1, accepted=1)


async def test_partly_accepted_and_the_rest_offered_again(habits: Habits) -> None:
    """By word, which no editor tells; the rest costs no request."""
    async with typist(habits) as it:
        item = await it.look("foo.bar")
        assert item is not None
        await it.accept(item, "foo")
        rest = await it.look()
        assert rest is not None
        assert rest["insertText"] == ".bar"
        assert len(it.model.answers) == 1
        await it.type("(")
        assert it.engine.outcomes.statistics() == OutcomeCounts(1, partly_accepted=1)


async def test_typed_through(habits: Habits) -> None:
    """Key by key to its end, also where the editor has closed a bracket that is then typed over."""
    async with typist(habits) as it:
        assert await it.look("f(a)")
        await it.type("f(a)")
        assert it.engine.outcomes.statistics() == OutcomeCounts(1, typed_through=1)


async def test_dismissed(habits: Habits) -> None:
    async with typist(habits) as it:
        assert await it.look("foo.bar")
        it.insert("g")
        assert it.engine.outcomes.statistics() == OutcomeCounts(1, dismissed=1)


async def test_dismissed_by_another_text_in_its_place(habits: Habits) -> None:
    """Nobody touched it before the next one was shown somewhere else."""
    async with typist(habits) as it:
        assert await it.look("foo.bar")
        it.insert("\n")
        assert it.engine.outcomes.statistics() == OutcomeCounts(1, dismissed=1)


async def test_counted_once_however_often_it_is_told(habits: Habits) -> None:
    """The command after the edit, and once more; one of a suggestion that nobody knows counts nothing."""
    async with typist(habits) as it:
        item = await it.look("foo.bar")
        assert item is not None
        it.insert(item["insertText"])
        for arguments in (item["command"]["arguments"], item["command"]["arguments"], ["of another session"]):
            await it.editor.ask("workspace/executeCommand", {"command": "fim.accept", "arguments": arguments})
        assert it.engine.outcomes.statistics() == OutcomeCounts(1, accepted=1)


async def test_a_command_corrects_what_the_edits_looked_like(habits: Habits) -> None:
    """An editor that inserts key by key looks like a typist, until it says what it did."""
    async with typist(habits) as it:
        item = await it.look("foo.bar")
        assert item is not None
        for key in item["insertText"]:
            it.insert(key)
        assert it.engine.outcomes.statistics() == OutcomeCounts(1, typed_through=1)
        await it.editor.ask("workspace/executeCommand", item["command"])
        assert it.engine.outcomes.statistics() == OutcomeCounts(1, accepted=1)


async def test_several_to_choose_from_are_one_and_any_may_be_accepted(habits: Habits) -> None:
    """Asked for by a key; the second is taken."""
    async with typist(habits) as it:
        items = await it.choose("foo.bar", "other()", "third", triggerKind=1)
        assert [item["insertText"] for item in items] == ["foo.bar", "other()", "third"]
        await it.accept(items[1])
        assert it.engine.outcomes.statistics() == OutcomeCounts(1, accepted=1)
