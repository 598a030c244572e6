"""Whatever happens in whatever order, every request is answered and nothing runs on."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from typing import Any

from attrs import define, field
from hypothesis import given, settings
from hypothesis import strategies as st

from fim_language_server.core.values import Chunk, CompletionRequest, Context, Skip, Started, Suggestion, Trigger
from fim_language_server.engine.instant_guess import EAGER, Guesser
from fim_language_server.errors import RateLimitedError, StreamError, UnavailableError
from tests.fakes.clock import settle
from tests.fakes.engine_bench import Bench, bench
from tests.fakes.model import Answer, ScriptedModel
from tests.fakes.requests import URI, request_at

ERRORS = [UnavailableError("m", "away"), RateLimitedError("m", "slow down", retry_after=3), StreamError("m", "garbage")]
PIECES = ["a", "ab", "(b)", "\n", "a\n\n", "\n    ab\n\nb", ")", " "]
STEP = st.one_of(
    st.tuples(st.just("type"), st.sampled_from(["a", "b", "(", ")", "\n", " ", "ab"])),
    st.tuples(st.just("erase"), st.integers(1, 3)),
    st.tuples(st.just("accept"), st.none()),
    st.tuples(st.just("ask"), st.sampled_from(list(Trigger)[:2])),
    st.tuples(st.just("choose"), st.none()),
    st.tuples(st.just("cancel"), st.none()),
    st.tuples(st.just("close"), st.none()),
    st.tuples(st.just("say"), st.tuples(st.integers(0, 3), st.sampled_from(PIECES))),
    st.tuples(st.just("finish"), st.tuples(st.integers(0, 3), st.sampled_from(["stop", "length"]))),
    st.tuples(st.just("fail"), st.tuples(st.integers(0, 3), st.sampled_from(ERRORS))),
    st.tuples(st.just("wait"), st.sampled_from([0.05, 0.3, 0.5, 2.0, 12.0])),
)


async def guess(request: CompletionRequest, context: Context) -> AsyncGenerator[Started | Chunk, None]:
    """Be sure, likely or silent, as the text before the cursor has it."""
    confidence = (0.0, 0.6, 0.9)[len(context.prefix) % 3]
    if confidence:
        yield Chunk("ab", finish_reason="stop", confidence=confidence)


@define
class Typist:
    """Somebody at work in one document."""

    b: Bench
    text: str = "x = "
    ghost: str = ""
    asked: list[asyncio.Task[Any]] = field(factory=list)

    async def take(self, step: tuple[str, Any]) -> None:
        """Do one thing."""
        await getattr(self, step[0])(step[1])

    async def type(self, text: str) -> None:
        self.text += text
        await self.b.edit(f"{self.text}|\n")

    async def erase(self, n: int) -> None:
        self.text = self.text[:-n] or "x"
        await self.b.edit(f"{self.text}|\n")

    async def accept(self, _: None) -> None:
        await self.type(self.ghost)

    async def ask(self, trigger: Trigger) -> None:
        task = await self.b.ask(f"{self.text}|\n", trigger=trigger)
        self.asked.append(task)
        if task.done() and isinstance(answer := task.result(), Suggestion):
            self.ghost = answer.text

    async def choose(self, _: None) -> None:
        request = request_at(f"{self.text}|\n", trigger=Trigger.INVOKED)
        self.asked.append(asyncio.create_task(self.b.engine.complete(request)))
        await settle()

    async def cancel(self, _: None) -> None:
        for task in self.asked[-1:]:
            task.cancel()
        await settle()

    async def close(self, _: None) -> None:
        self.b.engine.observe_close(URI)
        await settle()

    async def say(self, what: tuple[int, str]) -> None:
        if answer := self.answer(what[0]):
            await answer.say(what[1])

    async def finish(self, what: tuple[int, str]) -> None:
        if answer := self.answer(what[0]):
            await answer.finish(what[1])

    async def fail(self, what: tuple[int, Exception]) -> None:
        if answer := self.answer(what[0]):
            await answer.fail(what[1])

    async def wait(self, seconds: float) -> None:
        await self.b.clock.advance(seconds)

    def running(self) -> Sequence[Answer]:
        """Return the answers that are still awaited, the newest first."""
        assert self.b.other
        answers = [*self.b.model.answers, *self.b.other.answers]
        return [answer for answer in reversed(answers) if not answer.is_closed]

    def answer(self, number: int) -> Answer | None:
        return next(iter(self.running()[number:]), None)


async def work(steps: Sequence[tuple[str, Any]]) -> None:
    """Do all that; then let every model come to an end."""
    async with bench(other=ScriptedModel(), guesser=Guesser(lambda: guess, "embedded", EAGER)) as b:
        typist = Typist(b)
        for step in steps:
            await typist.take(step)
            waiting = [task for task in typist.asked if not task.done()]
            assert len(waiting) <= 1, "only the newest request of a document may wait"
        for _ in range(20):
            for answer in typist.running():
                await answer.finish()
            await b.clock.advance(1.0)
        for task in typist.asked:
            assert task.done(), "a request is not answered though no model runs"
            if not task.cancelled():
                answered = task.result()
                assert isinstance(answered, Suggestion | Skip) or all(isinstance(one, Suggestion) for one in answered)
    assert asyncio.all_tasks() == {asyncio.current_task()}, "something runs on after the engine was closed"


@settings(max_examples=150, deadline=None)
@given(st.lists(STEP, max_size=25))
def test_every_request_is_answered_and_nothing_runs_on(steps: list[tuple[str, Any]]) -> None:
    """Typing, asking, cancelling, closing, models that speak, end, fail, dawdle: in any order."""
    asyncio.run(work(steps))
