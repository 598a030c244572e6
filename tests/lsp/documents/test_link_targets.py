"""A document is the file that its links lead to, and until that is known it is nobody's."""

from __future__ import annotations

import asyncio
import os
import threading
from pathlib import Path

import pytest

from fim_language_server.core.document_paths import path_of_uri
from fim_language_server.core.secrets.secret_files import secret_document_reason
from fim_language_server.core.values import Document, Skip
from fim_language_server.lsp.documents.link_targets import MOST_AT_ONCE, LinkTargets
from tests.fakes.clock import settle
from tests.fakes.editor import FakeEditor, completion_params
from tests.fakes.places import uri_of

URI = uri_of("/w/notes.txt")


async def asked(editor: FakeEditor, uri: str = URI) -> object:
    answer = await editor.ask("textDocument/inlineCompletion", completion_params(0, 1, uri))
    return answer["result"]


async def test_a_request_knows_where_its_documents_links_lead() -> None:
    async with FakeEditor() as editor:
        editor.targets.known[path_of_uri(URI)] = "/home/u/.aws/credentials"
        await editor.initialize(workspaceFolders=[{"uri": uri_of("/w"), "name": "w"}])
        editor.open("ab", URI)
        await asked(editor)
        document = editor.engine.requests[0].document
        assert document.target == "/home/u/.aws/credentials"
        assert secret_document_reason(document) is not None


async def test_a_target_within_a_folder_is_named_as_the_folder_has_it() -> None:
    async with FakeEditor() as editor:
        editor.targets.known[path_of_uri(URI)] = path_of_uri(uri_of("/w/private/x.sql"))
        await editor.initialize(workspaceFolders=[{"uri": uri_of("/w"), "name": "w"}])
        editor.open("ab", URI)
        await asked(editor)
        assert editor.engine.requests[0].document.other_paths == ("private/x.sql",)


async def test_a_request_that_comes_at_once_waits_until_the_target_is_known() -> None:
    """The text is that of the dispatch, the target that of the answer."""
    async with FakeEditor() as editor:
        editor.targets.answers.clear()
        editor.targets.known[path_of_uri(URI)] = "/elsewhere"
        await editor.initialize()
        editor.open("ab", URI)
        asked_for = editor.request("textDocument/inlineCompletion", completion_params(0, 1, URI))
        await settle()
        assert editor.engine.requests == []
        assert list(editor.server.session.workspace.recent("")) == [], "nor is it shown to requests of others"
        editor.targets.answers.set()
        assert (await editor.answer_to(asked_for))["result"] is not None
        assert editor.engine.requests[0].document.target == "/elsewhere"


@pytest.mark.parametrize("waiting", [1, 2, 7])
@pytest.mark.parametrize("turns", range(12))
async def test_requests_reach_the_engine_in_their_order(waiting: int, turns: int) -> None:
    """One that comes some turns of the event loop after the target is not ended by those that waited for it."""
    async with FakeEditor() as editor:
        editor.targets.answers.clear()
        await editor.initialize()
        editor.open("ab", URI)
        asked_for = [
            editor.request("textDocument/inlineCompletion", completion_params(0, 1, URI)) for _ in range(waiting)
        ]
        await settle()
        editor.targets.answers.set()
        for _ in range(turns):
            await asyncio.sleep(0)
        asked_for.append(editor.request("textDocument/inlineCompletion", completion_params(0, 2, URI)))
        answers = [await editor.answer_to(each) for each in asked_for]
        assert editor.engine.requests[-1].position.column == 2, "the newest one"
        assert answers[-1]["result"] is not None


