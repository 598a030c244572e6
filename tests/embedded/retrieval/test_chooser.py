"""Pieces of the workspace: found by the index, read from the files, and never of one that may not be shown now."""

from __future__ import annotations

import os
from array import array
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fim_language_server.core.other_files.packing import HEADER
from fim_language_server.core.values import Snippet, SnippetSource
from fim_language_server.embedded.index.index_file import index_texts
from fim_language_server.embedded.index.overlay import Overlay
from fim_language_server.embedded.index.segment import DEPTH, IndexSegment
from fim_language_server.embedded.retrieval.index_cells import IndexCells
from fim_language_server.embedded.retrieval.word_places import CELL, SegmentFacts
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
    """From 2,000 code points on, a quarter; not of what the windows hold."""
    own = ["import ledger_tools", "def far_away(amount):", "    pass", *["x(1)"] * 50, *CURSOR.split("\n")]
    request = workspace.request(CURSOR, line=len(own) - 1)
    assert {it.source for it in workspace.chooser.choose(request, [], 1_999, own)} == {SnippetSource.WORKSPACE}
    *others, last = workspace.chooser.choose(request, [], 2_000, own)
    assert paths(tuple(others)) == ["lib/ledger.py"]
    assert (last.source, last.path, last.text) == (SnippetSource.OWN_FILE, "here.py", "\n".join(own[:2]))


_TEXTS = st.lists(
    st.lists(st.sampled_from(["post_entry", "balance_of", "amount", "return", "}", "", "z" * 450]), max_size=4).map(
        " ".join
    ),
    max_size=40,
).map("\n".join)


@settings(max_examples=40, deadline=None)
@given(
    st.dictionaries(st.sampled_from(["a.py", "b/c.py", "b/d.ts", "e.md"]), _TEXTS, max_size=4), st.integers(0, 3_000)
)
def test_pieces_are_lines_of_the_files_within_the_budget(files: dict[str, str], max_chars: int) -> None:
    """None overlaps another, and a choice is repeatable."""
    with TemporaryDirectory() as directory:
        write_files(Path(directory), files)
        workspace = index_folders(Path(directory))
        snippets = workspace.choose(CURSOR, max_chars=max_chars)
        assert workspace.choose(CURSOR, max_chars=max_chars) == snippets
    shown = set[tuple[str, int]]()
    for snippet in snippets:
        rows = snippet.text.split("\n")
        assert rows == files[snippet.path].split("\n")[snippet.first_line : snippet.first_line + len(rows)]
        places = {(snippet.path, snippet.first_line + row) for row in range(len(rows))}
        assert not places & shown
        shown |= places
    assert sum(len(it.path) + HEADER + len(it.text) + 1 for it in snippets) <= max_chars or not snippets


def test_a_word_in_every_cell_and_a_million_tokens_cost_a_bounded_choice() -> None:
    """The places that are looked at, and the windows that are compared, do not grow with the index."""
    line = "post_entry balance_of amount value;"
    texts = [(f"f{number}.py", "\n".join(f"{line} x{number}y{row}" for row in range(800))) for number in range(100)]
    corpus = index_texts([*texts, ("rare.py", "settle(ledger)")])
    (segment,) = corpus.segments
    facts = SegmentFacts.of(segment)
    cells = IndexCells.of(segment, facts, ["amount", "balance_of", "ledger", "post_entry"], corpus.vocabulary)
    assert cells.count > 10_000
    assert len(cells.pairs) == 1
    (window,) = cells.windows({"ledger": 1.0}, np.ones(len(segment.paths), np.float32), 50, 0)
    assert (segment.paths[window.file], *window.words) == ("rare.py", "ledger")


@given(st.lists(st.integers(0, 200), min_size=1, max_size=30), st.integers(0, 2**32))
def test_every_position_has_a_cell_of_its_own_file(lengths: list[int], seed: int) -> None:
    """However short the files are."""
    files = [(f"{number}.py", [8] * length) for number, length in enumerate(lengths)]
    segment = IndexSegment.build(files, lambda tokens: tokens)
    facts = SegmentFacts.of(segment)
    positions = np.random.default_rng(seed).integers(DEPTH, len(segment.tokens), 50)
    cells, are_first = facts.cells_of(positions)
    for position, cell, is_first, file in zip(positions, cells, are_first, facts.files_of(cells), strict=True):
        start, end = segment.span(int(file))
        assert start <= position < end
        assert is_first == (position - start < CELL)
        assert cell - facts.cells[file] == (position - start) // CELL


def test_a_file_of_one_long_line_gives_nothing(tmp_path: Path) -> None:
    """It is no source for the index, and no piece of an open document."""
    text = "post_entry balance_of amount " * 350_000
    workspace = index_folders(tmp_path)
    assert workspace.choose(CURSOR, (workspace.document("data.py"), [text])) == ()
