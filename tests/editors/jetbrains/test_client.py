"""The server under a client that asks as LSP4IJ does, started and configured by the template."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from benchmarks.fake_api.provider_server import FimServer
from benchmarks.fake_api.scripted_answer import Script
from tests.e2e.raw_client import RawClient, server_environment
from tests.editors.jetbrains.lsp4ij import DEBOUNCE_S, Ide, command_of

TEMPLATE = Path(__file__).parents[3] / "editors" / "jetbrains" / "fim-language-server"
TEXT = "a + b"
CLOSED = {"(": "a, b)", "[": "0]", '"': 'total"'}
"""Texts behind openers, with the closers that a model says itself."""


def rest(body: Any) -> str:
    """Go on with TEXT from wherever in it the prompt ends."""
    typed = str(body["prompt"]).rpartition("= ")[2]
    if typed and typed[-1] in CLOSED:
        return CLOSED[typed[-1]]
    return TEXT.removeprefix(typed) if TEXT.startswith(typed) else ""


@asynccontextmanager
async def ide(folder: Path, first_byte_after: float = 0.0) -> AsyncIterator[tuple[Ide, FimServer]]:
    """An IDE with an empty Python file in a folder, and the model."""
    (program, *arguments) = command_of(TEMPLATE)
    assert program == "fim-language-server"
    folder.mkdir(parents=True, exist_ok=True)
    async with FimServer(rest, script=Script(first_byte_after=first_byte_after)) as model:
        client = await RawClient.stdio(*arguments, XDG_STATE_HOME=str(folder), XDG_CACHE_HOME=str(folder))
        settings = {"fim.provider.kind": "mistral", "fim.provider.url": model.url, "fim.provider.fallback": []}
        it = Ide(client, TEMPLATE, {**settings, "fim.provider.apiKeyEnv": "FIM_TEST_KEY"})
        try:
            await it.start(folder)
            it.open(folder / "demo.py")
            yield it, model
            await it.close()
        finally:
            await client.kill()


def kept(folder: Path) -> dict[str, Any]:
    """Return what `stats` says about the sessions that ended in this folder."""
    command = [sys.executable, "-m", "fim_language_server", "stats", "--json", "--by", "language"]
    environment = server_environment(XDG_STATE_HOME=str(folder))
    ran = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    (group,) = json.loads(ran.stdout)["groups"]
    return dict(group)


async def test_one_request_after_the_last_key(tmp_path: Path) -> None:
    """The settings of the template arrive, the language too, and a path with spaces and more is no matter."""
    async with ide(tmp_path / "a folder with ünïcode 😀") as (it, model):
        it.type("total = ")
        typed_at = it._debounce.when() - DEBOUNCE_S if it._debounce else 0.0
        await it.wait_for_answer()
        assert it.variants == [TEXT]
        assert len(it.asked) == 1
        assert it.asked[0][0] - typed_at >= DEBOUNCE_S * 0.99
        assert len(model.completions) == 1


async def test_a_key_cancels_what_waits_and_every_request_is_answered(tmp_path: Path) -> None:
    """The model's answer to the first is the answer to the second, and costs nothing more."""
    async with ide(tmp_path, first_byte_after=0.6) as (it, model):
        it.type("total = ")
        it.call()
        await model.wait_for_completions(1)
        it.type("a")
        await it.wait_for_answer()
        assert it.variants == [" + b"]
        assert it.cancelled == [1]
        assert it.answers[1]["error"]["code"] == -32800
        assert len(model.completions) == 1


async def test_accepting_is_counted_though_no_command_is_run(tmp_path: Path) -> None:
    """Whole and by a part: told from the edits, and kept for `stats`."""
    async with ide(tmp_path) as (it, _):
        it.type("total = ")
        await it.wait_for_answer()
        it.accept()
        it.type("\nother = ")
        await it.wait_for_answer()
        it.accept(part=3)
        it.call()
        await it.wait_for_answer()
        assert it.variants == [" b"]
        it.type("x")
        await it.wait_for_answer()
    assert kept(tmp_path)["suggestions"] == {"accepted": 1, "partly accepted": 1}


@pytest.mark.parametrize(("opener", "closer", "text"), [("(", ")", "a, b"), ("[", "]", "0"), ('"', '"', "total")])
async def test_behind_a_bracket_that_the_ide_has_closed(tmp_path: Path, opener: str, closer: str, text: str) -> None:
    """There is a text, and it does not say the closer that stands there already."""
    async with ide(tmp_path) as (it, _):
        it.type("total = sum")
        it.type_pair(opener, closer)
        await it.wait_for_answer()
        assert it.variants == [text]


async def test_called_by_hand_it_asks_at_once(tmp_path: Path) -> None:
    """As if by typing, so that one text comes: there is no telling the two apart."""
    async with ide(tmp_path) as (it, _):
        it.type("total = ")
        it.call()
        await it.wait_for_answer()
        assert it.variants == [TEXT]
