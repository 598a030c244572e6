"""Requests of the completion popup are answered in time, and what comes later is there at the next key."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from attrs import define

from fim_language_server.core.trigger import TriggerOptions
from fim_language_server.core.values import CompletionRequest
from fim_language_server.engine.engine import Engine, EngineOptions
from fim_language_server.engine.health import Health
from fim_language_server.engine.model_chain import Backend, Chain
from fim_language_server.engine.outcomes import OutcomeCounts
from fim_language_server.lsp.popup.answering import ANSWER_WITHIN_S, EXPLICIT_WITHIN_S
from fim_language_server.spending.budget import RateBudget
from tests.fakes.clock import FakeClock, settle
from tests.fakes.editor import URI, FakeEditor, completion_params, edit
from tests.fakes.model import ScriptedModel

METHOD = "textDocument/completion"
TYPED = 1
AGAIN = 3
NOTHING_YET = {"isIncomplete": True, "items": []}


class Silent:
    """Receives what the engine reports of its provider."""

    def provider_failed(self, error: Exception) -> None: ...

    def provider_recovered(self) -> None: ...

    def answered_late(self, request: CompletionRequest) -> None: ...

    def notice(self, text: str) -> None: ...


@define
class Popup:
    """Types at the end of the first line, and asks for the popup."""

    editor: FakeEditor
    clock: FakeClock
    model: ScriptedModel
    engine: Engine
    text: str = "x = "

    def type(self, text: str, replaced: int = 0) -> None:
        end = len(self.text)
        self.editor.change(edit((0, end - replaced), (0, end), text))
        self.text = self.text[: end - replaced] + text

    def ask(self, kind: int = TYPED, character: int | None = None) -> int:
        place = {"line": 0, "character": len(self.text) if character is None else character}
        params = {"textDocument": {"uri": URI}, "position": place, "context": {"triggerKind": kind}}
        return self.editor.request(METHOD, params)

    def is_answered(self, request: int) -> bool:
        return any(message.get("id") == request and "method" not in message for message in self.editor.received)

    async def result(self, request: int) -> Any:
        return (await self.editor.answer_to(request))["result"]

    async def items(self, request: int) -> list[dict[str, Any]]:
        return list((await self.result(request))["items"])

    async def accept(self, item: dict[str, Any]) -> None:
        """Put an item in as an edit, without its command."""
        assert item["textEdit"]["range"]["end"]["character"] == len(self.text)
        self.type(item["textEdit"]["newText"], len(self.text) - item["textEdit"]["range"]["start"]["character"])
        await settle()


@asynccontextmanager
async def popup(
    name: str = "helix", options: Any = None, trigger: TriggerOptions | None = None, **text_document: Any
) -> AsyncIterator[Popup]:
    model, clock = ScriptedModel(), FakeClock()
    chain = Chain((Backend("p", "m", model, RateBudget(clock), Health(clock)),))
    engine = Engine(chain, EngineOptions(trigger=trigger or TriggerOptions()), clock, Silent())
    async with FakeEditor(clock=clock) as editor:
        editor.application.engine = engine  # type: ignore[assignment]
        await editor.initialize({"textDocument": text_document}, options, clientInfo={"name": name})
        editor.open("x = ")
        yield Popup(editor, clock, model, engine)
        await engine.close()


async def test_what_comes_within_the_bound_is_answered() -> None:
    async with popup() as it:
        it.type("com")
        asked = it.ask()
        await settle()
        await it.model.answers[0].say("bine(a)")
        await it.model.answers[0].finish()
        (item,) = await it.items(asked)
        assert item["textEdit"]["newText"] == "combine(a)"


async def test_a_slow_model_holds_up_nobody_and_its_text_is_there_at_the_next_key() -> None:
    """The stream goes on behind the answer; typing on costs no second request."""
    async with popup() as it:
        it.type("co")
        asked = it.ask()
        await it.clock.advance(ANSWER_WITHIN_S)
        assert await it.result(asked) == NOTHING_YET
        await it.clock.advance(3.0)
        await it.model.answers[0].say("mbine(a)")
        await it.model.answers[0].finish()
        it.type("m")
        (item,) = await it.items(it.ask(AGAIN))
        assert item["textEdit"]["newText"] == "combine(a)"
        assert len(it.model.answers) == 1


async def test_a_model_that_waits_longer_than_streams_linger_is_not_asked_again() -> None:
    """A stream that nobody reads is closed after a second; this one is read on."""
    async with popup() as it:
        it.type("co")
        await it.clock.advance(0) if it.ask() else None
        await it.clock.advance(5.0)
        assert not it.model.answers[0].is_closed
        await it.model.answers[0].say("mbine()")
        await it.model.answers[0].finish()
        (item,) = await it.items(it.ask(AGAIN))
        assert item["textEdit"]["newText"] == "combine()"


@pytest.mark.parametrize(("name", "within_s"), [("helix", EXPLICIT_WITHIN_S), ("Neovim", ANSWER_WITHIN_S)])
async def test_who_presses_a_key_may_wait_where_that_holds_up_no_other_server(name: str, within_s: float) -> None:
    """No edit came before, so it was a key; but some clients show nothing until all servers have answered."""
    async with popup(name, completion={"completionItem": {"snippetSupport": True}}) as it:
        asked = it.ask()
        await it.clock.advance(within_s - 0.01)
        assert not it.is_answered(asked)
        await it.clock.advance(0.01)
        assert await it.result(asked) == NOTHING_YET


async def test_a_key_brings_what_is_known_where_the_client_waits_for_all() -> None:
    """Further texts would hold the answer up, so none are asked for."""
    async with popup("Neovim", completion={"completionItem": {"snippetSupport": True}}) as it:
        it.type("co")
        await it.clock.advance(1.0) if it.ask() else None
        await it.model.answers[0].say("mbine()")
        await it.model.answers[0].finish()
        (item,) = await it.items(it.ask())
        assert item["textEdit"]["newText"] == "combine()"
        assert len(it.model.answers) == 1


async def test_a_key_long_after_typing_is_a_key_for_the_popup() -> None:
    async with popup() as it:
        it.type("co")
        await it.clock.advance(1.0)
        asked = it.ask()
        await it.clock.advance(0.5)
        for answer, text in zip(it.model.answers, ["mbine(a)", "mpare(b)", "unt()"], strict=True):
            await answer.say(text)
            await answer.finish()
        assert [item["filterText"] for item in await it.items(asked)] == ["combine(a)", "compare(b)", "count()"]


async def test_a_newer_request_and_a_cancelled_one_are_answered() -> None:
    async with popup() as it:
        it.type("c")
        first = it.ask()
        it.type("o")
        second = it.ask()
        await settle()
        assert await it.result(first) == NOTHING_YET
        it.editor.notify("$/cancelRequest", {"id": second})
        assert (await it.editor.answer_to(second))["error"]["code"] == -32800
        it.type("m")
        third = it.ask()
        await settle()
        await it.model.answers[0].say("ombine()")
        await it.model.answers[0].finish()
        (item,) = await it.items(third)
        assert item["textEdit"]["newText"] == "combine()", "the cancelled request's stream went on"


async def test_an_answer_to_a_text_that_has_changed_has_no_items() -> None:
    """An item would be put over the wrong characters, and double one."""
    async with popup() as it:
        it.type("co")
        asked = it.ask()
        await settle()
        it.type("m")
        await it.model.answers[0].say("mbine()")
        await it.model.answers[0].finish()
        assert await it.result(asked) == NOTHING_YET


async def test_accepted_by_an_edit_over_the_word() -> None:
    """Most clients do not run the command of an item."""
    async with popup() as it:
        it.type("com")
        asked = it.ask()
        await settle()
        await it.model.answers[0].say("bine(a)")
        await it.model.answers[0].finish()
        (item,) = await it.items(asked)
        await it.accept(item)
        assert it.engine.outcomes.statistics() == OutcomeCounts(1, accepted=1)


async def test_accepted_by_command() -> None:
    async with popup() as it:
        asked = it.ask()
        await settle()
        for answer in it.model.answers:
            await answer.say("combine(a)")
            await answer.finish()
        await it.clock.advance(1.0)
        (item,) = await it.items(asked)
        await it.editor.ask("workspace/executeCommand", item["command"])
        assert it.engine.outcomes.statistics() == OutcomeCounts(1, accepted=1)


async def test_what_came_too_late_to_be_seen_counts_when_it_is_seen() -> None:
    async with popup() as it:
        it.type("co")
        asked = it.ask()
        await it.clock.advance(ANSWER_WITHIN_S)
        assert await it.result(asked) == NOTHING_YET
        await it.model.answers[0].say("mbine()")
        await it.model.answers[0].finish()
        assert it.engine.outcomes.statistics() == OutcomeCounts(0)
        it.type("m")
        (item,) = await it.items(it.ask(AGAIN))
        assert it.engine.outcomes.statistics() == OutcomeCounts(1)
        await it.accept(item)
        assert it.engine.outcomes.statistics() == OutcomeCounts(1, accepted=1)


async def test_what_came_too_late_and_is_not_wanted_is_never_counted_but_slows_the_pace() -> None:
    async with popup() as it:
        it.type("co")
        await it.clock.advance(ANSWER_WITHIN_S) if it.ask() else None
        await it.model.answers[0].say("mbine()")
        await it.model.answers[0].finish()
        it.type("z")
        assert it.engine.outcomes.statistics() == OutcomeCounts(0)
        assert it.engine.outcomes.failures(URI) == 1


@pytest.mark.parametrize(
    "trigger",
    [
        TriggerOptions(mode="off"),
        TriggerOptions(languages={"python": False}),
        TriggerOptions(is_excluded=lambda _: True),
    ],
)
async def test_what_gets_no_ghost_text_gets_no_popup(trigger: TriggerOptions) -> None:
    async with popup(trigger=trigger) as it:
        it.type("co")
        assert await it.result(it.ask()) is None
        assert await it.result(it.ask()) is None, "with a key, too"
        assert it.model.answers == []


async def test_snoozed_means_keys_only() -> None:
    async with popup() as it:
        await it.editor.ask("workspace/executeCommand", {"command": "fim.snooze", "arguments": [5]})
        it.type("co")
        assert await it.result(it.ask()) is None
        assert it.model.answers == []
        it.ask()
        await settle()
        assert it.model.answers != []


async def test_an_unknown_document_and_a_bad_request_are_answered() -> None:
    async with popup() as it:
        place = {"line": 0, "character": 0}
        answer = await it.editor.ask(METHOD, {"textDocument": {"uri": "file:///other"}, "position": place})
        assert answer["result"] is None
        assert (await it.editor.ask(METHOD, {"position": place}))["error"]["code"] == -32602


async def test_a_request_before_the_settings_are_known_is_answered_in_time() -> None:
    clock = FakeClock()
    async with FakeEditor(clock=clock) as editor:
        editor.application_may_come.clear()
        await editor.initialize(clientInfo={"name": "Neovim"})
        editor.open("x")
        asked = editor.request(METHOD, {"textDocument": {"uri": URI}, "position": {"line": 0, "character": 1}})
        await clock.advance(ANSWER_WITHIN_S)
        assert (await editor.answer_to(asked))["result"] == NOTHING_YET
        editor.application_may_come.set()
        await settle()


# --- to whom it is offered ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "capabilities", "is_offered"),
    [
        (None, {}, True),
        (None, {"textDocument": {"completion": {}}}, True),
        (None, {"textDocument": {"inlineCompletion": {}}}, False),
        (None, {"textDocument": {"inlineCompletion": None}}, False),  # lsp-mode, which has ghost text
        (None, {"experimental": {"fim": {"refresh": True}}}, False),
        ({"popup": {"mode": "never"}}, {}, False),
        ({"fim": {"popup.mode": "never"}}, {}, False),
        ({"fim.popup.mode": "always"}, {"textDocument": {"inlineCompletion": {}}}, True),
        ({"popup": "never"}, {}, True),
        ("never", {}, True),
    ],
)
async def test_the_capability_is_offered_where_there_is_no_ghost_text(
    options: Any, capabilities: Any, is_offered: bool
) -> None:
    async with FakeEditor() as editor:
        result = await editor.initialize(capabilities, options)
        provider = result["capabilities"].get("completionProvider")
        assert (provider is not None) is is_offered
        assert provider is None or " " not in provider["triggerCharacters"]
        assert "inlineCompletionProvider" in result["capabilities"]


async def test_a_client_that_registers_follows_the_setting() -> None:
    """Registered when the settings are known, taken back when they change, once each."""
    async with FakeEditor() as editor:
        capabilities = {"textDocument": {"completion": {"dynamicRegistration": True}}}
        result = await editor.initialize(capabilities)
        assert "completionProvider" not in result["capabilities"]

        def answer(method: str) -> list[Any]:
            asked = editor.asked(method)
            for request in asked:
                editor.reply(request)
            return asked

        await settle()
        (asked,) = answer("client/registerCapability")
        assert asked["params"]["registrations"][0]["method"] == METHOD
        for mode in ("never", "never", "auto"):
            await settle()
            editor.notify("workspace/didChangeConfiguration", {"settings": {"popup": {"mode": mode}}})
            await settle()
            answer("client/unregisterCapability")
        assert len(editor.asked("client/unregisterCapability")) == 1
        assert len(editor.asked("client/registerCapability")) == 2


async def test_switched_off_later_it_is_silent() -> None:
    """Not every client can have the capability taken back."""
    async with popup() as it:
        it.editor.notify("workspace/didChangeConfiguration", {"settings": {"popup": {"mode": "never"}}})
        await settle()
        it.type("co")
        assert await it.result(it.ask()) is None
        assert it.model.answers == []


async def test_beside_ghost_text_one_request_serves_both() -> None:
    """With `always`: a request for the popup does not end the one for ghost text, and costs nothing."""
    async with popup("Visual Studio Code", {"popup": {"mode": "always"}}, inlineCompletion={}) as it:
        it.type("com")
        ghost = it.editor.request("textDocument/inlineCompletion", completion_params(0, len(it.text)))
        asked = it.ask()
        await settle()
        await it.model.answers[0].say("bine(a)")
        await it.model.answers[0].finish()
        assert (await it.result(ghost))["items"][0]["insertText"] == "bine(a)"
        (item,) = await it.items(asked)
        assert item["textEdit"]["newText"] == "combine(a)"
        assert len(it.model.answers) == 1
        assert it.engine.outcomes.statistics() == OutcomeCounts(1)
