"""The client of a replay: it sends a recording's messages at their times to a server in this process."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from bisect import bisect_right
from collections.abc import Awaitable, Callable, Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any, Final
from urllib.parse import quote

from attrs import define, field

from fim_language_server.app.application import Application
from fim_language_server.app.company_files import CompanySettings
from fim_language_server.core.recordings.records import (
    CancelledRequest,
    GivenAnswer,
    MadeRequest,
    RunCommand,
    SettingsInForce,
)
from fim_language_server.core.recordings.text_records import (
    ChangedText,
    ClosedNotebook,
    ClosedText,
    NotebookCells,
    OpenedText,
    SavedText,
    TextEdit,
)
from fim_language_server.evaluation.recordings.played_streams import PlayedStreams
from fim_language_server.evaluation.recordings.reading import Recording
from fim_language_server.lsp.editor.origin import Origin
from fim_language_server.lsp.recording.starting import RecordingWish
from fim_language_server.lsp.server import create_server

ROOT: Final = "file:///replay"
LAST_ANSWERS_S: Final = 15.0
"""Seconds that are waited for the last answers."""
TOGETHER_MS: Final = 3.0
"""Ms within which messages came together, if nothing was answered between them: a request may be cancelled at once."""
LONGEST_GAP_S: Final = 2.0
"""Seconds between two messages in real time: nobody waits for a pause of the recording."""
_REPEATED: Final = frozenset(
    {"fim.accept", "fim.snooze", "fim.toggleLanguage", "fim.acceptNextEdit", "fim.dismissNextEdit"}
)
_SECRETS: Final = ("CODESTRAL_API_KEY", "MISTRAL_API_KEY")

Message = tuple[float, str, dict[str, Any], int]
"""Ms, method and parameters of a message; the number of a request, 0 for a notification."""


class ReplayedApplication(Application):
    """An application that reads no workspace, and connects to nothing before it is asked."""

    async def warm_up(self) -> None:
        """Do nothing: what is indexed and connected early is no part of a recording."""


class NoLinks:
    """Documents of a replay are no files, so there are no links in their paths."""

    async def target_of(self, path: str) -> str:
        """Return that there is none."""
        return ""


@define(eq=False)
class ReplaySession:
    """Runs a recording with some settings, and records that into a file.

    With `is_live` the models are asked themselves, in real time, else the recorded streams are given.
    """

    recording: Recording = field(repr=False)
    settings: Mapping[str, Any] = field(repr=False)
    record_to: Path
    is_live: bool = False
    numbers: dict[int, int] = field(factory=dict, init=False, repr=False)
    """The recorded numbers of requests by those of the replay."""
    unknown: int = field(default=0, init=False)
    """Requests to models for which the recording has no text."""
    _began: float = field(default=0.0, init=False)
    _waiting: set[int] = field(factory=set, init=False, repr=False)
    _answered: asyncio.Event = field(factory=asyncio.Event, init=False, repr=False)
    _server: Any = field(default=None, init=False, repr=False)
    _skipped_s: float = field(default=0.0, init=False)

    async def run(self) -> None:
        """Send everything, and wait for the answers."""
        uris = uris_of(self.recording)
        self._began = time.monotonic()
        played = PlayedStreams(self.recording, uris, self._ms)
        wish = RecordingWish(self.record_to, with_texts=True, is_masked=True)
        loop = asyncio.get_running_loop()
        self._server = create_server(
            lambda body: loop.call_soon(self._take, json.loads(body)) and None,  # type: ignore[arg-type]
            make_application=self._maker(played),
            origin=Origin(recording=wish),
        )
        self._server.session.links.targets = NoLinks()
        self._send("initialize", self._initialize(), 1)
        self._send("initialized", {})
        answered = sorted(it.ms for it in self.recording.records if isinstance(it, GivenAnswer))
        before = 0.0
        for ms, method, params, request in messages(self.recording, uris):
            if ms - before > TOGETHER_MS or bisect_right(answered, before) != bisect_right(answered, ms):
                await self._wait(ms)
            before = ms
            if request and method != "workspace/executeCommand":
                self.numbers[len(self.numbers) + 1] = request
                self._waiting.add(request)
            self._send(method, params, 1_000_000 + request if request else None)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LAST_ANSWERS_S):
                while self._waiting:
                    self._answered.clear()
                    await self._answered.wait()
        await self._server.close()
        self.unknown = played.unknown

    def _maker(self, played: PlayedStreams) -> Callable[..., Awaitable[Application]]:
        ready_ms = next((it.ms for it in self.recording.records if isinstance(it, SettingsInForce)), 0.0)

        async def make(workspace: Any, messages_: Any, features: Any) -> Application:
            if not self.is_live:
                await asyncio.sleep(max(0.0, ready_ms - self._ms()) / 1_000)
            application = ReplayedApplication(
                (),
                messages_,
                open_documents=workspace.recent,
                recent_edits=lambda: workspace.recent_edits,
                environ=None if self.is_live else dict.fromkeys(_SECRETS, "replay"),
                refreshes=features.refreshes,
                read_company=lambda _environ: CompanySettings(),
            )
            if not self.is_live:
                application.observing.played = played.model
            return application

        return make

    def _initialize(self) -> dict[str, Any]:
        origins = self.recording.origins
        announced = origins.announced.get("capabilities")
        capabilities = json.loads(json.dumps(announced)) if isinstance(announced, Mapping) else {}
        for name in ("workspace", "window"):  # The server is told everything at once, and asks for nothing.
            capabilities.pop(name, None)
        capabilities["general"] = {"positionEncodings": ["utf-32"]}
        return {
            "processId": None,
            "rootUri": ROOT,
            "clientInfo": {"name": origins.client, "version": origins.client_version},
            "capabilities": capabilities,
            "initializationOptions": {"fim": self.settings},
        }

    def _ms(self) -> float:
        return (time.monotonic() - self._began + self._skipped_s) * 1_000

    async def _wait(self, ms: float) -> None:
        left = (ms - self._ms()) / 1_000
        if self.is_live and left > LONGEST_GAP_S:
            self._skipped_s += left - LONGEST_GAP_S
            left = LONGEST_GAP_S
        await asyncio.sleep(max(0.0, left))

    def _send(self, method: str, params: Mapping[str, Any], number: int | None = None) -> None:
        message = {"jsonrpc": "2.0", "method": method, "params": params}
        self._server.receive(json.dumps(message if number is None else {**message, "id": number}).encode())

    def _take(self, message: dict[str, Any]) -> None:
        number = message.get("id")
        if "method" not in message and isinstance(number, int):
            self._waiting.discard(number - 1_000_000)
            self._answered.set()


def uris_of(recording: Recording) -> dict[int, str]:
    """Return URIs for the documents and notebooks of a recording, none of which leads out of the replay's folder."""
    uris: dict[int, str] = {}
    for record in recording.records:
        if isinstance(record, OpenedText | NotebookCells):
            number = record.document if isinstance(record, OpenedText) else record.notebook
            parts = [
                part for part in PurePosixPath(record.path.replace("\\", "/")).parts if part not in ("/", "..", ".")
            ]
            path = quote("/".join(parts)) or f"document-{number}"
            is_cell = isinstance(record, OpenedText) and record.notebook is not None
            uris.setdefault(number, f"fim-cell:/{number}/{path}" if is_cell else f"{ROOT}/{path}")
    return uris


