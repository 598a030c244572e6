"""Pieces of the workspace: found by the index, read from the files, and never of one that may not be shown now."""

from __future__ import annotations

import os
from array import array
from pathlib import Path

import pytest

from fim_language_server.core.values import Snippet, SnippetSource
from fim_language_server.embedded.index.overlay import Overlay
from fim_language_server.embedded.sources.scanner import Scanner
from tests.fakes.indexed_workspace import IndexedWorkspace, index_folders, write_files

LEDGER = "class Ledger:\n    def post_entry(self, amount):\n\n        return self.balance_of(amount)\n"
WEATHER = "def forecast(temperature, pressure):\n    return temperature - pressure\n"
CURSOR = "def settle(ledger, amount):\n    ledger.post_entry(balance_of, amount\n"
PRIVATE_KEY = "-----BEGIN RSA PRIVATE KEY-----\n" + "MIIEpAIBAAKCAQEA7bq2\n" * 12 + "-----END RSA PRIVATE KEY-----\n"


@pytest.fixture
def workspace(tmp_path: Path) -> IndexedWorkspace:
    write_files(tmp_path, {"here.py": CURSOR, "lib/ledger.py": LEDGER, "lib/weather.py": WEATHER})
    return index_folders(tmp_path)


def paths(snippets: tuple[Snippet, ...]) -> list[str]:
    return [snippet.path for snippet in snippets]


def test_a_file_that_is_not_open_is_shown_as_it_stands_on_the_disk(workspace: IndexedWorkspace) -> None:
    (snippet,) = workspace.choose(CURSOR)
    assert (snippet.path, snippet.text) == ("lib/ledger.py", LEDGER.rstrip("\n"))
    assert (snippet.source, snippet.first_line) == (SnippetSource.WORKSPACE, 0)
    assert set(snippet.words) == {"post_entry", "balance_of", "amount"}


def test_the_first_line_and_the_words_of_a_piece_in_a_long_file(tmp_path: Path) -> None:
    lines = [f"value_{number} = compute_{number}(value_{number - 1})\n\n" for number in range(400)]
    write_files(tmp_path, {"long.py": "".join([*lines[:200], LEDGER, *lines[200:]])})
    (snippet,) = index_folders(tmp_path).choose(CURSOR)
    whole = (tmp_path / "long.py").read_text().split("\n")
    rows = snippet.text.split("\n")
    assert whole[snippet.first_line : snippet.first_line + len(rows)] == rows
    assert LEDGER.rstrip("\n") in snippet.text
    assert len(rows) < 40


def test_the_own_file_is_left_out_by_any_of_its_paths(tmp_path: Path) -> None:
    """A link, a linked directory, and a second name of the file are its own text, too."""
    write_files(tmp_path, {"src/here.py": LEDGER + CURSOR})
    (tmp_path / "linked").symlink_to("src")
    (tmp_path / "link.py").symlink_to("src/here.py")
    os.link(tmp_path / "src/here.py", tmp_path / "second.py")
    workspace = index_folders(tmp_path)
    for path in ("src/here.py", "linked/here.py", "second.py"):
        assert workspace.choose(CURSOR, path=path) == ()
    target = str(tmp_path / "src/here.py")
    assert workspace.choose(CURSOR, path="link.py", target=target) == ()
    assert paths(workspace.choose(CURSOR, path="other.py"))


def test_an_open_document_is_read_from_its_lines(workspace: IndexedWorkspace) -> None:
    """Also where the file on the disk, or in the index, says something else; and not twice."""
    newer = ["class Ledger:", "    def post_entry(self, amount, currency):", "        return balance_of(amount)"]
    (snippet,) = workspace.choose(CURSOR, (workspace.document("lib/ledger.py"), newer))
    assert (snippet.text, snippet.source) == ("\n".join(newer), SnippetSource.OPEN_DOCUMENT)
    assert workspace.choose(CURSOR, (workspace.document("lib/ledger.py"), ["gone"])) == ()


@pytest.mark.parametrize(
    "text",
    [
        PRIVATE_KEY + LEDGER,
        LEDGER + 'TOKEN = "ghp_' + "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8" + '"\n',
        "// @generated\n" + LEDGER,
        LEDGER + "\0",
        "",
    ],
    ids=["private key", "token", "generated", "binary", "empty"],
)
def test_a_file_that_may_not_be_shown_any_more_is_not(workspace: IndexedWorkspace, text: str) -> None:
    (workspace.folders[0] / "lib/ledger.py").write_text(text)
    assert workspace.choose(CURSOR) == ()


