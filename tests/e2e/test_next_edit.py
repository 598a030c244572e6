"""Next edits in a real server, without a model: as sidekick.nvim asks for them, and as our own clients are told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.e2e.raw_client import RawClient, change, did_change, did_open, request

TEXT = """def load(path):
    scanner = open(path)
    first = scanner.readline()
    print(first)
    rest = scanner.read()
    scanner.close()
    return first, rest
"""
COPILOT = {"editorInfo": {"name": "neovim"}, "editorPluginInfo": {"name": "copilot", "version": "1"}}


def ask(request_id: int, uri: str, version: int, line: int, character: int) -> dict[str, Any]:
    params = {
        "textDocument": {"uri": uri, "version": version},
        "position": {"line": line, "character": character},
        "context": {"triggerKind": 2},
    }
    return request(request_id, "textDocument/copilotInlineEdit", params)


def applied(text: str, edits: list[dict[str, Any]]) -> str:
    """Apply edits that stand in one line each, the last one first."""
    lines = text.split("\n")
    for edit in sorted(edits, key=lambda it: (it["range"]["start"]["line"], it["range"]["start"]["character"]))[::-1]:
        start, end = edit["range"]["start"], edit["range"]["end"]
        assert start["line"] == end["line"]
        line = lines[start["line"]]
        lines[start["line"]] = line[: start["character"]] + edit["text"] + line[end["character"] :]
    return "\n".join(lines)


async def test_a_renamed_declaration_is_followed_by_its_uses(tmp_path: Path) -> None:
    """Asked in normal mode, after a change, and again after all edits were applied in one step."""
    uri = (tmp_path / "load.py").as_uri()
    client = await RawClient.stdio()
    try:
        await client.initialize(COPILOT, rootUri=tmp_path.as_uri())
        client.send(did_open(TEXT, uri), ask(1, uri, 1, 0, 0))
        assert (await client.answer(1))["result"] == {"edits": []}
        client.send(did_change(2, change(1, 4, 11, "source"), uri=uri), ask(2, uri, 2, 1, 10))
        edits = (await client.answer(2))["result"]["edits"]
        renamed = TEXT.replace("scanner", "source")
        assert applied(TEXT.replace("scanner", "source", 1), edits) == renamed
        changes = [
            change(
                it["range"]["start"]["line"],
                it["range"]["start"]["character"],
                it["range"]["end"]["character"],
                it["text"],
            )
            for it in edits
        ]
        commands = [request(10 + n, "workspace/executeCommand", it["command"]) for n, it in enumerate(edits)]
        client.send(did_change(3, *changes[::-1], uri=uri), *commands, ask(3, uri, 3, 5, 0))
        assert (await client.answer(3))["result"] == {"edits": []}
        for number in range(len(edits)):
            assert (await client.answer(10 + number))["result"] is None
        assert len(edits) == 3
    finally:
        await client.kill()


async def test_our_own_client_is_told_after_a_pause_and_led_from_use_to_use(tmp_path: Path) -> None:
    """Each acceptance brings the next use, until none is left."""
    uri, text = (tmp_path / "load.py").as_uri(), TEXT.replace("scanner", "source", 1)
    client = await RawClient.stdio()
    try:
        await client.initialize(capabilities={"experimental": {"fim": {"nextEdit": True}}}, rootUri=tmp_path.as_uri())
        client.send(did_open(TEXT, uri), ask(1, uri, 1, 0, 0))
        await client.answer(1)
        client.send(did_change(2, change(1, 4, 11, "source"), uri=uri))
        for version in (3, 4, 5):
            told = await next_edit(client)
            (edit,) = told["edits"]
            assert told["textDocument"] == {"uri": uri, "version": version - 1}
            assert edit["others"] == 5 - version
            text = applied(text, [edit])
            start, end = edit["range"]["start"], edit["range"]["end"]
            client.send(
                did_change(version, change(start["line"], start["character"], end["character"], edit["text"]), uri=uri),
                request(version, "workspace/executeCommand", edit["command"]),
            )
        assert (await next_edit(client))["edits"] == []
        assert text == TEXT.replace("scanner", "source")
    finally:
        await client.kill()


async def next_edit(client: RawClient) -> dict[str, Any]:
    """Return the parameters of the next `fim/nextEdit`."""
    while (message := await client.read()).get("method") != "fim/nextEdit":
        pass
    params: dict[str, Any] = message["params"]
    return params
