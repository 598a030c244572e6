"""The path of one keystroke: who answers, what it costs, and when a stream is hung up."""

from __future__ import annotations

import asyncio

import pytest
from attrs import evolve

from fim_language_server.core.trigger import TriggerOptions
from fim_language_server.core.values import (
    Chunk,
    SelectedText,
    Skip,
    Source,
    Started,
    Suggestion,
    Trigger,
    Usage,
)
from fim_language_server.engine.engine import EngineOptions
from fim_language_server.engine.requester import MOST_STREAMS
from fim_language_server.errors import (
    AuthenticationError,
    RateLimitedError,
    StreamError,
    UnavailableError,
)
from fim_language_server.spending.budget import RateBudget
from tests.fakes.clock import FakeClock, settle
from tests.fakes.engine_bench import Bench, bench
from tests.fakes.requests import URI, request_at


def text_of(task: asyncio.Task[Suggestion | Skip]) -> str:
    """Return the text a finished request was answered with."""
    answer = task.result()
    assert isinstance(answer, Suggestion), answer
    return answer.text


async def test_a_new_request_is_answered_as_soon_as_its_line_is_whole() -> None:
    """The answer does not wait for the model to finish."""
    async with bench() as b:
        task = await b.ask("x = |\ny")
        await b.model.last.say("foo(a")
        assert not task.done()
        await b.model.last.say(")\nz = 2\n")
        assert text_of(task) == "foo(a)"


async def test_a_cancelled_reader_leaves_its_stream_for_the_next_keystroke() -> None:
    """VS Code cancels and asks again after each edit; that must not cost a request."""
    async with bench() as b:
        first = await b.ask("x = |")
        first.cancel()
        await settle()
        await b.edit("x = f|")
        second = await b.ask("x = f|")
        await b.model.last.say("foo()\n\n")
        assert text_of(second) == "oo()"
        assert len(b.model.answers) == 1


async def test_typing_through_is_answered_from_what_is_known() -> None:
    """Known text is followed with no new request, to its end."""
    async with bench() as b:
        task = await b.ask("x = |")
        await b.model.last.say("foo()")
        await b.model.last.finish()
        assert text_of(task) == "foo()"
        for typed, rest in (("f", "oo()"), ("foo", "()"), ("foo(", ")")):
            await b.edit(f"x = {typed}|")
            answer = (await b.ask(f"x = {typed}|")).result()
            assert isinstance(answer, Suggestion)
            assert (answer.text, answer.source) == (rest, Source.CACHE)
        assert (await b.ask("x = foo()|")).result() is Skip.NOTHING_NEW
        assert len(b.model.answers) == 1


async def test_an_explicit_request_asks_again_where_nothing_was_offered() -> None:
    """Silence is knowledge for the typist, not for somebody who presses the key."""
    async with bench() as b:
        task = await b.ask("x = 1|")
        await b.model.last.finish()
        assert task.result() is Skip.NOTHING_NEW
        assert (await b.ask("x = 1|")).result() is Skip.NOTHING_NEW
        assert len(b.model.answers) == 1
        invoked = await b.ask("x = 1|", trigger=Trigger.INVOKED)
        await b.model.last.say(" + 2")
        await b.model.last.finish()
        assert text_of(invoked) == " + 2"


async def test_a_text_that_ended_at_a_limit_is_asked_on() -> None:
    """Where the token limit cut the answer, its end is no answer."""
    async with bench() as b:
        await b.ask("x = |")
        await b.model.last.say("foo")
        await b.model.last.finish("length")
        again = await b.ask("x = foo|")
        assert len(b.model.answers) == 2
        again.cancel()


async def test_divergence_hangs_up_at_once() -> None:
    """A stream that the document contradicts is worth nothing, and costs until it is closed."""
    async with bench() as b:
        task = await b.ask("x = |")
        await b.model.last.say("fo")
        await b.edit("x = g|")
        assert b.model.last.is_closed
        assert task.result() is Skip.SUPERSEDED


async def test_an_edit_with_several_places_keeps_the_stream_one_of_them_agrees_with() -> None:
    """Accepting an entry with an automatic import changes two places at once."""
    async with bench() as b:
        await b.ask("x = |")
        await b.model.last.say("fo")
        b.engine.observe_edit([request_at("import os|\nx = f"), request_at("x = f|")])
        assert not b.model.last.is_closed


async def test_closing_the_document_hangs_up_and_answers() -> None:
    """Nobody is left to read; the waiting request is answered all the same."""
    async with bench() as b:
        task = await b.ask("x = |")
        b.engine.observe_close(URI)
        await settle()
        assert b.model.last.is_closed
        assert task.result() is Skip.CLOSED


