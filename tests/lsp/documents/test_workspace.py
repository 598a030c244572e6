"""Which documents are open, what they are called, and in which order they were touched."""

import pytest
from lsprotocol import types

from fim_language_server.core.document_paths import path_of_uri
from fim_language_server.core.values import Position
from fim_language_server.lsp.documents.workspace import MOST_PLACES, Workspace
from tests.fakes.places import local, uri_of


def opened(*uris: str, text: str = "a\n") -> Workspace:
    workspace = Workspace()
    for uri in uris:
        workspace.open(types.TextDocumentItem(uri, "python", 1, text))
    return workspace


def change(uri: str, *changes: object, version: int = 2) -> types.DidChangeTextDocumentParams:
    return types.DidChangeTextDocumentParams(types.VersionedTextDocumentIdentifier(version, uri), list(changes))  # type: ignore[arg-type]


def whole(text: str) -> types.TextDocumentContentChangeWholeDocument:
    return types.TextDocumentContentChangeWholeDocument(text)


def insert(line: int, character: int, text: str) -> types.TextDocumentContentChangePartial:
    place = types.Position(line, character)
    return types.TextDocumentContentChangePartial(types.Range(place, place), text)


def test_documents_are_renamed_when_folders_change() -> None:
    workspace = opened(uri_of("/project/a/b.py"))
    workspace.set_folders([uri_of("/project"), "untitled:x"])
    assert workspace.find(uri_of("/project/a/b.py")).path == "a/b.py"
    workspace.change_folders([uri_of("/project/a"), uri_of("/project/a")], [uri_of("/project")])
    assert workspace.folders == (local("/project/a"),)
    assert workspace.find(uri_of("/project/a/b.py")).path == "b.py"


def test_an_escaped_uri_is_the_same_document() -> None:
    workspace = opened("file:///c%3A/a.py")
    document = workspace.find("file:///c:/a.py")
    assert document is not None
    assert document.uri == "file:///c%3A/a.py", "it is called as it was opened"
    assert workspace.close("file:///c:/a.py") == "file:///c%3A/a.py"


@pytest.mark.parametrize(
    ("opened_as", "asked_as"),
    [
        ("file:/w/a.py", "file:///w/a.py"),
        ("file:///w/a.py", "file:/w/a.py"),
        ("file://localhost/w/a.py", "file:///w/a.py"),
        ("FILE:///w/a.py", "file:///w/a.py"),
        ("file:///C:/w/a.py", "file:///c%3A/w/a.py"),
        ("file:///c%3a/w/a.py", "file:///C%3A/W/A.py"),
        ("file:///C:/w/a.py", "file://C:/w/a.py"),
        ("file:///c:/w%5Ca.py", "file:///c:/w/a.py"),
        ("file://SRV/share/a.py", "file://srv/Share/a.py"),
        ("file:///w/x/../a.py", "file:///w/./a.py"),
        ("file:///w//a.py", "file:///w/a.py"),
        ("file:///w/e%CC%81.py", "file:///w/\u00e9.py"),
        ("file:///w/(g).py", "file:///w/%28g%29.py"),
        ("/w/a.py", "file:///w/a.py"),
        ("untitled:/w/a.py", "untitled:///w/a.py"),
        ("vscode-notebook-cell:/w/n.ipynb#W0", "vscode-notebook-cell:///w/n.ipynb#W0"),
    ],
)
def test_two_spellings_of_a_uri_are_one_document(opened_as: str, asked_as: str) -> None:
    workspace = opened(opened_as)
    for asked in (asked_as, opened_as):
        document = workspace.find(asked)
        assert document is not None
        assert document.uri == opened_as
    workspace.change(change(asked_as, whole("b")))
    assert workspace.find(opened_as).lines == ["b"]
    assert list(workspace.recent(asked_as)) == []
    assert workspace.close(asked_as) == opened_as
    assert workspace.find(opened_as) is None
    assert workspace.find(asked_as) is None


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("untitled:Untitled-1", "untitled:Untitled-2"),
        ("vscode-notebook-cell:/w/n.ipynb#W0", "vscode-notebook-cell:/w/n.ipynb#W1"),
        ("git:/w/a.py?%7Bref%3A1%7D", "git:/w/a.py?%7Bref%3A2%7D"),
        ("file:///w/a.py", "git:/w/a.py"),
        ("file:///w/a.py", "untitled:/w/a.py"),
        ("file:///w/a#1", "file:///w/a#2"),
        ("file:///w/a\\b.py", "file:///w/a/b.py"),
        ("vscode-remote://one/w/a.py", "vscode-remote://two/w/a.py"),
    ],
)
def test_other_documents_are_not_taken_for_it(one: str, other: str) -> None:
    assert opened(one).find(other) is None


def test_what_a_client_holds_apart_stays_apart() -> None:
    """Two spellings of one file, both open: each is edited, read and closed by its own."""
    workspace = opened("file:///w/a.py", "file:/w/a.py", "file://localhost/w/a.py")
    workspace.change(change("file:/w/a.py", whole("other")))
    assert workspace.find("file:/w/a.py").lines == ["other"]
    assert workspace.find("file:///w/a.py").lines == ["a\n", ""]
    assert workspace.find("FILE:///w/a.py") is None, "it may be either"
    assert workspace.close("file:/w/a.py") == "file:/w/a.py"
    assert workspace.close("file:///w/a.py") == "file:///w/a.py"
    assert workspace.find("FILE:///w/a.py").uri == "file://localhost/w/a.py"


def test_a_document_knows_its_paths_in_all_folders_and_its_targets() -> None:
    uri = uri_of("/w/in/private/x.sql").replace("file:", "untitled:")
    workspace = opened(uri)
    workspace.set_folders([uri_of("/w"), uri_of("/w/in")])
    document = workspace.find(uri)
    assert (document.path, document.other_paths) == ("private/x.sql", ("in/private/x.sql",))
    document.target = path_of_uri(uri_of("/w/real/y.sql"))
    workspace.name(document)  # type: ignore[arg-type]
    assert document.describe().other_paths == ("in/private/x.sql", "real/y.sql")


def test_a_document_whose_links_are_not_followed_yet_is_shown_to_nobody() -> None:
    workspace = opened("file:///1", "file:///2")
    workspace.find("file:///1").is_followed = False
    assert [document.uri for document, _ in workspace.recent("")] == ["file:///2"]


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
