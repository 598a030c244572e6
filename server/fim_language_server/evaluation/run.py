"""The evaluation itself: every hole to every provider, one question at a time, each answer kept as it comes."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Final, Protocol, TypeVar

from attrs import define, field, frozen

from fim_language_server.core.values import Trigger, Usage
from fim_language_server.errors import DaySpentError, ProviderError
from fim_language_server.evaluation.evaluated_models import EvaluatedModel
from fim_language_server.evaluation.holes import Hole
from fim_language_server.evaluation.model_calls import (
    ModelAnswer,
    ModelCaller,
    PromptWindow,
    estimate_tokens,
    request_of,
)
from fim_language_server.evaluation.plan import Plan, WorkspaceCopy
from fim_language_server.evaluation.records import Answered, Record, Typed
from fim_language_server.evaluation.retrying import RetryPolicy
from fim_language_server.evaluation.typing_simulation import type_line

LEAST_CHARS_PER_TOKEN: Final = 2
"""Code points a token at least, for what a question may cost; source code has three and more."""

Entry = TypeVar("Entry", Answered, Typed)

Enter = Callable[[WorkspaceCopy], Awaitable[None]]
"""Makes the workspace of a stage the one to complete from."""


class EvaluationProgress(Protocol):
    """Listener to the progress of an evaluation."""

    def step(self, label: str) -> None:
        """One question (or line) of a provider is done, or known from before."""
        ...

    def say(self, text: str) -> None:
        """Something happened that the user should know."""
        ...


@frozen
class RunLimits:
    """Limits of what is spent on each provider; None is no limit."""

    usd: float | None = None
    requests: int | None = None


@frozen
class Estimate:
    """Upper bound of an evaluation's cost at a provider: requests, tokens, and USD where the price is known."""

    requests: int
    prompt_tokens: int
    completion_tokens: int
    usd: float | None


def estimate(contestant: EvaluatedModel, plan: Plan, record: Record, window: PromptWindow) -> Estimate:
    """Estimate what is still to be asked; answers are mostly much shorter than the limit counted here."""
    holes = [hole for hole in plan.holes if not record.has(Answered, contestant.label, hole.name)]
    lines = [line for line in plan.lines if not record.has(Typed, contestant.label, line.name)]
    # Ghost text that agrees stays, so a line takes fewer questions than it has characters.
    questions = [(hole, 1) for hole in holes] + [(line, len(line.target)) for line in lines]
    prompt = sum(
        count * estimate_tokens(request.prefix + request.suffix)
        for hole, count in questions
        for request in (request_of(hole, "", Trigger.INVOKED, window),)
    )
    requests = sum(count for _, count in questions)
    completion = requests * contestant.max_tokens
    usd = None if contestant.price is None else contestant.price.of(Usage(prompt, completion))
    return Estimate(requests, prompt, completion, usd)


