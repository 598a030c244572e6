"""Next edits for one client: what it is told and answered, with a finder that a test gives."""

from collections.abc import Sequence
from typing import Any

from fim_language_server.core.acceptance import Outcome
from fim_language_server.core.next_edit.repeats import find_repeat
from fim_language_server.core.next_edit.values import NextEdit, NextEditQuestion, Replacement
from fim_language_server.core.values import Skip
from fim_language_server.lsp.next_edit.next_editor import MOST_EARLY, MOST_EARLY_LINES
from tests.fakes.clock import FakeClock, settle
from tests.fakes.editor import URI, FakeEditor, completion_params, edit

OWN = {"experimental": {"fim": {"nextEdit": True}}}
ASK = "textDocument/copilotInlineEdit"
PUSH = "fim/nextEdit"


class Renamer:
    """A finder: every further `old` in the document is to be `new`, the nearest below the last edit first."""

    def __init__(self, old: str = "scanner", new: str = "scan") -> None:
        self.old, self.new = old, new
        self.questions: list[NextEditQuestion] = []

    def __call__(self, question: NextEditQuestion) -> Sequence[NextEdit]:
        self.questions.append(question)
        found, at = [], question.document.text.find(self.old)
        while at >= 0:
            found.append(NextEdit(question.document.uri, Replacement(at, at + len(self.old), self.new), "rename"))
            at = question.document.text.find(self.old, at + 1)
        return found


async def session(editor: FakeEditor, text: str, capabilities: Any = OWN, finder: Any = None, **options: Any) -> Any:
    """Open a document in a session whose next edits come from a finder; return the finder."""
    finder = finder or Renamer()
    editor.server.session.next_editor.find_repeat = finder
    await editor.initialize(capabilities, **options)
    editor.open(text)
    await settle()  # The document's links are resolved.
    return finder


def ask_params(version: int, line: int = 0, character: int = 0, **more: Any) -> dict[str, Any]:
    return {
        "textDocument": {"uri": URI, "version": version},
        "position": {"line": line, "character": character},
        **more,
    }


TEXT = "scanner = 1\nuse(scanner)\nother()\nreturn scanner\n"


async def test_an_edit_is_offered_once_it_has_settled() -> None:
    """Half a second after the last key, with the document's version, the source and the count of further places."""
    clock = FakeClock()
    async with FakeEditor(clock=clock) as editor:
        await session(editor, TEXT)
        editor.change(edit((0, 4), (0, 7), ""))
        await clock.advance(0.4)
        assert editor.notifications(PUSH) == []
        await clock.advance(0.2)
        (told,) = editor.notifications(PUSH)
        assert told["textDocument"] == {"uri": URI, "version": 2}
        (offered,) = told["edits"]
        assert offered["text"] == "scan"
        assert offered["range"] == {"start": {"line": 1, "character": 4}, "end": {"line": 1, "character": 11}}
        assert offered["textDocument"] == {"uri": URI, "version": 2}
        assert (offered["source"], offered["others"]) == ("rename", 1)
        assert offered["command"]["command"] == "fim.acceptNextEdit"


async def test_a_name_of_unknown_words_counts_as_typed_after_a_longer_rest() -> None:
    """At the cursor it may be half typed; typing on begins the wait anew."""
    clock = FakeClock()
    text = "def mean(totals):\n    return sum(totals)\n"
    async with FakeEditor(clock=clock) as editor:
        await session(editor, text, finder=find_repeat)
        editor.change(edit((0, 9), (0, 15), "pric"))
        await clock.advance(1.2)
        editor.change(edit((0, 13), (0, 13), "es"), version=3)
        await clock.advance(1.2)
        assert editor.notifications(PUSH) == []
        assert (await editor.ask(ASK, ask_params(3, 0, 15)))["result"] == {"edits": []}
        await clock.advance(0.4)
        (told,) = editor.notifications(PUSH)
        assert [each["text"] for each in told["edits"]] == ["prices"]
        assert told["edits"][0]["range"]["start"] == {"line": 1, "character": 15}


