"""Recordings of whole sessions: what they have in them, what they must not have, and what may go wrong."""

from __future__ import annotations

import asyncio
import random
from pathlib import Path
from typing import Any

import pytest

from fim_language_server.core.recordings.records import CancelledRequest, GivenAnswer, MadeRequest, RunCommand
from fim_language_server.core.recordings.text_records import ChangedText, ClosedText, HiddenText, OpenedText
from fim_language_server.core.values import CompletionRequest, Skip, Suggestion
from fim_language_server.evaluation.recordings.moments import moments
from fim_language_server.evaluation.recordings.reading import Recording, read_recording
from fim_language_server.lsp.recording.starting import RecordingWish
from tests.fakes.clock import settle
from tests.fakes.editor import URI, FakeEditor, completion_params, edit
from tests.fakes.secrets import pem


async def nothing(request: CompletionRequest) -> Suggestion | Skip:
    return Skip.NOTHING_NEW


async def run(editor: FakeEditor, command: str, *arguments: Any) -> Any:
    """Run a command, which may wait for a thread, and return its answer."""
    number = editor.request("workspace/executeCommand", {"command": command, "arguments": list(arguments)})
    while not any(message.get("id") == number and "method" not in message for message in editor.received):
        await asyncio.sleep(0)
    return await editor.answer_to(number)


async def stopped(editor: FakeEditor, path: Path) -> Recording:
    assert (await run(editor, "fim.stopRecording"))["result"] == {"file": str(path)}
    return read_recording(path)


def of_kind(recording: Recording, kind: type) -> list[Any]:
    return [record for record in recording.records if isinstance(record, kind)]


async def test_a_session_is_kept_as_its_user_saw_it(tmp_path: Path) -> None:
    """Open documents, edits, requests with their answers, commands without the file's name; then it ends."""
    path = tmp_path / "session.jsonl"
    async with FakeEditor() as editor:
        await editor.initialize({"general": {"positionEncodings": ["utf-16"]}}, clientInfo={"name": "test"})
        editor.open("a😀\n")
        await settle()
        assert (await run(editor, "fim.startRecording", str(path), True))["result"] == {
            "file": str(path),
            "texts": True,
        }
        editor.change(edit((0, 3), (0, 3), "é"))
        await editor.ask("textDocument/inlineCompletion", completion_params(0, 4))
        editor.notify("textDocument/didClose", {"textDocument": {"uri": URI}})
        recording = await stopped(editor, path)
        assert (await run(editor, "fim.stopRecording"))["result"] is None
    assert (recording.origins.client, recording.origins.encoding, recording.unreadable) == ("test", "utf-16", 0)
    assert [moment.text for moment in moments(recording)] == ["a😀\n", "a😀é\n", "a😀é\n"]
    (request,) = of_kind(recording, MadeRequest)
    (answer,) = of_kind(recording, GivenAnswer)
    assert (request.line, request.column, request.trigger) == (0, 3, "automatic")
    assert [(item.edit.column, item.edit.text.text, item.suggestion) for item in answer.items] == [(3, "<a😀é|>", "s1")]
    assert len(of_kind(recording, ClosedText)) == 1
    assert [record.arguments for record in of_kind(recording, RunCommand)] == [()]
    assert str(path) not in path.read_text()


async def test_a_cancelled_request_says_so(tmp_path: Path) -> None:
    """By the client's notification, and by how it is answered."""

    async def never(request: CompletionRequest) -> Suggestion | Skip:
        await asyncio.Event().wait()
        raise AssertionError

    async with FakeEditor(never, recording=RecordingWish(tmp_path / "s", with_texts=True)) as editor:
        await editor.initialize()
        editor.open("a\n")
        await settle()
        number = editor.request("textDocument/inlineCompletion", completion_params(0, 1))
        await settle()
        editor.notify("$/cancelRequest", {"id": number})
        await editor.answer_to(number)
        recording = await stopped(editor, tmp_path / "s")
    assert len(of_kind(recording, CancelledRequest)) == 1
    assert [answer.end for answer in of_kind(recording, GivenAnswer)] == ["cancelled"]


async def test_the_command_line_s_recording_begins_with_the_session(tmp_path: Path) -> None:
    """Documents that open before the settings are known are kept as soon as they are."""
    path = tmp_path / "session.jsonl"
    async with FakeEditor(recording=RecordingWish(path, with_texts=True)) as editor:
        editor.application_may_come.clear()
        await editor.initialize()
        editor.open("early\n")
        editor.change(edit((0, 0), (0, 0), "x"))
        await settle()
        editor.application_may_come.set()
        await settle()
        editor.change(edit((0, 0), (0, 0), "y"), version=3)
    recording = read_recording(path)
    assert [moment.text for moment in moments(recording)] == ["early\n", "xearly\n", "yxearly\n"]
    assert recording.records[-1].why == "session"


