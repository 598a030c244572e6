"""The open documents as the question about a next edit sees them: only those that may be shown."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

from attrs import define, field

from fim_language_server.core.next_edit.values import DocumentText, NextEditQuestion, PastEdit
from fim_language_server.core.values import Document, Position
from fim_language_server.lsp.documents.notebook import NotebookCell
from fim_language_server.lsp.documents.open_document import OpenDocument
from fim_language_server.lsp.documents.workspace import Workspace

MOST_CHARS = 500_000
"""Code points of a document beyond which no next edit is looked for in it."""
MOST_OTHERS = 8
MOST_OTHER_CHARS = 500_000
"""Code points of all other documents of a question together."""

_SURROGATE = re.compile("[\ud800-\udfff]")


@define(eq=False)
class ShownDocuments:
    """The documents of a workspace. `may_be_shown` says whether one may be read for next edits now."""

    _workspace: Workspace
    may_be_shown: Callable[[Document], bool] = field(default=lambda _document: False, repr=False)
    last_place: tuple[str, Position] | None = field(default=None, init=False)
    """Where the last edit ended, and in which document: the cursor is there, as far as the server knows."""

    def find(self, uri: str) -> OpenDocument | None:
        """Return an open document that may be shown; None for any other, and for notebooks' cells."""
        document = self._workspace.find(uri)
        if document is None or isinstance(document, NotebookCell) or not document.is_followed:
            return None
        return document if self.may_be_shown(document.describe()) else None

    def question(self, uri: str, place: Position | None, history: Sequence[PastEdit]) -> NextEditQuestion | None:
        """Return the question about a document; None where it is closed, hidden, switched off or too large."""
        document = self.find(uri)
        if document is None:
            return None
        text = _text_of(document.lines, MOST_CHARS)
        if text is None:
            return None
        if place is None and self.last_place is not None and self.last_place[0] == document.uri:
            place = self.last_place[1]
        cursor = _offset(document.lines, place or Position(0, 0))
        shown = DocumentText(document.uri, _name(document.path, document.uri), document.language_id, text)
        others = tuple(self._others(document.uri))
        return NextEditQuestion(shown, document.version, cursor, tuple(history), others)

    def _others(self, uri: str) -> Iterator[DocumentText]:
        room, count = MOST_OTHER_CHARS, 0
        for document, lines in self._workspace.recent(uri):
            if count == MOST_OTHERS:
                return
            if isinstance(self._workspace.find(document.uri), NotebookCell | None) or not self.may_be_shown(document):
                continue
            text = _text_of(lines, room)
            if text is not None:
                yield DocumentText(document.uri, _name(document.path, document.uri), document.language_id, text)
                room, count = room - len(text), count + 1


def _name(path: str, uri: str) -> str:
    return path or uri.rpartition("/")[2]


def _text_of(lines: Sequence[str], most: int) -> str | None:
    """Return the whole text, lone surrogates replaced; None for a longer one, and for one that is no text."""
    if len(lines) > most or sum(map(len, lines)) > most:
        return None
    text = "".join(lines)
    if "\0" in text:
        return None
    return text if text.isascii() else _SURROGATE.sub("\ufffd", text)


def _offset(lines: Sequence[str], place: Position) -> int:
    line = min(place.line, len(lines) - 1)
    return sum(map(len, lines[:line])) + min(place.column, len(lines[line]))
