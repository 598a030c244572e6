"""Which documents are open, in which folders, and which was touched last. The text itself is in `documents.py`."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Sequence
from urllib.parse import unquote

from attrs import define, field
from lsprotocol import types

from fim_language_server.core.document_paths import identity_of_uri, path_of_uri, relative_path, relative_paths
from fim_language_server.core.values import Document, Position
from fim_language_server.lsp.documents.open_document import OpenDocument, split_lines
from fim_language_server.lsp.documents.positions import Encoding
from fim_language_server.lsp.documents.uris import path_of

logger = logging.getLogger(__name__)

MOST_PLACES = 32
"""Of a change in more places (replace all), only the last ones are told: shifting each past all others is quadratic."""


@define
class Workspace:
    """The open documents and workspace folders of one client."""

    encoding: Encoding = Encoding.UTF16
    _folders: list[str] = field(factory=list)  # absolute paths
    _documents: dict[str, OpenDocument] = field(factory=dict, repr=False)  # last touched is last
    _spellings: dict[str, list[str]] = field(factory=dict, repr=False)  # keys of documents, by what they are
    _warned: set[str] = field(factory=set)

    @property
    def folders(self) -> Sequence[str]:
        """The workspace folders' absolute paths."""
        return tuple(self._folders)

    def set_folders(self, uris: Iterable[str]) -> None:
        """Take these folders; what is no file is passed over."""
        self._folders = list(dict.fromkeys(path for uri in uris if (path := path_of(uri))))
        self._name_documents()

    def change_folders(self, added: Iterable[str], removed: Iterable[str]) -> None:
        """Add and remove folders, by their URIs."""
        gone = {path_of(uri) for uri in removed}
        kept = [path for path in self._folders if path not in gone]
        new = [path for uri in added if (path := path_of(uri)) and path not in kept]
        self._folders = kept + list(dict.fromkeys(new))
        self._name_documents()

    def open(self, item: types.TextDocumentItem) -> OpenDocument:
        """Open a document; one that is open already is replaced, since the client knows what it has."""
        uri = item.uri
        document = OpenDocument(uri, str(item.language_id), item.version, self.encoding, lines=split_lines(item.text))
        self.name(document)
        key = _key(uri)
        self._documents.pop(key, None)
        self._documents[key] = document
        spellings = self._spellings.setdefault(identity_of_uri(uri), [])
        if key not in spellings:
            spellings.append(key)
        return document

    def change(self, params: types.DidChangeTextDocumentParams) -> tuple[OpenDocument | None, list[Position]]:
        """Apply one notification's changes, each to the result of the one before it.

        Returns the document and where the changes ended in the resulting text (the last `MOST_PLACES`), or None
        for a document that was never opened.
        """
        key = self._key_of_open(params.text_document.uri)
        document = self._documents.pop(key, None)
        if document is None:
            self._warn_once(key, "change of a document that is not open; ignored")
            return None, []
        self._documents[key] = document
        version = params.text_document.version
        if version <= document.version:
            self._warn_once(key, f"version {version} follows version {document.version}; applied anyway")
        document.version = version
        places: list[Position] = []
        for index, change in enumerate(params.content_changes):
            if isinstance(change, types.TextDocumentContentChangePartial):
                start, end = change.range.start, change.range.end
                splice = document.replace((start.line, start.character), (end.line, end.character), change.text)
            else:
                splice = document.replace_all(change.text)
            if index >= len(params.content_changes) - MOST_PLACES:
                places = [*map(splice.shift, places), splice.new_end]
        return document, places

    def close(self, uri: str) -> str | None:
        """Forget a document; returns its URI as it was opened, or None if it was not open."""
        key = self._key_of_open(uri)
        self._warned.discard(key)
        document = self._documents.pop(key, None)
        if document is None:
            return None
        identity = identity_of_uri(document.uri)
        spellings = self._spellings.get(identity, [])
        if key in spellings:
            spellings.remove(key)
        if not spellings:
            self._spellings.pop(identity, None)
        return document.uri

    def find(self, uri: str) -> OpenDocument | None:
        """Return the open document of this URI, however it is spelled."""
        return self._documents.get(self._key_of_open(uri))

    def of_files(self, paths: Iterable[str]) -> list[OpenDocument]:
        """Return the open documents of these files, by their paths."""
        changed = {path.replace("\\", "/") for path in paths}
        return [document for document in self._documents.values() if path_of_uri(document.uri) in changed]

    def name(self, document: OpenDocument) -> None:
        """Give a document the paths by which the workspace folders know it, and its target."""
        path = path_of_uri(document.uri)
        document.path = relative_path(path, self._folders)
        others = [*relative_paths(path, self._folders), *relative_paths(document.target, self._folders)]
        document.other_paths = tuple(other for other in dict.fromkeys(others) if other != document.path)

    def has(self, uri: str, place: Position) -> bool:
        """Is there still such a place? A line may be deleted, or a document closed, while an answer is waited for."""
        document = self.find(uri)
        return document is not None and document.has(place)

    def recent(self, except_uri: str) -> Iterator[tuple[Document, Sequence[str]]]:
        """Yield the other open documents, last touched first, with their live lines: to be read at once.

        Left out are those of which it is not known yet whether their path leads to a file of secrets.
        The lines may hold half characters (lone surrogates), which cannot be encoded as UTF-8.
        """
        skipped = self._key_of_open(except_uri)
        for key in reversed(list(self._documents)):
            document = self._documents[key]
            if key != skipped and document.is_followed:
                yield document.describe(), document.lines

    def _name_documents(self) -> None:
        for document in self._documents.values():
            self.name(document)

    def _key_of_open(self, uri: str) -> str:
        """Return under which key a document may be found: its own spelling, else the only other one that is open.

        So documents that the client holds apart stay apart, whatever their URIs are.
        """
        key = _key(uri)
        if key in self._documents:
            return key
        others = self._spellings.get(identity_of_uri(uri), ())
        return others[0] if len(others) == 1 else key

    def _warn_once(self, key: str, message: str) -> None:
        if key not in self._warned:
            self._warned.add(key)
            logger.warning("%s: %s", key.rpartition("/")[2], message)


def _key(uri: str) -> str:
    # One file may come as c%3A and as c: from the same client.
    return unquote(uri) if "%" in uri else uri
