"""A small workspace on the disk, indexed within this process as the worker does it, and choices from it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from attrs import define, field

from fim_language_server.core.values import CompletionRequest, Document, Position, Snippet
from fim_language_server.embedded.index.corpus import Corpus
from fim_language_server.embedded.index.index_file import Indexer
from fim_language_server.embedded.retrieval.chooser import Chooser
from fim_language_server.embedded.retrieval.source_lines import SourceReader
from fim_language_server.embedded.sources.scanner import Scanner
from fim_language_server.embedded.sources.source_files import read_source


@define
class IndexedWorkspace:
    """Folders, their index as it was made, and the scanner, which says what may be read now."""

    folders: Sequence[Path]
    corpus: Corpus
    scanner: Scanner
    judged: Mapping[str, Sequence[tuple[int, int]]]
    chooser: Chooser = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.chooser = Chooser(lambda: self.corpus, SourceReader(self.scanner, lambda: self.judged))

    def request(self, text: str, path: str = "here.py", target: str = "", line: int | None = None) -> CompletionRequest:
        """Return a request with the cursor behind `text`, in a `line` of a file of the first folder."""
        here = Document((self.folders[0] / path).as_uri(), "python", path=path, target=target)
        return CompletionRequest(here, Position(text.count("\n") if line is None else line, 0), text, "\n")

    def choose(
        self,
        text: str,
        *documents: tuple[Document, Sequence[str]],
        path: str = "here.py",
        target: str = "",
        max_chars: int = 4_000,
    ) -> tuple[Snippet, ...]:
        """Return the pieces for a cursor behind `text` in a file of the first folder."""
        return self.chooser.choose(self.request(text, path, target), documents, max_chars)

    def document(self, path: str) -> Document:
        """Return a file of the first folder as an open document."""
        return Document((self.folders[0] / path).as_uri(), "python", path=path)


def write_files(folder: Path, files: Mapping[str, str]) -> None:
    """Write files with these texts, by their paths in the folder."""
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, encoding="utf-8", newline="")


def index_folders(*folders: Path, exclude: Sequence[str] = ()) -> IndexedWorkspace:
    """Index folders as they are now."""
    scanner, indexer = Scanner([str(folder) for folder in folders], exclude=exclude), Indexer()
    for file in scanner.list_sources().files:
        indexer.note(file.name, file.size, file.modified)
        if (text := read_source(file.path)) is not None:
            indexer.add(file.name, text)
    index = indexer.finish()
    return IndexedWorkspace(folders, index.corpus(), scanner, index.files_seen())
