"""The recorder of one session: it observes messages, streams and decisions, and takes notes for the writing thread.

Nothing here waits, and each note costs a few microseconds. Notes about documents are held until it is known which of
them are excluded or secret: nothing of those is written, not even a name.
"""

from __future__ import annotations

import contextvars
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from attrs import define, field
from lsprotocol import types

from fim_language_server.core.values import CompletionRequest, Context, Document, Suggestion
from fim_language_server.engine.decision_log import Decision
from fim_language_server.engine.options import OpenStream
from fim_language_server.engine.shared_stream import Events
from fim_language_server.lsp.documents.open_document import OpenDocument
from fim_language_server.lsp.documents.workspace import Workspace
from fim_language_server.lsp.recording.held_notes import HeldNotes
from fim_language_server.lsp.recording.kept_documents import Keeping, KeptDocument, KeptDocuments, shown_path
from fim_language_server.lsp.recording.observed import change_of, edits_of, offers_of, place_of
from fim_language_server.lsp.recording.streams import StreamTap
from fim_language_server.lsp.recording.thread import WritingThread
from fim_language_server.lsp.recording.writing import Offered, Place, RecordWriter

if TYPE_CHECKING:
    from fim_language_server.core.acceptance import Outcome
    from fim_language_server.settings import Settings

ASKING: Final = frozenset(
    {types.TEXT_DOCUMENT_INLINE_COMPLETION, types.TEXT_DOCUMENT_COMPLETION, "textDocument/copilotInlineEdit"}
)
"""The requests of which a recording keeps place and answer."""

current_request: contextvars.ContextVar[int] = contextvars.ContextVar("recorded_request", default=0)
"""The number of the request that is being answered in this context; 0 for none."""


@define
class _Asked:
    number: int
    method: str
    kept: KeptDocument
    place: Place
    decision: Decision | None = None


