"""The pieces of other open documents that are worth showing to a model.

Bounded: six documents, 800 lines of each, and the words of lines that did not change are worked out once. Which
documents are open, and which was visited last, is the caller's to know.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import islice
from typing import Final

from fim_language_server.core.languages import language_of
from fim_language_server.core.other_files.line_cells import CELL, cells_of, count_cells
from fim_language_server.core.other_files.packing import FileText, Packing
from fim_language_server.core.other_files.query import words_around, worths
from fim_language_server.core.other_files.windows import WindowQueue
from fim_language_server.core.secrets.secret_files import secret_document_reason
from fim_language_server.core.values import CompletionRequest, Document, Snippet

MOST_DOCUMENTS: Final = 6
MOST_LINES: Final = 800
_HEAD: Final = 4_000
_FEWEST_WORDS: Final = 3
"""Words around the cursor with fewer of which nothing is looked for."""
_OTHER_LANGUAGE: Final = 0.3
"""The weight of a file in another language, relative to one in the cursor's."""
_BESIDE: Final = 1.25
"""The weight of a file in the same directory."""


def select_snippets(
    request: CompletionRequest, documents: Iterable[tuple[Document, Sequence[str]]], max_chars: int
) -> tuple[Snippet, ...]:
    r"""Return pieces of other documents, the best first, of `max_chars` code points in all, headers included.

    `documents` are open documents with their lines, the most interesting first; lines may carry their line ends.
    Left out are the request's own document, files that are secrets by their name or their text, and what does not look
    like text. Secrets in other files are masked later (`secrets.masking`). Line ends become `\n`. The same input gives
    the same pieces.
    """
    weights = words_around(request) if max_chars > 0 else {}
    if len(weights) < _FEWEST_WORDS:
        return ()
    wanted = frozenset(weights)
    usable = list(islice((entry for entry in documents if is_usable(request, *entry)), MOST_DOCUMENTS))
    files = [FileText(name_of(document), lines[:MOST_LINES]) for document, lines in usable]
    cells = [cells_of(number, file.lines, wanted) for number, file in enumerate(files)]
    worth = worths(weights, *count_cells(cells))
    windows = [
        window
        for (document, _), each in zip(usable, cells, strict=True)
        for window in each.windows(worth, factor_of(request, document))
    ]
    queue, packing = WindowQueue(windows, worth), Packing(max_chars)
    while not packing.is_full and (window := queue.next()) is not None:
        if packing.add(files[window.file], window.first * CELL, window.end * CELL, window.words):
            queue.take(window)
    return packing.snippets(worth)


def is_usable(request: CompletionRequest, document: Document, lines: Sequence[str]) -> bool:
    """Say whether pieces of an open document may be shown: it is another one, no secret as a whole, and text."""
    if document.uri == request.document.uri or not lines:
        return False
    if document.withheld is not None or secret_document_reason(document) is not None:
        return False
    head = "\n".join(lines[:40])[:_HEAD]
    return "\0" not in head


def factor_of(request: CompletionRequest, document: Document) -> float:
    """Return how much a file's windows count for a request, by its language and directory."""
    here, there = request.document, document
    factor = 1.0 if language_of(here) == language_of(there) else _OTHER_LANGUAGE
    is_beside = bool(here.path and there.path) and here.path.rpartition("/")[0] == there.path.rpartition("/")[0]
    return factor * _BESIDE if is_beside else factor


def name_of(document: Document) -> str:
    """Return the name by which a model knows a document: its path in the workspace, or the last part of its URI."""
    return document.path or document.uri.rpartition("/")[2]
