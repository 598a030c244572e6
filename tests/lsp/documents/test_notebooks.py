"""A cell is completed as a part of what its notebook says, however it came to say it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import pytest
from attrs import define, field
from hypothesis import given, settings
from hypothesis import strategies as st

from fim_language_server.lsp.documents.notebook_messages import NotebookEdits
from fim_language_server.lsp.documents.notebooks import Notebooks
from fim_language_server.lsp.documents.open_document import OpenDocument
from fim_language_server.lsp.documents.workspace import Workspace
from fim_language_server.lsp.wire.fields import InvalidParams
from fim_language_server.lsp.wire.parameters import read_params
from tests.fakes.places import local, uri_of

NOTEBOOK = uri_of("/project/a.ipynb")
WHOLE = 1_000_000


def cell_uri(name: str) -> str:
    """A URI as VS Code makes them: nothing in it tells the order."""
    return f"vscode-notebook-cell:/project/a.ipynb#{name}%3D%3D"


@define
class Cell:
    """A cell of the plain model."""

    name: str
    text: str
    language: str = "python"

    @property
    def kind(self) -> int:
        return 1 if self.language == "markdown" else 2

    @property
    def entry(self) -> dict[str, Any]:
        return {"kind": self.kind, "document": cell_uri(self.name)}

    @property
    def item(self) -> dict[str, Any]:
        return {"uri": cell_uri(self.name), "languageId": self.language, "version": 1, "text": self.text}

    def part(self) -> str | None:
        """What a Python file has of the cell."""
        if self.language == "markdown":
            return "\n".join(f"# {line}".rstrip() for line in self.text.rstrip().split("\n"))
        return self.text if _is_python(self) else None


@define
class Client:
    """A client: the notebook as it has it, and the server's documents that its messages make."""

    cells: list[Cell] = field(factory=list)
    workspace: Workspace = field(factory=Workspace)
    notebooks: Notebooks = field(init=False)
    version: int = 1

    def __attrs_post_init__(self) -> None:
        self.notebooks = Notebooks(self.workspace)

    def open(self, *cells: Cell) -> Client:
        self.cells = list(cells)
        params = {
            "notebookDocument": {
                "uri": NOTEBOOK,
                "notebookType": "jupyter-notebook",
                "version": 0,
                "cells": [cell.entry for cell in cells],
            },
            "cellTextDocuments": [cell.item for cell in cells],
        }
        self.notebooks.open(read_params("notebookDocument/didOpen", params))
        return self

    def change(self, **cells: Any) -> NotebookEdits | None:
        params = {"notebookDocument": {"uri": NOTEBOOK, "version": 1}, "change": {"cells": cells}}
        return self.notebooks.change(read_params("notebookDocument/didChange", params))

    def splice(
        self, start: int, count: int, new: Sequence[Cell], *, opened: Sequence[Cell] = (), closed: Sequence[Cell] = ()
    ) -> NotebookEdits | None:
        self.cells[start : start + count] = new
        array = {"start": start, "deleteCount": count, "cells": [cell.entry for cell in new]}
        structure = {
            "array": array,
            "didOpen": [cell.item for cell in opened],
            "didClose": [{"uri": cell_uri(cell.name)} for cell in closed],
        }
        return self.change(structure=structure)

    def type(self, name: str, start: int, end: int, text: str) -> NotebookEdits | None:
        """Replace a part of a cell's text, by offsets."""
        cell = self.cell(name)
        places = [{"line": cell.text.count("\n", 0, at), "character": _column(cell.text, at)} for at in (start, end)]
        cell.text = cell.text[:start] + text + cell.text[end:]
        change = {"range": {"start": places[0], "end": places[1]}, "text": text}
        self.version += 1
        document = {"uri": cell_uri(name), "version": self.version}
        return self.change(textContent=[{"document": document, "changes": [change]}])

    def cell(self, name: str) -> Cell:
        return next(cell for cell in self.cells if cell.name == name)

    def document(self, name: str) -> OpenDocument:
        found = self.workspace.find(cell_uri(name))
        assert found is not None
        return found

    def around(self, name: str, offset: int, size: int = WHOLE) -> tuple[str, str]:
        """The prefix and suffix that the server has for a place of a cell."""
        text = self.cell(name).text
        windows = self.document(name).windows(text.count("\n", 0, offset), _column(text, offset), size, size)
        if size == WHOLE:
            assert windows.line == windows.prefix.count("\n"), "lines are counted in the joined text"
        return windows.prefix, windows.suffix

    def expected(self, name: str, offset: int, size: int = WHOLE) -> tuple[str, str]:
        """The prefix and suffix by the plain model."""
        before: list[str] = []
        after: list[str] = []
        side = before
        for cell in self.cells:
            if cell.name == name:
                before.append(cell.text[:offset])
                after.append(cell.text[offset:])
                side = after
            elif cell.text.strip() and (part := cell.part()) is not None:
                side.append(part)
        return "\n\n".join(before)[-size:], "\n\n".join(after)[:size]