async def test_a_stream_nobody_reads_lives_for_its_linger_time_and_no_longer() -> None:
    """The next keystroke mostly wants it; a user who went away does not."""
    async with bench() as b:
        task = await b.ask("x = |")
        task.cancel()
        await b.clock.advance(0.9)
        assert not b.model.last.is_closed
        await b.clock.advance(0.2)
        assert b.model.last.is_closed
        assert b.engine.statistics().cancelled == 1


async def test_reading_again_starts_the_linger_time_anew() -> None:
    """The time counts from when the last reader left."""
    async with bench() as b:
        (await b.ask("x = |")).cancel()
        await b.clock.advance(0.9)
        (await b.ask("x = |")).cancel()
        await b.clock.advance(0.9)
        assert not b.model.last.is_closed
        await b.clock.advance(0.2)
        assert b.model.last.is_closed


async def test_text_of_a_stream_that_was_let_go_never_answers_half_a_line() -> None:
    """Only finished text is an answer; half a line in the cache was the fault of the first sketch."""
    async with bench() as b:
        (await b.ask("x = |")).cancel()
        await b.model.last.say("foo(a")
        await b.clock.advance(2)
        again = await b.ask("x = |")
        assert not again.done()
        assert len(b.model.answers) == 2
        again.cancel()


async def test_a_backspace_brings_back_what_a_diverged_stream_had_said() -> None:
    """A typing error must not throw known text away."""
    async with bench() as b:
        task = await b.ask("x = |")
        await b.model.last.say("foo(a)\ny")
        assert text_of(task) == "foo(a)"
        await b.edit("x = g|")
        (await b.ask("x = g|")).cancel()
        await b.edit("x = |")
        n_asked = len(b.model.answers)
        back = await b.ask("x = |")
        assert text_of(back) == "foo(a)"
        assert len(b.model.answers) == n_asked


async def test_the_newest_request_ends_the_older_one() -> None:
    """Neovim does not cancel; the older request is answered with nothing at once."""
    async with bench() as b:
        older = await b.ask("x = |")
        newer = await b.ask("x = f|")
        assert older.result() is Skip.SUPERSEDED
        await b.model.last.say("foo()\n\n")
        assert text_of(newer) == "oo()"


async def test_a_suggestion_of_several_lines_stays_one_while_it_is_typed() -> None:
    """Lines that vanish at the first key and come back at Enter would flicker."""
    async with bench() as b:
        task = await b.ask("def f():\n    |\n\n\ny = 1")
        await b.model.last.say("a = 1\n    return a\n")
        await b.model.last.finish()
        assert text_of(task) == "a = 1\n    return a"
        await b.edit("def f():\n    a|\n\n\ny = 1")
        assert text_of(await b.ask("def f():\n    a|\n\n\ny = 1")) == " = 1\n    return a"


async def test_a_block_stays_one_while_its_lines_are_typed() -> None:
    """Also where the line that opens it was begun; one line of code alone stays one."""
    async with bench() as b:
        task = await b.ask("if |\n\n\ny = 1")
        await b.model.last.say("a:\n    b(1)\n    c(2)\n")
        await b.model.last.finish()
        assert text_of(task) == "a:\n    b(1)\n    c(2)"
        for typed, rest in (
            ("a", ":\n    b(1)\n    c(2)"),
            ("a:\n    ", "b(1)\n    c(2)"),
            ("a:\n    b", "(1)\n    c(2)"),
        ):
            await b.edit(f"if {typed}|\n\n\ny = 1")
            assert text_of(await b.ask(f"if {typed}|\n\n\ny = 1")) == rest


async def test_half_a_line_is_shown_where_it_was_asked_for_and_asked_on_further_down() -> None:
    """A limit cuts the last line: better than nothing at its own place, and no answer once it is typed into."""
    async with bench() as b:
        task = await b.ask("x = |")
        await b.model.last.say("foo(first, sec")
        await b.model.last.finish("length")
        assert text_of(task) == "foo(first, sec"
        assert text_of(await b.ask("x = |")) == "foo(first, sec"
        further = await b.ask("x = foo(|")
        assert [answer.request.prefix for answer in b.model.answers] == ["x = ", "x = foo(first, sec"]
        await b.model.last.say("ond)")
        await b.model.last.finish()
        assert text_of(further) == "first, second)"


async def test_a_line_that_is_whole_is_no_failed_guess() -> None:
    """The model says that the next thing is a line end; the next question must not wait for that."""
    async with bench() as b:
        task = await b.ask("x = 1|\nz")
        await b.model.last.say("\ny = 2\n")
        await b.model.last.finish()
        assert task.result() is Skip.FILTERED
        await b.ask("a = |")
        assert len(b.model.answers) == 2


