"""Completing for one client: requests and edits to the engine, suggestions and reasons back."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from lsprotocol import types

from fim_language_server.clock import Clock
from fim_language_server.core.values import CompletionRequest, Position, Skip, Suggestion, Trigger
from fim_language_server.engine.health import Pause
from fim_language_server.lsp.convert import to_list, to_view
from fim_language_server.lsp.documents.link_targets import LinkFollower
from fim_language_server.lsp.documents.open_document import OpenDocument
from fim_language_server.lsp.documents.workspace import Workspace
from fim_language_server.lsp.editor.client import Client
from fim_language_server.lsp.editor.client_pace import ClientPace
from fim_language_server.lsp.editor.status_line import StatusLine
from fim_language_server.lsp.wire.running_requests import RunningRequests

if TYPE_CHECKING:
    from fim_language_server.app.application import Application

logger = logging.getLogger(__name__)

FIRST_WINDOW = (4_000, 2_000)
"""Code points before and after the cursor, until settings are known."""

REFRESH = "$/fim/refresh"
"""Tells the client that a better text is known for the place it asked about last: docs/protocol.md."""


class Completer:
    """One client's completing. `application` is None before it is configured and after it is closed.

    `ready` is set once there is an application, or never will be.
    """

    def __init__(
        self, client: Client, workspace: Workspace, status_line: StatusLine, links: LinkFollower, clock: Clock
    ) -> None:
        self.application: Application | None = None
        self.ready = asyncio.Event()
        self.pace = ClientPace(clock)
        self._client = client
        self._workspace = workspace
        self._status_line = status_line
        self._links = links
        self._clock = clock
        self._running = RunningRequests()
        self._last_asked: tuple[CompletionRequest, types.InlineCompletionParams] | None = None

    @property
    def window(self) -> tuple[int, int]:
        """The most code points before and after the cursor that a request may need."""
        return self.application.seen if self.application else FIRST_WINDOW

    async def complete(
        self, request: CompletionRequest, params: types.InlineCompletionParams
    ) -> types.InlineCompletionList | None:
        """Return the answer to one request, or None; waits for the application, with the text as it was."""
        self._last_asked = request, params
        with self._status_line.waiting():
            answer = await self._running.wait_for(self._ask_engine(request))
        if isinstance(answer, Skip):
            self.explain(self._reason(request, answer), params)
            return None
        if not answer or not self._workspace.has(params.text_document.uri, request.position):
            return None  # The place may be gone by now.
        return to_list(answer, params)

    def explain(self, reason: str, params: types.InlineCompletionParams) -> None:
        """Log why nothing is offered: at INFO level for an explicit request, else at DEBUG level."""
        invoked = params.context.trigger_kind is types.InlineCompletionTriggerKind.Invoked
        logger.log(logging.INFO if invoked else logging.DEBUG, "nothing to offer: %s", reason)

    def observe_edit(self, document: OpenDocument, places: Sequence[Position]) -> None:
        """Show the engine the text where an edit's changes ended, if it watches that document."""
        self.pace.edited(document.uri)
        if self.application and self.application.engine.is_watching(document.uri):
            window = self.application.seen
            self.application.engine.observe_edit([to_view(document, place, window) for place in places])

    def observe_close(self, uri: str) -> None:
        """Tell the engine that a document was closed."""
        if self.application:
            self.application.engine.observe_close(uri)

    def accepted(self, suggestion_id: str) -> None:
        """Tell the engine that the user took a suggestion."""
        if self.application:
            self.application.engine.accepted(suggestion_id)

    def decisions(self) -> list[Mapping[str, object]]:
        """Return the last decisions as JSON, the newest first."""
        log = self.application.engine.decisions if self.application else None
        return [decision.as_json() for decision in log.newest_first()] if log else []

    def pause(self) -> Pause:
        """Return for how long automatic requests do not reach the preferred model."""
        return self.application.engine.chain.pause() if self.application else Pause()

    def refresh(self, request: CompletionRequest) -> None:
        """Tell a client that can ask again to do so, if the request's place is the one it asked about last.

        The place may have been left and come back to since: then the text is the same, and its version is not.
        """
        if not self._client.features.refreshes or self._last_asked is None:
            return
        last, params = self._last_asked
        document = self._workspace.find(params.text_document.uri)
        places = [(asked.document.uri, asked.prefix, asked.suffix) for asked in (last, request)]
        if document is not None and places[0] == places[1] and document.version == last.document.version:
            uri, place = params.text_document.uri, params.position
            self._client.notify(
                REFRESH,
                {"uri": uri, "line": place.line, "character": place.character, "version": document.version},
            )

    def _reason(self, request: CompletionRequest, skip: Skip) -> str:
        return self.application.engine.decisions.reason(request, skip) if self.application else skip.value

    async def _ask_engine(self, asked: CompletionRequest) -> Sequence[Suggestion] | Skip | None:
        await self.ready.wait()
        request = await self._links.with_target(asked)
        if self.application is None or isinstance(request, Skip):
            return request if isinstance(request, Skip) else None
        engine = self.application.engine
        if self._status_line.is_snoozed and request.trigger is not Trigger.INVOKED:
            return engine.decisions.refused(request, Skip.SNOOZED, self._clock)
        return await engine.complete(request)