def _column(text: str, offset: int) -> int:
    """The column of an offset, in UTF-16 units."""
    return len(text[text.rfind("\n", 0, offset) + 1 : offset].encode("utf-16-le")) // 2


def make() -> Client:
    return Client().open(
        Cell("m", "# Sales\n\nby *month*", "markdown"),
        Cell("a", "%matplotlib inline\ndef total(n):\n    return n"),
        Cell("s", "%%bash\nls"),
        Cell("r", "x <- 1", "r"),
        Cell("b", "print(tot)"),
        Cell("e", ""),
        Cell("c", "total(2)"),
    )


def test_a_cell_stands_between_the_cells_before_and_after_it() -> None:
    """Markdown is a comment, line magics are kept; other languages and blank cells are left out."""
    assert make().around("b", 9) == (
        "# # Sales\n#\n# by *month*\n\n%matplotlib inline\ndef total(n):\n    return n\n\nprint(tot",
        ")\n\ntotal(2)",
    )


def test_a_blank_cell_is_there_for_the_cursor_in_it() -> None:
    prefix, suffix = make().around("e", 0)
    assert prefix.endswith("print(tot)\n\n")
    assert suffix == "\n\ntotal(2)"


def test_a_cell_of_another_language_sees_its_own_language() -> None:
    client = make()
    client.splice(7, 0, [t := Cell("t", "%%bash\nwc")], opened=[t])
    windows = client.document("t").windows(1, 2, WHOLE, WHOLE)
    assert windows.prefix == "# # Sales\n#\n# by *month*\n\n%%bash\nls\n\n%%bash\nwc"
    assert client.document("t").describe().language_id == "shellscript"
    assert client.document("r").describe().language_id == "r"


def test_a_markdown_cell_sees_code_in_fences() -> None:
    windows = make().document("m").windows(0, 7, WHOLE, WHOLE)
    assert windows.prefix == "# Sales"
    assert "\n\n```python\nprint(tot)\n```\n\n" in windows.suffix
    assert "```r\nx <- 1\n```" in windows.suffix
    assert "```shellscript\n%%bash\nls\n```" in windows.suffix


def test_one_limit_holds_for_the_whole_notebook() -> None:
    client = make()
    assert client.around("b", 9, 12) == ("n\n\nprint(tot"[-12:], ")\n\ntotal(2)"[:12])
    windows = client.document("b").windows(0, 9, 12, 3)
    assert (windows.prefix_is_whole, windows.suffix_is_whole) == (False, False)
    windows = client.document("c").windows(0, 8, WHOLE, WHOLE)
    assert (windows.prefix_is_whole, windows.suffix_is_whole) == (True, True)


