"""An editing session whose prompts are recorded: this package's own server over standard input and output.

Its model is `web.prompt_recorder` in this process, on loopback. Nothing leaves the machine, no key is needed, and what
the server keeps goes into a temporary folder.
"""

from __future__ import annotations

import asyncio
import contextlib
import sys
import time
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from attrs import define, field, frozen

from fim_language_server.app.application import INDEXED
from fim_language_server.cli.editor import Editor
from fim_language_server.core.language_table import EXTENSIONS
from fim_language_server.errors import FimError
from fim_language_server.evaluation.process_usage import ProcessUsage, usage_of
from fim_language_server.evaluation.prompts.places import NeighbourFile
from fim_language_server.evaluation.prompts.recorded import RecordedPrompt, read_prompt
from fim_language_server.settings import merge_settings
from fim_language_server.web.prompt_recorder import PromptRecorder
from fim_language_server.web.serving import serve_application

KEY_VARIABLE: Final = "FIM_EVAL_KEY"
"""The variable with the key that the recorder is sent; any text will do."""

COMMAND: Final = (sys.executable, "-m", "fim_language_server", "--stdio")

_ANSWER_S: Final = 60.0
"""Seconds to wait for one answer."""
_CLOSE_S: Final = 15.0
"""Seconds that the server has to shut down."""
_QUIET_S: Final = 3.0
"""Seconds without a sign of indexing after which it is taken that nothing is indexed."""
_QUIET_CPU_S: Final = 0.05
_LOOK_S: Final = 0.25


@frozen
class RecordedServer:
    """A server to be measured: its command, variables of its environment, and its settings besides the provider's."""

    kind: str = "mistral"
    settings: Any = None
    command: Sequence[str] = COMMAND
    environ: Mapping[str, str] = field(factory=dict)


