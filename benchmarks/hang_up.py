"""Time until the FIM API sees a stream cancelled: after divergence, after a close, and at the end of linger time."""

from __future__ import annotations

import asyncio
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.fake_api.provider_server import FimServer
from benchmarks.fake_api.scripted_answer import Script
from benchmarks.servers import ours
from fim_language_server.cli.editor import Editor

LINGER_S = 0.3
ROUNDS = 10
WORDS = " ".join(f"name_{n * n}" for n in range(400))
"""One long line that repeats nothing: a model that does not stop by itself."""


async def measure() -> dict[str, Any]:
    """Return medians in ms from the editor's message, or the end of linger time, to the closed connection."""
    script = Script(first_byte_after=0.02, per_token=0.02)
    async with FimServer(WORDS, script=script) as api:
        trigger = {"lingerMs": int(LINGER_S * 1_000), "maxDelayMs": 0}
        server = ours({"provider": {"maxTokens": 500}, "trigger": trigger})
        with tempfile.TemporaryDirectory(prefix="fim-bench-") as folder:
            editor = await server.start(Path(folder), Path(folder) / "home", api.url, api.api_key or "")
            path = Path(folder) / "a.py"
            figures = {
                "divergence": await _rounds(editor, api, path, lambda _: editor.insert(path, 0, 4, "q")),
                "close": await _rounds(editor, api, path, lambda _: _close(editor, path)),
                "linger": await _rounds(editor, api, path, editor.cancel, LINGER_S),
            }
            await editor.close()
    return {f"hang-up after {name}, median / most ms": value for name, value in figures.items()}


def _close(editor: Editor, path: Path) -> None:
    editor.notify("textDocument/didClose", {"textDocument": {"uri": path.as_uri()}})


async def _rounds(editor: Editor, api: FimServer, path: Path, cancel: Any, expected_s: float = 0.0) -> str:
    times = []
    for round_ in range(ROUNDS):
        editor.open(path, "python", f"x = \ny = {round_}\n")
        n_before = len(api.completions)
        number, answer = editor.begin_complete(path, 0, 4)
        recorded = (await api.wait_for_completions(n_before + 1))[-1]
        await asyncio.sleep(0.1)  # the stream has begun
        began = time.monotonic()
        cancel(number)
        hung_up_at = await recorded.wait_for_hang_up()
        times.append((hung_up_at - began - expected_s) * 1_000)
        await asyncio.gather(answer, return_exceptions=True)
        _close(editor, path)
    return f"{statistics.median(times):.1f} / {max(times):.1f}"


if __name__ == "__main__":
    print(asyncio.run(measure()))
