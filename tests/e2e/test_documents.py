"""Documents as editors have them: odd paths, no path, another name, read-only, new settings under way, two windows."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from benchmarks.fake_api.provider_server import FimServer
from benchmarks.fake_api.scripted_answer import Script
from fim_language_server.app.application import INDEXED
from tests.e2e.raw_client import (
    RawClient,
    change,
    completion,
    did_change,
    did_open,
    insert_text,
    notification,
    provider_options,
)

KNOWN = "def add(a, b):\n    total = a + b\n    return total\n\n\n" * 3


@asynccontextmanager
async def editor(folder: Path, options: dict[str, Any]) -> AsyncIterator[RawClient]:
    client = await RawClient.stdio()
    try:
        await client.initialize(options, workspaceFolders=[{"uri": folder.as_uri(), "name": folder.name}])
        yield client
    finally:
        await client.kill()


async def ask(client: RawClient, request_id: int, column: int, uri: str, line: int = 0) -> str | None:
    client.send(completion(request_id, line, column, uri=uri))
    return insert_text(await client.answer(request_id))


@pytest.fixture(params=["a folder", "ünïcode 😀 中", "100% #1 [a]?", "wsl.localhost@Debian+x"])
def odd(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A folder whose name has what URIs escape."""
    folder = tmp_path / str(request.param)
    folder.mkdir()
    return folder


async def test_a_document_is_known_by_every_spelling_of_its_uri(odd: Path) -> None:
    """Editors escape differently, and one may do so from message to message; the model sees the readable path."""
    path = odd / "é b.py"
    spelled = path.as_uri()
    small = "".join(part.lower() if n % 2 else part for n, part in enumerate(_escapes(spelled)))
    everything = "file:///" + quote(str(path).lstrip("/"), safe="/~", encoding="utf-8")
    async with FimServer("(1)") as api, editor(odd, provider_options(api.url)) as it:
        it.send(did_open("x = prin", spelled), did_change(2, change(0, 8, 8, "t"), uri=small))
        assert await ask(it, 1, 9, everything) == "(1)"
        assert api.completions[0].body["prompt"].endswith("x = print")


def _escapes(uri: str) -> list[str]:
    """Return a URI's text and escapes in turn."""
    parts = [""]
    while uri:
        size = 3 if uri[0] == "%" else 1
        if (size == 3) == (len(parts) % 2 == 1):
            parts.append("")
        parts[-1] += uri[:size]
        uri = uri[size:]
    return parts


async def test_a_workspace_by_any_name_is_indexed(odd: Path) -> None:
    """The offline model completes from its files."""
    (odd / "known é.py").write_text(KNOWN, encoding="utf-8")
    async with editor(odd, {"embedded": {"minConfidence": 0.1}}) as it:
        while INDEXED not in str((await it.read()).get("params")):
            pass
        it.send(did_open("def add(a, b):\n    total = ", (odd / "new.py").as_uri()))
        assert await ask(it, 1, 12, (odd / "new.py").as_uri(), line=1) == "a + b"


async def test_documents_without_a_file_are_completed_and_are_not_each_other(tmp_path: Path) -> None:
    """`untitled:` is VS Code's, a buffer without a name Neovim's `file://`; the model is told no path."""
    first, second, nameless = "untitled:Untitled-1", "untitled:Untitled-2", "file://"
    async with FimServer("(1)") as api, editor(tmp_path, provider_options(api.url)) as it:
        it.send(did_open("x = one", first), did_open("x = two", second), did_open("x = three", nameless))
        for n, (uri, text) in enumerate([(first, "x = one"), (second, "x = two"), (nameless, "x = three")]):
            assert await ask(it, n, len(text), uri) == "(1)"
            assert api.completions[-1].body["prompt"].endswith(text)


async def test_a_file_that_is_renamed_while_it_is_asked_about(tmp_path: Path) -> None:
    """Closed by its old name and opened by its new one: the old request is answered, the new one is completed."""
    old, new = (tmp_path / "old.py").as_uri(), (tmp_path / "new name.ts").as_uri()
    slow = Script(first_byte_after=0.5)
    async with FimServer("(1)", script=slow) as api, editor(tmp_path, provider_options(api.url)) as it:
        it.send(did_open("x = print", old), completion(1, 0, 9, uri=old))
        await api.wait_for_completions(1)
        it.send(notification("textDocument/didClose", {"textDocument": {"uri": old}}), did_open("x = print", new))
        assert await ask(it, 2, 9, new) == "(1)"
        assert (await it.answer(1))["result"] is None
        assert await ask(it, 3, 9, old) is None


async def test_a_read_only_file_is_completed_and_nothing_is_written_beside_it(tmp_path: Path) -> None:
    """A server has no business in the user's folders."""
    path = tmp_path / "locked" / "known.py"
    path.parent.mkdir()
    path.write_text(KNOWN, encoding="utf-8")
    path.chmod(0o444)
    path.parent.chmod(0o555)
    try:
        async with FimServer("(1)") as api, editor(path.parent, provider_options(api.url)) as it:
            it.send(did_open("x = print", path.as_uri()))
            assert await ask(it, 1, 9, path.as_uri()) == "(1)"
            it.send(notification("textDocument/didSave", {"textDocument": {"uri": path.as_uri()}}))
            assert await ask(it, 2, 9, path.as_uri()) == "(1)"
        assert [entry.name for entry in os.scandir(path.parent)] == ["known.py"]
        assert path.read_text(encoding="utf-8") == KNOWN
    finally:
        path.parent.chmod(0o755)


async def test_settings_that_change_while_one_types(tmp_path: Path) -> None:
    """What waits is answered, new settings hold from then on, and no key is lost in between."""
    uri = (tmp_path / "a.py").as_uri()
    async with FimServer("(1)", script=Script(first_byte_after=0.3)) as api:
        options = provider_options(api.url)
        async with editor(tmp_path, options) as it:
            it.send(did_open("x = ", uri), completion(1, 0, 4, uri=uri))
            await api.wait_for_completions(1)
            text = "x = "
            modes = ["off", "explicit", "automatic", "off", "automatic"]
            for n, (key, mode) in enumerate(zip("print", modes, strict=True), 2):
                settings = {"fim": options | {"trigger": {"mode": mode, "maxDelayMs": 0}}}
                it.send(
                    did_change(n, change(0, len(text), len(text), key), uri=uri),
                    notification("workspace/didChangeConfiguration", {"settings": settings}),
                    completion(n, 0, len(text) + 1, uri=uri),
                )
                text += key
            for n in range(1, 7):
                assert "error" not in await it.answer(n)
            # New settings are used once they are read, which takes a moment.
            async with asyncio.timeout(20):
                while (answer := await ask(it, (n := n + 1), len(text), uri)) is None:
                    pass
            assert answer == "(1)"
            assert api.completions[-1].body["prompt"].endswith("x = print")


async def test_two_windows_on_one_folder(tmp_path: Path) -> None:
    """Two editors, two servers, one file: each completes what stands in its own window."""
    uri = (tmp_path / "a.py").as_uri()
    async with FimServer("(1)") as api:
        options = provider_options(api.url)
        async with editor(tmp_path, options) as one, editor(tmp_path, options) as other:
            one.send(did_open("x = print", uri))
            other.send(did_open("y = input", uri))
            assert await ask(one, 1, 9, uri) == "(1)"
            assert await ask(other, 1, 9, uri) == "(1)"
            assert [request.body["prompt"][-9:] for request in api.completions] == ["x = print", "y = input"]