def messages(recording: Recording, uris: Mapping[int, str]) -> Iterator[Message]:
    """Yield the client's messages of a recording, in the order in which they were sent."""
    texts: dict[int, list[OpenedText]] = {}
    opened: set[int] = set()
    for it in recording.records:
        if isinstance(it, OpenedText):
            if it.notebook is not None and it.notebook not in opened:
                texts.setdefault(it.notebook, []).append(it)
            elif it.notebook is not None:
                yield it.ms, "notebookDocument/didChange", _structure(it, uris), 0
            else:
                yield it.ms, "textDocument/didOpen", {"textDocument": _item(it, uris)}, 0
        elif isinstance(it, NotebookCells) and it.is_opening:
            opened.add(it.notebook)
            notebook = {"uri": uris[it.notebook], "notebookType": "jupyter-notebook", "version": 1}
            cells = [{"kind": 1 if cell.is_markup else 2, "document": uris.get(cell.document, "")} for cell in it.cells]
            items = [_item(text, uris) for text in texts.pop(it.notebook, [])]
            params = {"notebookDocument": {**notebook, "cells": cells}, "cellTextDocuments": items}
            yield it.ms, "notebookDocument/didOpen", params, 0
        elif (message := _message(it, uris)) is not None:
            yield message


def _message(it: Any, uris: Mapping[int, str]) -> Message | None:
    document = uris.get(getattr(it, "document", getattr(it, "notebook", -1)))
    identifier = {"textDocument": {"uri": document}}
    if isinstance(it, ChangedText) and document:
        versioned = {"uri": document, "version": it.version}
        changes = [_change(edit) for edit in it.edits]
        return it.ms, "textDocument/didChange", {"textDocument": versioned, "contentChanges": changes}, 0
    if isinstance(it, ClosedText) and document:
        return it.ms, "textDocument/didClose", identifier, 0
    if isinstance(it, SavedText) and document:
        return it.ms, "textDocument/didSave", identifier, 0
    if isinstance(it, ClosedNotebook) and document:
        return it.ms, "notebookDocument/didClose", {"notebookDocument": {"uri": document}, "cellTextDocuments": []}, 0
    if isinstance(it, NotebookCells) and document:
        array = {
            "start": it.start,
            "deleteCount": it.delete_count,
            "cells": [
                {"kind": 1 if cell.is_markup else 2, "document": uris.get(cell.document, "")} for cell in it.cells
            ],
        }
        change = {"cells": {"structure": {"array": array}}}
        return (
            it.ms,
            "notebookDocument/didChange",
            {"notebookDocument": {"uri": document, "version": 1}, "change": change},
            0,
        )
    if isinstance(it, MadeRequest) and document:
        asked_of = {"uri": document} if it.version is None else {"uri": document, "version": it.version}
        return it.ms, it.method, {"textDocument": asked_of} | _asked(it), it.request
    if isinstance(it, CancelledRequest):
        return it.ms, "$/cancelRequest", {"id": 1_000_000 + it.request}, 0
    if isinstance(it, RunCommand) and it.command in _REPEATED:
        params = {"command": it.command, "arguments": list(it.arguments)}
        return it.ms, "workspace/executeCommand", params, 1_000_000 + int(it.ms)
    return None


