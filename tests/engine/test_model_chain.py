"""Who answers instead: within the same request, in time, and never two models in one text."""

from __future__ import annotations

import asyncio
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import pytest

from fim_language_server.core.values import Chunk, Skip, Started, Suggestion, Trigger, Usage
from fim_language_server.engine.engine import EngineOptions
from fim_language_server.engine.health import Pause
from fim_language_server.errors import (
    AuthenticationError,
    ProviderError,
    RateLimitedError,
    StreamError,
    UnavailableError,
)
from fim_language_server.spending.budget import RateBudget
from fim_language_server.usage.day_spending import DaySpending
from fim_language_server.usage.record import FREE, Price
from tests.fakes.clock import FakeClock
from tests.fakes.engine_bench import Bench, bench
from tests.fakes.model import ScriptedModel
from tests.fakes.requests import URI, request_at


def chain(**options: object) -> AbstractAsyncContextManager[Bench]:
    """Return a bench with two models."""
    return bench(other=ScriptedModel(), **options)


def asked(b: Bench) -> tuple[int, int]:
    """Return how many requests each model got."""
    assert b.other
    return len(b.model.answers), len(b.other.answers)


def answer_of(task: asyncio.Task[Suggestion | Skip]) -> tuple[str, str]:
    """Return text and model of a finished request's suggestion."""
    answer = task.result()
    assert isinstance(answer, Suggestion), answer
    return answer.text, answer.model


async def say(model: ScriptedModel, text: str) -> None:
    """Give a whole answer."""
    await model.last.say(text)
    await model.last.finish()


@pytest.mark.parametrize(
    "error",
    [
        AuthenticationError("first", "set KEY"),
        RateLimitedError("first", "slow down"),
        UnavailableError("first", "away"),
        StreamError("first", "garbage"),
        RuntimeError("a bug"),
    ],
)
async def test_a_model_that_fails_is_stood_in_for_within_the_request(error: Exception) -> None:
    """The user sees the next suggestion from the other one, and one message at most."""
    async with chain() as b:
        task = await b.ask("x = |")
        await b.model.last.fail(error)
        await say(b.other, "two()")  # type: ignore[arg-type]
        assert answer_of(task) == ("two()", "second-model")
        assert len(b.listener.events) == 1
        (await b.ask("y = |")).cancel()
        assert asked(b) == (1, 2)


async def test_a_pause_says_who_stands_in_while_somebody_does() -> None:
    """As long as the preferred model is left in peace; once none may be asked, until the first of them may be."""
    async with chain() as b:
        assert b.engine.chain.pause() == Pause()
        task = await b.ask("x = |")
        await b.model.last.fail(RateLimitedError("first", "slow down", retry_after=40))
        assert b.engine.chain.pause() == Pause(40, "second")
        await b.other.last.fail(RateLimitedError("second", "slow down", retry_after=30))
        assert task.result() is Skip.PROVIDER_FAILED
        assert b.engine.chain.pause() == Pause(30)


async def test_a_stream_that_dies_half_way_is_not_continued_by_another_model() -> None:
    """Its half is dropped; the other one begins at the cursor."""
    async with chain() as b:
        task = await b.ask("x = |")
        await b.model.last.say("one(half, ")
        await b.model.last.fail(StreamError("first", "broken"))
        assert b.other.last.context.prefix == "x = "
        await say(b.other, "two()")  # type: ignore[arg-type]
        assert answer_of(task) == ("two()", "second-model")


async def test_a_silent_model_is_stood_in_for_in_time() -> None:
    """1.5 s without text are enough; headers are no text."""
    async with chain() as b:
        task = await b.ask("x = |")
        await b.clock.advance(0.7)
        await b.model.last.send(Started())
        await b.clock.advance(0.7)
        assert asked(b) == (1, 0)
        await b.clock.advance(0.2)
        assert asked(b) == (1, 1)
        await say(b.other, "two()")  # type: ignore[arg-type]
        assert answer_of(task) == ("two()", "second-model")


async def test_a_stream_that_stalls_is_stood_in_for_too() -> None:
    """The time counts from the last text."""
    async with chain() as b:
        task = await b.ask("x = |")
        await b.clock.advance(1.0)
        await b.model.last.say("one(")
        await b.clock.advance(1.4)
        assert asked(b) == (1, 0)
        await b.clock.advance(0.2)
        await say(b.other, "two()")  # type: ignore[arg-type]
        assert answer_of(task) == ("two()", "second-model")