async def test_typing_ahead_of_the_stream_waits_for_it() -> None:
    """What is typed faster than the model speaks may still agree."""
    async with bench() as b:
        await b.ask("x = |")
        ahead = await b.ask("x = foo|")
        await b.model.last.say("fo")
        assert not ahead.done()
        await b.model.last.say("o(1)\n\n")
        assert text_of(ahead) == "(1)"
        assert len(b.model.answers) == 1


async def test_typed_ahead_and_wrong_asks_anew() -> None:
    """Where the stream turns out to disagree with what was typed ahead of it, the same request asks afresh."""
    async with bench() as b:
        await b.ask("x = |")
        ahead = await b.ask("x = fog|")
        await b.model.last.say("foo")
        assert b.model.answers[0].is_closed
        assert len(b.model.answers) == 2
        await b.model.last.say("(2)\n\n")
        assert text_of(ahead) == "(2)"


async def test_failed_guesses_in_a_row_make_the_next_question_wait_and_an_agreement_ends_that() -> None:
    """The wait follows the outcome of the last guesses, from the third that failed on; it never holds what is known."""
    async with bench() as b:
        for number, typed in enumerate(("", "g", "gk"), 1):
            await b.edit(f"x = {typed}|")
            task = await b.ask(f"x = {typed}|")
            assert len(b.model.answers) == number
            await b.model.last.say("foo()\n\n")
            assert text_of(task) == "foo()"
        await b.edit("x = gkl|")
        waiting = await b.ask("x = gkl|")
        await b.clock.advance(0.04)
        assert len(b.model.answers) == 3
        await b.clock.advance(0.02)
        assert len(b.model.answers) == 4
        await b.model.last.say("go()")
        await b.model.last.finish()
        assert text_of(waiting) == "go()"
        await b.edit("x = gklg|")
        await b.edit("y|")
        asking = await b.ask("y|")
        assert len(b.model.answers) == 5
        asking.cancel()


async def test_answers_without_text_make_the_next_question_wait_sooner() -> None:
    """Where nothing is missing code is being rewritten, not continued: asking at each key would be in vain."""
    async with bench() as b:
        for number, (typed, wait) in enumerate((("", 0.0), ("g", 0.05), ("gk", 0.2)), 1):
            task = await b.ask(f"x = {typed}|")
            await b.clock.advance(wait - 0.01)
            assert len(b.model.answers) == (number if wait == 0 else number - 1)
            await b.clock.advance(0.02)
            assert len(b.model.answers) == number
            await b.model.last.finish()
            assert task.result() is Skip.NOTHING_NEW


async def test_typing_in_front_of_a_word_goes_on_with_what_was_asked_before_it() -> None:
    """Only a cursor that moved into a word has nothing to go on with, and there nothing is asked."""
    async with bench() as b:
        await b.ask("|result")
        await b.model.last.say("int(")
        await b.model.last.finish()
        await b.edit("i|result")
        assert text_of(await b.ask("i|result")) == "nt("
        assert (await b.ask("int(res|ult")).result() is Skip.MID_WORD
        assert len(b.model.answers) == 1


async def test_what_the_editor_has_waited_is_not_waited_again() -> None:
    """Only the rest of the wait is left; where the editor waited longer, none is."""
    async with bench(options=EngineOptions(min_delay_ms=200)) as b:
        await b.ask_for(evolve(request_at("x = |"), waited_ms=150))
        await b.clock.advance(0.04)
        assert not b.model.answers
        await b.clock.advance(0.02)
        assert len(b.model.answers) == 1
        await b.ask_for(evolve(request_at("y = |"), waited_ms=300))
        assert len(b.model.answers) == 2


async def test_an_explicit_request_never_waits() -> None:
    """Whoever presses the key has waited long enough."""
    async with bench(options=EngineOptions(min_delay_ms=200)) as b:
        await b.ask("x = |")
        assert not b.model.answers
        await b.ask("x = |", trigger=Trigger.INVOKED)
        assert len(b.model.answers) == 1


async def test_a_request_superseded_while_it_waits_never_reaches_the_provider() -> None:
    """That is what the debounce is for."""
    async with bench(options=EngineOptions(min_delay_ms=200)) as b:
        older = await b.ask("x = |")
        await b.clock.advance(0.1)
        newer = await b.ask("x = f|")
        assert older.result() is Skip.SUPERSEDED
        await b.clock.advance(0.15)
        assert not b.model.answers
        await b.clock.advance(0.1)
        assert [answer.request.prefix for answer in b.model.answers] == ["x = f"]
        newer.cancel()


