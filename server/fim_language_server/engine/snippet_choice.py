"""Choosing pieces of other files for the cursor's place, beside the event loop.

A choice takes some milliseconds, so it is made in a thread when the cursor comes to another line, one at a time, and
the newest place wins. A request to a model waits a moment for the choice of its place, and takes an older one of its
document where that comes late.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection
from typing import Final

from attrs import define, evolve, field, frozen

from fim_language_server.clock import Clock, SystemClock
from fim_language_server.core.other_files.growing import without_files
from fim_language_server.core.values import CompletionRequest, Snippet
from fim_language_server.engine.turns import Turn

logger = logging.getLogger(__name__)

LONGEST_WAIT_S: Final = 0.15
"""Seconds for which a request waits for the pieces of its place."""
_ROUNDING_S: Final = 1e-6
"""Rounding error of sums of times, in seconds."""
_MOST_AGAIN: Final = 3
"""Choices that are made again because files changed meanwhile, one after the other."""

Choose = Callable[[], tuple[Snippet, ...]]
"""Chooses pieces from a snapshot, in a thread; the best first."""
PlanChoice = Callable[[CompletionRequest], Choose]
"""Takes the snapshot for a request, on the event loop."""
RunInThread = Callable[[Choose], Awaitable[tuple[Snippet, ...]]]


@frozen(eq=False)
class ChosenSnippets:
    """The pieces that were chosen for a line of a document, the best first."""

    uri: str
    line: int
    snippets: tuple[Snippet, ...] = field(repr=False)


@define(eq=False)
class SnippetChoice:
    """The newest choice of pieces. `plan` is None where nothing but the document itself is sent."""

    _plan: PlanChoice | None = field(default=None, repr=False)
    _clock: Clock = field(factory=SystemClock, repr=False)
    _run_in_thread: RunInThread = field(default=asyncio.to_thread, repr=False)
    n_changes: int = field(default=0, init=False)
    """Changes of documents other than that of the newest choice."""
    on_chosen: Callable[[CompletionRequest], None] = field(default=lambda _request: None, init=False, repr=False)
    """Called with the request of a choice that has ended, where no request waits for it."""
    _chosen: ChosenSnippets | None = field(default=None, init=False)
    _place: tuple[str, int] | None = field(default=None, init=False)  # of the choice that was begun last
    _next: CompletionRequest | None = field(default=None, init=False, repr=False)
    _task: asyncio.Task[None] | None = field(default=None, init=False, repr=False)
    _running: CompletionRequest | None = field(default=None, init=False, repr=False)
    _is_stale: bool = field(default=False, init=False)  # Have files changed since the running choice began?
    _waiting: list[Turn] = field(factory=list, init=False, repr=False)

    def is_of_other_line(self, uri: str, line: int) -> bool:
        """Has the cursor left the line of the newest choice, within the same document?"""
        return self._place is not None and self._place[0] == uri and self._place[1] != line

    def begin(self, request: CompletionRequest) -> None:
        """Choose for the place of `request`, unless that was begun already. Returns at once."""
        place = _place_of(request)
        if self._plan is None or place == self._place:
            return
        self._place, self._next = place, request
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._choose())

    def text_changed(self, uri: str) -> None:
        """Note that the document `uri` was changed or closed: a choice for another one is out of date."""
        if self._chosen is not None and self._chosen.uri != uri:
            self.n_changes += 1
        if self._place is not None and self._place[0] != uri:
            self._place = None

    def files_changed(self, names: Collection[str] | None) -> None:
        """Drop the pieces of closed files that changed on the disk, by the names of files and directories.

        None stands for all closed files: other ones may be read now. A choice that is running is made again, since it
        may have read them before.
        """
        if self._running is not None:
            self._is_stale = True
        if self._chosen is None:
            return
        left = without_files(self._chosen.snippets, names)
        if len(left) < len(self._chosen.snippets):
            self._chosen = evolve(self._chosen, snippets=left)
            if not self._is_choosing:
                self._place = None

    def newest_for(self, request: CompletionRequest) -> ChosenSnippets | None:
        """Return the newest choice for the document of `request`, which may be for another line; None without one."""
        chosen = self._chosen
        return chosen if chosen is not None and chosen.uri == request.document.uri else None

    async def wait(self, request: CompletionRequest, turn: Turn) -> None:
        """Wait for the pieces of the place of `request`, `LONGEST_WAIT_S` at most, or until `turn` has ended."""
        self.begin(request)
        deadline = self._clock.now() + LONGEST_WAIT_S
        self._waiting.append(turn)
        try:
            while self._place == _place_of(request) and self._is_choosing and turn.skip is None:
                remaining = deadline - self._clock.now()
                if remaining <= _ROUNDING_S:
                    return
                await turn.wait_until_settled(self._clock, remaining)
        finally:
            self._waiting.remove(turn)

    async def wait_until_chosen(self, request: CompletionRequest) -> None:
        """Choose for the place of `request` and wait for it as long as it takes: for commands, which ask only once."""
        self.begin(request)
        if self._task is not None:
            await asyncio.shield(self._task)

    async def close(self) -> None:
        """Wait until the thread is done, and begin no other choice."""
        self._plan = self._next = None
        if self._task is not None:
            await asyncio.gather(self._task, return_exceptions=True)

    @property
    def _is_choosing(self) -> bool:
        return self._task is not None and not self._task.done()

    async def _choose(self) -> None:
        """Choose for the newest place, and again while a newer one has come, or files have changed, meanwhile."""
        n_again = 0
        while (request := self._next) is not None and self._plan is not None:
            self._next, self._running, self._is_stale = None, request, False
            try:
                snippets = await self._run_in_thread(self._plan(request))
            except Exception:
                logger.exception("choosing pieces of other files failed")
                snippets = ()
            self._running = None
            if self._is_stale:
                self._next = self._next or (request if n_again < _MOST_AGAIN else None)
                n_again += 1
                snippets = without_files(snippets, None)
            self._chosen = ChosenSnippets(*_place_of(request), snippets)
            if self._next is None and not self._waiting:
                self.on_chosen(request)
        for turn in self._waiting:
            turn.wake()


def _place_of(request: CompletionRequest) -> tuple[str, int]:
    return request.document.uri, request.position.line
