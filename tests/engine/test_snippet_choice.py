"""Choosing pieces of other files beside the event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from attrs import define, field

from fim_language_server.core.values import CompletionRequest, Skip, Snippet, SnippetSource
from fim_language_server.engine.decision_log import Trace
from fim_language_server.engine.snippet_choice import LONGEST_WAIT_S, SnippetChoice
from fim_language_server.engine.turns import Turn
from tests.fakes.clock import FakeClock, settle
from tests.fakes.requests import request_at


@define
class Threads:
    """A choice whose threads end when the test says so; each finds a piece that names its line."""

    clock: FakeClock = field(factory=FakeClock)
    lines: list[int] = field(factory=list)
    running: list[asyncio.Event] = field(factory=list)
    fails: bool = False
    choice: SnippetChoice = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.choice = SnippetChoice(self.plan, self.clock, self.run)

    def plan(self, request: CompletionRequest) -> Callable[[], tuple[Snippet, ...]]:
        self.lines.append(request.position.line)
        return lambda: (Snippet("b.py", f"for line {request.position.line}"),)

    def plan_closed(self, request: CompletionRequest) -> Callable[[], tuple[Snippet, ...]]:
        self.lines.append(request.position.line)
        text = f"for line {request.position.line}"
        return lambda: (Snippet("b.py", text, source=SnippetSource.WORKSPACE),)

    async def run(self, work: Callable[[], tuple[Snippet, ...]]) -> tuple[Snippet, ...]:
        self.running.append(asyncio.Event())
        await self.running[-1].wait()
        if self.fails:
            raise ValueError("a bug")
        return work()

    async def end(self) -> None:
        """Let the thread that was begun last end."""
        self.running[-1].set()
        await settle()

    def found(self, request: CompletionRequest) -> str:
        chosen = self.choice.newest_for(request)
        return chosen.snippets[0].text if chosen and chosen.snippets else ""


def at_line(line: int, uri: str = "file:///a.py") -> CompletionRequest:
    return request_at("\n" * line + "x|", uri=uri)


async def test_a_choice_is_made_once_a_line() -> None:
    """Keys in one line cost nothing."""
    threads = Threads()
    for _ in range(3):
        threads.choice.begin(at_line(1))
    await settle()
    await threads.end()
    threads.choice.begin(at_line(1))
    threads.choice.begin(at_line(2))
    await settle()
    assert threads.lines == [1, 2]
    assert threads.found(at_line(1)) == "for line 1"
    await threads.end()
    assert threads.found(at_line(2)) == "for line 2"


async def test_one_at_a_time_and_the_newest_place_wins() -> None:
    """Places that the cursor has left again are never chosen for."""
    threads = Threads()
    for line in range(5):
        threads.choice.begin(at_line(line))
        await settle()
    assert threads.lines == [0]
    await threads.end()
    await threads.end()
    assert threads.lines == [0, 4]


async def test_a_request_waits_for_the_pieces_of_its_place_and_not_for_long() -> None:
    """A late choice costs quality, a late answer the suggestion."""
    threads = Threads()
    turn = Turn(Trace(threads.clock))
    waiting = asyncio.create_task(threads.choice.wait(at_line(1), turn))
    await threads.clock.advance(LONGEST_WAIT_S * 0.9)
    assert not waiting.done()
    await threads.end()
    assert waiting.done()
    late = asyncio.create_task(threads.choice.wait(at_line(2), turn))
    await threads.clock.advance(LONGEST_WAIT_S)
    assert late.done()
    assert threads.found(at_line(2)) == "for line 1", "an older one is better than none"
    assert threads.found(at_line(2, "file:///c.py")) == "", "but for another document it is not"
    await threads.end()


async def test_a_request_that_is_superseded_waits_no_longer() -> None:
    """It is answered at once."""
    threads = Threads()
    turn = Turn(Trace(threads.clock))
    waiting = asyncio.create_task(threads.choice.wait(at_line(1), turn))
    await settle()
    turn.end(Skip.SUPERSEDED)
    await settle()
    assert waiting.done()
    await threads.end()


async def test_a_change_of_another_document_makes_a_choice_out_of_date() -> None:
    """Its text may be in the pieces; that of the own document is not."""
    threads = Threads()
    threads.choice.begin(at_line(1))
    await settle()
    await threads.end()
    threads.choice.text_changed("file:///a.py")
    threads.choice.begin(at_line(1))
    await settle()
    assert threads.lines == [1]
    threads.choice.text_changed("file:///b.py")
    threads.choice.begin(at_line(1))
    await settle()
    assert threads.lines == [1, 1]
    await threads.end()


async def test_a_bug_in_choosing_costs_the_pieces_only() -> None:
    """The request is answered without them, and the next line is tried again."""
    threads = Threads(fails=True)
    waiting = asyncio.create_task(threads.choice.wait(at_line(1), Turn(Trace(threads.clock))))
    await settle()
    await threads.end()
    assert waiting.done()
    assert threads.found(at_line(1)) == ""
    threads.fails = False
    threads.choice.begin(at_line(2))
    await settle()
    await threads.end()
    assert threads.found(at_line(2)) == "for line 2"


async def test_closing_waits_for_the_thread_and_begins_no_other() -> None:
    """Nothing runs on."""
    threads = Threads()
    threads.choice.begin(at_line(1))
    await settle()
    threads.choice.begin(at_line(2))
    closing = asyncio.create_task(threads.choice.close())
    await settle()
    assert not closing.done()
    await threads.end()
    assert closing.done()
    assert threads.lines == [1]
    threads.choice.begin(at_line(3))
    await settle()
    assert threads.lines == [1]


async def test_a_choice_without_pieces_of_changed_files_is_made_anew() -> None:
    """Their old text is not sent, and the next request of the place looks again."""
    threads = Threads()
    threads.choice = SnippetChoice(threads.plan_closed, threads.clock, threads.run)
    for names, found in ((["other.py"], "for line 1"), (["b.py"], "")):
        threads.choice.begin(at_line(1))
        await settle()
        await threads.end()
        threads.choice.files_changed(names)
        assert threads.found(at_line(1)) == found
    threads.choice.begin(at_line(1))
    await settle()
    await threads.end()
    assert threads.found(at_line(1)) == "for line 1"
    assert threads.lines == [1, 1]


async def test_a_choice_during_which_files_change_is_made_again_and_not_without_end() -> None:
    """It may have read them before; a build that writes all the time must not keep a thread busy for good."""
    threads = Threads()
    threads.choice = SnippetChoice(threads.plan_closed, threads.clock, threads.run)
    threads.choice.begin(at_line(1))
    await settle()
    threads.choice.files_changed(["b.py"])
    await threads.end()
    assert threads.found(at_line(1)) == ""
    await threads.end()
    assert threads.found(at_line(1)) == "for line 1"
    threads.choice.begin(at_line(2))
    await settle()
    for _ in range(20):
        threads.choice.files_changed(["b.py"])
        await threads.end()
    assert threads.lines.count(2) <= 4
