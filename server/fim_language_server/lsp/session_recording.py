"""The recording of a client's session: begun by the command line or by the client, and ended with the session."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lsprotocol import types

from fim_language_server.clock import Clock
from fim_language_server.lsp.documents.notebook_messages import NotebookChange
from fim_language_server.lsp.documents.open_document import OpenDocument
from fim_language_server.lsp.documents.workspace import Workspace
from fim_language_server.lsp.editor.client import Client
from fim_language_server.lsp.editor.origin import Origin
from fim_language_server.lsp.wire.protocol import MessageObserver

if TYPE_CHECKING:
    from fim_language_server.app.application import Application
    from fim_language_server.lsp.recording.recorder import Recorder
    from fim_language_server.lsp.recording.starting import RecordingWish
    from fim_language_server.lsp.recording.thread import WritingThread

logger = logging.getLogger(__name__)

CLOSE_S = 2.0
"""Seconds that the last lines of a recording may take to be written."""

SetObserver = Callable[[MessageObserver | None], None]


class SessionRecording:
    """Begins and ends recordings of one session, of which at most one is under way: `recorder`, else None."""

    def __init__(self, client: Client, workspace: Workspace, origin: Origin, clock: Clock) -> None:
        self.recorder: Recorder | None = None
        self.observe_messages: SetObserver = lambda _observer: None
        self._client = client
        self._workspace = workspace
        self._origin = origin
        self._clock = clock
        self._application: Application | None = None
        self._thread: WritingThread | None = None
        self._path: Path | None = None

    @property
    def is_of_network(self) -> bool:
        """May the client name no file, because other programs can reach its connection?"""
        return self._origin.is_network

    def begin_wished(self) -> None:
        """Begin the recording that the command line asks for; show a message where it cannot be."""
        from fim_language_server.lsp.recording.starting import CannotRecordError

        if (wish := self._origin.recording) is not None:
            try:
                self.begin(wish)
            except CannotRecordError as error:
                self._tell(types.MessageType.Warning, str(error))

    def begin(self, wish: RecordingWish) -> Path:
        """Begin a recording, and return its file. Raises CannotRecordError, also where one is under way."""
        from fim_language_server.lsp.recording.starting import CannotRecordError, begin_recording

        if self.recorder is not None:
            raise CannotRecordError(f"this session is recorded already, in {self._path}")
        loop = asyncio.get_running_loop()

        def ended(sentence: str) -> None:
            if not loop.is_closed():
                loop.call_soon_threadsafe(self._ended, sentence)

        announced = self._client.features.announced
        self.recorder, self._thread = begin_recording(wish, self._workspace, announced, self._clock.now, ended)
        self._path = self._thread.path
        self.observe_messages(self.recorder)
        if self._application is not None:
            self._observe(self._application)
        logger.info("recording this session in %s, %s texts", self._path, "with" if wish.with_texts else "without")
        return self._path

    def attach(self, application: Application) -> None:
        """Observe the application, as soon as a session is recorded."""
        self._application = application
        if self.recorder is not None:
            self._observe(application)

    async def end(self, why: str) -> Path | None:
        """End the recording, and return its file once it is written; None where none was under way."""
        recorder, thread, path = self.recorder, self._thread, self._path
        if recorder is None or thread is None:
            return None
        self._let_go()
        recorder.end(why)
        await asyncio.to_thread(thread.join, CLOSE_S)
        return path

    def opened(self, document: OpenDocument, owner: OpenDocument | None = None) -> None:
        """Note that a document, or a cell of the notebook `owner`, was opened."""
        if self.recorder is not None:
            self.recorder.opened(document, owner)

    def changed(self, params: types.DidChangeTextDocumentParams) -> None:
        """Note an edit that was applied."""
        if self.recorder is not None:
            self.recorder.changed(params)

    def closed(self, uri: str) -> None:
        """Note that a document was closed."""
        if self.recorder is not None:
            self.recorder.closed(uri)

    def saved(self, uri: str) -> None:
        """Note that a document was saved."""
        if self.recorder is not None:
            self.recorder.saved(uri)

    def notebook_opened(self, file: OpenDocument, cells: Mapping[str, Any], texts: list[OpenDocument]) -> None:
        """Note that a notebook was opened: its array of cells, and their texts."""
        if self.recorder is not None:
            self.recorder.notebook_opened(file)
            for document in texts:
                self.recorder.opened(document, file)
            self.recorder.rearranged(file, cells, is_opening=True)

    def notebook_changed(self, file: OpenDocument, change: NotebookChange, cells: Mapping[str, Any]) -> None:
        """Note the changes of a notebook that were applied; `cells` is empty where the array is as it was."""
        if self.recorder is None:
            return
        for item in change.opened:
            if (document := self._workspace.find(item.uri)) is not None:
                self.recorder.opened(document, file)
        if cells:
            self.recorder.rearranged(file, cells)
        for uri in change.closed:
            self.recorder.closed(uri)
        for params in change.texts:
            self.recorder.changed(params)

    def notebook_closed(self, uri: str) -> None:
        """Note that a notebook was closed."""
        if self.recorder is not None:
            self.recorder.notebook_closed(uri)

    def ran(self, command: str, arguments: Any) -> None:
        """Note a command."""
        if self.recorder is not None:
            self.recorder.ran(command, arguments)

    def _observe(self, application: Application) -> None:
        assert self.recorder is not None
        self.recorder.judge_by(lambda document: application.is_excluded(document))
        application.observing.begin(self.recorder)

    def _let_go(self) -> None:
        self.recorder = self._thread = None
        self.observe_messages(None)
        if self._application is not None:
            self._application.observing.end()

    def _ended(self, sentence: str) -> None:
        """Tell the user that a recording ended by itself; the session goes on."""
        if self.recorder is not None:
            path = self._path
            self._let_go()
            self._tell(types.MessageType.Warning, f"{sentence}: {path}")

    def _tell(self, kind: types.MessageType, sentence: str) -> None:
        logger.warning("%s", sentence)
        self._client.show(kind, sentence)
