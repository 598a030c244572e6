"""The instant guess: shown at once where it is sure, after a while where it is likely, and never in the API's way."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import AbstractAsyncContextManager

from fim_language_server.core.values import Chunk, CompletionRequest, Context, Source, Started, Suggestion, Trigger
from fim_language_server.engine.instant_guess import CAREFUL, EAGER, Guesser, GuessLevels
from tests.engine.test_engine import text_of
from tests.fakes.engine_bench import Bench, bench


def guessing(text: str, confidence: float, levels: GuessLevels = EAGER) -> AbstractAsyncContextManager[Bench]:
    """Make an engine whose embedded model always says the same."""

    async def model(request: CompletionRequest, context: Context) -> AsyncGenerator[Started | Chunk, None]:
        yield Chunk(text, finish_reason="stop", confidence=confidence)

    return bench(guesser=Guesser(lambda: model, "embedded", levels))


async def test_a_sure_guess_is_shown_at_once_and_saves_the_request() -> None:
    """Nine in ten of these are exactly right: the API has nothing to add."""
    async with guessing("foo(a)", 0.9) as b:
        task = await b.ask("x = |")
        assert text_of(task) == "foo(a)"
        answer = task.result()
        assert isinstance(answer, Suggestion)
        assert (answer.source, answer.model) == (Source.GUESS, "embedded")
        assert not b.model.answers


async def test_a_likely_guess_gives_the_api_some_time() -> None:
    """The API is mostly better; what comes within 0.4 s is shown, and the guess is not."""
    async with guessing("foo(a)", 0.6) as b:
        task = await b.ask("x = |")
        await b.clock.advance(0.39)
        assert not task.done()
        await b.model.last.say("bar(b)\n\n")
        assert text_of(task) == "bar(b)"


async def test_a_likely_guess_is_shown_where_the_api_is_slow_and_the_api_text_is_announced() -> None:
    """Who can ask again gets the better text; asked again without typing, it is the answer."""
    async with guessing("foo(a)", 0.6) as b:
        task = await b.ask("x = |")
        await b.clock.advance(0.41)
        assert text_of(task) == "foo(a)"
        await b.model.last.say("bar(b)")
        assert not b.listener.events
        await b.model.last.finish()
        assert b.listener.events == ["answered late"]
        assert text_of(await b.ask("x = |")) == "bar(b)"
        assert len(b.model.answers) == 1


async def test_beside_a_guess_the_api_has_ten_seconds() -> None:
    """Longer than a request lives on that an editor let go of: there is something to replace."""
    for seconds, said in ((9.0, ["answered late"]), (10.1, [])):
        async with guessing("foo(a)", 0.6) as b:
            task = await b.ask("x = |")
            await b.clock.advance(0.41)
            assert text_of(task) == "foo(a)"
            await b.clock.advance(seconds)
            await b.model.last.say("bar(b)")
            await b.model.last.finish()
            assert b.listener.events == said


async def test_the_api_text_is_announced_where_the_guess_was_shown() -> None:
    """The request to the API may be an earlier key's: who waited for it last is told."""
    async with guessing("foo(a)", 0.6) as b:
        await b.ask("x = |")
        await b.edit("x = b|")
        task = await b.ask("x = b|")
        await b.clock.advance(0.41)
        assert text_of(task) == "foo(a)"
        await b.model.last.say("bar(b)")
        await b.model.last.finish()
        assert [request.line_before for request in b.listener.late] == ["x = b"]
        assert text_of(await b.ask("x = b|")) == "ar(b)"
        assert len(b.model.answers) == 1


async def test_where_it_would_hide_the_api_text_a_guess_has_to_be_likelier() -> None:
    """Editors that cannot ask again keep what they were answered first."""
    async with guessing("foo(a)", 0.6, CAREFUL) as b:
        task = await b.ask("x = |")
        await b.clock.advance(0.8)
        assert not task.done()
        await b.model.last.say("bar(b)\n\n")
        assert text_of(task) == "bar(b)"
    async with guessing("foo(a)", 0.75, CAREFUL) as b:
        task = await b.ask("x = |")
        await b.clock.advance(0.41)
        assert text_of(task) == "foo(a)"