@pytest.mark.parametrize("with_texts", [True, False])
async def test_of_hidden_files_nothing_is_kept(tmp_path: Path, with_texts: bool) -> None:
    """Excluded, a secret by its content, and one that becomes a secret: only that there were some."""
    key = pem(random.Random(1))
    async with FakeEditor(nothing, recording=RecordingWish(tmp_path / "s", with_texts=with_texts)) as editor:
        editor.application.excluded.add("file:///project/private/plans.md")
        await editor.initialize(rootUri="file:///project")
        for uri, text in (
            ("file:///project/private/plans.md", "PLAN nine\n"),
            ("file:///project/deploy_notes.txt", f"KEYFILE\n{key}"),
            ("file:///project/later.py", "fine = 1\n"),
        ):
            editor.open(text, uri)
            await settle()
            await editor.ask("textDocument/inlineCompletion", completion_params(0, 4, uri))
        editor.change(edit((1, 0), (1, 0), key), uri="file:///project/later.py")
        editor.change(edit((0, 0), (0, 0), "AFTER"), version=3, uri="file:///project/later.py")
        recording = await stopped(editor, tmp_path / "s")
    assert [document.path for document in of_kind(recording, OpenedText)] == [
        "later.py" if with_texts else "document-3.py"
    ]
    assert len(of_kind(recording, HiddenText)) == 3
    assert of_kind(recording, ChangedText) == []
    written = (tmp_path / "s").read_text()
    assert not [word for word in ("PLAN", "plans", "KEYFILE", "notes", "AFTER", key.split("\n")[2]) if word in written]


async def test_of_files_outside_of_the_workspace_only_the_name_is_kept(tmp_path: Path) -> None:
    """Their folders tell the user's name, and more."""
    async with FakeEditor(recording=RecordingWish(tmp_path / "s", with_texts=True)) as editor:
        await editor.initialize(rootUri="file:///home/jolanthe/work")
        for uri in ("file:///home/jolanthe/work/src/a.py", "file:///home/jolanthe/b.py", "untitled:Untitled-1"):
            editor.open("x", uri)
        await settle()
        recording = await stopped(editor, tmp_path / "s")
    paths = [document.path for document in of_kind(recording, OpenedText)]
    assert paths == ["src/a.py", "outside/2/b.py", "untitled/3"]
    assert "jolanthe" not in (tmp_path / "s").read_text()


async def test_a_client_on_a_network_names_no_file(tmp_path: Path) -> None:
    """Its connection can be reached by others; the sentence says how to record."""
    async with FakeEditor(is_network=True) as editor:
        await editor.initialize()
        answer = await run(editor, "fim.startRecording", str(tmp_path / "s"), True)
        assert "start the server with --record FILE" in answer["error"]["message"]
    assert list(tmp_path.iterdir()) == []


async def test_a_file_that_is_there_is_not_replaced_and_the_session_goes_on(tmp_path: Path) -> None:
    """One message; also where a second recording is asked for."""
    path = tmp_path / "s"
    path.write_text("mine")
    async with FakeEditor(recording=RecordingWish(path)) as editor:
        await editor.initialize()
        (message,) = editor.notifications("window/showMessage")
        assert "replaces no file" in message["message"]
        editor.open("ab\n")
        assert (await editor.ask("textDocument/inlineCompletion", completion_params(0, 1)))["result"]
        other = tmp_path / "t"
        assert "error" not in await run(editor, "fim.startRecording", str(other))
        assert "already" in (await run(editor, "fim.startRecording", str(tmp_path / "u")))["error"]["message"]
        assert "error" in await run(editor, "fim.startRecording", str(tmp_path / "no" / "folder"))
    assert path.read_text() == "mine"


async def test_a_full_disk_ends_the_recording_with_one_message(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The file stays readable as far as it came, and the session goes on."""
    async with FakeEditor(recording=RecordingWish(tmp_path / "s", with_texts=True)) as editor:
        await editor.initialize()
        editor.open("ab\n")
        await settle()

        def full(_descriptor: int, _data: object) -> int:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr("fim_language_server.lsp.recording.file.os.write", full)
        editor.change(edit((0, 0), (0, 0), "x"))
        while not editor.notifications("window/showMessage"):
            await asyncio.sleep(0)
        monkeypatch.undo()
        for version in (3, 4, 5):
            editor.change(edit((0, 0), (0, 0), "y"), version=version)
            answer = await editor.ask("textDocument/inlineCompletion", completion_params(0, 1))
            assert answer["result"]
        (message,) = editor.notifications("window/showMessage")
        assert "No space left" in message["message"]
        assert (await run(editor, "fim.stopRecording"))["result"] is None


async def test_more_clients_of_a_process_have_a_file_each(tmp_path: Path) -> None:
    """A number is added to the name; also where a file may be replaced."""
    wish = RecordingWish(tmp_path / "s.jsonl", replaces=True, is_numbered=True)
    for _ in range(2):
        async with FakeEditor(recording=wish) as editor:
            await editor.initialize()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["s-2.jsonl", "s.jsonl"]
