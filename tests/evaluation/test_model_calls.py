"""A model is asked as the editor asks it: same context, stopped as soon as enough is said, shaped."""

from __future__ import annotations

from collections.abc import AsyncGenerator

import pytest
from attrs import evolve

from fim_language_server.core.values import Chunk, CompletionRequest, Context, Started, Trigger, Usage
from fim_language_server.errors import RateLimitedError
from fim_language_server.evaluation.holes import Hole
from fim_language_server.evaluation.model_calls import ModelAnswer, ModelCaller, PromptWindow, request_of

HOLE = Hole("src/a.py", "line", 2, 4, "import os\n\nx = 1\n    ", "\ny = 2\n", "return x")
WIDE = PromptWindow(4_000, 2_000)


class Model:
    """A stream of these events; keeps what it was asked, and whether it was left early."""

    def __init__(self, *events: Started | Chunk) -> None:
        self.events = events
        self.contexts: list[Context] = []
        self.was_left = False

    async def __call__(self, request: CompletionRequest, context: Context) -> AsyncGenerator[Started | Chunk, None]:
        self.contexts.append(context)
        try:
            for event in self.events:
                yield event
        except GeneratorExit:
            self.was_left = True
            raise


class Clock:
    """Grows by a second at each look."""

    def __init__(self) -> None:
        self.time = 0.0

    def __call__(self) -> float:
        self.time += 1
        return self.time


async def ask(model: Model, window: PromptWindow = WIDE) -> ModelAnswer:
    return await ModelCaller(model, window, Clock()).ask(HOLE, Trigger.INVOKED)


async def test_a_whole_answer() -> None:
    model = Model(Started(), Chunk("return"), Chunk(" x", "stop", Usage(30, 2), 0.7))
    reply = await ask(model)
    assert reply == ModelAnswer("return x", 0.7, 1_000.0, 2_000.0, 30, 2, False)


async def test_it_hangs_up_when_the_line_is_said() -> None:
    """As in the editor; what the host would have counted is estimated then."""
    model = Model(Started(), Chunk("return x\n"), Chunk("y = 3\n"), Chunk("", "stop", Usage(30, 9)))
    reply = await ask(model)
    assert (reply.text, model.was_left, reply.tokens_are_estimated) == ("return x", True, True)
    assert reply.completion_tokens == round(len("return x\n") / 3.2)


async def test_what_the_editor_would_not_show_is_not_an_answer() -> None:
    """Shaping is part of what is measured: here the model says the next line again."""
    below = "return compute_total(values)"
    hole = evolve(HOLE, suffix=f"\n    {below}\n")
    reply = await ModelCaller(Model(Chunk(below, "stop")), WIDE, Clock()).ask(hole, Trigger.INVOKED)
    assert reply.text == ""


async def test_silence_is_an_answer() -> None:
    reply = await ask(Model(Chunk("", "stop")))
    assert (reply.text, reply.first_ms) == ("", None)


async def test_errors_pass() -> None:
    async def broken(request: CompletionRequest, context: Context) -> AsyncGenerator[Chunk, None]:
        raise RateLimitedError("mistral", "too many")
        yield Chunk()

    with pytest.raises(RateLimitedError):
        await ModelCaller(broken, WIDE, Clock()).ask(HOLE, Trigger.INVOKED)


async def test_everybody_sees_the_same_window() -> None:
    """Cut at line ends, where there are some."""
    model = Model(Chunk("", "stop"))
    await ask(model, PromptWindow(8, 3))
    assert (model.contexts[0].prefix, model.contexts[0].suffix) == ("    ", "\n")


def test_the_request_is_that_of_the_place() -> None:
    request = request_of(HOLE, "ret", Trigger.AUTOMATIC, WIDE)
    assert (request.position.line, request.position.column) == (2, 7)
    assert (request.line_before, request.line_after) == ("    ret", "")
    assert (request.document.path, request.trigger) == ("src/a.py", Trigger.AUTOMATIC)
    assert request.prefix_is_whole
    assert request.suffix_is_whole


def test_a_cut_window_says_so() -> None:
    request = request_of(HOLE, "", Trigger.INVOKED, PromptWindow(5, 2))
    assert (request.prefix, request.suffix) == ("\n    ", "\ny")
    assert not request.prefix_is_whole
    assert not request.suffix_is_whole
