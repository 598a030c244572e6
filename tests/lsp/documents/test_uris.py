"""A URI that cannot be read is not a path, costs nothing else, and is told of once."""

from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fim_language_server.lsp.documents.uris import path_of
from tests.fakes.editor import FakeEditor, completion_params

BROKEN = [
    "file://[::1",
    "file://[::1/a.py",
    "file://[name]/a.py",
    "file://a\u2100b/c.py",  # a character that becomes a/c
    "x://[No Name]",
    "file:///a%00b.py",
    "file:///a\udc00\ud800b.py",
    "file:a.py",
    "file:",
    "//[",
    "[",
    ":",
    "",
    "\0",
    "http://[",
    "untitled://[x",
    "file:///" + "a" * 100_000,
    "file:///" + "a" * 256,
    "file:///" + "a/" * 2_100,
]


@pytest.mark.skipif(sys.platform == "win32", reason="paths")
@pytest.mark.parametrize(
    ("uri", "path"),
    [
        ("file:///a/b.py", "/a/b.py"),
        ("file:///a%20b", "/a b"),
        ("file://localhost/a", "/a"),
        ("file:/a/x/../b", "/a/b"),
        ("untitled:a", None),
        ("a/b", None),
    ],
)
def test_paths_of_files(uri: str, path: str | None) -> None:
    assert path_of(uri) == path


@pytest.mark.parametrize(
    ("uri", "path"),
    [
        ("file:///c%3A/w/a%20b.py", "c:\\w\\a b.py"),
        ("file:///C:/", "c:\\"),
        ("file:///C%3A", "c:\\"),
        ("file://Server/Share/a.py", "\\\\server\\Share\\a.py"),
        ("file:////server/share/a.py", "\\\\server\\share\\a.py"),  # RFC 8089, E.3.2
        ("file://///server/share/a.py", "\\\\server\\share\\a.py"),
        ("file:///c:/w/NUL", None),
        ("file:///w/a.py", None),
        ("untitled:c:/w/a.py", None),
    ],
)
def test_paths_of_files_of_windows(uri: str, path: str | None) -> None:
    """In a process that is told at its beginning that it runs there."""
    program = (
        "import attrs, pygls.uris, sys; sys.platform = 'win32';"
        "from fim_language_server.lsp.documents.uris import path_of; print(ascii(path_of(sys.argv[1])))"
    )
    result = subprocess.run([sys.executable, "-c", program, uri], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == ascii(path)


@pytest.mark.parametrize("uri", BROKEN)
def test_what_is_no_file_has_no_path(uri: str) -> None:
    assert path_of(uri) is None


@given(st.text(st.characters(categories=None), max_size=30) | st.text("file:/[]%0@.\\#?", max_size=20))
def test_no_text_raises(text: str) -> None:
    """Also behind `file://`, where hosts are checked."""
    for uri in (text, f"file://{text}", f"file:///{text}", f"vscode-remote://{text}"):
        path = path_of(uri)
        assert path is None or "\0" not in path


@pytest.mark.parametrize("uri", BROKEN)
async def test_all_else_works_beside_a_broken_uri(uri: str, caplog: pytest.LogCaptureFixture) -> None:
    """As a folder, a root, a saved or watched file and a document, which is completed like one that has no file."""
    folder = {"uri": uri, "name": "w"}
    async with FakeEditor() as editor:
        await editor.initialize(workspaceFolders=[folder, {"uri": "file:///project", "name": "p"}])
        editor.notify("textDocument/didSave", {"textDocument": {"uri": uri}})
        editor.notify("workspace/didChangeWatchedFiles", {"changes": [{"uri": uri, "type": 2}]})
        event = {"added": [folder], "removed": [folder]}
        editor.notify("workspace/didChangeWorkspaceFolders", {"event": event})
        item = {"uri": uri, "languageId": "python", "version": 1, "text": "ab\n"}
        editor.notify("textDocument/didOpen", {"textDocument": item})
        params = {**completion_params(0, 1), "textDocument": {"uri": uri}}
        answer = await editor.ask("textDocument/inlineCompletion", params)
        assert answer["result"]["items"][0]["insertText"] == "<a|b>"
    assert not [record for record in caplog.records if record.exc_info]
    assert sum("no file's URI" in record.message for record in caplog.records) <= 1


@pytest.mark.parametrize("path", ["//", "//x", "\ud800", "a\0b", "x" * 100_000])
@pytest.mark.parametrize("name", ["rootPath", "rootUri"])
async def test_a_root_that_is_no_path_costs_only_itself(name: str, path: str) -> None:
    async with FakeEditor() as editor:
        answer = await editor.initialize(**{name: path})
        assert "capabilities" in answer