async def test_typing_on_before_the_api_has_said_anything_may_make_a_guess_sure() -> None:
    """It is shown at that key; the request under way goes on, and what it brings is announced."""

    async def model(request: CompletionRequest, context: Context) -> AsyncGenerator[Started | Chunk, None]:
        if context.prefix.endswith("f"):
            yield Chunk("oo(a)", finish_reason="stop", confidence=0.9)

    async with bench(guesser=Guesser(lambda: model, "embedded", EAGER)) as b:
        await b.ask("x = |")
        await b.edit("x = f|")
        assert text_of(await b.ask("x = f|")) == "oo(a)"
        await b.model.last.say("foo(b)")
        await b.model.last.finish()
        assert b.listener.events == ["answered late"]
        assert len(b.model.answers) == 1


async def test_who_types_into_a_guess_keeps_it() -> None:
    """The API's text never takes the place of one that the user has begun to type, also where it agrees so far."""
    async with guessing("foo(a)", 0.6) as b:
        await b.ask("x = |")
        await b.clock.advance(0.41)
        await b.edit("x = f|")
        assert text_of(await b.ask("x = f|")) == "oo(a)"
        await b.model.last.say("foo(b)")
        await b.model.last.finish()
        await b.edit("x = fo|")
        assert text_of(await b.ask("x = fo|")) == "o(a)"
        assert text_of(await b.ask("x = fo|")) == "o(a)"


async def test_where_a_guess_fails_the_api_text_that_agrees_is_there() -> None:
    """The request that was under way has not been in vain."""
    async with guessing("foo(a)", 0.6) as b:
        await b.ask("x = |")
        await b.clock.advance(0.41)
        await b.model.last.say("bar(b)")
        await b.model.last.finish()
        await b.edit("x = b|")
        assert text_of(await b.ask("x = b|")) == "ar(b)"
        assert len(b.model.answers) == 1


async def test_an_explicit_request_is_answered_by_the_api() -> None:
    """Who presses a key wants the best there is, and waits for it."""
    async with guessing("foo(a)", 0.9) as b:
        task = await b.ask("x = |", trigger=Trigger.INVOKED)
        await b.clock.advance(0.5)
        assert not task.done()
        await b.model.last.say("bar(b)\n\n")
        assert text_of(task) == "bar(b)"


async def test_nobody_waits_for_a_model_that_is_being_loaded() -> None:
    """Until the embedded model is there the API answers alone."""
    async with bench(guesser=Guesser(lambda: None, "embedded")) as b:
        task = await b.ask("x = |")
        await b.model.last.say("bar(b)\n\n")
        assert text_of(task) == "bar(b)"


async def test_a_guess_that_nothing_is_left_of_is_not_announced_as_shown() -> None:
    """What repeats the rest of the line is dropped: the API's text is then the first, and nobody is to ask again."""
    async with guessing(")", 0.6) as b:
        task = await b.ask("x = foo(a|)")
        await b.clock.advance(0.41)
        assert not task.done()
        await b.model.last.say(", b")
        await b.model.last.finish()
        assert text_of(task) == ", b"
        assert b.listener.events == []


async def test_the_model_is_told_that_nobody_sees_a_guess_yet() -> None:
    """It counts what is typed past what it showed; most guesses are never shown."""
    triggers = []

    async def model(request: CompletionRequest, context: Context) -> AsyncGenerator[Started | Chunk, None]:
        triggers.append(request.trigger)
        yield Chunk("foo(a)", finish_reason="stop", confidence=0.6)

    async with bench(guesser=Guesser(lambda: model, "embedded")) as b:
        await b.ask("x = |")
        assert triggers == [Trigger.PREFETCH]
