"""Acceptance counts alike in every editor: whether it runs the item's command, and however it sends its edits."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from attrs import define, frozen

from fim_language_server.core.values import CompletionRequest
from fim_language_server.engine.budget import RateBudget
from fim_language_server.engine.engine import Engine, EngineOptions
from fim_language_server.engine.fallback import Backend, Chain
from fim_language_server.engine.health import Health
from fim_language_server.engine.outcomes import OutcomeCounts
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

    def insert(self, inserted: str, *, closed: str = "") -> None:
        self.version += 1
        place = (0, len(self.text))
        whole = {"text": self.text + inserted + closed}
        part = edit(place, place, inserted + closed)
        self.editor.change(whole if self.habits.sends_whole_text else part, version=self.version)
        self.text += inserted

    async def look(self, answer: str | None = None) -> dict[str, Any] | None:
        """Ask; return the item offered. `answer` is what the model says if it has to be asked."""
        request = self._ask()
        await settle()
        if answer is not None:
            await self.model.last.say(answer)
            await self.model.last.finish()
        result = (await self.editor.answer_to(request))["result"]
        return dict(result["items"][0]) if result else None

    def _ask(self) -> int:
        return self.editor.request("textDocument/inlineCompletion", completion_params(0, len(self.text)))

    async def type(self, keys: str) -> None:
        for key in keys:
            self.insert(key, closed=")" if key == "(" and self.habits.closes_brackets else "")
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
    async with typist(habits) as it:
        assert await it.look("f(a)")
        await it.type("f(a)" if not habits.closes_brackets else "f(a")
        counts = it.engine.outcomes.statistics()
        assert (counts.shown, counts.accepted, counts.partly_accepted, counts.dismissed) == (1, 0, 0, 0)


async def test_dismissed(habits: Habits) -> None:
    async with typist(habits) as it:
        assert await it.look("foo.bar")
        it.insert("g")
        assert it.engine.outcomes.statistics() == OutcomeCounts(1, dismissed=1)