async def test_what_follows_an_accepted_edit_is_offered_at_once() -> None:
    """The chain: the next place comes with the change that took the one before, and the end hides the offer."""
    clock = FakeClock()
    async with FakeEditor(clock=clock) as editor:
        await session(editor, TEXT)
        editor.change(edit((0, 4), (0, 7), ""))
        await clock.advance(1)
        editor.change(edit((1, 4), (1, 11), "scan"), version=3)
        told = editor.notifications(PUSH)[-1]
        assert told["textDocument"]["version"] == 3
        assert told["edits"][0]["range"]["start"] == {"line": 3, "character": 7}
        assert told["edits"][0]["others"] == 0
        editor.change(edit((3, 7), (3, 14), "scan"), version=4)
        assert editor.notifications(PUSH)[-1] == {"textDocument": {"uri": URI, "version": 4}, "edits": []}
        answer = await editor.ask(
            "workspace/executeCommand",
            {"command": "fim.acceptNextEdit", "arguments": [told["edits"][0]["command"]["arguments"][0]]},
        )
        assert answer["result"] is None


async def test_a_dismissed_edit_does_not_come_back() -> None:
    """Neither it nor the others that were found with it, also after edits elsewhere have moved them."""
    clock = FakeClock()
    async with FakeEditor(clock=clock) as editor:
        await session(editor, TEXT)
        editor.change(edit((0, 4), (0, 7), ""))
        await clock.advance(1)
        (told,) = editor.notifications(PUSH)
        arguments = told["edits"][0]["command"]["arguments"]
        await editor.ask("workspace/executeCommand", {"command": "fim.dismissNextEdit", "arguments": arguments})
        assert editor.notifications(PUSH)[-1]["edits"] == []
        editor.change(edit((0, 0), (0, 0), "# a line\n"), version=3)
        await clock.advance(1)
        assert editor.notifications(PUSH)[-1]["edits"] == []
        assert (await editor.ask(ASK, ask_params(3)))["result"] == {"edits": []}


async def test_a_copilot_client_is_answered_with_edits_and_never_with_null() -> None:
    """Every edit of the group, for the version it asked about; none for another version."""
    async with FakeEditor() as editor:
        await session(editor, TEXT, {})
        assert (await editor.ask(ASK, ask_params(1)))["result"] == {"edits": []}
        editor.change(edit((0, 4), (0, 7), ""))
        answer = await editor.ask(ASK, ask_params(2, context={"triggerKind": 2}))
        assert [each["range"]["start"]["line"] for each in answer["result"]["edits"]] == [1, 3]
        assert all(each["textDocument"] == {"uri": URI, "version": 2} for each in answer["result"]["edits"])
        assert (await editor.ask(ASK, ask_params(1)))["result"] == {"edits": []}
        assert editor.notifications(PUSH) == []


async def test_a_snoozed_server_hides_what_it_offered() -> None:
    """And offers nothing before the time is over, also to a client that asks."""
    clock = FakeClock()
    async with FakeEditor(clock=clock) as editor:
        await session(editor, TEXT)
        editor.change(edit((0, 4), (0, 7), ""))
        await clock.advance(1)
        await editor.ask("workspace/executeCommand", {"command": "fim.snooze", "arguments": [5]})
        assert editor.notifications(PUSH)[-1]["edits"] == []
        assert (await editor.ask(ASK, ask_params(2)))["result"] == {"edits": []}
        await clock.advance(301)
        assert len((await editor.ask(ASK, ask_params(2)))["result"]["edits"]) == 2


async def test_hidden_documents_leave_no_history() -> None:
    """An excluded file and one that is a secret by its content: nothing is offered there, and no edit is remembered."""
    secret = "-----BEGIN RSA PRIVATE KEY-----\n" + "MIIEpAIBAAKCAQEA75a1b2c3d4e5f6a7b8c9d0\n" * 20 + "scanner\n"
    for text, excluded in ((TEXT, {URI}), (secret, set())):
        clock = FakeClock()
        async with FakeEditor(clock=clock) as editor:
            editor.application.excluded = excluded
            finder = await session(editor, text)
            editor.change(edit((0, 0), (0, 0), "x"))
            await clock.advance(1)
            assert (await editor.ask(ASK, ask_params(2)))["result"] == {"edits": []}
            assert editor.notifications(PUSH) == []
            assert finder.questions == []
            assert editor.server.session.next_editor.engine.history.edits(clock.now()) == ()


