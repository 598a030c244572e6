"""A block with the line that opens it, from the real server: as the document is written, to be typed into, accepted."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from attrs import define

from fim_language_server.app.application import INDEXED
from tests.e2e.raw_client import completion, did_change, did_open, insert_text
from tests.e2e.test_workspace import Session, session

INVOKED = 1
CHECKED = "".join(
    f"def load_{name}(path):\n    text = read(path)\n    if text is None:\n        log.warning(path)\n"
    "        return None\n    return parse(text)\n\n\n"
    for name in ("user", "group", "page", "image", "table", "label")
)
BEGUN = f"{CHECKED}def load_map(path):\n    text = read(path)\n    if "
AFTER = "\n    return parse(text)\n"
BLOCK = "text is None:\n        log.warning(path)\n        return None"


@define
class Style:
    """How a document is written: its line ends, and what it is indented with."""

    eol: str
    unit: str

    def write(self, text: str) -> str:
        """Return a text that has four spaces a level, and line feeds, in this style."""
        return text.replace("    ", self.unit).replace("\n", self.eol)


@pytest.fixture(
    params=[("\n", "    "), ("\r\n", "\t"), ("\r\n", "  ")], ids=["spaces", "tabs, CRLF", "two spaces, CRLF"]
)
def style(request: pytest.FixtureRequest) -> Style:
    return Style(*request.param)


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    """One file, with the same block six times, indented by four spaces."""
    (tmp_path / "a.py").write_text(CHECKED)
    return tmp_path


@define
class Document:
    """An open document with its cursor in a line, as an editor has it."""

    it: Session
    uri: str
    before: str
    after: str
    _version: int = 1

    async def ask(self, kind: int) -> Mapping[str, Any]:
        """Return the one item that is offered at the cursor."""
        line, column = self._place()
        name = f"{self._version}/{kind}"
        self.it.client.send(completion(name, line, column, self.uri, kind))
        answer = await self.it.answer(name)
        assert answer["result"], "nothing is offered"
        return dict(answer["result"]["items"][0])

    def insert(self, text: str) -> None:
        """Put a text in at the cursor, and the cursor behind it, and tell the server."""
        line, column = self._place()
        place = {"line": line, "character": column}
        self._version += 1
        edit = {"range": {"start": place, "end": place}, "text": text}
        self.it.client.send(did_change(self._version, edit, uri=self.uri))
        self.before += text

    def _place(self) -> tuple[int, int]:
        lines = self.before.replace("\r\n", "\n").split("\n")
        return len(lines) - 1, len(lines[-1])


async def open_document(it: Session, style: Style) -> Document:
    await it.hear(INDEXED)
    document = Document(it, (it.folder / "new.py").as_uri(), style.write(BEGUN), style.write(AFTER))
    it.client.send(did_open(document.before + document.after, document.uri))
    return document


@pytest.mark.parametrize("kind", [INVOKED, 2])
async def test_the_whole_block_is_one_insertion_in_the_documents_own_style(
    workspace: Path, style: Style, kind: int
) -> None:
    """With its indentation and its line ends; nothing of the document is replaced. Accepted, it is offered no more."""
    async with session(workspace) as it:
        document = await open_document(it, style)
        item = await document.ask(kind)
        assert item["insertText"] == style.write(BLOCK)
        place = {"line": BEGUN.count("\n"), "character": len(style.write(BEGUN).rpartition("\n")[2])}
        assert item["range"] == {"start": place, "end": place}
        document.insert(item["insertText"])
        it.client.send(
            {"jsonrpc": "2.0", "id": "accept", "method": "workspace/executeCommand", "params": item["command"]}
        )
        assert (await it.answer("accept"))["result"] is None
        assert document.before + document.after == style.write(BEGUN + BLOCK + AFTER)
        line, column = document._place()
        it.client.send(completion("after", line, column, document.uri))
        assert insert_text(await it.answer("after")) is None


async def test_what_is_typed_of_a_block_leaves_its_rest(workspace: Path, style: Style) -> None:
    """Key by key through its first line and on in its second; a text that begins with a line end waits for Enter."""
    async with session(workspace) as it:
        document = await open_document(it, style)
        rest = style.write(BLOCK)
        assert (await document.ask(2))["insertText"] == rest
        for key in (*"text is None", ":" + style.eol + style.unit * 2, *"log"):
            document.insert(key)
            rest = rest.removeprefix(key)
            assert (await document.ask(2))["insertText"] == rest
        assert document.before + rest == style.write(BEGUN + BLOCK)
