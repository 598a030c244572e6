"""Completing for one client: requests and edits go to the engine, suggestions and reasons come back.

`session.py` loads and configures the application that this uses.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from lsprotocol import types

from fim_language_server.clock import Clock
from fim_language_server.core.values import CompletionRequest, Position, Skip, Suggestion, Trigger
from fim_language_server.engine.health import Pause
from fim_language_server.lsp.convert import to_list, to_view
from fim_language_server.lsp.documents.link_targets import LinkFollower
from fim_language_server.lsp.documents.notebook_messages import NotebookEdits
from fim_language_server.lsp.documents.open_document import OpenDocument
from fim_language_server.lsp.documents.workspace import MOST_PLACES, Workspace
from fim_language_server.lsp.editor.client import Client
from fim_language_server.lsp.editor.client_pace import ClientPace
from fim_language_server.lsp.editor.status_line import StatusLine
from fim_language_server.lsp.wire.request_order import RequestOrder
from fim_language_server.lsp.wire.running_requests import RunningRequests

if TYPE_CHECKING:
    from fim_language_server.app.application import Application

logger = logging.getLogger(__name__)

FIRST_WINDOW = (4_000, 2_000)
"""Code points before and after the cursor, until settings are known."""

FindNextEdit = Callable[[types.InlineCompletionParams], Awaitable[types.InlineCompletionItem | None]]

REFRESH = "$/fim/refresh"
"""The notification that a better text is known for the place of the client's last request (docs/protocol.md)."""


