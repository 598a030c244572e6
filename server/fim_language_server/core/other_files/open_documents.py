"""The open documents that pieces may be taken of, and how much a file counts for a request."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import islice
from typing import Final

from attrs import field, frozen

from fim_language_server.core.languages import language_of
from fim_language_server.core.other_files.line_cells import Cells, cells_of
from fim_language_server.core.other_files.packing import FileText
from fim_language_server.core.secrets.secret_files import secret_document_reason
from fim_language_server.core.values import CompletionRequest, Document

MOST_DOCUMENTS: Final = 6
MOST_LINES: Final = 800
_HEAD: Final = 4_000
OTHER_LANGUAGE: Final = 0.3
"""The factor of a file in another language than the cursor's."""
BESIDE: Final = 1.25
"""The factor of a file in the directory of the cursor's."""


@frozen
class OpenFile:
    """An open document as a file that pieces are taken of, its cells, and its factor."""

    text: FileText = field(repr=False)
    cells: Cells = field(repr=False)
    factor: float


def open_files(
    request: CompletionRequest,
    documents: Iterable[tuple[Document, Sequence[str]]],
    wanted: frozenset[str],
    most_documents: int = MOST_DOCUMENTS,
    most_lines: int = MOST_LINES,
) -> list[OpenFile]:
    """Return the first usable documents with the wanted words in their cells; later lines are not read."""
    usable = islice((entry for entry in documents if is_usable(request, *entry)), most_documents)
    return [
        OpenFile(
            FileText(name_of(document), lines),
            cells_of(number, lines[:most_lines], wanted),
            factor_of(request, document),
        )
        for number, (document, lines) in enumerate(usable)
    ]


def is_usable(request: CompletionRequest, document: Document, lines: Sequence[str]) -> bool:
    """Say whether pieces of an open document may be shown: it is another one, no secret as a whole, and text."""
    if document.uri == request.document.uri or not lines:
        return False
    if document.withheld is not None or secret_document_reason(document) is not None:
        return False
    head = "\n".join(lines[:40])[:_HEAD]
    return "\0" not in head


def factor_of(request: CompletionRequest, document: Document) -> float:
    """Return how much a file's windows count for a request, by its language and directory; 1 is an ordinary file."""
    here, there = request.document, document
    factor = 1.0 if language_of(here) == language_of(there) else OTHER_LANGUAGE
    is_beside = bool(here.path and there.path) and here.path.rpartition("/")[0] == there.path.rpartition("/")[0]
    return factor * BESIDE if is_beside else factor


def name_of(document: Document) -> str:
    """Return the name by which a model knows a document: its path in the workspace, or the last part of its URI."""
    return document.path or document.uri.rpartition("/")[2]
