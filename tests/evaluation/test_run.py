"""Everybody is asked everything once, answers are kept as they come, and a limit is a limit."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from pathlib import Path

import pytest
from attrs import define, field

from fim_language_server.core.values import Chunk, CompletionRequest, Context, Trigger, Usage
from fim_language_server.errors import AuthenticationError, ProviderError, RateLimitedError
from fim_language_server.evaluation.evaluated_models import EvaluatedModel
from fim_language_server.evaluation.holes import Hole
from fim_language_server.evaluation.model_calls import PromptWindow
from fim_language_server.evaluation.plan import Plan, WorkspaceCopy
from fim_language_server.evaluation.records import Record
from fim_language_server.evaluation.retrying import Pace
from fim_language_server.evaluation.run import Run, RunLimits, estimate
from fim_language_server.usage.day_spending import DaySpending
from fim_language_server.usage.record import Price
from tests.fakes.clock import FakeClock

HOLES = tuple(Hole(f"{name}.py", "line", 0, 0, "", "\n", f"{name} = 1") for name in "abc")
PLAN = Plan((WorkspaceCopy(HOLES[:2], (), dict), WorkspaceCopy(HOLES[2:], (), dict)))
WINDOW = PromptWindow(100, 100)

Say = Callable[[str, Trigger], Chunk]


@define
class Application:
    """The part of an application that is asked: says what `say` says about a path; errors go first."""

    say: Say
    errors: list[ProviderError] = field(factory=list)
    asked: list[str] = field(factory=list)

    async def open_stream(self, request: CompletionRequest, context: Context) -> AsyncGenerator[Chunk, None]:
        self.asked.append(context.path)
        if self.errors:
            raise self.errors.pop(0)
        yield self.say(context.path, request.trigger)


def right(path: str, _trigger: Trigger) -> Chunk:
    return Chunk(f"{path[0]} = 1", "stop", Usage(100, 10))


def contestant(
    application: Application, *, label: str = "m", price: Price | None = None, **more: object
) -> EvaluatedModel:
    return EvaluatedModel(label, application, True, price, "host", **more)  # type: ignore[arg-type]


class Watcher:
    """Hears what goes on."""

    def __init__(self) -> None:
        self.steps: list[str] = []
        self.said: list[str] = []

    def step(self, label: str) -> None:
        self.steps.append(label)

    def say(self, text: str) -> None:
        self.said.append(text)


class Time:
    """Passes only while somebody sleeps."""

    def __init__(self) -> None:
        self.time = 0.0

    def now(self) -> float:
        return self.time

    async def sleep(self, seconds: float) -> None:
        self.time += seconds


@define
class Setting:
    """A run, and what it is watched by."""

    contestants: list[EvaluatedModel]
    record: Record = field(factory=lambda: Record({}))
    limits: RunLimits = field(factory=RunLimits)
    watcher: Watcher = field(factory=Watcher)
    time: Time = field(factory=Time)
    entered: list[WorkspaceCopy] = field(factory=list)

    async def ask_all(self) -> Record:
        async def enter(stage: WorkspaceCopy) -> None:
            self.entered.append(stage)

        run = Run(
            self.contestants, self.record, WINDOW, self.time.now, self.time.sleep, self.watcher, self.limits
        )  # fmt: skip
        await run.ask_all(PLAN, enter)
        return self.record


async def test_everybody_is_asked_everything() -> None:
    setting = Setting([contestant(Application(right), label="one"), contestant(Application(right), label="two")])
    record = await setting.ask_all()
    assert [(answer.provider, answer.hole) for answer in record.answers] == [
        (label, hole.name) for hole in HOLES for label in ("one", "two")
    ]
    assert all(answer.text == answer.target == answer.shown for answer in record.answers)
    assert setting.watcher.steps == ["one", "two"] * 3
    assert setting.entered == [], "nobody completes from a workspace here"


async def test_what_is_answered_is_not_asked_again() -> None:
    first = Setting([contestant(Application(right))])
    record = await first.ask_all()
    again = Setting([contestant(application := Application(right))], record)
    await again.ask_all()
    assert application.asked == []
    assert again.watcher.steps == ["m"] * 3
    assert len(record.answers) == 3


async def test_a_model_that_knows_how_sure_it_is_is_asked_as_while_typing_too() -> None:
    """There it may prefer silence; hosts answer the same either way and are asked once."""

    def unsure(path: str, trigger: Trigger) -> Chunk:
        text = f"{path[0]} = 1" if trigger is Trigger.INVOKED else ""
        return Chunk(text, "stop", Usage(), 0.2 if text else None)

    application = Application(unsure)
    record = await Setting([contestant(application)]).ask_all()
    assert [(answer.text, answer.shown) for answer in record.answers] == [(hole.target, "") for hole in HOLES]
    assert len(application.asked) == 6


async def test_a_workspace_is_entered_only_where_somebody_needs_it() -> None:
    setting = Setting([contestant(Application(right), is_embedded=True)])
    record = await setting.ask_all()
    assert setting.entered == list(PLAN.stages)
    again = Setting([contestant(Application(right), is_embedded=True)], record)
    await again.ask_all()
    assert again.entered == []


async def test_who_fails_for_good_is_left_out_and_the_others_go_on() -> None:
    bad = Application(right, [AuthenticationError("m", "the key is wrong")])
    setting = Setting([contestant(bad, label="bad"), contestant(Application(right), label="good")])
    record = await setting.ask_all()
    assert {answer.provider for answer in record.answers} == {"good"}
    assert len(bad.asked) == 1
    assert setting.contestants[0].failure == "the key is wrong"
    assert setting.watcher.said == ["bad is asked no more: the key is wrong"]


async def test_a_busy_host_is_waited_for() -> None:
    """The wait is told with the answer, and is no part of its time."""
    application = Application(right, [RateLimitedError("m", "busy", retry_after=5), RateLimitedError("m", "busy")])
    setting = Setting([contestant(application)])
    record = await setting.ask_all()
    assert [(answer.waited_ms, answer.total_ms) for answer in record.answers] == [(7_000, 0), (0, 0), (0, 0)]
    assert len(application.asked) == 5


async def test_the_pace_of_a_host_is_kept() -> None:
    setting = Setting([contestant(Application(right), pace=Pace(requests_per_minute=30))])
    await setting.ask_all()
    assert setting.time.time == 4.0, "two pauses of two seconds between three questions"


@pytest.mark.parametrize(
    ("limits", "n", "reason"),
    [
        (RunLimits(requests=2), 2, "the budget of 2 requests is spent"),
        (RunLimits(usd=0.0002), 2, "the budget of 0.0002 USD is spent"),
        (RunLimits(usd=1, requests=10), 3, ""),
    ],
)
async def test_no_more_is_spent_than_allowed(limits: RunLimits, n: int, reason: str) -> None:
    setting = Setting([contestant(Application(right), price=Price(1.0, 1.0))], limits=limits)
    record = await setting.ask_all()
    assert (len(record.answers), setting.contestants[0].failure) == (n, reason)


async def test_cancelled_it_keeps_what_there_is() -> None:
    """Ctrl-C; and the stream is closed."""
    hanging = asyncio.Event()
    closed = []

    class Hanging(Application):
        async def open_stream(self, request: CompletionRequest, context: Context) -> AsyncGenerator[Chunk, None]:
            if context.path == "b.py":
                hanging.set()
                try:
                    await asyncio.Event().wait()
                finally:
                    closed.append(True)
            yield right(context.path, request.trigger)

    setting = Setting([contestant(Hanging(right))])
    task = asyncio.create_task(setting.ask_all())
    await hanging.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert [answer.hole for answer in setting.record.answers] == [HOLES[0].name]
    assert closed == [True]


def test_what_it_will_take_is_estimated_before() -> None:
    """Only what is not answered yet, and no more tokens than an answer may have."""

    class Settings:
        class settings:
            class provider:
                max_tokens = 10

    hole = Hole("a.py", "line", 0, 0, "x" * 320, "", "target")
    plan = Plan((WorkspaceCopy((hole, *HOLES), (hole,), dict),))
    one = EvaluatedModel("m", Settings(), True, Price(1_000, 1_000), "host")  # type: ignore[arg-type]
    expected = estimate(one, plan, Record({}), PromptWindow(160, 10))
    assert expected.requests == 4 + len("target")
    assert expected.prompt_tokens == 50 * 7
    assert expected.completion_tokens == 100
    assert expected.usd == pytest.approx(0.45)


async def test_a_run_that_is_cancelled_stops_at_once_and_goes_on_where_it_was() -> None:
    """Also with a model that never waits: what is in the record then is not asked again."""
    running: list[asyncio.Task[Record]] = []

    def say(path: str, trigger: Trigger) -> Chunk:
        if path == "b.py":
            running[0].cancel()
        return right(path, trigger)

    application = Application(say)
    setting = Setting([contestant(application)])
    running.append(asyncio.create_task(setting.ask_all()))
    with pytest.raises(asyncio.CancelledError):
        await running[0]
    assert [answer.hole for answer in setting.record.answers] == [hole.name for hole in HOLES[:2]]
    application.say, application.asked = right, []
    await setting.ask_all()
    assert application.asked == ["c.py"]


async def test_the_dollars_of_a_day_hold_for_an_evaluation(tmp_path: Path) -> None:
    """Nothing is asked that could exceed them, and what was asked counts for the editors, too."""
    day = DaySpending(tmp_path / "u", FakeClock().call_later, lambda _most, _day: None)
    await day.limit_to(0.2)

    class Limited(Application):
        class settings:
            class provider:
                max_tokens = 10

    application = Limited(right)
    setting = Setting([contestant(application, price=Price(1_000, 1_000), day=day)])
    await setting.ask_all()
    assert application.asked == ["a.py"]
    assert "budget.dollarsPerDay" in setting.contestants[0].failure
    assert day._own == pytest.approx(0.11)
