"""Which documents are open, in which folders, and which was touched last. The text itself is in `documents.py`."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Sequence
from urllib.parse import unquote

from attrs import define, field
from lsprotocol import types

from fim_language_server.core.values import Document, Position
from fim_language_server.lsp.documents import OpenDocument, split_lines
from fim_language_server.lsp.positions import Encoding
from fim_language_server.lsp.uris import path_of

logger = logging.getLogger(__name__)

MOST_PLACES = 32
"""Of a change in more places (replace all), only the last ones are told: shifting each past all others is quadratic."""


@define
class Workspace:
    """The open documents and workspace folders of one client."""

    encoding: Encoding = Encoding.UTF16
    _folders: list[str] = field(factory=list)  # absolute paths
    _documents: dict[str, OpenDocument] = field(factory=dict, repr=False)  # last touched is last
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

    def open(self, item: types.TextDocumentItem) -> None:
        """Open a document; one that is open already is replaced, since the client knows what it has."""
        uri = item.uri
        self._documents.pop(_key(uri), None)
        self._documents[_key(uri)] = OpenDocument(
            uri,
            str(item.language_id),
            item.version,
            self.encoding,
            relative_path(uri, self._folders),
            split_lines(item.text),
        )

    def change(self, params: types.DidChangeTextDocumentParams) -> tuple[OpenDocument | None, list[Position]]:
        """Apply one notification's changes, each to the result of the one before it.

        Returns the document and where the changes ended in the resulting text (the last `MOST_PLACES`), or None
        for a document that was never opened.
        """
        key = _key(params.text_document.uri)
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
        self._warned.discard(_key(uri))
        document = self._documents.pop(_key(uri), None)
        return document.uri if document else None

    def find(self, uri: str) -> OpenDocument | None:
        """Return the open document of this URI, however it is escaped."""
        return self._documents.get(_key(uri))

    def recent(self, except_uri: str) -> Iterator[tuple[Document, Sequence[str]]]:
        """Yield the other open documents, last touched first, with their live lines: to be read at once.

        The lines may hold half characters (lone surrogates), which cannot be encoded as UTF-8.
        """
        skipped = _key(except_uri)
        for key in reversed(list(self._documents)):
            if key != skipped:
                document = self._documents[key]
                yield document.describe(), document.lines

    def _name_documents(self) -> None:
        for document in self._documents.values():
            document.path = relative_path(document.uri, self._folders)

    def _warn_once(self, key: str, message: str) -> None:
        if key not in self._warned:
            self._warned.add(key)
            logger.warning("%s: %s", key.rpartition("/")[2], message)


def relative_path(uri: str, folders: Iterable[str]) -> str:
    """Return a document's path in the workspace folder that holds it, the innermost one, with "/" as separator.

    A file outside of all folders is called by its folder and name: enough to recognise `.ssh/config`, and no
    home directory is told to a provider. What has no path (`untitled:Untitled-1`) is called "".
    """
    path = path_of(uri)
    if path is None:
        # Files elsewhere (vscode-remote:, vscode-vfs:, a notebook's cell) may hold secrets by name as well.
        scheme, _, rest = uri.partition(":")
        rest = unquote(rest.partition("?")[0].partition("#")[0])
        return "" if scheme == "untitled" else "/".join([part for part in rest.split("/") if part][-2:])
    path = path.replace("\\", "/")
    inside = [root for folder in folders if path.startswith(root := _with_slash(folder))]
    if inside:
        return path[len(max(inside, key=len)) :]
    return "/".join([part for part in path.split("/") if part][-2:])


def _with_slash(folder: str) -> str:
    return folder.replace("\\", "/").rstrip("/") + "/"


def _key(uri: str) -> str:
    # One file may come as c%3A and as c: from the same client.
    return unquote(uri) if "%" in uri else uri