def test_the_engine_knows_a_cell_by_its_notebook() -> None:
    """Path, secrets and exclusions are those of the notebook; its version grows when any cell changes."""
    client = make()
    client.workspace.set_folders([uri_of("/project")])
    described = client.document("b").describe()
    assert (described.uri, described.path) == (NOTEBOOK, "a.ipynb")
    assert client.document("b").owner_uri == NOTEBOOK
    client.type("a", 0, 0, "#")
    assert client.document("b").describe().version > described.version
    assert client.workspace.file_of(NOTEBOOK).path == "a.ipynb"
    assert [file.uri for file in client.workspace.of_files([local("/project/a.ipynb")])] == [NOTEBOOK]


def test_a_secret_in_any_cell_makes_the_notebook_one_until_it_is_gone() -> None:
    client = make()
    assert client.document("b").describe().withheld is None
    key = "-----BEGIN RSA PRIVATE KEY-----\n" + "MIIEowIBAAKCAQEA7" * 8 + "\n-----END RSA PRIVATE KEY-----\n"
    client.type("r", 0, 6, key)
    assert client.document("b").describe().withheld is not None
    client.type("r", 0, len(key), "x")
    assert client.document("b").describe().withheld is None


def test_a_notebook_is_one_document_among_the_others() -> None:
    """Its lines are context for other files, and never for its own cells."""
    client = make()
    found = [(document.uri, "".join(lines)) for document, lines in client.workspace.recent("file:///project/b.py")]
    assert [uri for uri, _ in found] == [NOTEBOOK]
    assert found[0][1].endswith("print(tot)\n\ntotal(2)")
    assert list(client.workspace.recent(NOTEBOOK)) == []
    client.workspace.file_of(NOTEBOOK).is_followed = False
    assert list(client.workspace.recent("file:///project/b.py")) == [], "its link may lead to a secret"


def test_outputs_and_metadata_change_nothing() -> None:
    client = make()
    version = client.document("b").describe().version
    data = [{**client.cell("a").entry, "executionSummary": {"executionOrder": 3}, "metadata": {"x": 1}}]
    assert client.change(data=data) is None
    assert client.change() is None
    assert client.document("b").describe().version == version


def test_the_kind_of_a_cell_may_change() -> None:
    client = make()
    entry = {"kind": 1, "document": cell_uri("a")}
    edits = client.change(data=[entry])
    assert edits is not None
    assert client.around("b", 9)[0].endswith("# def total(n):\n#     return n\n\nprint(tot")


def test_a_change_of_language_closes_and_opens_the_cell() -> None:
    client = make()
    old = client.cell("a")
    client.splice(1, 1, [new := Cell("a", old.text, "r")], opened=[new], closed=[old])
    assert client.around("b", 9) == client.expected("b", 9)
    assert "total(n)" not in client.around("b", 9)[0]


def test_closing_a_notebook_closes_its_cells() -> None:
    client = make()
    assert client.notebooks.close(NOTEBOOK) == NOTEBOOK
    assert client.workspace.find(cell_uri("a")) is None
    assert client.workspace.file_of(NOTEBOOK) is None
    assert client.notebooks.close(NOTEBOOK) is None


def test_text_messages_for_a_cell_change_the_notebook_and_cannot_close_it() -> None:
    """Some clients turn notebook messages back into text messages, and send both."""
    client = make()
    item = {"textDocument": {**client.cell("a").item, "text": "y = 1"}}
    client.workspace.open(read_params("textDocument/didOpen", item).text_document)
    client.cell("a").text = "y = 1"
    assert client.around("b", 9) == client.expected("b", 9)
    assert client.workspace.close(cell_uri("a")) is None
    assert client.around("b", 9) == client.expected("b", 9)


def test_a_cell_without_notebook_is_a_document_of_its_own() -> None:
    """Clients without notebook synchronisation open cells as texts."""
    workspace = Workspace()
    item = {"textDocument": Cell("a", "x = 1").item}
    document = workspace.open(read_params("textDocument/didOpen", item).text_document)
    windows = document.windows(0, 3, WHOLE, WHOLE)
    assert (windows.prefix, windows.suffix) == ("x =", " 1")
    assert document.describe().path.endswith("a.ipynb")