@define(eq=False)
class PromptSession:
    """One server at work on a folder. Documents are named by their paths in it."""

    folder: Path
    index_wait: float
    """Seconds to wait at most for the index."""
    index_state: str = "not waited for"
    """Whether the index was ready, in words, once `wait_until_indexed` is over."""
    _recorder: PromptRecorder = field(factory=PromptRecorder)
    _editor: Editor = field(init=False)
    _indexed: asyncio.Event = field(factory=asyncio.Event)
    _texts: dict[str, str] = field(factory=dict)

    @property
    def usage(self) -> ProcessUsage | None:
        """Return what the server and its children have used; None where the system does not tell."""
        return usage_of(self._editor.process_id)

    @contextlib.asynccontextmanager
    async def serve(self, server: RecordedServer, home: str) -> AsyncIterator[None]:
        """Run the server for a while; it keeps what it keeps in the folder `home`."""
        address: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        serving = asyncio.create_task(
            serve_application(self._recorder.application(), "127.0.0.1", 0, address.set_result)
        )
        try:
            options = _options(server, f"http://{await address}")
            homes = {f"XDG_{kind}_HOME": f"{home}/{kind.lower()}" for kind in ("CACHE", "STATE", "DATA", "CONFIG")}
            environ = homes | {"LOCALAPPDATA": home, KEY_VARIABLE: "recorded", **server.environ}
            self._editor = await Editor.start(server.command, self.folder, options, on_log=self._hear, with_env=environ)
            try:
                yield
            finally:
                try:
                    async with asyncio.timeout(_CLOSE_S):
                        await self._editor.close()
                except (RuntimeError, ConnectionError, TimeoutError):
                    self._editor.kill()
        finally:
            serving.cancel()
            await asyncio.gather(serving, return_exceptions=True)

    def _hear(self, text: str) -> None:
        if text.startswith(INDEXED):
            self._indexed.set()
            self.index_state = text

    async def wait_until_indexed(self) -> None:
        """Wait until the server says that the workspace is indexed, or gives no sign of indexing, or is too late.

        A sign is CPU time of its processes, where the system tells it.
        """
        began = quiet_since = time.monotonic()
        used = self._cpu_s()
        while not self._indexed.is_set():
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_LOOK_S):
                    await self._indexed.wait()
                    return
            now, cpu_s = time.monotonic(), self._cpu_s()
            if cpu_s - used > _QUIET_CPU_S:
                quiet_since, used = now, cpu_s
            if now - began > self.index_wait:
                self.index_state = f"NOT READY after {self.index_wait:.0f} s: figures are of an incomplete index"
                return
            if now - quiet_since > _QUIET_S:
                self.index_state = "none: the server indexes nothing with these settings"
                return

    def _cpu_s(self) -> float:
        usage = self.usage
        return usage.cpu_s if usage else 0.0

    def open(self, path: str, text: str) -> None:
        """Open a document, with this text."""
        extension = path.rpartition(".")[2].lower()
        self._texts[path] = text
        self._editor.open(self.folder / path, EXTENSIONS.get(extension, "plaintext"), text)

    @contextlib.contextmanager
    def opened(self, files: Iterable[NeighbourFile]) -> Iterator[None]:
        """Have documents open for a while."""
        paths = []
        for file in files:
            self.open(file.path, file.text)
            paths.append(file.path)
        yield
        for path in paths:
            self.close(path)

    def append(self, path: str, row: int, text: str) -> None:
        """Insert a text at the end of a row."""
        rows = self._texts[path].split("\n")
        self._editor.insert(self.folder / path, row, len(rows[row]), text)
        rows[row] += text
        self._texts[path] = "\n".join(rows)

    def close(self, path: str) -> None:
        """Close a document."""
        del self._texts[path]
        self._editor.notify("textDocument/didClose", {"textDocument": {"uri": (self.folder / path).as_uri()}})

    async def prompt_at(self, path: str, row: int) -> RecordedPrompt | None:
        """Ask for ghost text at the end of a row, and return the prompt that this led to; None where to none.

        Raises FimError where the server has ended, or does not answer.
        """
        rows = self._texts[path].split("\n")
        before = "\n".join(rows[: row + 1])
        first = len(self._recorder.bodies)
        try:
            async with asyncio.timeout(_ANSWER_S):
                await self._editor.complete(self.folder / path, row, len(rows[row]))
        except TimeoutError:
            raise FimError(f"the language server did not answer within {_ANSWER_S:.0f} s") from None
        except (RuntimeError, ConnectionError) as error:
            raise FimError(str(error)) from None
        prompts = [read_prompt(body, before) for body in self._recorder.bodies[first:]]
        self._recorder.bodies.clear()
        found = [prompt for prompt in prompts if prompt is not None]
        return next((prompt for prompt in found if before.endswith(prompt.prefix)), found[0] if found else None)


@contextlib.asynccontextmanager
async def recorded_session(
    folder: Path, server: RecordedServer, home: str, index_wait: float
) -> AsyncIterator[PromptSession]:
    """Run a server on a folder for a while, at most `index_wait` seconds of it waiting for an index.

    `folder` is absolute. Caches and state are kept in the folder `home`: a second session finds the index of the first.
    """
    session = PromptSession(folder, index_wait)
    async with session.serve(server, home):
        yield session


def _options(server: RecordedServer, url: str) -> dict[str, Any]:
    """Return the settings with the recorder as the only model, and without what would hold a prompt back."""
    provider = {"kind": server.kind, "url": url, "apiKeyEnv": KEY_VARIABLE, "fallback": [], "fallbackAfterMs": 0}
    ours = {
        "provider": provider,
        "trigger": {"mode": "automatic", "minDelayMs": 0, "maxDelayMs": 0},
        "budget": {"requestsPerMinute": 100_000, "tokensPerMinute": 100_000_000},
        "log": {"level": "info", "statistics": False},
    }
    return merge_settings(server.settings, ours)
