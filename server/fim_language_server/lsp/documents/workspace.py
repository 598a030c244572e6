"""The set of open documents, in the order of use, and the workspace folders. Texts are in `open_document.py`."""

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
        """Add a document; one that is open already is replaced."""
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
        """Apply the changes of one notification, each to the result of the one before it.

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
        """Drop a document; return its URI as it was opened, or None if it was not open."""
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
        """Return the open document of this URI, in whichever spelling; None where it is not open."""
        return self._documents.get(self._key_of_open(uri))

    def of_files(self, paths: Iterable[str]) -> list[OpenDocument]:
        """Return the open documents whose files have these paths."""
        changed = {path.replace("\\", "/") for path in paths}
        return [document for document in self._documents.values() if path_of_uri(document.uri) in changed]

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

    def recent(self, except_uri: str) -> Iterator[tuple[Document, Sequence[str]]]:
        """Yield the other open documents, last used first, with their live lines, which change with later edits.

        Documents whose links are not resolved yet are left out: they may lead to a file of secrets. The lines may have
        lone surrogates in them, which cannot be encoded as UTF-8.
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
        """Return the key of an open document: of its own spelling, else of the only other one that is open.

        So two documents that the client treats as different stay different, even if their URIs name one file.
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
