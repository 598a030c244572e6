"""An answer has a size and an end, and taking it in costs time by its length."""

from __future__ import annotations

import asyncio

import pytest

from fim_language_server.core.values import Chunk, Skip, Started, Suggestion, Trigger
from fim_language_server.engine.decision_log import Trace
from fim_language_server.engine.options import EngineOptions
from fim_language_server.engine.shared_stream import SharedStream, StreamState
from fim_language_server.engine.stream_limits import MOST_BLANKS, CheckSchedule, StreamLimits, limits_of
from fim_language_server.engine.turns import Turn
from tests.fakes.clock import FakeClock, settle
from tests.fakes.engine_bench import Bench, bench
from tests.fakes.model import ScriptedModel
from tests.fakes.requests import request_at

LIMITS = limits_of(16, connect_s=5.0, silence_s=10.0)


def limited(b: Bench) -> Bench:
    """Give the first model of a bench its limits."""
    b.engine.chain.backends[0].limits = LIMITS
    return b


async def test_an_answer_without_a_line_end_is_hung_up_on_and_is_none() -> None:
    """16 characters a token; the other model answers."""
    async with bench(other=ScriptedModel()) as b:
        task = await limited(b).ask("x = |")
        for n in range(40):
            await b.model.last.say("".join(chr(97 + (n * 7 + i * i) % 26) for i in range(8)))
        assert b.model.last.is_closed
        await b.other.last.say("two()")
        await b.other.last.finish()
        answer = task.result()
        assert isinstance(answer, Suggestion)
        assert answer.text == "two()"


async def test_of_an_answer_that_is_too_long_whole_lines_are_kept() -> None:
    """Where they are not enough to be sure of, too: the last one is cut."""
    async with bench() as b:
        task = await limited(b).ask("def f():\n    |", trigger=Trigger.INVOKED)
        await b.model.last.say("first = call(a, b)\n    second = " + "value + other * 3 - x / 2 ** y, " * 40)
        assert b.model.last.is_closed
        answer = task.result()
        assert isinstance(answer, Suggestion)
        assert answer.text == "first = call(a, b)"


@pytest.mark.parametrize("piece", [" ", "\n", "\t", " \n", "    "])
async def test_an_answer_of_blanks_ends_early_and_is_silence(piece: str) -> None:
    """Small models say nothing else at a document's end; that is no fault of the provider's."""
    async with bench() as b:
        b.engine.chain.backends[0].limits = limits_of(4_096, 5.0, 10.0)
        task = await b.ask("x = |")
        for _ in range(MOST_BLANKS + 8):
            if not b.model.last.is_closed:
                await b.model.last.say(piece)
        assert b.model.last.is_closed
        assert task.result() in (Skip.FILTERED, Skip.NOTHING_NEW)
        assert b.listener.events == []


@pytest.mark.parametrize("event", [Started(), Chunk(), Chunk(" ")])
async def test_what_is_no_text_is_no_sign_of_life(event: Chunk | Started) -> None:
    """The other model is asked in time, and an answer that never begins fails."""
    async with bench(other=ScriptedModel()) as b:
        await limited(b).ask("x = |")
        for _ in range(4):
            await b.clock.advance(0.4)
            await b.model.last.send(event)
        assert b.other
        assert len(b.other.answers) == 1
    async with bench() as b:
        task = await limited(b).ask("x = |")
        for _ in range(31):
            await b.clock.advance(0.5)
            await b.model.last.send(event)
        assert task.result() is Skip.PROVIDER_FAILED
        assert "firstByteTimeoutMs" in b.listener.events[0]


async def test_an_answer_has_a_total_time() -> None:
    """A word now and then keeps it alive, and not for ever."""
    async with bench(options=EngineOptions(fallback_after_ms=0)) as b:
        task = await limited(b).ask("x = |")
        n = 0
        while not task.done():
            n += 1
            await b.clock.advance(5.0)
            await b.model.last.say(f"w{n} ")
            assert n < 20
        assert task.result() is Skip.PROVIDER_FAILED


