"""Asking ahead: what follows a shown text is asked for before anybody gets there, once, and only where it pays."""

from __future__ import annotations

import pytest
from attrs import evolve

from fim_language_server.core.values import Document, Position, Skip, Source, Suggestion, Trigger
from fim_language_server.engine.prefetch import request_after
from fim_language_server.errors import UnavailableError
from fim_language_server.spending.budget import RateBudget
from tests.fakes.clock import FakeClock, settle
from tests.fakes.engine_bench import Bench, bench
from tests.fakes.requests import URI, request_at


async def show_half(b: Bench, **of_request: object) -> None:
    """Let a text be shown that the token limit cut: `foo(1,` at `x = |`."""
    task = await b.ask("x = |", **of_request)
    await b.clock.advance(0.3)  # for a short budget
    await b.model.last.say("foo(1,")
    await b.model.last.finish("length")
    answer = task.result()
    assert isinstance(answer, Suggestion)
    assert answer.text == "foo(1,"


def asked(b: Bench) -> list[str]:
    """Return what stands before each place that was asked about."""
    return [answer.request.prefix for answer in b.model.answers]


async def test_an_accepted_text_goes_on_from_what_was_asked_ahead() -> None:
    """Who accepts waits for no request of their own; what came ahead is counted as a request like any other."""
    async with bench() as b:
        await show_half(b)
        assert asked(b) == ["x = ", "x = foo(1,"]
        await b.edit("x = foo(1,|")
        waiting = await b.ask("x = foo(1,|")
        await b.model.last.say(" 2)")
        await b.model.last.finish()
        answer = waiting.result()
        assert isinstance(answer, Suggestion)
        assert (answer.text, answer.source) == (" 2)", Source.STREAM)
        assert b.engine.statistics().streams == len(b.records) == 2


async def test_what_was_asked_ahead_is_known_when_it_is_needed() -> None:
    """Finished before the user came: no wait at all."""
    async with bench() as b:
        await show_half(b)
        await b.model.last.say(" 2)")
        await b.model.last.finish()
        await b.edit("x = foo(1,|")
        answer = (await b.ask("x = foo(1,|")).result()
        assert isinstance(answer, Suggestion)
        assert (answer.text, answer.source) == (" 2)", Source.CACHE)


async def test_typing_toward_the_place_keeps_it_and_asks_for_it_once() -> None:
    """Each key shows the same text with less of it; what follows stays the same."""
    async with bench() as b:
        await show_half(b)
        for typed in ("f", "fo"):
            await b.edit(f"x = {typed}|")
            await b.ask(f"x = {typed}|")
        assert asked(b) == ["x = ", "x = foo(1,"]
        assert not b.model.last.is_closed


async def test_typing_something_else_hangs_it_up() -> None:
    """Its place will not be reached."""
    async with bench() as b:
        await show_half(b)
        await b.edit("x = g|")
        assert b.model.last.is_closed


async def test_a_closed_document_hangs_it_up() -> None:
    """Nobody will read it."""
    async with bench() as b:
        await show_half(b)
        b.engine.observe_close(URI)
        await settle()
        assert b.model.last.is_closed


async def test_a_text_that_its_model_ended_is_not_asked_on() -> None:
    """It said that nothing follows: asking would cost as much and bring as little."""
    async with bench() as b:
        await b.ask("x = |")
        await b.model.last.say("foo()")
        await b.model.last.finish("stop")
        assert asked(b) == ["x = "]


async def test_a_text_whose_next_line_is_known_is_not_asked_on() -> None:
    """The stream ran on past what is shown."""
    async with bench() as b:
        await b.ask("x = |")
        await b.model.last.say("foo()\ny = bar()\nz = ")
        await b.model.last.finish("length")
        assert asked(b) == ["x = "]


async def test_nothing_is_asked_ahead_of_an_explicit_request() -> None:
    """Who asks by a key asks once; so does who has switched the rest off."""
    async with bench() as b:
        await show_half(b, trigger=Trigger.INVOKED)
        assert asked(b) == ["x = "]


async def test_a_budget_that_is_half_used_is_kept_for_what_is_waited_for() -> None:
    """Nobody waits for what is asked ahead."""
    clock = FakeClock()
    budget = RateBudget(clock, requests_per_minute=30)
    while budget.holds(1, Trigger.PREFETCH):
        budget.reserve_nowait(1, Trigger.INVOKED)
    async with bench(clock=clock, budget=budget) as b:
        await show_half(b)
        assert asked(b) == ["x = "]


@pytest.mark.parametrize("is_waited_for", [False, True])
async def test_its_failure_is_unseen_and_not_tried_again(is_waited_for: bool) -> None:
    """It costs what was asked ahead; the request that comes asks itself."""
    async with bench() as b:
        await show_half(b)
        ahead = b.model.last
        if is_waited_for:
            await b.edit("x = foo(1,|")
            await b.ask("x = foo(1,|")
        await ahead.fail(UnavailableError("first", "down"))
        assert asked(b) == ["x = ", "x = foo(1,", *(["x = foo(1,"] if is_waited_for else [])]


async def test_silence_ahead_is_knowledge() -> None:
    """The model says that nothing follows: it is not asked again there."""
    async with bench() as b:
        await show_half(b)
        await b.model.last.finish("stop")
        await b.edit("x = foo(1,|")
        assert (await b.ask("x = foo(1,|")).result() is Skip.NOTHING_NEW
        assert len(asked(b)) == 2


def test_the_place_behind_a_suggestion_is_the_cursor_after_its_last_character() -> None:
    """As the editor puts it when the text is accepted, with the document's line ends."""
    request = evolve(request_at("x\n  |"), document=Document(URI, "python", 1, "a.py", eol="\r\n"))
    there = request_after(Suggestion("1", "if a:\r\n    b", request, Source.CACHE))
    assert there.prefix.endswith("  if a:\r\n    b")
    assert there.position == Position(2, 5)
    there = request_after(Suggestion("1", "ab", request_at("x = |"), Source.CACHE))
    assert there.position == Position(0, 6)