async def test_other_documents_are_asked_about_as_far_as_they_may_be_shown() -> None:
    """Open ones, the last used first; an excluded one is no part of a question."""
    clock = FakeClock()
    async with FakeEditor(clock=clock) as editor:
        editor.application.excluded = {"file:///project/hidden.py"}
        finder = await session(editor, TEXT)
        for name in ("hidden", "b", "c"):
            editor.open(f"# {name}\n", uri=f"file:///project/{name}.py")
        await settle()
        editor.change(edit((0, 4), (0, 7), ""))
        await clock.advance(1)
        (question,) = finder.questions
        assert [other.text for other in question.others] == ["# c\n", "# b\n"]
        assert (question.version, question.cursor) == (2, 4)
        assert [past.new_lines for past in question.history] == [("scan = 1",)]


async def test_undo_asks_nothing_and_takes_the_offer_away() -> None:
    """What was undone is not offered again, either."""
    clock = FakeClock()
    async with FakeEditor(clock=clock) as editor:
        finder = await session(editor, TEXT)
        editor.change(edit((0, 4), (0, 7), ""))
        await clock.advance(1)
        editor.change(edit((1, 4), (1, 11), "scan"), version=3)
        await clock.advance(1)
        asked = len(finder.questions)
        editor.change(edit((1, 4), (1, 8), "scanner"), version=4)
        assert editor.notifications(PUSH)[-1]["edits"] == []
        await clock.advance(1)
        assert len(finder.questions) == asked
        editor.change(edit((2, 0), (2, 0), "x"), version=5)
        await clock.advance(1)
        (offered,) = editor.notifications(PUSH)[-1]["edits"]
        assert offered["range"]["start"]["line"] == 3


async def test_next_edits_that_are_switched_off_cost_nothing() -> None:
    """No history, no question, no timer; an answer all the same."""
    clock = FakeClock()
    async with FakeEditor(clock=clock) as editor:
        finder = await session(editor, TEXT, options={"nextEdit": {"mode": "off"}})
        editor.change(edit((0, 4), (0, 7), ""))
        await clock.advance(1)
        assert (await editor.ask(ASK, ask_params(2)))["result"] == {"edits": []}
        assert finder.questions == []
        assert editor.notifications(PUSH) == []


async def test_an_edit_in_the_cursors_line_is_ghost_text_for_a_client_that_draws_only_that() -> None:
    """Where there is no ghost text: with a range that has the cursor in it."""
    clock = FakeClock()

    async def nothing(_request: Any) -> Any:
        return Skip.NOTHING_NEW

    def complete_call(question: NextEditQuestion) -> Sequence[NextEdit]:
        at = question.document.text.index("f(a)\n") + 3
        return [NextEdit(question.document.uri, Replacement(at, at, ", b"), "argument")]

    async with FakeEditor(nothing, clock=clock) as editor:
        await session(editor, "f(a, c)\nf(a)\n", {"experimental": {"fim": {"replace": True}}}, complete_call)
        editor.change(edit((0, 5), (0, 6), "b"))
        await clock.advance(1)
        answer = await editor.ask("textDocument/inlineCompletion", completion_params(1, 1))
        (item,) = answer["result"]["items"]
        assert item["insertText"] == "(a, b"
        assert item["range"] == {"start": {"line": 1, "character": 1}, "end": {"line": 1, "character": 3}}
        assert item["command"]["command"] == "fim.acceptNextEdit"
        assert (await editor.ask("textDocument/inlineCompletion", completion_params(0, 1)))["result"] is None


async def test_the_decisions_say_why_there_is_a_next_edit_or_none() -> None:
    """`fim.showWhy` has each question with its rule, or the reason for nothing; no text of the document."""
    clock = FakeClock()
    async with FakeEditor(clock=clock) as editor:
        finder = await session(editor, TEXT)
        finder.old = "no such word"
        editor.change(edit((2, 0), (2, 0), "x"))
        await clock.advance(1)
        editor.change(edit((3, 0), (3, 0), "z"), version=3)
        editor.change(edit((3, 0), (3, 1), ""), version=4)
        await clock.advance(1)
        finder.old = "scanner"
        editor.change(edit((0, 0), (0, 0), "y"), version=5)
        await clock.advance(1)
        answer = await editor.ask("workspace/executeCommand", {"command": "fim.showWhy", "arguments": []})
        newest, middle, oldest = answer["result"]
        assert (oldest["answer"], oldest["reason"][:12], oldest["source"]) == ("nothing", "nothing that", None)
        assert (middle["answer"], middle["reason"][:8]) == ("nothing", "you took")
        assert (newest["answer"], newest["source"], newest["edits"]) == ("next edit", "rename", 3)
        assert (newest["uri"], newest["line"], newest["column"], newest["trigger"]) == (URI, 0, 1, "next edit")
        assert "scan" not in str([{**each, "reason": ""} for each in answer["result"]])


