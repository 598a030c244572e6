"""An IDE with LSP4IJ, as far as a server can tell, made from the template as it is imported.

It behaves as `LSPInlineCompletionProvider.kt` and `LSPInlineCompletionSupport.java` do (redhat-developer/lsp4ij,
2026-06-23): each change goes out at once; 300 ms after the last one it asks, always as if by typing; called by hand it
asks at once, as if by typing, too. Asking again, or a change, cancels what still waits. Of an item it takes the text
and the range, drops what is blank, and runs no command.
"""

from __future__ import annotations

import asyncio
import fnmatch
import json
import shlex
from pathlib import Path
from typing import Any

from tests.e2e.clients.lsp4ij import LSP4IJ
from tests.e2e.raw_client import RawClient, change, completion, did_change, did_open, notification

DEBOUNCE_S = 0.3
AUTOMATIC = 2


def read(template: Path, name: str) -> Any:
    """Return one of the template's JSON files."""
    return json.loads((template / name).read_text(encoding="utf-8"))


class Ide:
    """One file in one IDE: what is typed into it, and the ghost texts (its variants) that are shown."""

    def __init__(self, client: RawClient, template: Path, settings: dict[str, Any]) -> None:
        self.client = client
        self.template = template
        self.settings = read(template, "settings.json") | settings
        self.text = ""
        self.asked: list[tuple[float, Any]] = []  # when, and the id
        self.cancelled: list[Any] = []
        self.answers: dict[Any, dict[str, Any]] = {}
        self.variants: list[str] = []
        self._version = 1
        self._uri = ""
        self._debounce: asyncio.TimerHandle | None = None
        self._arrived = asyncio.Event()
        self._reading: asyncio.Task[None] | None = None

    async def start(self, folder: Path) -> None:
        """Initialize as LSP4IJ does, with the template's options."""
        folders = [{"uri": folder.as_uri(), "name": folder.name}]
        options = read(self.template, "initializationOptions.json")
        await self.client.initialize(options, capabilities=LSP4IJ.capabilities, workspaceFolders=folders)
        for message in self.client.others:
            self._receive(message)
        self._reading = asyncio.create_task(self._read())

    async def close(self) -> None:
        """Let the server end as an IDE does that is closed."""
        self.client.send({"jsonrpc": "2.0", "id": "end", "method": "shutdown"})
        await self._wait(lambda: "end" in self.answers)
        self.client.send(notification("exit"))
        await self.client.wait_exit()
        if self._reading is not None:
            await self._reading

    def open(self, path: Path, text: str = "") -> None:
        """Open a file in the language that the template's mappings give it."""
        mappings = read(self.template, "template.json")["fileTypeMappings"]
        languages = [
            mapping["languageId"]
            for mapping in mappings
            if any(fnmatch.fnmatch(path.name, pattern) for pattern in mapping["fileType"]["patterns"])
        ]
        self._uri, self.text = path.as_uri(), text
        opened = did_open(text, self._uri)
        opened["params"]["textDocument"]["languageId"] = languages[0]
        self.client.send(opened)

    def type(self, keys: str) -> None:
        """Type, so fast that one asks only after the last key."""
        for key in keys:
            self._insert(key)
        self._debounce = asyncio.get_running_loop().call_later(DEBOUNCE_S, self.call)

    def type_pair(self, opener: str, closer: str) -> None:
        """Type an opener that the IDE closes by itself: a second change, behind the caret."""
        self.type(opener)
        line, column = self._place()
        self._version += 1
        self.client.send(did_change(self._version, change(line, column, column, closer), uri=self._uri))

    def call(self) -> None:
        """Ask, as the debounce does, and as the action "Call Inline Completion" does at once."""
        self._let_go()
        request = completion(len(self.asked) + 1, *self._place(), uri=self._uri, kind=AUTOMATIC)
        self.asked.append((asyncio.get_running_loop().time(), request["id"]))
        self.client.send(request)

    async def wait_for_answer(self) -> None:
        """Wait until what was asked for last is answered."""
        await self._wait(lambda: not self._is_debouncing() and self.asked[-1][1] in self.answers)

    def accept(self, part: int | None = None) -> None:
        """Insert the first variant, or its first characters, as one change; tell the server nothing else."""
        taken = self.variants[0] if part is None else self.variants[0][:part]
        self.variants = []
        self._insert(taken)

    def _is_debouncing(self) -> bool:
        loop = asyncio.get_running_loop()
        return self._debounce is not None and not self._debounce.cancelled() and self._debounce.when() > loop.time()

    def _place(self) -> tuple[int, int]:
        line = self.text.rpartition("\n")[2]
        return self.text.count("\n"), len(line.encode("utf-16-le")) // 2

    def _insert(self, text: str) -> None:
        self._let_go()
        self.variants = []
        line, column = self._place()
        self._version += 1
        self.text += text
        self.client.send(did_change(self._version, change(line, column, column, text), uri=self._uri))

    def _let_go(self) -> None:
        if self._debounce is not None:
            self._debounce.cancel()
        for _, request_id in self.asked:
            if request_id not in self.answers and request_id not in self.cancelled:
                self.cancelled.append(request_id)
                self.client.send(notification("$/cancelRequest", {"id": request_id}))

    async def _read(self) -> None:
        while True:
            try:
                self._receive(await self.client.read())
            except EOFError:
                return

    def _receive(self, message: dict[str, Any]) -> None:
        if "method" in message:
            if "id" in message:
                self._reply(message)
            return
        request_id = message["id"]
        assert request_id not in self.answers, "answered once"
        self.answers[request_id] = message
        if self.asked and request_id == self.asked[-1][1] and request_id not in self.cancelled:
            self.variants = self._variants(message["result"])
        self._arrived.set()

    def _reply(self, request: dict[str, Any]) -> None:
        """Answer the server: settings from the template's file, and null to all else."""
        result: Any = None
        if request["method"] == "workspace/configuration":
            sections = [item.get("section", "") + "." for item in request["params"]["items"]]
            keys = self.settings.items()
            result = [{k.removeprefix(it): v for k, v in keys if k.startswith(it)} for it in sections]
        self.client.send({"jsonrpc": "2.0", "id": request["id"], "result": result})

    def _variants(self, result: Any) -> list[str]:
        items = (result or {}).get("items", [])
        line, column = self._place()
        here = {"line": line, "character": column}
        for item in items:
            assert item["range"] == {"start": here, "end": here}, "its trimming of ranges is never needed"
        return [item["insertText"] for item in items if item["insertText"].strip()]

    async def _wait(self, condition: Any) -> None:
        async with asyncio.timeout(20):
            while not condition():
                self._arrived.clear()
                try:
                    await asyncio.wait_for(self._arrived.wait(), 0.05)
                except TimeoutError:
                    continue


def command_of(template: Path) -> list[str]:
    """Return what the template starts on this system."""
    return shlex.split(read(template, "template.json")["programArgs"]["default"])
