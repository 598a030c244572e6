"""The documents of a recording by number, and whether anything of them may be kept."""

from __future__ import annotations

import enum
from collections.abc import Callable, Sequence
from pathlib import PurePosixPath
from typing import Final

from attrs import define, field

from fim_language_server.core.document_paths import as_compared, path_of_system, path_of_uri
from fim_language_server.core.values import Document
from fim_language_server.lsp.documents.open_document import OpenDocument
from fim_language_server.lsp.documents.workspace import key_of

UNRESOLVED_S: Final = 3.0
"""Seconds after which a document is not kept whose links are still not resolved, or without settings."""
_LONGEST_ENDING: Final = 10


class Keeping(enum.Enum):
    """The answer to: may anything of a document be kept?"""

    UNKNOWN = "unknown"
    YES = "yes"
    NO = "no"


@define(eq=False)
class KeptDocument:
    """An open document, or a notebook, under its number."""

    number: int
    document: OpenDocument
    since: float
    keeping: Keeping = Keeping.UNKNOWN
    owner: OpenDocument | None = None
    """The file of the notebook, for a cell."""

    def resolve(self, is_excluded: Callable[[Document], bool] | None, now: float) -> Keeping:
        """Decide, as soon as it can be: what is excluded, a secret, or unknown for too long, is not kept."""
        if self.keeping is Keeping.NO:
            return self.keeping
        file = self.owner or self.document
        if is_excluded is None or not file.is_followed:
            if self.keeping is Keeping.UNKNOWN and now - self.since > UNRESOLVED_S:
                self.keeping = Keeping.NO
            return self.keeping
        described = file.describe()
        is_secret = self.document.withheld is not None or described.withheld is not None
        self.keeping = Keeping.NO if is_secret or is_excluded(described) else Keeping.YES
        return self.keeping


@define
class KeptDocuments:
    """The open documents and notebooks of a recording, by URI."""

    _open: dict[str, KeptDocument] = field(factory=dict)
    _last: int = 0

    def add(self, document: OpenDocument, now: float, owner: OpenDocument | None = None) -> KeptDocument:
        """Give a document a number; one that was open under its URI is replaced."""
        self._last += 1
        kept = self._open[key_of(document.uri)] = KeptDocument(self._last, document, now, owner=owner)
        return kept

    def find(self, uri: str) -> KeptDocument | None:
        """Return the open document of a URI."""
        return self._open.get(key_of(uri))

    def remove(self, uri: str) -> KeptDocument | None:
        """Remove a document that was closed, and return it."""
        return self._open.pop(key_of(uri), None)

    def cells_of(self, notebook: OpenDocument) -> list[KeptDocument]:
        """Return the open cells of a notebook."""
        return [kept for kept in self._open.values() if kept.owner is notebook]

    def all(self) -> list[KeptDocument]:
        """Return all open documents."""
        return list(self._open.values())


def shown_path(kept: KeptDocument, folders: Sequence[str], *, with_names: bool) -> str:
    """Return a document's path within the workspace, else its name alone; without names its number and ending."""
    whole = path_of_uri(kept.document.uri)
    path = PurePosixPath(kept.document.path or whole)
    roots = [as_compared(path_of_system(folder)).rstrip("/") + "/" for folder in folders]
    if not with_names:
        ending = path.suffix
        is_plain = ending[1:].isalnum() and len(ending) <= _LONGEST_ENDING
        return f"document-{kept.number}{ending if is_plain else ''}"
    if kept.document.path and as_compared(whole).startswith(tuple(roots)):
        return str(path)
    return f"outside/{kept.number}/{path.name}" if path.name else f"untitled/{kept.number}"