async def test_who_pressed_the_key_waits_longer_for_the_better_model() -> None:
    """Three times as long."""
    async with chain() as b:
        (await b.ask("x = |", trigger=Trigger.INVOKED)).add_done_callback(lambda _: None)
        await b.clock.advance(4.4)
        assert asked(b) == (1, 0)
        await b.clock.advance(0.2)
        assert asked(b) == (1, 1)


async def test_a_late_model_is_not_asked_again_until_its_answer_is_there_and_then_given_more_time() -> None:
    """How late it was says how patient to be."""
    async with chain() as b:
        await b.ask("x = |")
        await b.clock.advance(1.6)
        await b.ask("y = |")
        assert asked(b) == (1, 2)
        await b.clock.advance(1.4)
        await say(b.model, "one()")
        await b.ask("z = |")
        assert asked(b) == (2, 2)
        await b.clock.advance(5.9)
        assert asked(b) == (2, 2)
        await b.clock.advance(0.2)
        assert asked(b) == (2, 3)


async def test_a_model_is_late_at_whatever_time_it_was_asked() -> None:
    """Its time over, nothing is left of it: 2.3 - 1.8 is a little less than 0.5, and would be waited for for ever."""
    async with chain(options=EngineOptions(fallback_after_ms=500)) as b:
        await b.clock.advance(1.8)
        task = await b.ask("x = |")
        await b.clock.advance(0.6)
        assert b.other
        await say(b.other, "foo(a)")
        assert answer_of(task)[0] == "foo(a)"


async def test_a_late_answer_is_known_from_then_on() -> None:
    """It was paid for."""
    async with chain() as b:
        task = await b.ask("x = |")
        await b.clock.advance(1.6)
        await say(b.other, "two()")  # type: ignore[arg-type]
        assert answer_of(task) == ("two()", "second-model")
        await say(b.model, "one()")
        assert answer_of(await b.ask("x = |")) == ("one()", "first-model")
        assert asked(b) == (1, 1)


async def test_a_late_answer_is_announced_where_the_other_one_answered() -> None:
    """Which need not be where the late model was asked."""
    async with chain() as b:
        await b.ask("x = |")
        await b.edit("x = o|")
        task = await b.ask("x = o|")
        await b.clock.advance(1.6)
        await say(b.other, "r_two()")  # type: ignore[arg-type]
        assert answer_of(task) == ("r_two()", "second-model")
        await say(b.model, "one()")
        assert [request.line_before for request in b.listener.late] == ["x = o"]
        assert answer_of(await b.ask("x = o|")) == ("ne()", "first-model")


async def test_a_late_answer_is_announced_to_who_never_waited_for_it() -> None:
    """The request that began it was cancelled before it was late; the next one asks the other model at once."""
    async with chain(options=EngineOptions(fallback_after_ms=400)) as b:
        first = await b.ask("x = |")
        first.cancel()
        await b.clock.advance(0.5)
        task = await b.ask("x = |")
        await say(b.other, "two()")  # type: ignore[arg-type]
        assert answer_of(task) == ("two()", "second-model")
        await say(b.model, "one()")
        assert b.listener.events == ["answered late"]


async def test_where_the_other_one_has_nothing_to_say_the_late_model_is_waited_for() -> None:
    """Its text ends the request, and nobody is told to ask again for what is already shown."""
    async with chain() as b:
        task = await b.ask("x = |")
        await b.clock.advance(1.6)
        await b.other.last.finish()
        assert not task.done()
        await say(b.model, "one()")
        assert answer_of(task) == ("one()", "first-model")
        assert asked(b) == (1, 1)
        assert b.listener.events == []


async def test_what_the_late_model_said_while_the_other_one_was_asked_is_not_lost() -> None:
    """It had answered, and ended, before the other one turned out to have nothing to say."""
    async with chain() as b:
        task = await b.ask("x = |")
        await b.clock.advance(1.6)
        await say(b.model, "one()")
        await b.other.last.finish()
        assert answer_of(task) == ("one()", "first-model")


async def test_silence_that_is_known_does_not_hide_the_late_model_either() -> None:
    """Editors cancel and ask again at the same place."""
    async with chain() as b:
        first = await b.ask("x = |")
        await b.clock.advance(1.6)
        await b.other.last.finish()
        first.cancel()
        task = await b.ask("x = |")
        assert not task.done()
        await say(b.model, "one()")
        assert answer_of(task) == ("one()", "first-model")


