"""One client's next edits: its edits and requests go to the engine, what is found goes back."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from attrs import define, field
from lsprotocol import types

from fim_language_server.clock import Clock
from fim_language_server.core.acceptance import Outcome
from fim_language_server.core.next_edit.line_change import LineChange
from fim_language_server.core.trigger import is_language_on
from fim_language_server.core.values import Document, Position
from fim_language_server.engine.next_edit_options import FindRepeat, NextEditOptions
from fim_language_server.engine.next_edits import NextEdits
from fim_language_server.engine.next_edits_waiting import NextEditOffer, WaitingEdits
from fim_language_server.lsp.documents.notebook import NotebookCell
from fim_language_server.lsp.documents.open_document import OpenDocument
from fim_language_server.lsp.documents.positions import column_of
from fim_language_server.lsp.documents.workspace import Workspace
from fim_language_server.lsp.editor.client import Client
from fim_language_server.lsp.editor.status_line import StatusLine
from fim_language_server.lsp.next_edit.answers import edit_json, edits_json, holds, inline_item
from fim_language_server.lsp.next_edit.documents import ShownDocuments
from fim_language_server.lsp.wire.next_edit_parameters import NEXT_EDIT, InlineEditParams

if TYPE_CHECKING:
    from fim_language_server.app.application import Application

logger = logging.getLogger(__name__)

MOST_CHANGES = 200
"""Changes of one edit beyond which it is a program's, and nothing of the document's history holds after it."""
MOST_EARLY = 50
"""Edits that are kept while the settings are being read; of more the last ones."""
MOST_EARLY_LINES = 10_000
"""Lines of one such edit, old and new together, beyond which it is taken as a program's."""
NOTHING: Mapping[str, Any] = {"edits": []}

EarlyEdit = tuple[OpenDocument, Sequence[LineChange], Sequence[Position]]
"""An edit from before the settings are known: its document, its changes, and where it ended."""