def _asked(it: MadeRequest) -> dict[str, Any]:
    is_popup = it.method == "textDocument/completion"
    invoked, automatic = (1, 3) if is_popup else (1, 2)
    context: dict[str, Any] = {"triggerKind": invoked if it.trigger == "invoked" else automatic}
    if it.selected is not None:
        context["selectedCompletionInfo"] = _change(it.selected)
    return {"position": {"line": it.line, "character": it.column}, "context": context}


def _change(edit: TextEdit) -> dict[str, Any]:
    start = {"line": edit.line, "character": edit.column}
    return {
        "range": {"start": start, "end": {"line": edit.end_line, "character": edit.end_column}},
        "text": edit.text.known,
    }


def _item(it: OpenedText, uris: Mapping[int, str]) -> dict[str, Any]:
    return {"uri": uris[it.document], "languageId": it.language_id, "version": it.version, "text": it.text.known}


def _structure(it: OpenedText, uris: Mapping[int, str]) -> dict[str, Any]:
    """Return the change of a notebook by which the text of a cell is opened; the array of cells follows."""
    structure = {"array": {"start": 0, "deleteCount": 0, "cells": []}, "didOpen": [_item(it, uris)]}
    notebook = {"uri": uris.get(it.notebook or 0, ""), "version": 1}
    return {"notebookDocument": notebook, "change": {"cells": {"structure": structure}}}
