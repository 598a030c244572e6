"""The choice of pieces of the workspace's files: of open documents from their live lines, of others from the index.

Blocking, for a thread of its own; several threads may choose at a time. The same request over the same index, files
and documents gives the same pieces.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Final, TypeAlias

from attrs import field, frozen

from fim_language_server.core.document_paths import path_of_uri
from fim_language_server.core.languages import language_of
from fim_language_server.core.other_files.line_cells import CELL, cells_of, count_cells
from fim_language_server.core.other_files.open_documents import OpenFile, open_files
from fim_language_server.core.other_files.packing import FileText, Packing
from fim_language_server.core.other_files.query import FEWEST_WORDS, words_around, worths
from fim_language_server.core.other_files.windows import Window, WindowQueue
from fim_language_server.core.values import CompletionRequest, Document, Snippet, SnippetSource
from fim_language_server.embedded.index.corpus import Corpus
from fim_language_server.embedded.retrieval.index_cells import FileFactors, IndexCells
from fim_language_server.embedded.retrieval.source_lines import FileId, SourceLines, SourceReader
from fim_language_server.embedded.retrieval.word_places import SegmentFacts

MOST_DOCUMENTS: Final = 20
MOST_LINES: Final = 4_000
"""Open documents, and lines of each, that are read: more than where the event loop waits for it."""
MOST_WINDOWS: Final = 80
CHARS_OF_WINDOW: Final = 40
"""Windows of a segment that are compared: MOST_WINDOWS, and one more for so many code points of the budget."""
_MOST_REFUSED: Final = 40
"""Files that may be refused in one choice: each was looked up on the disk for nothing."""

OpenDocuments: TypeAlias = "Sequence[tuple[Document, Sequence[str]]]"


@frozen
class _Found:
    """A choice's open documents and cells of the index; files are numbered through them, in this order."""

    files: Sequence[OpenFile] = field(repr=False)
    cells: Sequence[IndexCells] = field(repr=False)

    def segment_of(self, file: int) -> tuple[IndexCells, int]:
        """Return the cells of a file that is not open, and its number in their segment."""
        number = file - len(self.files)
        for cells in self.cells:
            if number < len(cells.segment.paths):
                return cells, number
            number -= len(cells.segment.paths)
        raise IndexError(file)


class Chooser:
    """Chooses pieces of the workspace for a request."""

    def __init__(self, corpus: Callable[[], Corpus], reader: SourceReader) -> None:
        """Take a function that returns the index as it is now, and the reader of its files."""
        self._corpus = corpus
        self._reader = reader
        self._facts: dict[int, tuple[object, SegmentFacts]] = {}
        self._lock = threading.Lock()

    def choose(
        self, request: CompletionRequest, documents: OpenDocuments, max_chars: int, own_lines: Sequence[str] = ()
    ) -> tuple[Snippet, ...]:
        """Return pieces, the best first, of at most `max_chars` code points in all, headers included.

        `documents` are the open documents with their lines, the last used first. Files that may not be shown at this
        moment are left out, and so are the request's own file, by any path, and files of which `documents` has a newer
        text. From 2,000 code points on, a quarter is for the imports and heads of the request's own document outside
        of its windows, if `own_lines`, its lines, are given.
        """
        weights = words_around(request) if max_chars > 0 else {}
        if len(weights) < FEWEST_WORDS:
            return ()
        paths = {path for document in (request.document, *(it for it, _ in documents)) for path in _paths_of(document)}
        corpus, words = self._corpus(), sorted(weights)
        files = open_files(request, documents, frozenset(weights), MOST_DOCUMENTS, MOST_LINES)
        facts = self._facts_of(corpus)
        cells = [
            IndexCells.of(segment, of_segment, words, corpus.vocabulary)
            for segment, of_segment in zip(corpus.segments, facts, strict=True)
        ]
        counts, count = count_cells([file.cells for file in files])
        for each in cells:
            counts.update(each.cells_with())
            count += each.count
        worth = worths(weights, counts, count)
        windows = [window for file in files for window in file.cells.windows(worth, file.factor)]
        factors = FileFactors(
            language_of(request.document), request.document.path.rpartition("/")[0], self._reader.names_of(paths)
        )
        first_file, most = len(files), MOST_WINDOWS + min(max_chars, 20_000) // CHARS_OF_WINDOW
        for each in cells:
            windows += each.windows(worth, factors.of(each.segment, each.facts), most, first_file)
            first_file += len(each.segment.paths)
        packing = Packing(max_chars)
        packing.add_own_file(request, own_lines, worth)
        self._pack(packing, WindowQueue(windows, worth), _Found(files, cells), self._reader.ids_of(paths))
        return packing.snippets(worth)

    def _pack(self, packing: Packing, queue: WindowQueue, found: _Found, left_out: frozenset[FileId]) -> None:
        texts: dict[int, tuple[FileText, SourceLines] | None] = {}
        refused = 0
        while not packing.is_full and refused < _MOST_REFUSED and (window := queue.next()) is not None:
            if window.file < len(found.files):
                added = packing.add(found.files[window.file].text, window.first * CELL, window.end * CELL, window.words)
            else:
                cells, file = found.segment_of(window.file)
                first, end, filled = cells.lines_of(window, file)
                if window.file not in texts:
                    texts[window.file] = self._read(cells.segment.paths[file], filled, window, left_out)
                    refused += texts[window.file] is None
                if (entry := texts[window.file]) is None:
                    continue
                text, lines = entry
                first, end = _lines_of(lines, first, end, filled, window, queue)
                added = packing.add(text, first, end, window.words)
            if added:
                queue.take(window)

    def _read(
        self, name: str, filled: int, window: Window, left_out: frozenset[FileId]
    ) -> tuple[FileText, SourceLines] | None:
        """Return a file's text, of several with its name the one with most of a window's words; None: it has none."""
        found = [lines for lines in self._reader.read(name, filled) if lines.file_id not in left_out]
        if not found:
            return None
        best = found[0] if len(found) == 1 else max(found, key=lambda lines: _most_shared(lines, window))
        return FileText(name, best.lines, SnippetSource.WORKSPACE), best

    def _facts_of(self, corpus: Corpus) -> list[SegmentFacts]:
        """Return the facts about the segments of a corpus, made where they are not known yet."""
        with self._lock:
            known, self._facts = self._facts, {}
            for segment in corpus.segments:
                # The array itself is kept beside its identity, which another may get after it is gone.
                key = id(segment.tokens)
                self._facts[key] = known[key] if key in known else (segment.tokens, SegmentFacts.of(segment))
            return [self._facts[id(segment.tokens)][1] for segment in corpus.segments]


def _paths_of(document: Document) -> list[str]:
    """Return the absolute paths of a document's file; none on another host, which a look at it would connect to."""
    paths = (path_of_uri(document.uri), document.target)
    return [path for path in paths if path and not path.startswith("//")]


def _most_shared(lines: SourceLines, window: Window) -> int:
    return max((len(words) for words in cells_of(0, lines.lines, window.words).shared), default=0)


def _lines_of(
    lines: SourceLines, first: int, end: int, filled: int, window: Window, queue: WindowQueue
) -> tuple[int, int]:
    """Return the lines of a window; `first` and `end` count the lines with text as they were indexed."""
    if len(lines.filled) == filled:
        return lines.filled[first], lines.filled[end - 1] + 1
    # The file has changed since, so the words are looked for.
    cells = cells_of(0, lines.lines, window.words)
    found = max(cells.windows(dict.fromkeys(window.words, 1.0), 1.0), key=queue.score, default=None)
    return (0, 0) if found is None else (found.first * CELL, found.end * CELL)