# --- hostile messages -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "cells",
    [
        {"structure": {"array": {"start": -1, "deleteCount": 0}}},
        {"structure": {"array": {"start": 0, "deleteCount": -1}}},
        {"structure": {"array": {"start": "0", "deleteCount": 0}}},
        {"structure": {"array": {"start": 0, "deleteCount": 0, "cells": [{"kind": 2}]}}},
        {"structure": {"array": {"start": 0, "deleteCount": 0, "cells": [7]}}},
        {"structure": {"array": []}},
        {"structure": {"didClose": [{}]}},
        {"structure": {"didOpen": [{"uri": "u:x"}]}},
        {"structure": []},
        {"textContent": {}},
        {"textContent": [{"document": {"uri": "u:x"}, "changes": None}]},
        {"data": [{"kind": 2}]},
        7,
    ],
)
def test_a_malformed_change_is_refused_as_a_whole(cells: Any) -> None:
    params = {"notebookDocument": {"uri": NOTEBOOK, "version": 1}, "change": {"cells": cells}}
    with pytest.raises(InvalidParams):
        read_params("notebookDocument/didChange", params)


@pytest.mark.parametrize(
    "cells",
    [
        None,
        {"structure": None, "data": None, "textContent": None},
        {"structure": {"array": {"start": 99, "deleteCount": 2**31, "cells": None}}},
        {"structure": {"array": {"start": 2.0, "deleteCount": 0, "cells": []}, "didOpen": None, "didClose": None}},
        {"structure": {"didClose": [{"uri": cell_uri("unknown")}]}},
        {"textContent": [{"document": {"uri": cell_uri("unknown"), "version": 2}, "changes": []}]},
        {"textContent": [{"document": {"uri": "file:///project/b.py", "version": 2}, "changes": [{"text": "stolen"}]}]},
        {"data": [{"kind": 1, "document": cell_uri("unknown")}]},
        {"data": [{"kind": "strange", "document": cell_uri("a")}]},
        {"unknown": 1},
    ],
)
def test_a_strange_change_costs_only_itself(cells: Any) -> None:
    client = make()
    text = {"textDocument": {"uri": "file:///project/b.py", "languageId": "python", "version": 1, "text": "mine"}}
    client.workspace.open(read_params("textDocument/didOpen", text).text_document)
    params = {"notebookDocument": {"uri": NOTEBOOK, "version": 1}, "change": {"cells": cells}}
    client.notebooks.change(read_params("notebookDocument/didChange", params))
    assert client.around("b", 9) == client.expected("b", 9)
    other = client.workspace.find("file:///project/b.py")
    assert other is not None
    assert other.lines == ["mine"], "only the notebook's own cells are changed"


def test_a_notebook_that_is_not_open_is_not_changed() -> None:
    assert Client().change(structure={"array": {"start": 0, "deleteCount": 0, "cells": []}}) is None


def test_a_cell_named_twice_stands_at_its_first_place_and_indices_stay_the_clients() -> None:
    client = make()
    client.change(structure={"array": {"start": 0, "deleteCount": 0, "cells": [client.cell("c").entry]}})
    assert client.around("b", 9)[0].startswith("total(2)\n\n# # Sales")
    assert client.around("b", 9)[1] == ")"
    client.change(structure={"array": {"start": 0, "deleteCount": 1, "cells": []}})
    assert client.around("b", 9) == client.expected("b", 9)


def test_a_cell_that_left_the_notebook_unclosed_stands_alone() -> None:
    client = make()
    client.change(structure={"array": {"start": 4, "deleteCount": 1, "cells": []}})
    windows = client.document("b").windows(0, 9, WHOLE, WHOLE)
    assert (windows.prefix, windows.suffix) == ("print(tot", ")")
    assert client.document("b").describe().uri == NOTEBOOK