async def test_a_text_that_grows_too_slowly_is_stood_in_for() -> None:
    """Each piece is a sign of life, and the request is answered all the same."""
    async with bench(other=ScriptedModel()) as b:
        task = await limited(b).ask("x = |")
        for n in range(14):
            await b.clock.advance(0.5)
            if not b.model.last.is_closed:
                await b.model.last.say(f"w{n}")
        assert b.other
        await b.other.last.say("two()")
        await b.other.last.finish()
        answer = task.result()
        assert isinstance(answer, Suggestion)
        assert answer.text == "two()"


async def test_a_text_that_runs_away_at_once_is_no_answer_and_no_fault_of_the_provider() -> None:
    """Another model is asked; the provider is not paused for it."""
    async with bench(other=ScriptedModel()) as b:
        task = await b.ask("x = |")
        for _ in range(40):
            if not b.model.last.is_closed:
                await b.model.last.say("word ")
        assert b.other
        await b.other.last.say("two()")
        await b.other.last.finish()
        answer = task.result()
        assert isinstance(answer, Suggestion)
        assert answer.text == "two()"
        assert b.listener.events == []
        assert b.engine.chain.is_healthy


async def test_a_late_model_is_waited_for_as_long_again_where_the_other_has_nothing_to_say() -> None:
    """Then the request is answered; what comes later is known, and announced."""
    async with bench(other=ScriptedModel()) as b:
        task = await b.ask("x = |")
        await b.clock.advance(1.6)
        await b.other.last.finish()
        assert not task.done()
        await b.clock.advance(1.6)
        assert task.result() is Skip.PROVIDER_FAILED
        await b.model.last.say("one()")
        await b.model.last.finish()
        assert b.listener.events == ["answered late"]
        answer = (await b.ask("x = |")).result()
        assert isinstance(answer, Suggestion)
        assert answer.text == "one()"


async def count_looks(n: int) -> tuple[int, int]:
    """Return how much text is looked at while an answer of so many pieces comes, and how often a reader is woken."""
    looked, woken = 0, 0

    def is_exhausted(text: str) -> bool:
        nonlocal looked
        looked += len(text)
        return False

    async def pieces():  # type: ignore[no-untyped-def]
        for _ in range(n):
            yield Chunk("x")
        yield Chunk("", "stop")

    class Counting(Turn):
        def wake(self) -> None:
            nonlocal woken
            woken += 1

    clock = FakeClock()
    stream = SharedStream(request_at("x = |"), is_exhausted, lambda _: None, clock, 1.0, limits=StreamLimits())
    with stream.read(Counting(Trace(clock))):
        stream.start(pieces())  # type: ignore[no-untyped-call]
        await stream.wait_closed()
    assert stream.state is StreamState.FINISHED
    assert stream.text == "x" * n
    return looked, woken


async def test_taking_in_an_answer_costs_time_by_its_length() -> None:
    """Twice the pieces are looked at twice as much, and wake who reads hardly more often."""
    small, large = await count_looks(16_000), await count_looks(32_000)
    assert large[0] < 2.2 * small[0]
    assert large[1] < small[1] + 100


def test_a_text_of_usual_length_is_looked_at_with_each_piece() -> None:
    """No suggestion comes later than it did."""
    checks = CheckSchedule()
    assert all(checks.is_due(length) for length in range(1, 1_025, 3))
    assert not all(checks.is_due(length) for length in range(1_025, 4_000, 3))


@pytest.mark.parametrize("whole", ["a\r\nb\rc\nd", "\r\n", "\r\r\n\n", "a\r"])
async def test_line_ends_are_plain_however_they_are_cut(whole: str) -> None:
    """A line end of two characters may be cut in two."""
    for cut in range(len(whole) + 1):
        model = ScriptedModel()
        clock = FakeClock()
        stream = SharedStream(request_at("x = |"), lambda _: False, lambda _: None, clock, 1.0)
        stream.start(model(stream.origin, None))  # type: ignore[arg-type]
        await model.last.say(whole[:cut])
        await model.last.say(whole[cut:])
        await model.last.finish()
        await settle()
        assert stream.text == whole.replace("\r\n", "\n").replace("\r", "\n")
        await asyncio.gather(stream.wait_closed())
