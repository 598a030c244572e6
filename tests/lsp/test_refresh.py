"""`$/fim/refresh`: a text has come for the place asked about last, and nothing has changed there."""

from tests.fakes.editor import URI, FakeEditor, completion_params, edit

REFRESHES = {"experimental": {"fim": {"refresh": True}}}
REFRESH = "$/fim/refresh"


async def asked(editor: FakeEditor, capabilities: object = REFRESHES) -> None:
    """Have the editor ask once, at a place where the encodings differ."""
    await editor.initialize(capabilities)
    editor.open("a = '𝒳'\n")
    await editor.ask("textDocument/inlineCompletion", completion_params(0, 8))


async def test_a_client_that_asks_again_is_told_where() -> None:
    """Version and place are those of the request, the place as the client counts."""
    async with FakeEditor() as editor:
        await asked(editor)
        editor.status.answered_late(editor.engine.requests[-1])
        assert editor.notifications(REFRESH) == [{"uri": URI, "line": 0, "character": 8, "version": 1}]


async def test_no_other_client_is_told() -> None:
    """Who does not know the notification must not get it."""
    for capabilities in ({}, {"experimental": {"fim": {"refresh": "yes"}}}, {"experimental": []}):  # type: ignore[var-annotated]
        async with FakeEditor() as editor:
            await asked(editor, capabilities)
            editor.status.answered_late(editor.engine.requests[-1])
            assert not editor.notifications(REFRESH)


async def test_nothing_is_told_after_an_edit() -> None:
    """What the user has begun to type is never replaced."""
    async with FakeEditor() as editor:
        await asked(editor)
        editor.change(edit((0, 8), (0, 8), "b"))
        editor.status.answered_late(editor.engine.requests[-1])
        assert not editor.notifications(REFRESH)


async def test_a_place_that_was_come_back_to_is_the_same_place() -> None:
    """A key and a backspace make another version of the same text; the notification has the newer one."""
    async with FakeEditor() as editor:
        await asked(editor)
        editor.change(edit((0, 8), (0, 8), "b"))
        editor.change(edit((0, 8), (0, 9), ""), version=3)
        await editor.ask("textDocument/inlineCompletion", completion_params(0, 8))
        editor.status.answered_late(editor.engine.requests[0])
        assert editor.notifications(REFRESH) == [{"uri": URI, "line": 0, "character": 8, "version": 3}]


async def test_nothing_is_told_once_the_editor_has_asked_elsewhere() -> None:
    """The cursor is not there any more."""
    async with FakeEditor() as editor:
        await asked(editor)
        await editor.ask("textDocument/inlineCompletion", completion_params(0, 1))
        editor.status.answered_late(editor.engine.requests[0])
        assert not editor.notifications(REFRESH)


async def test_nothing_is_told_of_a_closed_document() -> None:
    """Its place is gone."""
    async with FakeEditor() as editor:
        await asked(editor)
        editor.notify("textDocument/didClose", {"textDocument": {"uri": URI}})
        editor.status.answered_late(editor.engine.requests[-1])
        assert not editor.notifications(REFRESH)
