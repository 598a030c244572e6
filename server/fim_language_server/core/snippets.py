"""The pieces of other open documents that are worth showing to a model.

Bounded: six documents, 800 lines of each, and the words of lines that did not change are worked out once. Which
documents are open, and which was visited last, is the caller's to know.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from fim_language_server.core.other_files.line_cells import CELL, count_cells
from fim_language_server.core.other_files.open_documents import name_of, open_files
from fim_language_server.core.other_files.packing import Packing
from fim_language_server.core.other_files.query import FEWEST_WORDS, words_around, worths
from fim_language_server.core.other_files.windows import WindowQueue
from fim_language_server.core.values import CompletionRequest, Document, Snippet

__all__ = ["name_of", "select_snippets"]


def select_snippets(
    request: CompletionRequest,
    documents: Iterable[tuple[Document, Sequence[str]]],
    max_chars: int,
    own_lines: Sequence[str] = (),
) -> tuple[Snippet, ...]:
    r"""Return pieces of other documents, the best first, of `max_chars` code points in all, headers included.

    `documents` are open documents with their lines, the most interesting first; lines may carry their line ends.
    Left out are the request's own document, files that are secrets by their name or their text, and what does not look
    like text. Secrets in other files are masked later (`secrets.masking`). Line ends become `\n`. The same input gives
    the same pieces. From 2,000 code points on, a quarter is for the imports and heads of the request's own document
    outside of its windows, if `own_lines`, its lines, are given.
    """
    weights = words_around(request) if max_chars > 0 else {}
    if len(weights) < FEWEST_WORDS:
        return ()
    files = open_files(request, documents, frozenset(weights))
    worth = worths(weights, *count_cells([file.cells for file in files]))
    queue = WindowQueue((window for file in files for window in file.cells.windows(worth, file.factor)), worth)
    packing = Packing(max_chars)
    packing.add_own_file(request, own_lines, worth)
    while not packing.is_full and (window := queue.next()) is not None:
        if packing.add(files[window.file].text, window.first * CELL, window.end * CELL, window.words):
            queue.take(window)
    return packing.snippets(worth)