async def test_a_file_system_that_does_not_answer_costs_its_own_documents_only(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with FakeEditor() as editor:
        await editor.initialize()
        caplog.set_level("DEBUG", "fim_language_server")
        editor.open("ab", "file:///w/other.py")
        await settle()
        editor.targets.answers.clear()
        editor.open("ab", URI)

        async def patience(_seconds: float) -> None:
            """Be over at once."""

        editor.server.session.links._sleep = patience
        assert await asked(editor) is None
        assert Skip.UNKNOWN_TARGET.value in caplog.text
        assert await asked(editor, "file:///w/other.py") is not None


@pytest.mark.parametrize("method", ["textDocument/didSave", "workspace/didChangeWatchedFiles"])
async def test_a_file_that_became_a_link_is_looked_at_anew(method: str) -> None:
    async with FakeEditor() as editor:
        await editor.initialize()
        editor.open("ab", URI)
        await asked(editor)
        editor.targets.known[path_of_uri(URI)] = "/home/u/.netrc"
        identifier = {"uri": URI.replace("file:///", "file://localhost/")}
        editor.notify(method, {"textDocument": identifier, "changes": [{**identifier, "type": 2}]})
        await asked(editor)
        assert [request.document.target for request in editor.engine.requests] == ["", "/home/u/.netrc"]


@pytest.mark.parametrize("uri", ["untitled:Untitled-1", "untitled:a.py", "file://host/share/a.py", "xy://[", "file://"])
async def test_what_has_no_path_here_is_asked_of_no_file_system(uri: str) -> None:
    async with FakeEditor() as editor:
        editor.targets.answers.clear()
        await editor.initialize()
        editor.open("ab", uri)
        assert await asked(editor, uri) is not None


@pytest.mark.skipif(os.name == "nt", reason="links need rights there")
async def test_links_of_files_and_folders_are_followed_and_odd_paths_cost_nothing(tmp_path: Path) -> None:
    home = Path(os.path.realpath(tmp_path))
    (home / ".ssh").mkdir()
    (home / ".ssh" / "config").write_text("x")
    (home / "file.txt").symlink_to(home / ".ssh" / "config")
    (home / "twice.txt").symlink_to("file.txt")
    (home / "folder").symlink_to(".ssh")
    (home / "loop").symlink_to("loop")
    targets = LinkTargets()
    secret = f"{home}/.ssh/config"
    for name in ("file.txt", "twice.txt", "folder/config"):
        assert await targets.target_of(f"{home}/{name}") == secret
    assert await targets.target_of(f"{home}/folder/not_saved_yet") == f"{home}/.ssh/not_saved_yet"
    for path in (secret, f"{home}/nowhere", f"{home}/loop", f"{home}/a\0b", f"{home}/\ud800", f"{home}/{'x' * 5_000}"):
        assert await targets.target_of(path) == "", ascii(path[-20:])


async def test_only_so_many_file_systems_are_waited_for() -> None:
    """Each in a thread of its own; when one answers, the next path has its turn."""
    free, begun = threading.Event(), []

    def resolve(path: str) -> str:
        begun.append(path)
        free.wait(10)
        return path

    targets = LinkTargets(resolve)
    waiting = [asyncio.create_task(targets.target_of(f"/{number}")) for number in range(MOST_AT_ONCE + 1)]
    while len(begun) < MOST_AT_ONCE:
        await asyncio.sleep(0)
    await settle()
    assert len(begun) == MOST_AT_ONCE
    free.set()
    assert await asyncio.gather(*waiting) == [""] * (MOST_AT_ONCE + 1)


@pytest.mark.parametrize(
    ("path", "resolved", "target"),
    [
        ("c:/w/a.py", "C:\\w\\a.py", ""),
        ("c:/w/a.py", "\\\\?\\C:\\w\\a.py", ""),
        ("c:/w/a.py", "D:\\real\\a.py", "d:/real/a.py"),  # a junction
        ("z:/a.py", "\\\\Server\\share\\a.py", "//server/share/a.py"),  # a mapped drive
        ("z:/a.py", "\\\\?\\UNC\\Server\\share\\a.py", "//server/share/a.py"),
        ("c:/w/100%25.py", "C:\\w\\100%25.py", ""),
        ("c:/w/ENV~1", "C:\\w\\.env", "c:/w/.env"),  # a short name
    ],
)
async def test_what_windows_resolves_is_spelled_as_uris_are(path: str, resolved: str, target: str) -> None:
    found = await LinkTargets(lambda _path: resolved).target_of(path)
    assert found == target
    assert (secret_document_reason(Document(f"file:///{path}", target=found)) is not None) == target.endswith(".env")