class Completer:
    """Answers one client's requests. `application` is None before it is configured and after it is closed.

    `ready` is set when there is an application, and when there will be none because loading failed.
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
        self._order = RequestOrder()
        self._coming: dict[str, asyncio.Future[Sequence[Suggestion] | Skip | None]] = {}
        self._last_request: tuple[CompletionRequest, types.InlineCompletionParams] | None = None
        self.find_next_edit: FindNextEdit | None = None
        """Returns the next edit in the cursor's line, where there is no ghost text."""

    @property
    def window(self) -> tuple[int, int]:
        """The most code points before and after the cursor that a request may need."""
        return self.application.request_window if self.application else FIRST_WINDOW

    async def complete(
        self, request: CompletionRequest, params: types.InlineCompletionParams
    ) -> types.InlineCompletionList | None:
        """Return the answer to `request`, or None for no text. Waits until the application is loaded."""
        self._last_request = request, params
        with self._announced(request.document.uri) as coming:
            answer = await self.ask(request)
            coming.set_result(answer)
        if not isinstance(answer, Sequence) or not answer:
            if isinstance(answer, Skip):
                self.log_skip(request, answer)
            return await self._next_edit(params) if answer is not Skip.SUPERSEDED else None
        # In a cell the client counts lines from the cell's beginning, the request from the notebook's.
        place = Position(min(params.position.line, request.position.line), request.position.column)
        if not self._workspace.has(params.text_document.uri, place):
            return None  # An edit has removed the place meanwhile.
        return to_list(answer, params)

    async def _next_edit(self, params: types.InlineCompletionParams) -> types.InlineCompletionList | None:
        """Return the next edit in the cursor's line as the answer, where the client draws it like that."""
        item = await self.find_next_edit(params) if self.find_next_edit is not None else None
        return types.InlineCompletionList([item]) if item is not None else None

    def coming(self, uri: str) -> asyncio.Future[Sequence[Suggestion] | Skip | None] | None:
        """Return the ghost text that a document's request waits for, for others to wait for, too; None without one."""
        return self._coming.get(uri)

    @contextmanager
    def _announced(self, uri: str) -> Iterator[asyncio.Future[Sequence[Suggestion] | Skip | None]]:
        coming = self._coming[uri] = asyncio.get_running_loop().create_future()
        try:
            yield coming
        finally:
            coming.cancel()
            if self._coming.get(uri) is coming:
                del self._coming[uri]

    async def ask(self, request: CompletionRequest, *, alternatives: bool = True) -> Sequence[Suggestion] | Skip | None:
        """Return the engine's answer; None where the request was dropped. Waits until the application is loaded.

        An explicit request gets further texts where `alternatives` are wanted, and waits for them a little.
        """
        with self._status_line.waiting():
            return await self._running.wait_for(self._ask_engine(request, alternatives))

    def unseen(self, suggestions: Sequence[Suggestion]) -> None:
        """Report to the engine that suggestions came too late to be shown."""
        if self.application:
            self.application.engine.unseen(suggestions)

    def log_reason(self, reason: str, trigger: Trigger) -> None:
        """Log why there is no suggestion: at INFO level for an explicit request, else at DEBUG level."""
        logger.log(logging.INFO if trigger is Trigger.INVOKED else logging.DEBUG, "nothing to offer: %s", reason)

    def log_skip(self, request: CompletionRequest, skip: Skip) -> None:
        """Log why `request` was answered without a suggestion, as exactly as it is known."""
        log = self.application.engine.decisions if self.application else None
        self.log_reason(log.reason(request, skip) if log is not None else skip.value, request.trigger)

    def observe_edit(self, document: OpenDocument, places: Sequence[Position]) -> None:
        """Pass the text around the ends of an edit's changes (`places`) to the engine, if it watches the document."""
        self.pace.edited(document.uri)
        self._observe(document.owner_uri, [(document, places)])

    def observe_notebook(self, edits: NotebookEdits) -> None:
        """Pass the text around the ends of the changes of a notebook's cells to the engine, if it watches the notebook.

        A notebook that has no cell left is as good as closed.
        """
        for cell, _ in edits.places:
            self.pace.edited(cell.uri)
        places = [*edits.places, *([(edits.near, [Position(0, 0)])] if edits.near else [])]
        if places:
            self._observe(edits.uri, places)
        else:
            self.observe_close(edits.uri)

    def _observe(self, uri: str, edits: Sequence[tuple[OpenDocument, Sequence[Position]]]) -> None:
        last, places = edits[-1] if edits else (None, ())
        line = last.line_in_file(places[-1]) if last and places else 0
        if self.application and self.application.engine.note_change(uri, line):
            window = self.application.request_window
            views = [to_view(document, place, window) for document, places in edits for place in places]
            self.application.engine.observe_edit(views[-MOST_PLACES:])

    def observe_close(self, uri: str) -> None:
        """Report to the engine that a document was closed."""
        self._order.forget(uri)
        if self.application:
            self.application.engine.observe_close(uri)

    def accepted(self, suggestion_id: str) -> None:
        """Report to the engine that the user accepted a suggestion."""
        if self.application:
            self.application.engine.accepted(suggestion_id)

    def decisions(self, *, with_text: bool = False) -> list[Mapping[str, object]]:
        """Return the last decisions as JSON, the newest first; `with_text` as in `Decision.as_json`."""
        log = self.application.engine.decisions if self.application else None
        return [decision.as_json(with_text=with_text) for decision in log.newest_first()] if log else []

    def pause(self) -> Pause:
        """Return the pause of the preferred model; no pause before the application is loaded."""
        return self.application.engine.chain.pause() if self.application else Pause()

    def refresh(self, request: CompletionRequest) -> None:
        """Send `$/fim/refresh` to a client that supports it, if the place of `request` is that of its last request.

        The version is compared, too: the user may have left the place and come back, which makes the text equal.
        """
        if not self._client.features.refreshes or self._last_request is None:
            return
        last, params = self._last_request
        document = self._workspace.find(params.text_document.uri)
        places = [(compared.document.uri, compared.prefix, compared.suffix) for compared in (last, request)]
        if document is not None and places[0] == places[1] and document.describe().version == last.document.version:
            uri, place = params.text_document.uri, params.position
            self._client.notify(
                REFRESH,
                {"uri": uri, "line": place.line, "character": place.character, "version": document.version},
            )

    async def _ask_engine(self, snapshot: CompletionRequest, alternatives: bool) -> Sequence[Suggestion] | Skip | None:
        number, uri = self._order.arrive(), snapshot.document.uri
        await self.ready.wait()
        request = await self._links.with_target(snapshot)
        if self.application is None or isinstance(request, Skip):
            return request if isinstance(request, Skip) else None
        engine = self.application.engine
        if not self._order.admit(uri, number):
            return engine.decisions.refused(request, Skip.SUPERSEDED, self._clock)
        if self._status_line.is_snoozed and request.trigger is not Trigger.INVOKED:
            return engine.decisions.refused(request, Skip.SNOOZED, self._clock)
        return await engine.complete(request, alternatives=alternatives)
