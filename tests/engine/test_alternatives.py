"""Who presses the key for a suggestion has others to choose from, and does not wait for them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import pytest
from attrs import define, evolve, field

from fim_language_server.core.values import CompletionRequest, SelectedText, Skip, Suggestion, Trigger
from fim_language_server.engine.engine import Engine, EngineOptions
from fim_language_server.engine.health import Health
from fim_language_server.engine.model_chain import Backend, Chain
from fim_language_server.engine.outcomes import OutcomeCounts
from fim_language_server.errors import RateLimitedError, RequestRejectedError, UnavailableError
from fim_language_server.spending.budget import RateBudget
from tests.fakes.clock import FakeClock, settle
from tests.fakes.engine_bench import first_of
from tests.fakes.model import ScriptedModel
from tests.fakes.requests import URI, request_at

Answer = Sequence[Suggestion] | Skip


@define
class Bench:
    """An engine whose model and clock belong to the test."""

    engine: Engine
    model: ScriptedModel
    clock: FakeClock
    failures: list[str] = field(factory=list)

    async def press(self, drawn: str, selected: SelectedText | None = None) -> asyncio.Task[Answer]:
        """Press the key for a suggestion and let the request run until it waits."""
        request = evolve(request_at(drawn, trigger=Trigger.INVOKED), selected=selected)
        task = asyncio.create_task(self.engine.complete(request))
        await settle()
        return task

    async def answer(self, *texts: str, beginning: int = 0) -> None:
        """Answer the requests made so far, in the order in which they were made."""
        for answer, text in zip(self.model.answers[beginning:], texts, strict=False):
            await answer.say(text)
            await answer.finish()

    def provider_failed(self, error: Exception) -> None:
        self.failures.append(str(error))

    def provider_recovered(self) -> None: ...

    def answered_late(self, request: CompletionRequest) -> None: ...

    def notice(self, text: str) -> None: ...


@asynccontextmanager
async def bench(requests_per_minute: int = 0) -> AsyncIterator[Bench]:
    model, clock = ScriptedModel(), FakeClock()
    budget = RateBudget(clock, requests_per_minute)
    made = Bench(None, model, clock)  # type: ignore[arg-type]
    chain = Chain((Backend("p", "", model, budget, Health(clock)),))
    made.engine = Engine(chain, EngineOptions(), clock, made)
    try:
        yield made
    finally:
        await made.engine.close()


def texts(task: asyncio.Task[Answer]) -> list[str]:
    answer = task.result()
    assert not isinstance(answer, Skip), answer
    assert len({suggestion.id for suggestion in answer}) == len(answer)
    return [suggestion.text for suggestion in answer]


async def test_three_different_texts_are_offered_the_usual_one_first() -> None:
    """The model is asked beside the first request, each time differently."""
    async with bench() as b:
        task = await b.press("x = |")
        assert [answer.request.variant for answer in b.model.answers] == [0, 1, 2]
        await b.answer("foo()", "bar()", "baz()")
        assert texts(task) == ["foo()", "bar()", "baz()"]


async def test_equal_texts_are_offered_once() -> None:
    """After shaping: what differs only in what is cut away is the same."""
    async with bench() as b:
        task = await b.press("x = |")
        await b.answer("foo()", "foo()  ", "bar()")
        assert texts(task) == ["foo()", "bar()"]


async def test_typing_never_asks_for_more_than_one() -> None:
    """Others cost requests; only the key is worth them."""
    async with bench() as b:
        task = asyncio.create_task(b.engine.complete(request_at("x = |")))
        await settle()
        await b.answer("foo()")
        assert texts(task) == ["foo()"]
        assert len(b.model.answers) == 1


async def test_the_first_text_waits_a_short_while_only_and_the_rest_is_there_next_time() -> None:
    async with bench() as b:
        task = await b.press("x = |")
        await b.answer("foo()")
        await b.clock.advance(0.7)
        assert not task.done()
        await b.clock.advance(0.2)
        assert texts(task) == ["foo()"]
        await b.answer("bar()", "baz()", beginning=1)
        assert texts(await b.press("x = |")) == ["foo()", "bar()", "baz()"]
        assert len(b.model.answers) == 3


async def test_what_is_known_is_offered_before_anybody_is_asked_again() -> None:
    """The text that was shown while typing stays the first."""
    async with bench() as b:
        automatic = asyncio.create_task(first_of(b.engine, request_at("x = |")))
        await settle()
        await b.answer("foo()")
        await automatic
        task = await b.press("x = |")
        await b.answer("bar()", "baz()", beginning=1)
        assert texts(task) == ["foo()", "bar()", "baz()"]
        assert [answer.request.variant for answer in b.model.answers] == [0, 1, 2]


async def test_typing_on_ends_the_waiting_and_hangs_up() -> None:
    """The first text is answered at once; what the edit contradicts costs nothing more."""
    async with bench() as b:
        task = await b.press("x = |")
        await b.answer("foo()")
        await b.model.answers[1].say("ba")
        b.engine.observe_edit([request_at("x = f|")])
        newer = asyncio.create_task(b.engine.complete(request_at("x = f|")))
        await settle()
        assert texts(task) == ["foo()"]
        assert texts(newer) == ["oo()"]
        assert b.model.answers[1].is_closed
        assert not b.model.answers[2].is_closed


async def test_a_text_that_was_chosen_is_followed_as_the_first_would_be() -> None:
    """Taking a part of the second text offers its rest with no new request, and is no failure."""
    async with bench() as b:
        task = await b.press("x = |")
        await b.answer("foo(a)", "bar(a)", "baz(a)")
        assert len(texts(task)) == 3
        b.engine.observe_edit([request_at("x = bar|")])
        rest = await first_of(b.engine, request_at("x = bar|"))
        assert isinstance(rest, Suggestion)
        assert rest.text == "(a)"
        assert len(b.model.answers) == 3
        b.engine.observe_edit([request_at("x = bar(a)|")])
        assert b.engine.outcomes.statistics() == OutcomeCounts(1, accepted=1)
        assert b.engine.outcomes.failures(URI) == 0


async def test_texts_to_choose_from_do_not_displace_the_first_while_typing() -> None:
    async with bench() as b:
        task = await b.press("x = |")
        await b.answer("foo(a)", "foo(b)", "food")
        await task
        answer = await first_of(b.engine, request_at("x = f|"))
        assert isinstance(answer, Suggestion)
        assert answer.text == "oo(a)"


async def test_the_budget_is_left_to_what_the_user_waits_for() -> None:
    """Others need what is above half of the burst: of six requests a burst holds, three are taken."""
    async with bench(requests_per_minute=24) as b:
        await b.press("x = |")
        await b.press("y = |")
        assert [answer.request.variant for answer in b.model.answers] == [0, 1, 0]


@pytest.mark.parametrize("error", [RequestRejectedError("p", "no"), UnavailableError("p", "away")])
async def test_a_request_for_others_fails_unseen(error: Exception) -> None:
    """A host that takes no temperature still completes."""
    async with bench() as b:
        task = await b.press("x = |")
        for answer in b.model.answers[1:]:
            await answer.fail(error)
        await b.answer("foo()")
        assert texts(task) == ["foo()"]
        assert b.failures == []
        again = await b.press("y = |")
        assert not again.done(), "the provider is not left in peace for it"


async def test_a_rate_limit_met_by_them_is_respected() -> None:
    async with bench() as b:
        task = await b.press("x = |")
        await b.answer("foo()")
        await b.model.answers[1].fail(RateLimitedError("p", "slow down", retry_after=30))
        await b.model.answers[2].fail(RateLimitedError("p", "slow down", retry_after=30))
        assert texts(task) == ["foo()"]
        assert await first_of(b.engine, request_at("y = |")) is Skip.PAUSED


async def test_where_the_first_says_nothing_another_may() -> None:
    async with bench() as b:
        task = await b.press("x = 1|")
        await b.answer("", " + 2", "")
        assert texts(task) == [" + 2"]


async def test_a_place_that_is_not_completed_asks_nobody() -> None:
    async with bench() as b:
        assert (await b.press("\0|")).result() is Skip.NOT_TEXT
        assert b.model.answers == []


async def test_all_of_them_extend_the_popups_entry() -> None:
    """They are asked for as if the entry had been accepted."""
    async with bench() as b:
        task = await b.press("self.na|", SelectedText("name", "na"))
        assert {answer.request.prefix for answer in b.model.answers} == {"self.name"}
        await b.answer("_of(x)", "_for(x)", "()")
        assert texts(task) == ["_of(x)", "_for(x)", "()"]
        assert all(suggestion.request.selected for suggestion in task.result())


async def test_a_cancelled_request_takes_the_first_one_with_it() -> None:
    """Nothing waits on for an editor that has let go; the streams live on for the next key, and end."""
    async with bench() as b:
        task = await b.press("x = |")
        task.cancel()
        await settle()
        assert not [one for one in asyncio.all_tasks() if "complete" in str(one.get_coro())]
        await b.clock.advance(11)
        assert all(answer.is_closed for answer in b.model.answers)


async def test_closing_hangs_up() -> None:
    async with bench() as b:
        await b.press("x = |")
        b.engine.observe_close(URI)
        await settle()
        assert all(answer.is_closed for answer in b.model.answers)