@define(eq=False)
class Recorder:
    """Takes the notes of one session. `now` returns seconds."""

    _writer: RecordWriter = field(repr=False)
    _thread: WritingThread = field(repr=False)
    _workspace: Workspace = field(repr=False)
    _now: Callable[[], float] = field(repr=False)
    has_texts: bool
    _documents: KeptDocuments = field(factory=KeptDocuments)
    _asked: dict[int | str, _Asked] = field(factory=dict, repr=False)
    _by_number: dict[int, _Asked] = field(factory=dict, repr=False)
    _last_request: int = 0
    _last_ms: float = 0.0
    _began: float = field(init=False)
    _notes: HeldNotes = field(init=False, repr=False)
    _tap: StreamTap = field(init=False, repr=False)

    def __attrs_post_init__(self) -> None:
        self._began = self._now()
        self._notes = HeldNotes(self._writer, self._thread, self._now, self.ms)
        self._tap = StreamTap(self.ms, self._streamed)

    def ms(self) -> float:
        """Return the ms since the recording began, later than each time before: what comes first is first again."""
        self._last_ms = round(max((self._now() - self._began) * 1_000, self._last_ms + 0.001), 3)
        return self._last_ms

    def begin(self, versions: Mapping[str, Any], announced: Mapping[str, Any]) -> None:
        """Write the first line, and the documents that are open already."""
        self._thread.put(self._writer.header, versions, announced)
        for document in self._workspace.open_documents():
            self.opened(document)

    def judge_by(self, is_excluded: Callable[[Document], bool]) -> None:
        """Decide from now on which documents are kept, by what the settings exclude."""
        self._notes.is_excluded = is_excluded

    def end(self, why: str) -> None:
        """End the recording; what is held for documents that are not judged yet is dropped."""
        self._tap.note_running()
        self._notes.release()
        self._thread.end(self.ms(), why)

    # --- documents -----------------------------------------------------------------------------------------

    def opened(self, document: OpenDocument, owner: OpenDocument | None = None) -> None:
        """Note that a document, or a cell of the notebook `owner`, was opened with the text that it has now."""
        kept = self._documents.add(document, self._now(), owner)
        notebook = self._documents.find(owner.uri) if owner is not None else None
        names: dict[str, Any] = {"language": document.language_id}
        if notebook is not None:
            names["notebook"] = notebook.number
        self._notes.add(kept, self._opened, self.ms(), kept, names, tuple(document.lines), document.version)

    def changed(self, params: types.DidChangeTextDocumentParams) -> None:
        """Note an edit, after it was applied."""
        kept = self._documents.find(params.text_document.uri)
        if kept is None:
            return
        if kept.keeping is Keeping.YES and kept.document.withheld is not None:
            self._notes.hide(kept)
        changes = [change_of(change) for change in params.content_changes]
        self._notes.add(kept, self._writer.changed, self.ms(), kept.number, params.text_document.version, changes)

    def closed(self, uri: str) -> None:
        """Note that a document was closed."""
        if (kept := self._documents.remove(uri)) is not None:
            self._notes.add(kept, self._writer.closed, self.ms(), kept.number)

    def saved(self, uri: str) -> None:
        """Note that a document was saved."""
        if (kept := self._documents.find(uri)) is not None:
            self._notes.add(kept, self._writer.record, "saved", self.ms(), {"document": kept.number})

    def rearranged(self, file: OpenDocument, cells: Mapping[str, Any], *, is_opening: bool = False) -> None:
        """Note the array of cells of a notebook: where it was changed, and the keys and kinds of its elements."""
        kept = self._documents.find(file.uri)
        if kept is None:
            return
        numbered = [
            {"document": cell.number, "markup": is_markup}
            for key, is_markup in cells["cells"]
            if (cell := self._documents.find(key)) is not None
        ]
        fields = {**cells, "notebook": kept.number, "cells": numbered, "opening": is_opening}
        self._notes.add(kept, self._cells, self.ms(), kept, fields)

    def notebook_opened(self, file: OpenDocument) -> None:
        """Give a notebook its number; its cells and their order are noted next."""
        self._documents.add(file, self._now())

    def notebook_closed(self, uri: str) -> None:
        """Note that a notebook was closed, and its cells with it."""
        if (kept := self._documents.remove(uri)) is not None:
            for cell in self._documents.cells_of(kept.document):
                self.closed(cell.document.uri)
            self._notes.add(kept, self._writer.record, "notebookClosed", self.ms(), {"notebook": kept.number})

    # --- requests and answers ------------------------------------------------------------------------------

    def asked(self, msg_id: int | str, method: str, params: Any) -> None:
        """Note a request; `current_request` has its number in this context from now on."""
        if method not in ASKING or (asked := self._place_of(params)) is None:
            return
        kept, place = asked
        self._last_request += 1
        current_request.set(self._last_request)
        request = self._asked[msg_id] = self._by_number[self._last_request] = _Asked(
            self._last_request, method, kept, place
        )
        context = getattr(params, "context", None)
        is_invoked = getattr(context, "trigger_kind", None) is types.InlineCompletionTriggerKind.Invoked or (
            getattr(context, "trigger_kind", None) is types.CompletionTriggerKind.Invoked
        )
        fields = {
            "ms": self.ms(),
            "request": request.number,
            "method": method,
            "document": kept.number,
            "trigger": "invoked" if is_invoked else "automatic",
        }
        if (version := _version_of(params)) is not None:
            fields["version"] = version
        selected = getattr(context, "selected_completion_info", None)
        popup = selected and Offered(place_of(selected.range.start), place_of(selected.range.end), selected.text)
        self._notes.add(kept, self._writer.requested, fields, place, popup)

    def answered(self, msg_id: int | str, result: Any, end: str = "answered") -> None:
        """Note the answer to a request; `end` is `cancelled` or `refused` where it is an error."""
        asked = self._asked.pop(msg_id, None)
        if asked is None:
            return
        self._by_number.pop(asked.number, None)
        fields: dict[str, Any] = {"ms": self.ms(), "request": asked.number, "end": end}
        if (decision := asked.decision) is not None:
            fields |= {
                "reason": decision.reason,
                "source": decision.source.value if decision.source else "",
                "model": decision.model,
                "way": [{"step": step.name, "ms": step.ms} for step in decision.steps],
            }
        self._notes.add(asked.kept, self._offered, "answer", fields, offers_of(result, asked.place), asked.kept)

    def let_go(self, msg_id: Any) -> None:
        """Note that the client cancels a request."""
        asked = self._asked.get(msg_id) if isinstance(msg_id, int | str) else None
        if asked is not None:
            self._notes.add(asked.kept, self._writer.record, "cancelled", self.ms(), {"request": asked.number})

    def ran(self, command: str, arguments: Sequence[Any]) -> None:
        """Note a command; of its arguments ids, numbers and names of languages, never a file's name."""
        is_plain = command.startswith("fim.") and "Recording" not in command
        plain = [it for it in arguments if isinstance(it, str | int | float | bool)] if is_plain else []
        self._notes.add(None, self._writer.record, "command", self.ms(), {"command": command[:100], "arguments": plain})

    def sent(self, method: str, params: Any) -> None:
        """Note a notification to the client."""
        edits = edits_of(params)
        uri = params.get("textDocument", {}).get("uri") if method == "fim/nextEdit" else None
        if uri is not None and (kept := self._documents.find(uri)) is not None:
            fields = {
                "ms": self.ms(),
                "method": method,
                "document": kept.number,
                "version": params["textDocument"].get("version") or 0,
                "source": str(params.get("source") or next(iter(params.get("edits") or [{}])).get("source") or ""),
            }
            self._notes.add(kept, self._offered, "edits", fields, edits, kept)
        elif method.startswith("$/fim/") or method == types.WINDOW_SHOW_MESSAGE:
            says = params.get("kind", "") if isinstance(params, Mapping) else getattr(params, "message", "")
            says = says if self.has_texts or method.startswith("$/") else ""
            self._notes.add(None, self._writer.record, "notice", self.ms(), {"method": method, "says": str(says)[:500]})

    # --- the application's observer ------------------------------------------------------------------------

    def stream(self, model: str, open_stream: OpenStream, request: CompletionRequest, context: Context) -> Events:
        """Pass a model's answer on, and note it when it ends."""
        return self._tap.tap(model, open_stream, request, context, current_request.get())

    def decided(self, decision: Decision) -> None:
        """Keep how a request was answered until its answer is sent."""
        if (asked := self._by_number.get(current_request.get())) is not None:
            asked.decision = decision

    def outcome(self, suggestion: Suggestion, outcome: Outcome, n: int) -> None:
        """Note what became of a suggestion."""
        fields = {"id": suggestion.id, "outcome": outcome.value, "n": n}
        self._notes.add(
            self._documents.find(suggestion.request.document.uri), self._writer.record, "outcome", self.ms(), fields
        )

    def configured(self, settings: Settings, chain: Sequence[tuple[str, str]]) -> None:
        """Note the settings and models that hold from now on; documents may be excluded by them."""
        from fim_language_server.settings.shareable import shareable

        models = [" ".join(filter(None, names)) for names in chain]
        fields = {"settings": shareable(settings), "models": models, "provider": chain[0][0] if chain else ""}
        self._notes.add(None, self._writer.record, "settings", self.ms(), fields)
        for kept in self._documents.all():
            if kept.keeping is Keeping.YES and not self._notes.may_keep(kept):
                self._notes.hide(kept)
        self._notes.release()

    # --- notes ---------------------------------------------------------------------------------------------

    def _place_of(self, params: Any) -> tuple[KeptDocument, Place] | None:
        if isinstance(params, Mapping):
            document, position = params.get("textDocument"), params.get("position")
            if not isinstance(document, Mapping) or not isinstance(position, Mapping):
                return None
            uri, line, column = document.get("uri"), position.get("line"), position.get("character")
            if not (isinstance(uri, str) and isinstance(line, int) and isinstance(column, int)):
                return None
            place = max(0, line), max(0, column)
        elif (identifier := getattr(params, "text_document", None)) is not None:
            uri, place = identifier.uri, place_of(params.position)
        else:
            uri, place = params.uri, place_of(params.position)
        kept = self._documents.find(uri)
        return None if kept is None else (kept, place)

    def _streamed(self, fields: dict[str, Any], text: str, request: CompletionRequest) -> None:
        kept = self._documents.find(request.document.uri)
        if kept is not None:
            around = request.judged_above[-1_000:] + request.prefix[-1_000:], request.suffix[:1_000]
            self._notes.add(kept, self._writer.streamed, {**fields, "document": kept.number}, text, *around)

    def _opened(
        self, ms: float, kept: KeptDocument, names: Mapping[str, Any], lines: Sequence[str], version: int
    ) -> None:
        path = shown_path(kept, self._workspace.folders, with_names=self.has_texts)
        self._thread.put(self._writer.opened, ms, kept.number, {"path": path, **names}, lines, version)

    def _cells(self, ms: float, kept: KeptDocument, fields: Mapping[str, Any]) -> None:
        path = shown_path(kept, self._workspace.folders, with_names=self.has_texts)
        self._thread.put(self._writer.record, "cells", ms, {**fields, "path": path})

    def _offered(
        self, kind: str, fields: Mapping[str, Any], offers: Sequence[tuple[str, Offered]], kept: KeptDocument
    ) -> None:
        numbered = []
        for uri, offered in offers:
            target = self._documents.find(uri) if uri else kept
            if target is not None and self._notes.may_keep(target):
                numbered.append((target.number, offered))
        self._thread.put(self._writer.offered, kind, fields, numbered)


def _version_of(params: Any) -> int | None:
    """Return the document's version for which a request asks: those for next edits may say one."""
    version = getattr(params, "version", None)
    return version if isinstance(version, int) else None