async def test_what_became_of_shown_edits_is_counted_once() -> None:
    """Accepted, typed by hand and dismissed, by source; an edit that was never shown is no offer."""
    clock = FakeClock()
    async with FakeEditor(clock=clock) as editor:
        await session(editor, TEXT)
        editor.change(edit((0, 4), (0, 7), ""))
        await clock.advance(1)
        editor.change(edit((1, 4), (1, 11), "scan"), version=3)
        await clock.advance(1)
        for version in (4, 5, 6):
            editor.change(edit((3, 17 - version), (3, 18 - version), ""), version=version)
            await clock.advance(0.1)
        outcomes = [entry[2:] for entry in editor.application.next_edits]
        assert outcomes == [("rename", Outcome.ACCEPTED), ("rename", Outcome.TYPED_THROUGH)]
        editor.change(edit((2, 0), (2, 0), "scanner "), version=7)
        await clock.advance(1)
        id_ = editor.notifications(PUSH)[-1]["edits"][0]["command"]["arguments"][0]
        await editor.ask("workspace/executeCommand", {"command": "fim.dismissNextEdit", "arguments": [id_]})
        await editor.ask("workspace/executeCommand", {"command": "fim.dismissNextEdit", "arguments": [id_]})
        assert [entry[3] for entry in editor.application.next_edits][2:] == [Outcome.DISMISSED]


async def test_an_edit_that_was_passed_over_twice_is_not_offered_again() -> None:
    """Shown after two edits made elsewhere and not taken, it counts as rejected."""
    clock = FakeClock()
    async with FakeEditor(clock=clock) as editor:
        await session(editor, "scanner = 1\nuse(scanner)\n" + "\n" * 40)
        editor.change(edit((0, 4), (0, 7), ""))
        await clock.advance(1)
        shown = []
        for number in range(5):
            editor.change(edit((10 + 5 * number, 0), (10 + 5 * number, 0), "x"), version=3 + number)
            await clock.advance(1)
            shown.append(len(editor.notifications(PUSH)[-1]["edits"]))
        assert shown == [1, 0, 0, 0, 0]


async def test_edits_made_while_the_settings_are_read_are_remembered() -> None:
    """An editor's first edits may come before its server has its settings; those of closed and hidden files do not."""
    for hides, told in (("", 1), ("closed", 0), ("excluded", 0)):
        clock = FakeClock()
        async with FakeEditor(clock=clock) as editor:
            editor.application.excluded = {URI} if hides == "excluded" else set()
            editor.application_may_come.clear()
            await session(editor, TEXT)
            editor.change(edit((0, 4), (0, 7), ""))
            if hides == "closed":
                editor.notify("textDocument/didClose", {"textDocument": {"uri": URI}})
            await clock.advance(0.7)
            assert editor.notifications(PUSH) == []
            editor.application_may_come.set()
            await settle()
            await clock.advance(0.7)
            assert len(editor.notifications(PUSH)) == told
            if told:
                (answer,) = [await editor.ask(ASK, ask_params(2))]
                assert [each["text"] for each in answer["result"]["edits"]] == ["scan", "scan"]


async def test_of_many_early_edits_the_last_are_remembered_and_none_behind_a_program_s() -> None:
    """What waits for the settings has a bound; an edit of thousands of lines forgets those of its document."""
    for last, count in (("x", MOST_EARLY), ("x\n" * (MOST_EARLY_LINES + 1), 0)):
        async with FakeEditor(clock=FakeClock()) as editor:
            editor.application_may_come.clear()
            await session(editor, TEXT)
            for version in range(2, MOST_EARLY + 20):
                editor.change(edit((0, 0), (0, 0), "a"), version=version)
            editor.change(edit((0, 0), (0, 0), last), version=MOST_EARLY + 20)
            assert len(editor.server.session.next_editor._early) == count
