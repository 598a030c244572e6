"""The embedded model speaks while the API has not, and a client that can ask again gets the API's text."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from benchmarks.fake_api.provider_server import FimServer
from benchmarks.fake_api.scripted_answer import Script
from fim_language_server.app.application import INDEXED
from tests.e2e.raw_client import RawClient, completion, did_open, insert_text, provider_options

NAMES = ("compute", "compare", "complete", "compress")
"""As often the one as the other: no guess among them is sure."""
SOURCE = "".join(f"def f{n}(values):\n    total = {NAMES[n % 4]}(values)\n    return total\n\n\n" for n in range(8))
TYPED = SOURCE + "def g(values):\n    total = comp"


async def test_a_guess_stands_in_for_a_slow_api_until_its_text_comes(tmp_path: Path) -> None:
    """Guess, notification, and the API's text for the same place: one request to the API in all."""
    (tmp_path / "other.py").write_text(SOURCE, encoding="utf-8")
    client = await RawClient.stdio()
    async with FimServer("ose(values)", script=Script(first_byte_after=0.8)) as api:
        try:
            await start(client, api.url, tmp_path)
            line, column = TYPED.count("\n"), len(TYPED.rpartition("\n")[2])
            client.send(did_open(TYPED), completion("guess", line, column))
            guess = insert_text(await client.answer("guess"))
            assert guess in [f"{name.removeprefix('comp')}(values)" for name in NAMES]
            while (message := await client.read()).get("method") != "$/fim/refresh":
                pass
            told = message["params"]
            assert (told["line"], told["character"], told["version"]) == (line, column, 1)
            client.send(completion("again", line, column))
            assert insert_text(await client.answer("again")) == "ose(values)"
            assert len(api.completions) == 1
        finally:
            await client.kill()


async def start(client: RawClient, url: str, folder: Path) -> None:
    """Initialize as a client that asks again, and wait for the index."""
    options: dict[str, Any] = provider_options(url) | {"embedded": {"instantGuess": True, "minConfidence": 0.1}}
    await client.initialize(options, capabilities={"experimental": {"fim": {"refresh": True}}}, rootUri=folder.as_uri())
    while INDEXED not in str((await client.read()).get("params")):
        pass
