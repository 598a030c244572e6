"""The set of open documents, in the order of use, and the workspace folders. Texts are in `open_document.py`."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Sequence
from urllib.parse import unquote

from attrs import define, field
from lsprotocol import types

from fim_language_server.core.document_paths import (
    as_compared,
    identity_of_uri,
    path_of_system,
    path_of_uri,
    relative_path,
    relative_paths,
)
from fim_language_server.core.next_edit.line_change import AROUND, LineChange
from fim_language_server.core.other_files.recent_edits import RecentEdits
from fim_language_server.core.values import Document, Position
from fim_language_server.lsp.documents.changes import Splice
from fim_language_server.lsp.documents.notebook import NotebookCell
from fim_language_server.lsp.documents.open_document import OpenDocument, split_lines
from fim_language_server.lsp.documents.positions import Encoding
from fim_language_server.lsp.documents.uris import path_of

logger = logging.getLogger(__name__)

MOST_PLACES = 32
"""The most ends of changes that one notification reports, the last ones: shifting each past all others is quadratic."""


@define
class Workspace:
    """The open documents and workspace folders of one client."""

    encoding: Encoding = Encoding.UTF16
    _folders: list[str] = field(factory=list)  # absolute paths
    _documents: dict[str, OpenDocument] = field(factory=dict, repr=False)  # last used is last
    _spellings: dict[str, list[str]] = field(
        factory=dict, repr=False
    )  # keys of documents, by the identity of their files
    _notebook_files: dict[str, OpenDocument] = field(factory=dict, repr=False)
    recent_edits: RecentEdits = field(factory=RecentEdits, repr=False)
    _warned: set[str] = field(factory=set)

    @property
    def folders(self) -> Sequence[str]:
        """The workspace folders' absolute paths."""
        return tuple(self._folders)

    def set_folders(self, uris: Iterable[str]) -> None:
        """Replace the folders, given by their URIs; those that are no `file:` URI are ignored."""
        self._folders = list(dict.fromkeys(path for uri in uris if (path := path_of(uri))))
        self._name_documents()

    def change_folders(self, added: Iterable[str], removed: Iterable[str]) -> None:
        """Add and remove folders, by their URIs."""
        removed_paths = {path_of(uri) for uri in removed}
        kept = [path for path in self._folders if path not in removed_paths]
        new = [path for uri in added if (path := path_of(uri)) and path not in kept]
        self._folders = kept + list(dict.fromkeys(new))
        self._name_documents()

    def open(self, item: types.TextDocumentItem) -> OpenDocument:
        """Add a document; one that is open already is replaced. The text of a notebook's cell stays in its notebook."""
        cell = self.find(item.uri)
        if isinstance(cell, NotebookCell):
            cell.language_id, cell.version = str(item.language_id), item.version
            cell.replace_all(item.text)
            return cell
        lines = split_lines(item.text)
        document = OpenDocument(item.uri, str(item.language_id), item.version, self.encoding, lines=lines)
        self.name(document)
        self.add(document)
        return document

    def change(
        self, params: types.DidChangeTextDocumentParams, line_changes: list[LineChange] | None = None
    ) -> tuple[OpenDocument | None, list[Position]]:
        """Apply the changes of one notification, each to the result of the one before it.

        Returns the document and where the changes ended in the resulting text (the last `MOST_PLACES`), or None
        for a document that was never opened. The list `line_changes` gets each change as changed lines.
        """
        key = self._key_of_open(params.text_document.uri)
        document = self._documents.pop(key, None)
        if document is None:
            self.warn_once(key, "change of a document that is not open; ignored")
            return None, []
        self._documents[key] = document
        version = params.text_document.version
        if version <= document.version:
            self.warn_once(key, f"version {version} follows version {document.version}; applied anyway")
        document.version = version
        places: list[Position] = []
        for index, change in enumerate(params.content_changes):
            if isinstance(change, types.TextDocumentContentChangePartial):
                start, end = change.range.start, change.range.end
                splice = document.replace((start.line, start.character), (end.line, end.character), change.text)
            else:
                splice = document.replace_all(change.text)
            if line_changes is not None:
                line_changes.append(_line_change(document, splice))
            if index < len(params.content_changes) - MOST_PLACES:
                self.recent_edits = self.recent_edits.without(document.uri)
            else:
                lines = splice.start.line, splice.old_end.line, splice.new_end.line
                self.recent_edits = self.recent_edits.after(document.uri, *lines)
                places = [*map(splice.shift, places), splice.new_end]
        return document, places

    def close(self, uri: str) -> str | None:
        """Drop a document; return its URI as it was opened, or None if it was not open, or is a notebook's cell."""
        key = self._key_of_open(uri)
        self._warned.discard(key)
        document = self._documents.get(key)
        if document is None or isinstance(document, NotebookCell):
            return None
        self.remove(document)
        return document.uri

    def add(self, document: OpenDocument) -> None:
        """Add a document under its URI, as the last used one."""
        key = key_of(document.uri)
        self._documents.pop(key, None)
        self._documents[key] = document
        spellings = self._spellings.setdefault(identity_of_uri(document.uri), [])
        if key not in spellings:
            spellings.append(key)

    def remove(self, document: OpenDocument) -> None:
        """Remove a document, unless another one has taken its place."""
        key = key_of(document.uri)
        self._warned.discard(key)
        if self._documents.get(key) is not document:
            return
        del self._documents[key]
        self.recent_edits = self.recent_edits.without(document.uri)
        identity = identity_of_uri(document.uri)
        spellings = self._spellings.get(identity, [])
        if key in spellings:
            spellings.remove(key)
        if not spellings:
            self._spellings.pop(identity, None)

    def add_notebook(self, file: OpenDocument) -> None:
        """Add the file of an open notebook, which names its cells."""
        self.name(file)
        self._notebook_files[key_of(file.uri)] = file

    def remove_notebook(self, file: OpenDocument) -> None:
        """Remove the file of a notebook that was closed."""
        self._notebook_files.pop(key_of(file.uri), None)

    def warn_once(self, uri: str, message: str) -> None:
        """Log a warning about a document, unless one was logged since it was opened."""
        key = key_of(uri)
        if key not in self._warned:
            self._warned.add(key)
            logger.warning("%s: %s", key.rpartition("/")[2], message)

    def find(self, uri: str) -> OpenDocument | None:
        """Return the open document of this URI, in whichever spelling; None where it is not open."""
        return self._documents.get(self._key_of_open(uri))

    def file_of(self, uri: str) -> OpenDocument | None:
        """Return the open document or notebook that the engine knows by this URI: that which has its path and links."""
        return self._notebook_files.get(key_of(uri)) or self.find(uri)

    def of_files(self, paths: Iterable[str]) -> list[OpenDocument]:
        """Return the open documents and notebooks whose files have these paths."""
        changed = {as_compared(path_of_system(path)) for path in paths}
        return [document for document in self._files() if as_compared(path_of_uri(document.uri)) in changed]

    def name(self, document: OpenDocument) -> None:
        """Set the paths of a document and of its link target relative to the workspace folders."""
        path = path_of_uri(document.uri)
        document.path = relative_path(path, self._folders)
        others = [*relative_paths(path, self._folders), *relative_paths(document.target, self._folders)]
        document.other_paths = tuple(other for other in dict.fromkeys(others) if other != document.path)

    def has(self, uri: str, place: Position) -> bool:
        """Is the document still open, and the place still in it?"""
        document = self.find(uri)
        return document is not None and document.has(place)

    def open_documents(self) -> list[OpenDocument]:
        """Return the open documents, last used last, without the cells of notebooks."""
        return [document for document in self._documents.values() if not isinstance(document, NotebookCell)]

    def recent(self, except_uri: str) -> Iterator[tuple[Document, Sequence[str]]]:
        """Yield the other open documents, last used first, with their live lines, which change with later edits.

        A notebook is one document, in the language of its last used cell. Documents whose links are not resolved yet
        are left out: they may lead to a file of secrets. The lines may have lone surrogates in them, which cannot be
        encoded as UTF-8.
        """
        skipped = self._key_of_open(except_uri)
        seen = {except_uri}
        for key in reversed(list(self._documents)):
            document = self._documents[key]
            if key == skipped or document.owner_uri in seen:
                continue
            if not isinstance(document, NotebookCell):
                if document.is_followed:
                    yield document.describe(), document.lines
                continue
            seen.add(document.owner_uri)
            joined = document.notebook.joined_around(document) if document.notebook.file.is_followed else None
            if joined is not None:
                yield document.describe(), joined.text.lines

    def _files(self) -> Iterator[OpenDocument]:
        yield from (document for document in self._documents.values() if not isinstance(document, NotebookCell))
        yield from self._notebook_files.values()

    def _name_documents(self) -> None:
        for document in self._files():
            self.name(document)

    def _key_of_open(self, uri: str) -> str:
        """Return the key of an open document: of its own spelling, else of the only other one that is open.

        So two documents that the client treats as different stay different, even if their URIs name one file.
        """
        key = key_of(uri)
        if key in self._documents:
            return key
        others = self._spellings.get(identity_of_uri(uri), ())
        return others[0] if len(others) == 1 else key


def key_of(uri: str) -> str:
    """Return the key of a URI: without percent signs, since one client may send c%3A and c: for one file."""
    return unquote(uri) if "%" in uri else uri


def _line_change(document: OpenDocument, splice: Splice) -> LineChange:
    """Return a change that was just made to a document, with the lines around it."""
    lines, first, end = document.lines, splice.first, splice.first + len(splice.new_lines)
    above, below = lines[max(0, first - AROUND) : first], lines[end : end + AROUND]
    return LineChange(first, splice.old_lines, splice.new_lines, above, below)