def test_a_second_notebook_may_take_a_cell() -> None:
    """The cell belongs to the last that opened it, and closing the first one leaves it alone."""
    client = make()
    params = {
        "notebookDocument": {"uri": "file:///project/b.ipynb", "cells": [client.cell("a").entry]},
        "cellTextDocuments": [client.cell("a").item],
    }
    client.notebooks.open(read_params("notebookDocument/didOpen", params))
    assert client.document("a").owner_uri == "file:///project/b.ipynb"
    assert "total(n)" not in client.around("b", 9)[0]
    client.notebooks.close(NOTEBOOK)
    assert client.workspace.find(cell_uri("a")) is not None


# --- any session ------------------------------------------------------------------------------------------

TEXTS = st.sampled_from(
    [
        "",
        " \n",
        "x",
        "x = 1\n",
        "def f(a):\n    return a",
        "%%bash\nls",
        "%time f(1)\ny",
        "é = '🙂'\nz",
        "\n\n%%bash",
        "a\n" * 9,
    ]
)
LANGUAGES = st.sampled_from(["python", "python", "python", "markdown", "r"])
OTHER_MAGIC = re.compile(r"(?: *\n)*%%(?:bash|sh|r)\b")
PIECES = st.sampled_from(["", "a", "\n", "b\nc", "%", " ", "x\n\n\ny", "%%bash\n"])


def _is_python(cell: Cell) -> bool:
    return cell.language == "python" and not OTHER_MAGIC.match(cell.text)


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_the_prompt_is_what_the_notebook_says_after_any_session(data: st.DataObject) -> None:
    """Cells are added, moved, deleted, retyped and change their language, many in one message or one by one."""
    draw = data.draw
    n = 0

    def new_cell() -> Cell:
        nonlocal n
        n += 1
        return Cell(f"W{n}sZmlsZQ", draw(TEXTS), draw(LANGUAGES))

    client = Client().open(*(new_cell() for _ in range(draw(st.integers(0, 5)))))
    for _ in range(draw(st.integers(1, 12))):
        cells = client.cells
        step = draw(st.sampled_from(["add", "delete", "move", "type", "type", "language", "kind", "ask"]))
        at = draw(st.integers(0, max(0, len(cells) - 1)))
        if step == "add":
            added = [new_cell() for _ in range(draw(st.integers(1, 3)))]
            client.splice(draw(st.integers(0, len(cells))), 0, added, opened=added)
        elif not cells:
            continue
        elif step == "delete":
            count = draw(st.integers(1, 2))
            client.splice(at, count, [], closed=cells[at : at + count])
        elif step == "move":  # As VS Code does: one splice over all cells between both places.
            to = draw(st.integers(0, len(cells) - 1))
            first, last = min(at, to), max(at, to)
            moved = cells[first : last + 1]
            moved = [*moved[1:], moved[0]] if at < to else [moved[-1], *moved[:-1]]
            client.splice(first, last + 1 - first, moved)
        elif step == "type":
            size = len(cells[at].text)
            start = draw(st.integers(0, size))
            edits = client.type(cells[at].name, start, min(size, start + draw(st.integers(0, 3))), draw(PIECES))
            assert edits is not None
        elif step == "language":
            old = cells[at]
            new = Cell(old.name, old.text, draw(LANGUAGES))
            client.splice(at, 1, [new], opened=[new], closed=[old])
        elif step == "kind":
            cells[at].language = "markdown" if cells[at].language == "python" else "python"
            # The kind and the language change together, in one message.
            client.change(
                structure={"didOpen": [cells[at].item], "didClose": [{"uri": cell_uri(cells[at].name)}]},
                data=[cells[at].entry],
            )
        # Some joined texts are kept from step to step, others are made now.
        for cell in client.cells:
            if _is_python(cell) and draw(st.booleans()):
                offset = draw(st.integers(0, len(cell.text)))
                size = draw(st.sampled_from([WHOLE, 5, 40]))
                assert client.around(cell.name, offset, size) == client.expected(cell.name, offset, size)
