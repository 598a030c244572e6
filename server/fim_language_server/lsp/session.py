"""The life cycle and the settings of one client's session; `completer.py` answers its requests.

The application, with all heavy imports, is loaded after the reply to `initialize`. A request that comes before it is
loaded waits for it, with the snapshot of the text that was taken when the request came.
"""

from __future__ import annotations

import asyncio
import functools
import logging
import time
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from lsprotocol import types

from fim_language_server.clock import Clock, SystemClock
from fim_language_server.core.next_edit.repeats import find_repeat
from fim_language_server.core.trigger import is_language_on
from fim_language_server.lsp.completer import Completer
from fim_language_server.lsp.documents.link_targets import LinkFollower, LinkTargets
from fim_language_server.lsp.documents.notebooks import Notebooks
from fim_language_server.lsp.documents.open_document import OpenDocument
from fim_language_server.lsp.documents.workspace import Workspace
from fim_language_server.lsp.editor import parent_process
from fim_language_server.lsp.editor.client import Client
from fim_language_server.lsp.editor.client_features import ClientFeatures
from fim_language_server.lsp.editor.configuration import Configuration
from fim_language_server.lsp.editor.error_messages import ErrorMessages
from fim_language_server.lsp.editor.origin import Origin
from fim_language_server.lsp.editor.progress import WorkDoneProgress
from fim_language_server.lsp.editor.status_line import StatusLine, resting_state
from fim_language_server.lsp.loading import MakeApplication, freeze_once, make_application
from fim_language_server.lsp.next_edit.next_editor import NOTHING, NextEditor
from fim_language_server.lsp.popup.answering import PopupCompleter
from fim_language_server.lsp.popup.registration import PopupRegistration
from fim_language_server.lsp.session_recording import SessionRecording
from fim_language_server.lsp.wire.next_edit_parameters import InlineEditParams
from fim_language_server.lsp.wire.parameters import converter

if TYPE_CHECKING:
    from fim_language_server.app.application import Application

logger = logging.getLogger(__name__)

Answer = TypeVar("Answer")

CLOSE_S = 2.0
"""Seconds that the application may take to close; after that the process ends without waiting."""


