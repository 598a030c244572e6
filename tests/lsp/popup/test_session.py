"""Typing sessions through each client's popup: every request is answered once, and no text is doubled or lost."""

from __future__ import annotations

import random
import re
from typing import Any

import pytest

from fim_language_server.engine.engine import Engine, EngineOptions
from fim_language_server.engine.health import Health
from fim_language_server.engine.model_chain import Backend, Chain
from fim_language_server.spending.budget import RateBudget
from tests.fakes.clock import FakeClock
from tests.fakes.editor import URI, FakeEditor
from tests.fakes.model import ScriptedModel
from tests.lsp.popup.clients import CLIENTS, PopupHabits, Screen
from tests.lsp.popup.test_answering import METHOD, Silent

PROGRAM = """def join_all(parts, größe):
    lead = f"${größe}" + "}\\\\"
    if parts:
        lead += "😀".join([
            part for part in parts
        ])
    while lead:
        total = {name: "${x}" for name in lead}
        lead = measure(total)
    return lead
"""


class Session:
    """A client that types the program, asks at each key, and takes what it is offered now and then."""

    def __init__(self, habits: PopupHabits, editor: FakeEditor, model: ScriptedModel, clock: FakeClock, seed: int):
        self.habits, self.editor, self.model, self.clock = habits, editor, model, clock
        self.rng = random.Random(seed)
        crlf = habits.keeps_cr and seed % 2 == 0
        self.program = PROGRAM.replace("\n", "\r\n") if crlf else PROGRAM
        self.typed = self.program[: self.program.index("\n") + 5]
        self.version = 1
        self.asked: list[int] = []
        self.taken = 0
        self.said = 0

    def write(self, text: str) -> None:
        """Set the text, and send it as a whole, as Kate does."""
        self.typed = text
        self.version += 1
        self.editor.change({"text": text}, version=self.version)

    async def ask(self) -> list[dict[str, Any]]:
        screen = Screen(self.typed, len(self.typed), self.habits.units)
        params = {"textDocument": {"uri": URI}, "position": screen.position, "context": {"triggerKind": 1}}
        request = self.editor.request(METHOD, params)
        self.asked.append(request)
        await self.clock.advance(self.rng.choice([0.0, 0.02, 0.05]))
        await self.let_the_model_answer()
        await self.clock.advance(0.05)
        answer = await self.editor.answer_to(request)
        return list((answer["result"] or {"items": []})["items"])

    async def let_the_model_answer(self) -> None:
        """Say what the program has behind the place of each request; now and then later."""
        while self.said < len(self.model.answers) and self.rng.random() < 0.7:
            answer = self.model.answers[self.said]
            self.said += 1
            before = answer.request.prefix
            assert self.program.startswith(before), "the server's text is the client's"
            lines = self.program[len(before) :].replace("\r\n", "\n").split("\n")
            await answer.say("\n".join(lines[: self.rng.randrange(1, 5)]))
            await answer.finish()

    async def run(self) -> None:
        while len(self.typed) < len(self.program):
            rest = self.program[len(self.typed) :]
            key = re.match(r"\r?\n *|.", rest)  # Enter brings the indentation
            assert key
            self.write(self.typed + key[0])
            items = await self.ask()
            if items and self.rng.random() < 0.5:
                screen = Screen(self.typed, len(self.typed), self.habits.units)
                self.write(self.habits.put(screen, self.rng.choice(items)))
                self.taken += 1
                assert self.program.startswith(self.typed), "an accepted text is the model's"


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("habits", CLIENTS, ids=lambda habits: habits.name)
async def test_a_session(habits: PopupHabits, seed: int) -> None:
    """The model is right; so what stands in the end is the program, whatever was typed and whatever was taken."""
    model, clock = ScriptedModel(), FakeClock()
    chain = Chain((Backend("p", "m", model, RateBudget(clock), Health(clock)),))
    engine = Engine(chain, EngineOptions(), clock, Silent())
    async with FakeEditor(clock=clock) as editor:
        editor.application.engine = engine  # type: ignore[assignment]
        editor.application.request_window = (4_000, 2_000)
        said = {key: value for key, value in habits.initialize.items() if key != "capabilities"}
        encodings = {"general": {"positionEncodings": [habits.units]}}
        await editor.initialize({**habits.initialize["capabilities"], **encodings}, **said)
        session = Session(habits, editor, model, clock, seed)
        editor.open(session.typed)
        await session.run()
        assert session.typed == session.program
        assert session.taken > 0
        for request in session.asked:
            await editor.answer_to(request)
        await engine.close()
