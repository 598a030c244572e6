"""Notebooks by the real server: what a model is sent for a cell, while cells change."""

from __future__ import annotations

from typing import Any

from benchmarks.fake_api.provider_server import FimServer
from tests.e2e.raw_client import RawClient, completion, insert_text, notification, provider_options

NOTEBOOK = "file:///tmp/app/sales.ipynb"
SYNC: dict[str, Any] = {"notebookDocument": {"synchronization": {}}}
TOKEN = "ghp_" + "a1B2c3D4e5F6" * 3


def cell(name: str) -> str:
    return f"vscode-notebook-cell:/tmp/app/sales.ipynb#{name}"


def did_open(*texts: str, uri: str = NOTEBOOK) -> dict[str, Any]:
    names = [f"c{number}" for number in range(len(texts))]
    items = [
        {"uri": cell(name), "languageId": "python", "version": 1, "text": text}
        for name, text in zip(names, texts, strict=True)
    ]
    cells = [{"kind": 2, "document": cell(name)} for name in names]
    notebook = {"uri": uri, "notebookType": "jupyter-notebook", "version": 0, "cells": cells}
    return notification("notebookDocument/didOpen", {"notebookDocument": notebook, "cellTextDocuments": items})


def did_change(**cells: Any) -> dict[str, Any]:
    notebook = {"uri": NOTEBOOK, "version": 1}
    return notification("notebookDocument/didChange", {"notebookDocument": notebook, "change": {"cells": cells}})


async def _begin(client: RawClient, url: str, **options: Any) -> None:
    await client.initialize(provider_options(url) | options, capabilities=SYNC)


async def test_a_model_sees_the_notebook_as_one_file_also_after_a_move() -> None:
    async with FimServer("item, 2)") as api:
        client = await RawClient.stdio()
        try:
            await _begin(client, api.url)
            client.send(did_open("def total(item, n):\n    return n", f'key = "{TOKEN}"', "total("))
            client.send(completion("first", 0, 6, cell("c2"), kind=1))
            assert insert_text(await client.answer("first")) == "item, 2)"
            moved = [{"kind": 2, "document": cell(name)} for name in ("c2", "c0", "c1")]
            client.send(did_change(structure={"array": {"start": 0, "deleteCount": 3, "cells": moved}}))
            client.send(completion("second", 0, 6, cell("c2"), kind=1))
            await client.answer("second")
            sent = [(request.body["prompt"], request.body.get("suffix")) for request in api.completions]
        finally:
            await client.kill()
        above = "def total(item, n):\n    return n\n\nkey = "
        assert sent[0][0].startswith(above)
        assert sent[0][0].endswith("\n\ntotal(")
        assert sent[-1][0] == "total("
        assert sent[-1][1].startswith(f"\n\n{above}")
        assert TOKEN not in str(sent), "secrets of other cells are masked"


async def test_a_notebook_is_excluded_by_its_own_path() -> None:
    """The cells' URIs do not matter: a client may number them as it likes."""
    async with FimServer("item)") as api:
        client = await RawClient.stdio()
        try:
            await _begin(client, api.url, trigger={"maxDelayMs": 0, "exclude": ["private/"]}, rootUri="file:///tmp/app")
            for folder in ("private", "public"):
                uri = f"file:///tmp/app/{folder}/x.ipynb"
                client.send(did_open("def total(item):\n    return 1", "total(", uri=uri))
                client.send(completion(folder, 0, 6, cell("c1"), kind=1))
            answers = {folder: (await client.answer(folder))["result"] for folder in ("private", "public")}
        finally:
            await client.kill()
        assert answers["private"] is None
        assert answers["public"] is not None


async def test_a_client_without_notebook_messages_is_served_from_the_cell() -> None:
    async with FimServer("item)") as api:
        client = await RawClient.stdio()
        try:
            await client.initialize(provider_options(api.url))
            item = {"uri": cell("a"), "languageId": "python", "version": 1, "text": "total = lambda item: item\ntotal("}
            client.send(notification("textDocument/didOpen", {"textDocument": item}))
            client.send(completion("ask", 1, 6, cell("a"), kind=1))
            assert insert_text(await client.answer("ask")) == "item)"
        finally:
            await client.kill()