@define
class Questioner:
    """Puts questions to one contestant, patiently, and counts what they take."""

    contestant: EvaluatedModel
    window: PromptWindow
    now: Callable[[], float] = field(repr=False)
    retry_policy: RetryPolicy
    limits: RunLimits
    requests: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0

    async def answer(self, hole: Hole) -> Answered:
        """Ask about a hole. Raises ProviderError.

        A model that says how sure it is is asked twice: as by a key, and as while typing, when it may prefer silence.
        """
        reply, waited = await self._ask_patiently(hole, Trigger.INVOKED, "")
        shown = reply.text
        if reply.confidence is not None:
            shown = (await self._ask_patiently(hole, Trigger.AUTOMATIC, ""))[0].text
        return Answered(
            provider=self.contestant.label,
            hole=hole.name,
            kind=hole.kind,
            target=hole.target,
            text=reply.text,
            shown=shown,
            confidence=reply.confidence,
            waited_ms=waited * 1_000,
            first_ms=reply.first_ms,
            total_ms=reply.total_ms,
            prompt_tokens=reply.prompt_tokens,
            completion_tokens=reply.completion_tokens,
            tokens_are_estimated=reply.tokens_are_estimated,
        )

    async def type(self, line: Hole) -> Typed:
        """Type a line with the contestant's ghost text. Raises ProviderError."""
        return await type_line(self.contestant.label, line, self._ask)

    def spent_budget(self) -> str:
        """Return which limit is reached, in words; "" for none."""
        price = self.contestant.price
        usd = None if price is None else price.of(Usage(self.prompt_tokens, self.completion_tokens))
        if self.limits.usd is not None and usd is not None and usd >= self.limits.usd:
            return f"the budget of {self.limits.usd:g} USD is spent"
        if self.limits.requests is not None and self.requests >= self.limits.requests:
            return f"the budget of {self.limits.requests} requests is spent"
        return ""

    async def _ask(self, hole: Hole, trigger: Trigger, typed: str) -> ModelAnswer:
        return (await self._ask_patiently(hole, trigger, typed))[0]

    async def _ask_patiently(self, hole: Hole, trigger: Trigger, typed: str) -> tuple[ModelAnswer, float]:
        # Asked for each time: it is another one after a change of workspace.
        asker = ModelCaller(self.contestant.application.open_stream, self.window, self.now)
        pace = self.contestant.pace

        async def ask() -> ModelAnswer:
            most = self._reserve_dollars(hole)
            reply = None
            try:
                self.requests += 1
                reply = await asker.ask(hole, trigger, typed)
                return reply
            finally:
                self._settle_dollars(most, reply)

        # A model of this process never waits for anything: Ctrl-C is heard here.
        await asyncio.sleep(0)
        pause = pace.pause(self.now())
        if pause:
            await self.retry_policy.sleep(pause)
        began = self.now()
        reply, waited = await self.retry_policy.ask(ask)
        pace.asked(began, reply.prompt_tokens + reply.completion_tokens)
        self.prompt_tokens += reply.prompt_tokens
        self.completion_tokens += reply.completion_tokens
        return reply, pause + waited

    def _reserve_dollars(self, hole: Hole) -> float | None:
        """Return what a question costs at most, set aside of the day's dollars. Raises DaySpentError."""
        contestant = self.contestant
        if contestant.day is None:
            return None
        prompt = self.window.prefix_chars + self.window.suffix_chars + len(hole.target)
        usage = Usage(prompt // LEAST_CHARS_PER_TOKEN, contestant.max_tokens)
        most = None if contestant.price is None else contestant.price.of(usage)
        if not contestant.day.reserve_nowait(most):
            raise DaySpentError(contestant.label, "the dollars of this day are spent (budget.dollarsPerDay)")
        return most

    def _settle_dollars(self, most: float | None, reply: ModelAnswer | None) -> None:
        contestant = self.contestant
        if contestant.day is not None:
            tokens = Usage() if reply is None else Usage(reply.prompt_tokens, reply.completion_tokens)
            contestant.day.settle(most, None if contestant.price is None else contestant.price.of(tokens))


@define
class Run:
    """Asks everybody about everything that is not in the record yet. Cancelled, it leaves the record as it is.

    `now` gives seconds that only grow, `sleep` waits for some.
    """

    contestants: Sequence[EvaluatedModel]
    record: Record
    window: PromptWindow
    now: Callable[[], float] = field(repr=False)
    sleep: Callable[[float], Awaitable[None]] = field(repr=False)
    progress: EvaluationProgress = field(repr=False)
    limits: RunLimits = field(factory=RunLimits)

    async def ask_all(self, plan: Plan, enter: Enter) -> None:
        """Ask about the holes of each stage and type its lines. A contestant that fails for good is left out then."""
        questioners = [
            Questioner(one, self.window, self.now, RetryPolicy(self.sleep, self.progress.say), self.limits)
            for one in self.contestants
        ]
        for stage in plan.stages:
            if self._needs_workspace(stage):
                await enter(stage)
            for hole in stage.holes:
                for one in questioners:
                    await self._put(one, Answered, hole, one.answer)
            for line in stage.lines:
                for one in questioners:
                    await self._put(one, Typed, line, one.type)

    def _needs_workspace(self, stage: WorkspaceCopy) -> bool:
        """Is there something left to ask that is answered from the workspace?"""
        return any(
            one.is_embedded
            and not (
                all(self.record.has(Answered, one.label, hole.name) for hole in stage.holes)
                and all(self.record.has(Typed, one.label, line.name) for line in stage.lines)
            )
            for one in self.contestants
        )

    async def _put(
        self, one: Questioner, kind: type[Entry], hole: Hole, ask: Callable[[Hole], Awaitable[Entry]]
    ) -> None:
        contestant = one.contestant
        if not contestant.failure and not self.record.has(kind, contestant.label, hole.name):
            contestant.failure = one.spent_budget()
            if not contestant.failure:
                try:
                    self.record.add(await ask(hole))
                except ProviderError as error:
                    contestant.failure = str(error)
            if contestant.failure:
                self.progress.say(f"{contestant.label} is asked no more: {contestant.failure}")
        self.progress.step(contestant.label)