@pytest.mark.parametrize("error", [UnavailableError("first", "away"), None])
async def test_where_nobody_has_anything_to_say_the_request_ends(error: ProviderError | None) -> None:
    """Whether the late model fails, or has nothing to say either."""
    async with chain() as b:
        task = await b.ask("x = |")
        await b.clock.advance(1.6)
        await b.other.last.finish()
        await (b.model.last.fail(error) if error else b.model.last.finish())
        assert isinstance(task.result(), Skip)


async def test_who_types_on_is_not_kept_by_a_late_model() -> None:
    """The newer request gets its own answer."""
    async with chain() as b:
        task = await b.ask("x = |")
        await b.clock.advance(1.6)
        await b.other.last.finish()
        newer = await b.ask("x = y|")
        assert task.result() is Skip.SUPERSEDED
        await b.clock.advance(0.06)  # the other had nothing to say
        await say(b.other, " + 1")  # type: ignore[arg-type]
        assert answer_of(newer) == (" + 1", "second-model")


async def test_a_model_that_never_answers_is_tried_again_by_itself() -> None:
    """After ten seconds it is hung up; after a pause one request tries it, with less patience."""
    async with chain() as b:
        await b.ask("x = |")
        await b.clock.advance(12)
        assert b.model.answers[0].is_closed
        await b.clock.advance(1)
        await b.ask("y = |")
        assert asked(b) == (2, 1)
        await b.clock.advance(0.6)
        assert asked(b) == (2, 2)


async def test_without_anybody_else_a_late_model_is_waited_for() -> None:
    """Its transport says when it is hopeless."""
    async with bench() as b:
        task = await b.ask("x = |")
        await b.clock.advance(8)
        await say(b.model, "one()")
        assert answer_of(task) == ("one()", "first-model")


async def test_waiting_can_be_left_to_the_transport() -> None:
    """0 means: only a failure brings in the other model."""
    async with chain(options=EngineOptions(fallback_after_ms=0)) as b:
        await b.ask("x = |")
        await b.clock.advance(20)
        assert asked(b) == (1, 0)


async def test_over_budget_the_other_model_answers_at_once_and_the_first_is_asked_again_when_it_may_be() -> None:
    """No pause is made for the first one's budget before the second, which has none."""
    clock = FakeClock()
    async with chain(clock=clock, budget=RateBudget(clock, requests_per_minute=6)) as b:
        (await b.ask("x = |")).cancel()
        task = await b.ask("a = |")
        assert asked(b) == (1, 1)
        await say(b.other, "two()")  # type: ignore[arg-type]
        assert answer_of(task) == ("two()", "second-model")
        await clock.advance(10)
        await b.ask("b = |")
        await clock.advance(0.3)
        assert asked(b) == (2, 1)


async def test_the_first_model_is_tried_again_after_the_pause_by_one_request_at_a_time() -> None:
    """A dead API must not be asked by every document at once."""
    async with chain() as b:
        await b.ask("x = |")
        await b.model.last.fail(UnavailableError("first", "away"))
        await b.clock.advance(1.1)
        await b.ask("y = |")
        await b.ask("z = |", uri="file:///other.py")
        assert asked(b) == (2, 2)
        await say(b.model, "one()")
        await b.ask("z = |", uri="file:///third.py")
        assert asked(b) == (3, 2)


async def test_recovery_is_told_once_all_are_well() -> None:
    """The second's success says nothing of the first."""
    async with chain() as b:
        await b.ask("x = |")
        await b.model.last.fail(UnavailableError("first", "away"))
        await say(b.other, "two()")  # type: ignore[arg-type]
        assert b.listener.events == ["failed: away"]
        await b.clock.advance(1.1)
        await b.ask("y = |")
        await say(b.model, "one()")
        assert b.listener.events == ["failed: away", "recovered"]


async def test_where_all_fail_the_request_is_answered_with_nothing() -> None:
    """Each is asked once for it, also if the user pressed the key."""
    async with chain() as b:
        task = await b.ask("x = |", trigger=Trigger.INVOKED)
        await b.model.last.fail(AuthenticationError("first", "set KEY"))
        await b.other.last.fail(UnavailableError("second", "away"))
        assert task.result() is Skip.PROVIDER_FAILED
        assert asked(b) == (1, 1)