@pytest.mark.parametrize("error", [StreamError("p", "broken"), UnavailableError("p", "away"), RuntimeError("a bug")])
async def test_a_failure_costs_its_suggestion_and_nothing_else(error: Exception) -> None:
    """The request is answered with nothing, the user is told, and the engine lives."""
    async with bench() as b:
        task = await b.ask("x = |")
        await b.model.last.say("fo")
        await b.model.last.fail(error)
        assert task.result() is Skip.PROVIDER_FAILED
        assert len(b.listener.events) == 1
        await b.clock.advance(100)
        assert isinstance(await _answered(b, "x = |"), Suggestion)
        assert b.listener.events[-1] == "recovered"


async def _answered(b: Bench, drawn: str) -> Suggestion | Skip:
    task = await b.ask(drawn)
    await b.model.last.say("ok()")
    await b.model.last.finish()
    return task.result()


async def test_after_a_failure_the_provider_is_left_in_peace_but_for_an_explicit_request() -> None:
    """A wrong key is not tried at every keystroke; the user can ask to try now."""
    async with bench() as b:
        await b.ask("x = |")
        await b.model.last.fail(AuthenticationError("p", "set KEY"))
        assert (await b.ask("y = |")).result() is Skip.PAUSED
        (await b.ask("y = |", trigger=Trigger.INVOKED)).cancel()
        assert len(b.model.answers) == 2


async def test_the_pause_a_provider_asks_for_is_kept() -> None:
    """Retry-After holds for explicit requests, too."""
    async with bench() as b:
        await b.ask("x = |")
        await b.model.last.fail(RateLimitedError("p", "slow down", retry_after=30))
        assert (await b.ask("y = |", trigger=Trigger.INVOKED)).result() is Skip.PAUSED
        await b.clock.advance(29)
        assert (await b.ask("y = |")).result() is Skip.PAUSED
        await b.clock.advance(1.1)
        (await b.ask("y = |")).cancel()
        assert len(b.model.answers) == 2


async def test_the_budget_answers_with_nothing_instead_of_waiting() -> None:
    """By the time a wait is over the cursor has moved."""
    clock = FakeClock()
    async with bench(clock=clock, budget=RateBudget(clock, requests_per_minute=6)) as b:
        (await b.ask("x = |")).cancel()
        over = await b.ask("a = |")
        assert over.result() is Skip.OVER_BUDGET
        await b.clock.advance(10)
        (await b.ask("a = |")).cancel()
        assert len(b.model.answers) == 2


async def test_the_selected_popup_entry_is_part_of_the_question() -> None:
    """The answer is what follows the entry, as if it had been accepted."""
    async with bench() as b:
        request = evolve(request_at("self.na|"), selected=SelectedText("name", "na"))
        task = await b.ask_for(request)
        assert b.model.last.request.prefix == "self.name"
        await b.model.last.say("_of(x)\n\n")
        assert text_of(task) == "_of(x)"


async def test_what_is_switched_off_costs_nothing() -> None:
    """A refused request never reaches the provider."""
    options = EngineOptions(trigger=TriggerOptions(is_excluded=lambda document: document.path == "a.py"))
    async with bench(options=options) as b:
        assert (await b.ask("x = |", trigger=Trigger.INVOKED)).result() is Skip.EXCLUDED_FILE
        assert not b.model.answers


async def test_notices_of_the_provider_are_passed_on() -> None:
    """A model about to be retired is said once the stream is over."""
    async with bench() as b:
        await b.ask("x = |")
        await b.model.last.send(Started(notices=("codestral-x retires soon",)))
        await b.model.last.send(Chunk("1", usage=Usage(10, 1)))
        await b.model.last.finish()
        assert b.listener.events == ["codestral-x retires soon"]


async def test_closing_the_engine_answers_everything_and_closes_every_connection() -> None:
    """Nothing waits for ever, nothing runs on."""
    b = Bench()
    task = await b.ask("x = |")
    await b.engine.close()
    assert b.model.last.is_closed
    assert await task is Skip.CLOSED


async def test_few_streams_are_under_way_at_a_time() -> None:
    """Each is a connection: the oldest are hung up on, and rather those that nobody reads."""
    crowd = Bench()
    tasks = []
    for number in range(MOST_STREAMS + 20):
        request = request_at("x = |", trigger=Trigger.INVOKED)
        tasks.append(await crowd.ask_for(evolve(request, document=evolve(request.document, uri=f"file:///{number}"))))
    running = [answer for answer in crowd.model.answers if not answer.is_closed]
    assert len(running) == MOST_STREAMS
    assert running == crowd.model.answers[20:]
    assert all(task.done() for task in tasks[:20])
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    await crowd.engine.close()