def test_a_file_that_is_ignored_or_excluded_since_is_not_shown(tmp_path: Path) -> None:
    write_files(tmp_path, {".git/HEAD": "ref: refs/heads/main\n", "lib/ledger.py": LEDGER})
    workspace = index_folders(tmp_path)
    assert paths(workspace.choose(CURSOR)) == ["lib/ledger.py"]
    (tmp_path / ".gitignore").write_text("lib/\n")
    assert workspace.choose(CURSOR) == ()
    (tmp_path / ".gitignore").unlink()
    excluded = IndexedWorkspace(
        [tmp_path], workspace.corpus, Scanner([str(tmp_path)], exclude=["ledger.*"]), workspace.judged
    )
    assert excluded.choose(CURSOR) == ()


@pytest.mark.parametrize(
    "name", ["lib/secrets/.env.py", "lib/id_rsa", "lib/.hidden/ledger.py", "node_modules/ledger.py"]
)
def test_the_index_alone_makes_no_file_readable(workspace: IndexedWorkspace, name: str) -> None:
    """An index that names a file which the scanner would not read is not believed."""
    write_files(workspace.folders[0], {name: LEDGER})
    numbers = array("i", workspace.corpus.vocabulary.document(LEDGER)[0])
    changes = {name: [numbers], "lib/ledger.py": []}
    workspace.corpus = Overlay.over(workspace.corpus).with_changes(changes).corpus
    assert workspace.choose(CURSOR) == ()


def test_a_file_that_became_a_link_is_not_shown(workspace: IndexedWorkspace, tmp_path: Path) -> None:
    outside = tmp_path.parent / f"{tmp_path.name}-outside.py"
    outside.write_text(LEDGER)
    (tmp_path / "lib/ledger.py").unlink()
    (tmp_path / "lib/ledger.py").symlink_to(outside)
    assert workspace.choose(CURSOR) == ()


def test_lines_with_secrets_are_empty(tmp_path: Path) -> None:
    """They are left out of the index, so they are of the piece."""
    password = 'password = "hunter2-Xk93jfKq0pZ"'
    write_files(tmp_path, {"ledger.py": LEDGER.replace("\n\n", f"\n        {password}\n")})
    (snippet,) = index_folders(tmp_path).choose(CURSOR)
    assert snippet.text == LEDGER.rstrip("\n")


def test_in_a_file_that_changed_the_words_are_looked_for(workspace: IndexedWorkspace) -> None:
    text = "".join(f"value_{number} = {number}\n" for number in range(100)) + LEDGER
    (workspace.folders[0] / "lib/ledger.py").write_text(text)
    (snippet,) = workspace.choose(CURSOR)
    assert "def post_entry" in snippet.text
    rows = snippet.text.split("\n")
    assert text.split("\n")[snippet.first_line : snippet.first_line + len(rows)] == rows


def test_files_that_changed_since_indexing_are_found_by_their_new_words(workspace: IndexedWorkspace) -> None:
    (workspace.folders[0] / "lib/weather.py").write_text(LEDGER)
    (workspace.folders[0] / "lib/ledger.py").write_text(WEATHER)
    vocabulary = workspace.corpus.vocabulary
    changes = {
        name: [array("i", vocabulary.document(text)[0])]
        for name, text in (("lib/weather.py", LEDGER), ("lib/ledger.py", WEATHER))
    }
    workspace.corpus = Overlay.over(workspace.corpus).with_changes(changes).corpus
    assert paths(workspace.choose(CURSOR)) == ["lib/weather.py"]


def test_of_files_of_one_name_in_two_folders_the_one_with_the_words_is_shown(tmp_path: Path) -> None:
    write_files(tmp_path, {"one/ledger.py": WEATHER, "two/ledger.py": LEDGER})
    (snippet,) = index_folders(tmp_path / "one", tmp_path / "two").choose(CURSOR)
    assert "post_entry" in snippet.text


def test_installed_packages_are_never_shown(workspace: IndexedWorkspace) -> None:
    """They are indexed for the embedded model only, which sends nothing."""
    numbers = array("i", workspace.corpus.vocabulary.document(LEDGER)[0])
    name = "site-packages/ledger.py"
    write_files(workspace.folders[0], {name: LEDGER})
    changes = {name: [numbers], "lib/ledger.py": []}
    workspace.corpus = Overlay.over(workspace.corpus).with_changes(changes).corpus
    assert workspace.choose(CURSOR) == ()


def test_far_imports_and_heads_of_the_own_file_have_a_part_of_the_budget(workspace: IndexedWorkspace) -> None:
    own = ["import ledger_tools", "def far_away(amount):", "    pass", *["x = 1"] * 50, *CURSOR.split("\n")]
    assert workspace.choose(CURSOR, max_chars=1_999, own_lines=own)[-1].source is not SnippetSource.OWN_FILE
    request_text = "\n".join(own[-3:])
    document = workspace.document("here.py")
    snippet = workspace.choose(request_text, max_chars=4_000, own_lines=own[-3:])[-1]
    assert snippet.source is not SnippetSource.OWN_FILE
    assert document.path == "here.py"
