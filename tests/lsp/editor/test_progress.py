"""Progress of a long job is drawn calmly, and of a short one not at all."""

from typing import Any

from tests.fakes.clock import settle
from tests.fakes.editor import FakeEditor

SHOWS = {"window": {"workDoneProgress": True}}


class SteppedProgress:
    """A session's progress with the time in the test's hands."""

    def __init__(self, editor: FakeEditor) -> None:
        self.editor = editor
        self.progress = editor.server.session.messages._progress
        self.now = 100.0
        self.progress._now = lambda: self.now

    async def update(self, at: float, done: int, total: int = 100, finished: bool = False) -> None:
        self.now = 100.0 + at
        self.progress.update(done, total, finished)
        await settle()
        for ask in self.editor.asked("window/workDoneProgress/create"):
            if not ask.get("answered"):
                ask["answered"] = True
                self.editor.reply(ask, None)
        await settle()

    def drawn(self) -> list[Any]:
        return [told["value"] for told in self.editor.notifications("$/progress")]


async def test_a_long_job_is_drawn_from_begin_to_end() -> None:
    async with FakeEditor() as editor:
        await editor.initialize(SHOWS)
        steps = SteppedProgress(editor)
        for at, done in ((0, 0), (0.6, 10), (0.7, 11), (0.9, 20), (1.0, 21), (1.2, 30)):
            await steps.update(at, done)
        await steps.update(1.3, 100, finished=True)
        assert [(told["kind"], told.get("percentage")) for told in steps.drawn()] == [
            ("begin", 10),
            ("report", 20),
            ("report", 30),
            ("end", None),
        ]
        assert len({told["token"] for told in editor.notifications("$/progress")}) == 1


async def test_a_short_job_is_not_drawn() -> None:
    async with FakeEditor() as editor:
        await editor.initialize(SHOWS)
        steps = SteppedProgress(editor)
        await steps.update(0, 0)
        await steps.update(0.4, 50)
        await steps.update(0.45, 100, finished=True)
        assert steps.drawn() == []
        assert not editor.asked("window/workDoneProgress/create")


async def test_a_total_that_is_not_known_yet_may_become_known() -> None:
    """The bar begins at 0 %: a client may ignore the percentages of one that began without (LSP 3.18)."""
    async with FakeEditor() as editor:
        await editor.initialize(SHOWS)
        steps = SteppedProgress(editor)
        await steps.update(0, 0, 0)
        await steps.update(1, 10, 0)
        await steps.update(2, 5, 20)
        begin, report = steps.drawn()
        assert (begin["message"], begin["percentage"]) == ("10 files found", 0)
        assert (report["message"], report["percentage"]) == ("5 of 20 files", 25)


async def test_a_second_job_has_a_token_of_its_own() -> None:
    async with FakeEditor() as editor:
        await editor.initialize(SHOWS)
        steps = SteppedProgress(editor)
        for start in (0, 10):
            await steps.update(start, 0)
            await steps.update(start + 1, 50)
            await steps.update(start + 2, 100, finished=True)
        assert len({told["token"] for told in editor.notifications("$/progress")}) == 2


async def test_a_client_without_progress_is_not_bothered() -> None:
    async with FakeEditor() as editor:
        await editor.initialize()
        steps = SteppedProgress(editor)
        await steps.update(0, 0)
        await steps.update(1, 50)
        assert not editor.asked("window/workDoneProgress/create")


async def test_a_client_that_refuses_is_asked_once() -> None:
    async with FakeEditor() as editor:
        await editor.initialize(SHOWS)
        progress = SteppedProgress(editor)
        for at in (0, 1, 2, 3):
            progress.now = 100.0 + at
            progress.progress.update(at, 100, False)
            await settle()
            for ask in editor.asked("window/workDoneProgress/create"):
                editor.reply(ask, error={"code": -32601, "message": "no"})
            await settle()
        assert len(editor.asked("window/workDoneProgress/create")) == 1
        assert progress.drawn() == []
