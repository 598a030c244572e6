"""A local model reads new pieces of other files in a pause, and gives way to every request."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from attrs import define, field

from fim_language_server.core.other_files.growing import PieceLimits
from fim_language_server.core.prompt_room import WindowSize
from fim_language_server.core.values import Chunk, CompletionRequest, Context, Snippet, SnippetSource, Usage
from fim_language_server.engine.health import Health
from fim_language_server.engine.model_chain import Backend, Chain
from fim_language_server.engine.sent_snippets import SentSnippets
from fim_language_server.engine.snippet_choice import SnippetChoice
from fim_language_server.engine.warming import QUIET_S, Warmer
from fim_language_server.errors import UnavailableError
from fim_language_server.spending.budget import RateBudget
from tests.fakes.clock import FakeClock, settle
from tests.fakes.model import ScriptedModel
from tests.fakes.requests import request_at

PIECES = (Snippet("first.py", "first\n", source=SnippetSource.WORKSPACE),)
OTHERS = (Snippet("second.py", "second\n", source=SnippetSource.WORKSPACE),)

FAR_AWAY = "x = 1\n" * 90 + "ab|"
"""A place so far from the others that the pieces there are chosen anew."""


@define
class WarmedModel:
    """A warmer over one model whose pieces are `pieces`; `model` are its requests for warming."""

    clock: FakeClock = field(factory=FakeClock)
    model: ScriptedModel = field(factory=ScriptedModel)
    pieces: tuple[Snippet, ...] = PIECES
    is_busy: bool = False
    budget: RateBudget = field(init=False)
    warmer: Warmer = field(init=False)
    choice: SnippetChoice = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.budget = RateBudget(self.clock, 0, 100_000)
        self.choice = SnippetChoice(lambda _request: lambda: self.pieces, self.clock, run_at_once)
        limits = PieceLimits(1_000, 1_000, 1_000)
        backend = Backend("llamacpp", "", self.model, self.budget, Health(self.clock), WindowSize(400, 200, limits))
        backend.snippets, backend.warm = SentSnippets(self.choice), self.model
        self.warmer = Warmer(Chain((backend,)), self.clock, lambda: self.is_busy)
        self.choice.on_chosen = self.warmer.pieces_chosen

    async def choose(self, drawn: str, pieces: tuple[Snippet, ...]) -> CompletionRequest:
        """Choose `pieces` for a place, and let the pause pass after which the model is warmed."""
        self.pieces = pieces
        request = request_at(drawn)
        self.choice.begin(request)
        await settle()
        await self.clock.advance(QUIET_S)
        await settle()
        return request


async def run_at_once(choose: object) -> tuple[Snippet, ...]:
    return choose()  # type: ignore[operator, no-any-return]


@asynccontextmanager
async def warmed() -> AsyncIterator[WarmedModel]:
    it = WarmedModel()
    try:
        yield it
    finally:
        await it.choice.close()
        await it.warmer.close()


async def test_new_pieces_are_read_once_in_a_pause() -> None:
    """With the windows of the place; the same pieces again, at another line, are not."""
    async with warmed() as it:
        await it.choose("x = 1\nab|", PIECES)
        (asked,) = it.model.answers
        assert asked.context == Context("x = 1\nab", "", request_at("|").document.path, "python", PIECES)
        await asked.send(Chunk(finish_reason="length", usage=Usage(70)))
        await asked.finish()
        await it.choose("x = 1\nab\n|", PIECES)
        assert len(it.model.answers) == 1
        await it.choose(FAR_AWAY, OTHERS)
        assert [answer.context.snippets for answer in it.model.answers] == [PIECES, OTHERS]


async def test_a_request_cancels_it_and_reads_the_pieces_itself() -> None:
    """Before the pause is over, and while the model reads."""
    async with warmed() as it:
        it.choice.begin(request_at("ab|"))
        await settle()
        it.warmer.request_begins(Context("ab", ""))
        await it.clock.advance(QUIET_S)
        await settle()
        assert it.model.answers == []
        await it.choose("ab\n|", PIECES)
        (asked,) = it.model.answers
        it.warmer.request_begins(Context("ab\n", "", snippets=PIECES))
        await settle()
        assert asked.is_closed
        await it.choose("ab\n\n|", PIECES)
        assert len(it.model.answers) == 1


async def test_not_beside_a_request_and_not_over_the_budget() -> None:
    """What it costs is settled by the model's count."""
    async with warmed() as it:
        it.is_busy = True
        await it.choose("ab|", PIECES)
        it.is_busy = False
        assert it.model.answers == []
        before = it.budget.tokens_left()
        await it.choose("ab\n|", PIECES)
        (asked,) = it.model.answers
        await asked.send(Chunk(finish_reason="length", usage=Usage(60_000)))
        await asked.finish()
        await settle()
        assert it.budget.tokens_left() < before
        await it.choose(FAR_AWAY, OTHERS)
        assert len(it.model.answers) == 1


async def test_a_failure_is_no_trouble() -> None:
    """The next request reports it, if it fails then, too; the next pieces are read again."""
    async with warmed() as it:
        await it.choose("ab|", PIECES)
        await it.model.answers[0].fail(UnavailableError("llamacpp", "It is gone."))
        await settle()
        await it.choose(FAR_AWAY, OTHERS)
        assert len(it.model.answers) == 2
