"""`fim/didMoveCursor`: a name is finished once the cursor has left it, and what follows is looked for again."""

from collections.abc import Sequence

import pytest

from fim_language_server.core.next_edit.repeats import find_repeat
from fim_language_server.core.next_edit.values import NextEdit, NextEditQuestion
from tests.fakes.clock import FakeClock
from tests.fakes.editor import URI, FakeEditor, edit
from tests.lsp.next_edit.test_next_editor import ASK, OWN, PUSH, Renamer, ask_params, session

MOVED = "fim/didMoveCursor"
TEXT = "def pay(amount):\n    check(amount)\n    return send(amount)\n"
NAME = "invoice"  # It stands nowhere else: the rules wait until the cursor has left it.


class Counting:
    """The rules of repeats, counting how often they are asked."""

    def __init__(self) -> None:
        self.questions = 0

    def __call__(self, question: NextEditQuestion) -> Sequence[NextEdit]:
        self.questions += 1
        return find_repeat(question)


def cursor(line: int, character: int, version: int = 2, uri: str = URI) -> dict[str, object]:
    return {"textDocument": {"uri": uri, "version": version}, "position": {"line": line, "character": character}}


async def test_a_name_that_may_be_half_typed_is_offered_on_once_the_cursor_has_left_it() -> None:
    """Also where the cursor leaves it before the edit has settled."""
    for wait in (1.0, 0.1):
        clock = FakeClock()
        async with FakeEditor(clock=clock) as editor:
            await session(editor, TEXT, finder=find_repeat)
            editor.change(edit((0, 8), (0, 14), NAME))
            await clock.advance(wait)
            assert editor.notifications(PUSH) == []
            editor.notify(MOVED, cursor(1, 0))
            await clock.advance(1)
            (told,) = editor.notifications(PUSH)
            assert (told["edits"][0]["text"], told["edits"][0]["others"]) == (NAME, 1)


@pytest.mark.parametrize(
    "params", [cursor(0, 15), cursor(1, 0, version=1), cursor(1, 0, version=3), cursor(1, 0, uri="file:///other.py")]
)
async def test_a_cursor_in_the_name_in_another_version_or_another_document_brings_nothing(params: object) -> None:
    """The name may go on, or the text is not the one that the client means."""
    clock = FakeClock()
    async with FakeEditor(clock=clock) as editor:
        await session(editor, TEXT, finder=find_repeat)
        editor.change(edit((0, 8), (0, 14), NAME))
        await clock.advance(1)
        editor.notify(MOVED, params)
        await clock.advance(0.3)
        assert editor.notifications(PUSH) == []


async def test_nothing_is_looked_for_where_an_edit_waits_or_nothing_was_edited() -> None:
    """A cursor that only moves costs nothing."""
    clock = FakeClock()
    async with FakeEditor(clock=clock) as editor:
        rules = await session(editor, TEXT, finder=Counting())
        editor.notify(MOVED, cursor(1, 0, version=1))
        assert rules.questions == 0
        editor.change(edit((0, 8), (0, 14), NAME))
        await clock.advance(1)
        editor.notify(MOVED, cursor(1, 0))
        assert rules.questions == 2
        assert len(editor.notifications(PUSH)) == 1
        editor.notify(MOVED, cursor(2, 0))
        assert rules.questions == 2
        assert len(editor.notifications(PUSH)) == 1


async def test_a_client_that_draws_no_next_edits_gets_none_by_moving_its_cursor() -> None:
    """It asks."""
    clock = FakeClock()
    async with FakeEditor(clock=clock) as editor:
        await session(editor, TEXT, capabilities={}, finder=Renamer("amount", NAME))
        editor.change(edit((0, 8), (0, 14), NAME))
        await clock.advance(1)
        editor.notify(MOVED, cursor(1, 0))
        assert editor.notifications(PUSH) == []
        assert len((await editor.ask(ASK, ask_params(2)))["result"]["edits"]) == 2


async def test_what_was_taken_back_is_not_repeated_by_moving_the_cursor() -> None:
    """Undo is no edit to repeat."""
    clock = FakeClock()
    async with FakeEditor(clock=clock) as editor:
        await session(editor, TEXT, capabilities=OWN, finder=Renamer("amount", NAME))
        editor.change(edit((0, 8), (0, 14), NAME))
        editor.change(edit((0, 8), (0, 15), "amount"), version=3)
        await clock.advance(1)
        editor.notify(MOVED, cursor(1, 0, version=3))
        assert [told["edits"] for told in editor.notifications(PUSH)] == []
