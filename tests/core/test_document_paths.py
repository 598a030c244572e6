"""Which file a document is, by its URI."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fim_language_server.core.document_paths import (
    identity_of_uri,
    path_of_uri,
    places_of_uri,
    relative_path,
    relative_paths,
)
from fim_language_server.core.secrets.secret_files import secret_document_reason
from fim_language_server.core.values import Document


@pytest.mark.parametrize(
    ("uri", "folders", "expected"),
    [
        ("file:///project/a/b.py", ["/project"], "a/b.py"),
        ("file:///project/a/b.py", ["/project", "/project/a"], "b.py"),  # the innermost
        ("file:///project/a/b.py", ["/project/"], "a/b.py"),
        ("file:///workshop/b.py", ["/project"], "workshop/b.py"),  # no path's beginning, only a name's
        ("file:///home/somebody/.ssh/config", ["/project"], ".ssh/config"),
        ("file:///x.py", [], "x.py"),
        ("file:///x.py", ["/"], "x.py"),
        ("file:///project/a%20b/%C3%A9.py", ["/project"], "a b/é.py"),
        ("file:///proje%CC%81t/a/e%CC%81.py", ["/proj\u00e9t"], "a/e\u0301.py"),  # as macOS writes é
        ("file:///C%3A/Project/a.py", ["c:\\project"], "a.py"),
        ("file://Srv/Share/p/a.py", ["//srv/share/p"], "a.py"),
        ("file:///project/%FF.py", ["/project"], "\ufffd.py"),
        ("untitled:Untitled-1", ["/project"], ""),
        ("untitled:/project/db/x.sql", ["/project"], "db/x.sql"),
        ("git:/project/a.py?%7B%7D", ["/project"], "a.py"),
        ("vscode-remote://ssh-remote%2Bhost/home/me/.env", ["/project"], "me/.env"),
        ("vscode-notebook-cell:/home/me/nb.ipynb#W0", ["/project"], "me/nb.ipynb"),
        ("file://", ["/project"], ""),
    ],
)
def test_a_document_is_called_by_its_path_in_the_workspace(uri: str, folders: list[str], expected: str) -> None:
    """Never by a home directory: the name goes to the provider."""
    assert relative_path(path_of_uri(uri), folders) == expected


def test_each_folder_that_holds_a_file_names_it() -> None:
    assert relative_paths("/w/a/b.py", ["/w", "/w/a", "/x"]) == ["a/b.py", "b.py"]


SPELLINGS = [
    *("file://{}", "file:{}", "FILE://{}", "file://localhost{}", "file:////{}", "file://{}?x=1", "file://{}#L1"),
    *("untitled:{}", "untitled://{}", "git:{}?%7B%22ref%22%3A%22~%22%7D", "gitlens://0af{}?ref", "gitfs:{}"),
    *("fugitive://{}", "diffview:///w/.git/:0:{}", "vscode-notebook-cell:{}#W0sZmlsZQ%3D%3D", "vscode-userdata:{}"),
    *(
        "vscode-remote://ssh-remote%2Bhost{}",
        "vscode-vfs://github/o/r{}",
        "scp://host/{}",
        "/ssh:u@h:{}",
        "file:///ssh:u@h:{}",
    ),
    *(
        "zipfile:///a.zip::{}",
        "jar:file:///a.jar!{}",
        "buffer://emacs{}",
        "{}",
        "file:///c%3A{}",
        "file:///C:{}",
        "C:{}",
    ),
    *(
        "file:///c|{}",
        "file://C:{}",
        "file://srv/share{}",
        "\\\\\\\\srv\\\\share{}",
        "file:///w/a#b{}",
        "file:///w/what?{}",
    ),
    *("merge:x?%7B%22path%22%3A%22{}%22%7D", "review:pr?path={}&side=left", "file:///w/x/../..{}", "file:///w/./{}"),
    *("file://{}/", "file://{}%20", "file://{}.", "file:///c:{}::$DATA", "file://{}%E2%80%8B", "inmemory://model{}"),
]
"""How clients spell a file; `{}` is an absolute path."""
SECRETS = ["/w/.env", "/home/u/.ssh/id_rsa", "/home/u/.kube/config", "/home/u/.aws/credentials.bak", "/w/secrets.yaml"]


@pytest.mark.parametrize("spelling", SPELLINGS)
@pytest.mark.parametrize("path", SECRETS)
def test_a_secret_is_one_however_its_uri_is_spelled(spelling: str, path: str) -> None:
    escaped = path.replace(".", "%2E").replace("e", "%65")
    twice = escaped.replace("%", "%25")
    for one in (path, path.upper(), escaped, escaped.lower(), twice, path.replace("/", "\\"), path.replace("/", "%5C")):
        document = Document(spelling.format(one), "plaintext")
        assert secret_document_reason(document) is not None, document.uri


@pytest.mark.parametrize("spelling", SPELLINGS)
@pytest.mark.parametrize("path", ["/w/main.py", "/w/src/secrets.ts", "/w/.env.example", "/home/u/kube/config"])
def test_source_is_none_however_its_uri_is_spelled(spelling: str, path: str) -> None:
    assert secret_document_reason(Document(spelling.format(path), "python")) is None


@pytest.mark.parametrize(
    ("document", "is_secret"),
    [
        (Document("untitled:Untitled-1", "dotenv"), True),
        (Document("untitled:Untitled-1", "python"), False),
        (Document("file://", "netrc"), True),
        (Document("untitled:/w/.env.example", "dotenv"), False),  # it has a name
        (Document("file:///w/.env.example", "dotenv"), False),
        (Document("untitled:.env", "plaintext"), True),
        (Document("file:///w/notes.txt", target="/home/u/.aws/credentials"), True),
        (Document("file:///w/notes.txt", target="/w/other.txt"), False),
        (Document("fim:question", path=".env"), True),
    ],
)
def test_links_and_languages_are_judged_too(document: Document, is_secret: bool) -> None:
    assert (secret_document_reason(document) is not None) is is_secret


@given(st.text(st.characters(categories=None), max_size=40) | st.text("file:/[]%0@.\\#?Cc|~u2eF", max_size=30))
def test_no_text_raises(text: str) -> None:
    for uri in (text, f"file://{text}", f"file:///{text}", f"untitled:{text}", f"x://{text}"):
        path = path_of_uri(uri)
        assert ".." not in path.split("/")
        assert isinstance(identity_of_uri(uri), str)
        assert len(places_of_uri(uri)) <= 80
        relative_path(path, ["/w"]).encode("utf-8")
        secret_document_reason(Document(uri))
