"""A minimal editor: enough LSP to open a document, type into it and ask for ghost text.

It drives a real server as a subprocess over standard input and output; the demo and the benchmarks type with it.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Self

from attrs import define, field

from fim_language_server.lsp.wire.framing import MessageDecoder, frame

METHOD = "textDocument/inlineCompletion"


def ghost_text(result: Any) -> str:
    """Return the first text of an answer; "" for none."""
    items = result["items"] if isinstance(result, dict) else result or []
    return str(items[0]["insertText"]) if items else ""


@define(eq=False)
class Editor:
    """A language server's other end. `on_log` hears what the server logs to its client."""

    on_log: Callable[[str], None] = lambda _text: None
    _process: asyncio.subprocess.Process = field(init=False)
    _reader: asyncio.Task[None] = field(init=False)
    _waiting: dict[int, asyncio.Future[Any]] = field(factory=dict, init=False)
    _ids: itertools.count[int] = field(factory=lambda: itertools.count(1), init=False)
    _version: int = 0

    @classmethod
    async def start(
        cls,
        command: Sequence[str],
        folder: Path,
        options: Mapping[str, Any],
        *,
        on_log: Callable[[str], None] = lambda _text: None,
        without_env: Sequence[str] = (),
        with_env: Mapping[str, str] | None = None,
        experimental: Mapping[str, Any] | None = None,
    ) -> Self:
        """Start the server and initialize it for one workspace folder (an absolute path), with these options.

        Its environment is this process's, `without_env` and with `with_env`. `experimental` are capabilities.
        """
        editor = cls(on_log)
        editor._process = await asyncio.create_subprocess_exec(
            *command,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            env={name: value for name, value in os.environ.items() if name not in without_env} | dict(with_env or {}),
        )
        editor._reader = asyncio.create_task(editor._read(), name="editor reads")
        await editor.initialize(folder, options, experimental)
        return editor

    @property
    def process_id(self) -> int:
        """Return the server's process id."""
        return self._process.pid

    async def initialize(
        self, folder: Path, options: Mapping[str, Any], experimental: Mapping[str, Any] | None = None
    ) -> None:
        """Send `initialize`, as `start` does."""
        uri = folder.as_uri()
        await self.request(
            "initialize",
            {
                "processId": os.getpid(),
                "rootUri": uri,
                "workspaceFolders": [{"uri": uri, "name": folder.name}],
                "initializationOptions": options,
                "capabilities": {
                    "general": {"positionEncodings": ["utf-32"]},
                    "textDocument": {"inlineCompletion": {}},
                    "experimental": experimental or {},
                },
            },
        )
        self.notify("initialized", {})

    async def request(self, method: str, params: object) -> Any:
        """Send a request and return its result; raises RuntimeError where the server answers with an error."""
        return await self.begin(method, params)[1]

    def begin(self, method: str, params: object) -> tuple[int, asyncio.Future[Any]]:
        """Send a request; return its id, for `cancel`, and the future of its result."""
        number = next(self._ids)
        self._waiting[number] = answer = asyncio.get_running_loop().create_future()
        self._send({"jsonrpc": "2.0", "id": number, "method": method, "params": params})
        return number, answer

    def cancel(self, number: int) -> None:
        """Let go of a request; its answer still comes."""
        self.notify("$/cancelRequest", {"id": number})

    def notify(self, method: str, params: object) -> None:
        """Send a notification."""
        self._send({"jsonrpc": "2.0", "method": method, "params": params})

    def open(self, path: Path, language_id: str, text: str) -> None:
        """Open a document, with this text."""
        self._version = 1
        document = {"uri": path.as_uri(), "languageId": language_id, "version": 1, "text": text}
        self.notify("textDocument/didOpen", {"textDocument": document})

    def insert(self, path: Path, line: int, column: int, text: str, *, replaced: int = 0) -> None:
        """Type a text at a place, over `replaced` characters of its line; columns count code points."""
        self._version += 1
        start, end = {"line": line, "character": column}, {"line": line, "character": column + replaced}
        change = {"range": {"start": start, "end": end}, "text": text}
        document = {"uri": path.as_uri(), "version": self._version}
        self.notify("textDocument/didChange", {"textDocument": document, "contentChanges": [change]})

    async def complete(self, path: Path, line: int, column: int) -> str:
        """Return the ghost text at a place; "" for none."""
        return ghost_text(await self.begin_complete(path, line, column)[1])

    def begin_complete(self, path: Path, line: int, column: int) -> tuple[int, asyncio.Future[Any]]:
        """Ask for ghost text as `begin` does; `ghost_text` reads the result."""
        params = {
            "textDocument": {"uri": path.as_uri()},
            "position": {"line": line, "character": column},
            "context": {"triggerKind": 2},
        }
        return self.begin(METHOD, params)

    async def close(self) -> int:
        """Shut the server down and return its exit status."""
        await self.request("shutdown", None)
        self.notify("exit", None)
        status = await self._process.wait()
        self._reader.cancel()
        await asyncio.gather(self._reader, return_exceptions=True)
        return status

    def kill(self) -> None:
        """End a server that does not answer."""
        if self._process.returncode is None:
            self._process.kill()
        self._reader.cancel()

    def _send(self, message: Mapping[str, Any]) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(frame(json.dumps(message).encode()))

    async def _read(self) -> None:
        assert self._process.stdout is not None
        decoder = MessageDecoder(self.on_log)
        while data := await self._process.stdout.read(65_536):
            for body in decoder.feed(data):
                self._take(json.loads(body))
        for answer in self._waiting.values():
            if not answer.done():
                answer.set_exception(RuntimeError("the language server ended; its log says why"))

    def _take(self, message: dict[str, Any]) -> None:
        if "method" in message:
            if message["method"] == "window/logMessage":
                self.on_log(message["params"]["message"])
            elif "id" in message:  # Nothing the server may ask is needed here, but it is owed an answer.
                self._send({"jsonrpc": "2.0", "id": message["id"], "result": None})
        elif (answer := self._waiting.pop(message["id"], None)) is not None and not answer.done():
            if "error" in message:
                answer.set_exception(RuntimeError(message["error"]["message"]))
            else:
                answer.set_result(message["result"])