@define(eq=False)
class NextEditor:
    """Serves next edits to one client. `application` is None until the settings are known."""

    _client: Client
    _workspace: Workspace
    _status_line: StatusLine
    _clock: Clock
    find_repeat: FindRepeat | None = None
    documents: ShownDocuments = field(init=False, repr=False)
    engine: NextEdits = field(init=False, repr=False)
    _application: Application | None = field(default=None, init=False, repr=False)
    _pushed: str = field(default="", init=False)
    """The document for which the client was last told of an edit; "" where it shows none."""
    _early: deque[EarlyEdit] = field(factory=lambda: deque(maxlen=MOST_EARLY), init=False, repr=False)

    def __attrs_post_init__(self) -> None:
        """Make the engine, which is off until the settings are known."""
        self.documents = ShownDocuments(self._workspace)
        waiting = WaitingEdits(self._report)
        self.engine = NextEdits(self.documents, self._clock, NextEditOptions(is_on=False), waiting)

    def configure(self, application: Application) -> None:
        """Take the settings, and the model of next edits, where there is one."""
        self._application = application
        settings = application.settings.next_edit
        self.documents.may_be_shown = self._may_be_shown
        settings_of_trigger, features = application.settings.trigger, self._client.features
        offer: Callable[[str], object] | None = self._offer if features.draws_next_edits else None
        if offer is None and features.replaces:
            offer = _note_nothing  # What has settled is known when the client asks for ghost text.
        self.engine.options = NextEditOptions(
            is_on=settings.mode == "auto",
            find_repeat=self.find_repeat if settings.repeats else None,
            # Where completion is asked for with a key only, no model is asked without one.
            model=application.next_edit_model if settings_of_trigger.mode == "automatic" else None,
            offer=offer,
            is_busy=lambda: application.engine.is_busy,
        )
        if settings.mode != "auto" and self._pushed:
            self._hide(self._pushed)
        self._take_early()

    # --- what happens in the editor ------------------------------------------------------------------------

    def changes_wanted(self, count: int) -> list[LineChange] | None:
        """Return the list that the changes of an edit are to be put into; None where they are not needed."""
        is_on = self.engine.options.is_on or self._application is None
        return [] if is_on and count <= MOST_CHANGES else None

    def edited(self, document: OpenDocument, changes: Sequence[LineChange] | None, places: Sequence[Position]) -> None:
        """Take an edit of a document, and where it ended; without `changes` it is a program's.

        One that comes before the settings are known waits for them: only they say whether it may be remembered.
        """
        if self._application is None:
            self._keep_early(document, changes, places)
            return
        if not self.engine.options.is_on or isinstance(document, NotebookCell):
            return
        if self.documents.find(document.uri) is None or changes is None:
            self.engine.hidden(document.uri)
            return
        if places:
            self.documents.last_place = document.uri, places[-1]
        self.engine.changed(document.uri, document.path, changes)

    def _keep_early(
        self, document: OpenDocument, changes: Sequence[LineChange] | None, places: Sequence[Position]
    ) -> None:
        lines = sum(len(change.old_lines) + len(change.new_lines) for change in changes or ())
        if changes is None or lines > MOST_EARLY_LINES:
            self._forget_early(document.uri)
        else:
            self._early.append((document, changes, places))

    def _forget_early(self, uri: str) -> None:
        kept = [each for each in self._early if each[0].uri != uri]
        self._early.clear()
        self._early.extend(kept)

    def _take_early(self) -> None:
        """Take the edits that waited for the settings, of documents that are still open."""
        early = list(self._early)
        self._early.clear()
        for document, changes, places in early:
            self.edited(document, changes, places)

    def closed(self, uri: str) -> None:
        """Drop what is known of a document that was closed."""
        self._forget_early(uri)
        self.engine.closed(uri)
        if self._pushed == uri:
            self._pushed = ""

    def moved(self, params: InlineEditParams) -> None:
        """Take where the cursor rests outside of the word that was edited last: that name is finished."""
        document = self.documents.find(params.uri)
        if document is None or self._status_line.is_snoozed or params.version not in (None, document.version):
            return
        place = _place(document, params.position)
        self.documents.last_place = document.uri, place
        self.engine.moved(document.uri, place)

    def follow_snooze(self) -> None:
        """Hide what is shown while the server is snoozed."""
        if self._pushed and self._status_line.is_snoozed:
            self._hide(self._pushed)

    def shown(self, offer_id: str) -> None:
        """Note that the client shows an offered edit."""
        self.engine.shown(offer_id)

    async def close(self) -> None:
        """Cancel what is running."""
        await self.engine.close()

    # --- requests and commands -----------------------------------------------------------------------------

    async def answer(self, params: InlineEditParams) -> Mapping[str, Any]:
        """Return the answer to `textDocument/copilotInlineEdit`: edits of the document as it is now, or none."""
        document = self.documents.find(params.uri)
        if document is None or self._status_line.is_snoozed:
            return NOTHING
        if params.version is not None and params.version != document.version:
            return NOTHING
        version = document.version
        await self.engine.ask(document.uri, _place(document, params.position))
        if self._workspace.find(params.uri) is not document or document.version != version:
            return NOTHING  # The client would drop edits of another version; the next request has them.
        own = self._client.features.draws_next_edits
        return edits_json(self._offers(document), document, for_own_client=own)

    async def inline_item(self, params: types.InlineCompletionParams) -> types.InlineCompletionItem | None:
        """Return the next edit in the cursor's line as ghost text, for a client that draws it only like that.

        The rules and the model are asked only where the user asked with a key.
        """
        features = self._client.features
        if not features.replaces or features.draws_next_edits or params.context.selected_completion_info is not None:
            return None
        document = self.documents.find(params.text_document.uri)
        if document is None or self._status_line.is_snoozed:
            return None
        version = document.version
        if params.context.trigger_kind is types.InlineCompletionTriggerKind.Invoked:
            await self.engine.ask(document.uri, _place(document, params.position))
        if document.version != version:
            return None
        items = (inline_item(offer, document, params.position) for offer in self._offers(document)[:1])
        return next(items, None)

    # --- what the client is told ---------------------------------------------------------------------------

    def _offers(self, document: OpenDocument) -> Sequence[NextEditOffer]:
        """Return what waits in a document; nothing, if it does not belong to the text as it is now."""
        offers = self.engine.current(document.uri)
        if all(holds(offer, document) for offer in offers):
            return offers
        logger.warning("next edits of another text are dropped")
        self.engine.waiting.drop(document.uri)
        return ()

    def _offer(self, uri: str) -> None:
        """Tell the client which edit is offered in a document now, or that none is any more."""
        document = self.documents.find(uri)
        offers = self._offers(document) if document is not None and not self._status_line.is_snoozed else ()
        if document is None or not offers:
            if self._pushed == uri:
                self._hide(uri)
            return
        self._pushed = uri
        self._notify(document.uri, document.version, [edit_json(offers[0], document, for_own_client=True)])

    def _hide(self, uri: str) -> None:
        self._pushed = ""
        document = self._workspace.find(uri)
        self._notify(uri, document.version if document is not None else 0, [])

    def _notify(self, uri: str, version: int, edits: list[dict[str, Any]]) -> None:
        self._client.notify(NEXT_EDIT, {"textDocument": {"uri": uri, "version": version}, "edits": edits})

    def _report(self, uri: str, source: str, outcome: Outcome) -> None:
        """Pass to the statistics what became of a next edit that was shown."""
        if self._application is not None:
            document = self._workspace.find(uri)
            language_id = document.language_id if document is not None else ""
            self._application.record_next_edit(uri, language_id, source, outcome)

    def decisions(self) -> list[Mapping[str, object]]:
        """Return the last questions about next edits as JSON, the newest first."""
        return [decision.as_json() for decision in self.engine.decisions.newest_first()]

    def _may_be_shown(self, document: Document) -> bool:
        application = self._application
        if application is None or document.withheld is not None or application.is_excluded(document):
            return False
        trigger = application.settings.trigger
        return trigger.mode != "off" and is_language_on(document.language_id, trigger.languages)


def _note_nothing(_uri: str) -> None:
    """Take an offer that the client will ask for."""


def _place(document: OpenDocument, position: types.Position) -> Position:
    line = min(position.line, len(document.lines) - 1)
    return Position(line, column_of(document.lines[line], position.character, document.encoding))