class Session:
    """The state between `initialize` and `exit`. It owns its background tasks, and cancels them in `close`."""

    def __init__(
        self,
        client: Client,
        *,
        origin: Origin = Origin(),  # noqa: B008
        make_application: MakeApplication = make_application,
        now: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        clock: Clock = SystemClock(),  # noqa: B008
    ) -> None:
        self.client = client
        self.workspace = Workspace()
        self.notebooks = Notebooks(self.workspace)
        self.configuration = Configuration(client, origin)
        self.status_line = StatusLine(client, clock)
        progress = WorkDoneProgress(client, "Indexing the workspace", now, self.spawn)
        self.links = LinkFollower(self.workspace, self.spawn, sleep, LinkTargets())
        self.completer = Completer(client, self.workspace, self.status_line, self.links, clock)
        self.popup = PopupCompleter(self.completer, client, self.workspace, self.spawn, clock)
        self.next_editor = NextEditor(client, self.workspace, self.status_line, clock, find_repeat)
        self.completer.find_next_edit = self.next_editor.inline_item
        self.recording = SessionRecording(client, self.workspace, origin, clock)
        self._popup_registration = PopupRegistration(client)
        self.messages = ErrorMessages(client, progress, self.status_line, self.completer.pause, self.completer.refresh)
        self.ended: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._make_application = make_application
        self._sleep = sleep
        self._loaded: Application | None = None  # from its making to its closing
        self._started = False
        self._configuring = asyncio.Lock()
        self._configured_with: Any = None
        self._tasks: set[asyncio.Task[None]] = set()

    # --- life cycle ----------------------------------------------------------------------------------------

    def initialize(self, features: ClientFeatures) -> None:
        """Take the client's features, folders and initial settings."""
        self.client.features = features
        self.workspace.encoding = features.encoding
        self.workspace.set_folders(features.folders)
        self.configuration.initialize(features.settings)
        self.completer.pace.known_ms = features.wait_ms
        self.recording.begin_wished()
        if features.process_id is not None:
            self.watch_process(features.process_id)

    def watch_process(self, process_id: int) -> None:
        """End the session when the process `process_id` has ended."""
        self.spawn(self._watch_process(process_id))

    def start(self) -> None:
        """Load the application, pull the settings and register for notifications, as the client supports; only once."""
        if self._started:
            return
        self._started = True
        self.status_line.send()
        features = self.client.features
        self.spawn(self._start())
        if features.pulls_configuration:
            self.settings_changed()
        if features.registers_configuration:
            options = types.DidChangeConfigurationRegistrationOptions(section="fim")
            self.spawn(self.client.register(types.WORKSPACE_DID_CHANGE_CONFIGURATION, options))
        if features.registers_watched_files:
            watchers = types.DidChangeWatchedFilesRegistrationOptions([types.FileSystemWatcher("**/*")])
            self.spawn(self.client.register(types.WORKSPACE_DID_CHANGE_WATCHED_FILES, watchers))

    async def answer(self, complete: Callable[[], Awaitable[Answer]]) -> Answer | None:
        """Return what `complete` returns, which is the answer to a request for completions.

        Begins to load the application where a client sends no `initialized`. A bug is logged, reported to the user
        once, and answered with None.
        """
        self.start()
        try:
            return await complete()
        except Exception:
            logger.exception("a completion failed")
            self.messages.report_bug()
            return None

    async def answer_next_edit(self, params: InlineEditParams) -> Mapping[str, Any]:
        """Return the answer to a request for next edits, once the application is loaded; never None, never an error."""
        return await self.answer(functools.partial(self._find_next_edit, params)) or NOTHING

    async def _find_next_edit(self, params: InlineEditParams) -> Mapping[str, Any]:
        await self.completer.ready.wait()
        return await self.next_editor.answer(params)

    def end(self, exit_code: int) -> None:
        """Mark the session as ended, with an exit code; the transport then closes it."""
        if not self.ended.done():
            self.ended.set_result(exit_code)

    async def close(self) -> None:
        """Cancel the background tasks and close the application, waiting for each at most `CLOSE_S`."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        self.status_line.close()
        await self.next_editor.close()
        if tasks:
            await asyncio.wait(tasks, timeout=CLOSE_S)
        self.completer.ready.set()
        await self._close_application()
        await self.recording.end("session")

    async def _close_application(self) -> None:
        application, self._loaded, self.completer.application = self._loaded, None, None
        if application is None:
            return
        try:
            async with asyncio.timeout(CLOSE_S):
                await application.close()
        except TimeoutError:
            logger.warning("closing took too long; left as it is")
        except Exception:
            logger.exception("closing failed")

    def spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Run a coroutine in the background until it is done or the session closes; log its failure."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._task_done)
        return task

    def _task_done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            logger.error("a background task failed", exc_info=error)

    async def _watch_process(self, process_id: int) -> None:
        await parent_process.wait_until_gone(process_id, self._sleep)
        logger.info("the editor's process is gone")
        self.end(1)

    async def _start(self) -> None:
        try:
            self._loaded = application = await self._make_application(
                self.workspace, self.messages, self.client.features
            )
            self.recording.attach(application)
            await self._configure()
        except Exception:
            logger.exception("the server could not start completing")
            self.messages.report_bug()
            self.status_line.broken("The server could not start completing; see its log.")
            await self._close_application()
            return
        finally:
            self.completer.ready.set()
        self.spawn(self._follow_company_files(application))
        await application.warm_up()
        converter().unstructure(types.InlineCompletionList([]))
        converter().unstructure(types.CompletionList(is_incomplete=True, items=[]))
        freeze_once()

    # --- settings and files --------------------------------------------------------------------------------

    def settings_changed(self, pushed: Any = None) -> None:
        """Pull the changed settings where the client supports that, else use `pushed`."""
        if self.client.features.pulls_configuration:
            self.spawn(self._pull())
        else:
            self.configuration.push(pushed)
            self.spawn(self._configure())

    def folders_changed(self) -> None:
        """Pass the workspace folders as they are now to the application."""
        if self.completer.application:
            self.spawn(self.completer.application.set_folders(self.workspace.folders))

    def document_opened(self, document: OpenDocument) -> None:
        """Resolve the links of a document or notebook, and report to the application that one is open."""
        self.links.follow(document)
        if self.completer.application:
            self.completer.application.document_opened()

    def files_changed(self, paths: Sequence[str]) -> None:
        """Report files that changed on disk to the application, and resolve the links of open ones again."""
        self.links.follow_files(paths)
        if self.completer.application and paths:
            self.completer.application.files_changed(paths)

    async def _pull(self) -> None:
        if await self.configuration.pull():
            await self._configure()

    async def _configure(self) -> None:
        """Configure the application with the current settings, unless it is; without effect before it is loaded."""
        async with self._configuring:
            application = self._loaded
            if application is None:
                return
            (raw, refused), workspace = self.configuration.raw(), self.configuration.workspace()
            if (raw, refused, workspace) == self._configured_with:
                return
            problems = [*refused, *await application.configure(raw, workspace)]
            self.completer.application, self._configured_with = application, (raw, refused, workspace)
            self.next_editor.configure(application)
            logging.getLogger("fim_language_server").setLevel(application.settings.log.level.upper())
            self.messages.settings_changed(problems)
            self.status_line.rest(resting_state(application))
            await self._popup_registration.follow(application.settings.popup.mode)

    async def _follow_company_files(self, application: Application) -> None:
        """Configure the application anew whenever the company's policy or the user's own file changes."""
        from fim_language_server.app.company_watch import wait_for_change

        while application.company.files:
            await wait_for_change(application.company, self._sleep)
            self._configured_with = None
            await self._configure()

    async def toggle_language(self, language_id: str) -> Mapping[str, object]:
        """Switch a language off, or on if it is off, until the session ends; return its new state.

        A language that the workspace's settings switch off stays off.
        """
        self.start()
        await self.completer.ready.wait()
        self.configuration.override_language(language_id, not self._is_on(language_id))
        await self._configure()
        return {"language": language_id, "enabled": self._is_on(language_id)}

    def _is_on(self, language_id: str) -> bool:
        application = self.completer.application
        return application is not None and is_language_on(language_id, application.settings.trigger.languages)
