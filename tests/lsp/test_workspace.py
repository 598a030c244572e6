"""Which documents are open, what they are called, and in which order they were touched."""

import pytest
from lsprotocol import types

from fim_language_server.core.values import Position
from fim_language_server.lsp.workspace import MOST_PLACES, Workspace, relative_path


def opened(*uris: str, text: str = "a\n") -> Workspace:
    workspace = Workspace()
    for uri in uris:
        workspace.open(types.TextDocumentItem(uri, "python", 1, text))
    return workspace


def change(uri: str, *changes: object, version: int = 2) -> types.DidChangeTextDocumentParams:
    return types.DidChangeTextDocumentParams(types.VersionedTextDocumentIdentifier(version, uri), list(changes))


def whole(text: str) -> types.TextDocumentContentChangeWholeDocument:
    return types.TextDocumentContentChangeWholeDocument(text)


def insert(line: int, character: int, text: str) -> types.TextDocumentContentChangePartial:
    place = types.Position(line, character)
    return types.TextDocumentContentChangePartial(types.Range(place, place), text)


@pytest.mark.parametrize(
    ("uri", "folders", "expected"),
    [
        ("file:///project/a/b.py", ["/project"], "a/b.py"),
        ("file:///project/a/b.py", ["/project", "/project/a"], "b.py"),  # the innermost
        ("file:///project/a/b.py", ["/project/"], "a/b.py"),
        ("file:///workshop/b.py", ["/project"], "workshop/b.py"),  # no path's beginning, only a name's
        ("file:///home/somebody/.ssh/config", ["/project"], ".ssh/config"),
        ("file:///x.py", [], "x.py"),
        ("file:///project/a%20b/%C3%A9.py", ["/project"], "a b/é.py"),
        ("untitled:Untitled-1", ["/project"], ""),
        ("vscode-remote://ssh-remote%2Bhost/home/me/.env", ["/project"], "me/.env"),
        ("vscode-notebook-cell:/home/me/nb.ipynb#W0", ["/project"], "me/nb.ipynb"),
    ],
)
def test_relative_path(uri: str, folders: list[str], expected: str) -> None:
    """Never a home directory: it goes to the provider."""
    assert relative_path(uri, folders) == expected


def test_documents_are_renamed_when_folders_change() -> None:
    workspace = opened("file:///project/a/b.py")
    workspace.set_folders(["file:///project", "untitled:x"])
    assert workspace.find("file:///project/a/b.py").path == "a/b.py"
    workspace.change_folders(["file:///project/a", "file:///project/a"], ["file:///project"])
    assert workspace.folders == ("/project/a",)
    assert workspace.find("file:///project/a/b.py").path == "b.py"


def test_an_escaped_uri_is_the_same_document() -> None:
    workspace = opened("file:///c%3A/a.py")
    document = workspace.find("file:///c:/a.py")
    assert document is not None
    assert document.uri == "file:///c%3A/a.py", "it is called as it was opened"
    assert workspace.close("file:///c:/a.py") == "file:///c%3A/a.py"


def test_the_others_come_last_touched_first() -> None:
    workspace = opened("file:///1", "file:///2", "file:///3", "file:///4")
    workspace.change(change("file:///2", whole("two")))
    others = workspace.recent("file:///4")
    assert [(document.uri, lines) for document, lines in others] == [
        ("file:///2", ["two"]),
        ("file:///3", ["a\n", ""]),
        ("file:///1", ["a\n", ""]),
    ]


def test_opening_again_replaces() -> None:
    workspace = opened("file:///a", "file:///a", text="b")
    assert workspace.find("file:///a").lines == ["b"]


@pytest.mark.parametrize("version", [1, 0, -3, 7])
def test_a_change_of_any_version_is_applied(version: int, caplog: pytest.LogCaptureFixture) -> None:
    """The client is the authority; a version that does not grow is worth one line in the log."""
    workspace = opened("file:///a")
    for _ in range(3):
        workspace.change(change("file:///a", insert(0, 0, "x"), version=version))
    assert workspace.find("file:///a").lines == ["xxxa\n", ""]
    assert len(caplog.records) == 1


def test_a_document_that_was_never_opened_is_ignored(caplog: pytest.LogCaptureFixture) -> None:
    workspace = Workspace()
    for _ in range(3):
        assert workspace.change(change("file:///a", whole("x"))) == (None, [])
    assert workspace.find("file:///a") is None
    assert len(caplog.records) == 1


def test_full_text_is_legal_where_incremental_was_agreed_and_mixes_with_it() -> None:
    workspace = opened("file:///a")
    _, places = workspace.change(change("file:///a", whole("one\ntwo"), insert(1, 3, "!"), insert(0, 0, "\n")))
    assert workspace.find("file:///a").lines == ["\n", "one\n", "two!"]
    assert places == [Position(2, 3), Position(2, 4), Position(1, 0)]


def test_of_a_change_in_very_many_places_the_last_are_told() -> None:
    workspace = opened("file:///a", text="x\n" * 1_000)
    changes = [insert(line, 1, "yz") for line in reversed(range(1_000))]
    _, places = workspace.change(change("file:///a", *changes))
    assert places == [Position(line, 3) for line in reversed(range(MOST_PLACES))]