async def test_what_the_lesser_model_said_holds_until_the_better_one_may_be_asked() -> None:
    """Its silence least of all; but what is being typed is followed to its end."""
    async with chain() as b:
        task = await b.ask("x = |")
        await b.model.last.fail(UnavailableError("first", "away"))
        await say(b.other, "two(a)")  # type: ignore[arg-type]
        assert answer_of(task) == ("two(a)", "second-model")
        assert answer_of(await b.ask("x = |")) == ("two(a)", "second-model")
        silent = await b.ask("y = 1|")
        await b.other.last.finish()
        assert silent.result() is Skip.NOTHING_NEW
        await b.clock.advance(1.1)
        assert answer_of(await b.ask("x = tw|")) == ("o(a)", "second-model")
        assert asked(b) == (1, 2)
        await b.ask("y = 1|")
        await b.clock.advance(0.2)
        assert asked(b) == (2, 2)


async def test_a_silent_answer_of_the_better_model_is_an_answer() -> None:
    """FIM models say nothing where nothing is missing; the other one is not asked for more."""
    async with chain() as b:
        task = await b.ask("x = 1|")
        await b.model.last.finish()
        assert task.result() is Skip.NOTHING_NEW
        assert asked(b) == (1, 0)


async def test_a_late_stream_is_hung_up_when_its_document_goes_another_way_or_is_closed() -> None:
    """Nobody will want its answer."""
    async with chain() as b:
        await b.ask("x = |")
        await b.clock.advance(1.6)
        await b.edit("something else|")
        assert b.model.answers[0].is_closed
        await b.clock.advance(5)
        await b.ask("x = |")
        await b.clock.advance(1.6)
        b.engine.observe_close(URI)
        await b.clock.advance(0)
        assert all(answer.is_closed for answer in b.model.answers)


async def test_closing_the_engine_hangs_up_late_streams() -> None:
    """Nothing runs on."""
    b = Bench(other=ScriptedModel())
    await b.ask("x = |")
    await b.clock.advance(1.6)
    await b.engine.close()
    assert b.model.last.is_closed
    assert b.other
    assert b.other.last.is_closed


async def test_the_wait_of_a_failing_model_is_not_waited_twice() -> None:
    """The user has waited before the first was asked."""
    async with chain(options=EngineOptions(min_delay_ms=200)) as b:
        await b.ask("x = |")
        await b.clock.advance(0.25)
        await b.model.last.fail(UnavailableError("first", "away"))
        assert asked(b) == (1, 1)


async def test_every_request_leaves_a_record_without_text() -> None:
    """Who was asked, how it went, how long it took and what it cost."""
    async with chain(options=EngineOptions(min_delay_ms=100)) as b:
        await b.ask("x = |")
        await b.clock.advance(0.2)
        await b.model.last.fail(UnavailableError("first", "away"))
        await b.clock.advance(0.3)
        await b.other.last.say("two()")
        await b.clock.advance(0.5)
        await b.other.last.send(Chunk(usage=Usage(10, 4, 2)))
        await b.other.last.finish()
        failed, finished = b.records
        assert (failed.provider, failed.outcome, failed.first_text_ms, failed.wait_ms) == ("first", "failed", None, 100)
        assert (finished.provider, finished.model, finished.outcome) == ("second", "second-model", "finished")
        assert (finished.language, finished.usage, finished.is_estimated) == ("python", Usage(10, 4, 2), False)
        assert (round(finished.first_text_ms or 0), round(finished.stream_ms or 0)) == (300, 500)
        assert "two" not in str(b.records)


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        pytest.param([Usage(), Usage()], None, id="zeros only: gateways without counts send them in each event"),
        pytest.param([Usage(40, 2), Usage()], Usage(40, 2), id="zeros after a count"),
        pytest.param([Usage(), Usage(40, 2)], Usage(40, 2), id="zeros before a count"),
        pytest.param([Usage(0, 7)], 7, id="the answer's only: no prompt has 0 tokens"),
        pytest.param([Usage(40, 0)], Usage(40, 0), id="the prompt's only"),
    ],
)
async def test_a_usage_of_zero_is_no_usage(told: list[Usage], expected: Usage | int | None) -> None:
    """A request that seems free would be one that the budget allows without end."""
    async with bench() as b:
        await b.ask("x = |")
        await b.model.last.say("1 + 2")
        for usage in told:
            await b.model.last.send(Chunk(usage=usage))
        await b.model.last.finish()
        (record,) = b.records
        if isinstance(expected, Usage):
            assert record.usage == expected
        else:
            assert record.usage.prompt_tokens >= 1
            assert record.usage.completion_tokens == (expected or 2)
            assert record.is_estimated


