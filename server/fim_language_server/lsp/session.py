"""One client's session: its documents, its settings, and the application that completes for it.

The application, and with it everything heavy, is loaded after the reply to `initialize`. A request that comes
before it is there waits for it, with the text as it was at dispatch.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from lsprotocol import types

from fim_language_server.clock import Clock, SystemClock
from fim_language_server.core.trigger import is_language_on
from fim_language_server.core.values import CompletionRequest, Position, Skip, Suggestion, Trigger
from fim_language_server.engine.health import Pause
from fim_language_server.lsp.convert import to_list, to_view
from fim_language_server.lsp.documents.link_targets import LinkFollower, LinkTargets
from fim_language_server.lsp.documents.open_document import OpenDocument
from fim_language_server.lsp.documents.workspace import Workspace
from fim_language_server.lsp.editor import parent_process as parent
from fim_language_server.lsp.editor.client import Client
from fim_language_server.lsp.editor.client_features import ClientFeatures
from fim_language_server.lsp.editor.client_pace import ClientPace
from fim_language_server.lsp.editor.configuration import Configuration
from fim_language_server.lsp.editor.error_messages import ErrorMessages
from fim_language_server.lsp.editor.origin import Origin
from fim_language_server.lsp.editor.progress import WorkDoneProgress
from fim_language_server.lsp.editor.status_line import StatusLine, resting_state
from fim_language_server.lsp.loading import MakeApplication, freeze_once, make_application
from fim_language_server.lsp.wire.parameters import converter
from fim_language_server.lsp.wire.running_requests import UnderWay

if TYPE_CHECKING:
    from fim_language_server.app.application import Application

logger = logging.getLogger(__name__)

FIRST_WINDOW = (4_000, 2_000)
"""Code points before and after the cursor, until settings are known."""

CLOSE_S = 2.0
"""How long the application may take to close; nobody waits longer for a program that was told to go."""

REFRESH = "$/fim/refresh"
"""A better text than the one answered last is known for the place that was asked about: docs/protocol.md."""


class Session:
    """The state between `initialize` and `exit`. Everything it starts, it awaits or cancels in `close`."""

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
        self.configuration = Configuration(client, origin)
        self.status_line = StatusLine(client, clock)
        progress = WorkDoneProgress(client, "Indexing the workspace", now, self.spawn)
        self.status = ErrorMessages(client, progress, self.status_line, self._pause, self._refresh)
        self._asked: tuple[CompletionRequest, types.InlineCompletionParams] | None = None  # the last one
        self.pace = ClientPace(clock)
        self.ended: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._clock = clock
        self._make_application = make_application
        self._sleep = sleep
        self.links = LinkFollower(self.workspace, self.spawn, sleep, LinkTargets())
        self._loaded: Application | None = None  # from its making to its closing
        self._application: Application | None = None  # the same, while it is configured and may be asked
        self._ready = asyncio.Event()  # set once there is an application, or never will be
        self._started = False
        self._configuring = asyncio.Lock()
        self._configured_with: Any = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._under_way = UnderWay()

    @property
    def window(self) -> tuple[int, int]:
        """The most code points before and after the cursor that a request may need."""
        return self._application.seen if self._application else FIRST_WINDOW

    # --- life ----------------------------------------------------------------------------------------------

    def initialize(self, features: ClientFeatures) -> None:
        """Take what the client said of itself."""
        self.client.features = features
        self.workspace.encoding = features.encoding
        self.workspace.set_folders(features.folders)
        self.configuration.initialize(features.settings)
        self.pace.known_ms = features.wait_ms
        if features.process_id is not None:
            self.watch_process(features.process_id)

    def watch_process(self, process_id: int) -> None:
        """End the session when that process is gone."""
        self.spawn(self._watch_process(process_id))

    def start(self) -> None:
        """Load the application and ask the client for what it offers; once."""
        if self._started:
            return
        self._started = True
        self.status_line.tell()
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

    def end(self, exit_code: int) -> None:
        """Say that the session is over; whoever runs the transport closes it."""
        if not self.ended.done():
            self.ended.set_result(exit_code)

    async def close(self) -> None:
        """Cancel what runs and close the application, waiting for it no longer than `CLOSE_S`."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        self.status_line.close()
        if tasks:
            await asyncio.wait(tasks, timeout=CLOSE_S)
        self._ready.set()
        await self._close_application()

    async def _close_application(self) -> None:
        application, self._loaded, self._application = self._loaded, None, None
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
        """Run something in the background until it is done or the session closes; its failure is logged."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._task_done)
        return task

    def _task_done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            logger.error("a background task failed", exc_info=error)

    async def _watch_process(self, process_id: int) -> None:
        await parent.wait_until_gone(process_id, self._sleep, parent.watch(process_id))
        logger.info("the editor's process is gone")
        self.end(1)

    async def _start(self) -> None:
        try:
            self._loaded = application = await self._make_application(self.workspace, self.status, self.client.features)
            await self._configure()
        except Exception:
            logger.exception("the server could not start completing")
            self.status.bug()
            self.status_line.broken("The server could not start completing; see its log.")
            await self._close_application()
            return
        finally:
            self._ready.set()
        await application.warm_up()
        converter().unstructure(types.InlineCompletionList([]))
        freeze_once()

    # --- settings and files --------------------------------------------------------------------------------

    def settings_changed(self, pushed: Any = None) -> None:
        """Take notice of a change of settings: pull them where the client offers it, else take what came."""
        if self.client.features.pulls_configuration:
            self.spawn(self._pull())
        else:
            self.configuration.push(pushed)
            self.spawn(self._configure())

    def folders_changed(self) -> None:
        """Tell the application which folders there are now."""
        if self._application:
            self.spawn(self._application.set_folders(self.workspace.folders))

    def files_changed(self, paths: Sequence[str]) -> None:
        """Tell the application which files changed on disk, and look anew where links lead."""
        self.links.follow_files(paths)
        if self._application and paths:
            self._application.files_changed(paths)

    async def _pull(self) -> None:
        if await self.configuration.pull():
            await self._configure()

    async def _configure(self) -> None:
        """Use the settings as they are now, unless they are in use; before the start nothing is to do."""
        async with self._configuring:
            application = self._loaded
            if application is None:
                return
            (raw, refused), workspace = self.configuration.raw(), self.configuration.workspace()
            if (raw, refused, workspace) == self._configured_with:
                return
            problems = [*refused, *await application.configure(raw, workspace)]
            self._application, self._configured_with = application, (raw, refused, workspace)
            logging.getLogger("fim_language_server").setLevel(application.settings.log.level.upper())
            self.status.settings_changed(problems)
            self.status_line.rest(resting_state(application))

    # --- completing ----------------------------------------------------------------------------------------

    async def complete(
        self, request: CompletionRequest, params: types.InlineCompletionParams
    ) -> types.InlineCompletionList | None:
        """Return the answer to one request, or None; a failure of ours is logged and answers nothing."""
        self._asked = request, params
        try:
            with self.status_line.waiting():
                answer = await self._under_way.wait_for(self._ask_engine(request))
        except Exception:
            logger.exception("a completion failed")
            self.status.bug()
            return None
        if isinstance(answer, Skip):
            reason = self._application.engine.why.reason(request, answer) if self._application else answer.value
            self.explain(reason, params)
            return None
        if not answer or not self.workspace.has(params.text_document.uri, request.position):
            return None
        return to_list(answer, params)

    def explain(self, reason: str, params: types.InlineCompletionParams) -> None:
        """Log why nothing is offered: who pressed a key for it is owed a reason."""
        invoked = params.context.trigger_kind is types.InlineCompletionTriggerKind.Invoked
        logger.log(logging.INFO if invoked else logging.DEBUG, "nothing to offer: %s", reason)

    async def _ask_engine(self, asked: CompletionRequest) -> Sequence[Suggestion] | Skip | None:
        self.start()
        await self._ready.wait()
        request = await self.links.with_target(asked)
        if self._application is None or isinstance(request, Skip):
            return request if isinstance(request, Skip) else None
        engine = self._application.engine
        if self.status_line.is_snoozed and request.trigger is not Trigger.INVOKED:
            return engine.why.refused(request, Skip.SNOOZED, self._clock)
        return await engine.complete_to_choose(request)

    def observe_edit(self, document: OpenDocument, places: Sequence[Position]) -> None:
        """Show the engine the text where an edit ended, if it watches that document."""
        self.pace.edited(document.uri)
        if self._application and self._application.engine.is_watching(document.uri):
            window = self._application.seen
            self._application.engine.observe_edit([to_view(document, place, window) for place in places])

    def observe_close(self, uri: str) -> None:
        """Tell the engine that a document is gone."""
        if self._application:
            self._application.engine.observe_close(uri)

    async def toggle_language(self, language_id: str) -> Mapping[str, object]:
        """Switch a language off, or on if it is off, until the session ends; return how it stands now.

        One that the workspace's settings switch off stays off.
        """
        self.start()
        await self._ready.wait()
        self.configuration.override_language(language_id, not self._is_on(language_id))
        await self._configure()
        return {"language": language_id, "enabled": self._is_on(language_id)}

    def _is_on(self, language_id: str) -> bool:
        application = self._application
        return application is not None and is_language_on(language_id, application.settings.trigger.languages)

    def decisions(self) -> list[Mapping[str, object]]:
        """Return the last decisions as JSON, the newest first."""
        log = self._application.engine.why if self._application else None
        return [decision.as_json() for decision in log.newest_first()] if log else []

    def _refresh(self, request: CompletionRequest) -> None:
        """Tell a client that can ask again that it is worth it, if the place is the one it asked about last.

        It may have been left and come back to since: then the text is the same, and its version is not.
        """
        if not self.client.features.refreshes or self._asked is None:
            return
        last, params = self._asked
        document = self.workspace.find(params.text_document.uri)
        places = [(asked.document.uri, asked.prefix, asked.suffix) for asked in (last, request)]
        if document is not None and places[0] == places[1] and document.version == last.document.version:
            uri, place = params.text_document.uri, params.position
            self.client.notify(
                REFRESH,
                {"uri": uri, "line": place.line, "character": place.character, "version": document.version},
            )

    def _pause(self) -> Pause:
        return self._application.engine.chain.pause() if self._application else Pause()

    def accepted(self, suggestion_id: str) -> None:
        """Tell the engine that the user took a suggestion."""
        if self._application:
            self._application.engine.accepted(suggestion_id)