async def test_a_window_is_cut_before_a_request_is_refused() -> None:
    """36,000 tokens a minute hold some large windows at once, and a smaller one after them."""
    clock = FakeClock()
    async with bench(clock=clock, budget=RateBudget(clock, tokens_per_minute=36_000)) as b:
        drawn = "value = compute(first, second)\n" * 200
        for n in range(6):
            await b.ask_for(request_at(f"{drawn}x{n} = |"))
            await clock.advance(0.4)
            await say(b.model, "1")
        sizes = [len(answer.context.prefix) for answer in b.model.answers]
        assert 0 < sizes[-1] < 0.7 * sizes[0]


async def test_limits_in_the_headers_are_kept_from_the_first_answer_on() -> None:
    """No refusal is needed to learn them."""
    async with bench() as b:
        await b.ask("x = |")
        await b.model.last.send(Started(limits=(("x-ratelimit-remaining-req-minute", 0.0), ("x-ratelimit-limit", 6.0))))
        await say(b.model, "1")
        assert (await b.ask("y = |")).result() is Skip.OVER_BUDGET


async def test_a_refused_request_costs_no_tokens_and_one_that_was_hung_up_costs_what_it_had_said() -> None:
    """The budget is settled with what is known."""
    clock = FakeClock()
    budget = RateBudget(clock, tokens_per_minute=60_000)
    async with bench(clock=clock, budget=budget) as b:
        await b.ask("x = |")
        await b.model.last.fail(ProviderError("first", "no"))
        assert budget.tokens_left() == 1
        await clock.advance(2)
        await b.ask("y = |")
        await b.model.last.send(Started())
        await b.model.last.say("abc" * 10)
        await b.edit("z|")
        assert budget.tokens_left() == pytest.approx(1 - (2 + 10) / 10_000, abs=1e-4)


async def test_a_stalled_stream_that_is_hung_up_counts_as_a_failure() -> None:
    """It had begun well; that is no reason to wait for the next one as long."""
    async with chain() as b:
        await b.ask("x = |")
        await b.model.last.say("one(")
        await b.clock.advance(1.6)
        await b.edit("something else|")
        assert b.model.last.is_closed
        await b.ask("y = |")
        await b.clock.advance(0.1)
        assert asked(b) == (1, 2)


async def test_a_spent_day_leaves_the_models_that_cost_nothing(tmp_path: Path) -> None:
    """The paid model is passed over, its smaller windows are tried before, and the reason is the day's limit."""
    said: list[tuple[float, str]] = []
    clock = FakeClock()
    day = DaySpending(tmp_path / "u", clock.call_later, lambda most, day: said.append((most, day)))
    await day.limit_to(0.000_5)
    async with bench(clock=clock, other=ScriptedModel()) as b:
        paid, free = b.engine.chain.backends
        paid.price, free.price = Price(1.0, 1.0), FREE
        paid.spending = free.spending = day
        drawn = "value = compute(first, second)\n" * 200
        await b.ask_for(request_at(f"{drawn}x = |"))
        assert 0 < len(b.model.last.context.prefix) < 2_000
        await b.model.last.send(Chunk("1"))
        await b.model.last.send(Chunk(usage=Usage(400, 100)))
        await b.model.last.finish()
        assert b.records[-1].cost == pytest.approx(0.000_5)
        await b.ask_for(request_at(f"{drawn}y = |"))
        assert b.other is not None
        assert "y = " in b.other.last.context.prefix
        assert len(b.model.answers) == 1
        await say(b.other, "2")
        free.price = None
        assert (await b.ask_for(request_at(f"{drawn}z = |"))).result() is Skip.DAY_SPENT
    assert len(said) == 1


async def test_a_failed_request_gives_the_days_dollars_back(tmp_path: Path) -> None:
    """It was reserved at most, and cost nothing."""
    clock = FakeClock()
    day = DaySpending(tmp_path / "u", clock.call_later, lambda _most, _day: None)
    await day.limit_to(0.001)
    async with bench(clock=clock) as b:
        (only,) = b.engine.chain.backends
        only.price, only.spending = Price(1.0, 1.0), day
        for _ in range(5):
            await b.ask("x = |")
            await b.model.last.fail(RateLimitedError("first", "no", retry_after=0.0))
            await clock.advance(60)
        assert day._held == pytest.approx(0)
        assert day._own == 0
