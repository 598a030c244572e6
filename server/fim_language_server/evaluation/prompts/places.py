"""Lines to be written, out of a repository's real files, and the words that other files have; bounded in any folder.

Files are listed as the index lists them: no ignored files, no secrets, nothing generated, no binary. Of a listing of
any length only the chosen files are read, and up to MOST_SOURCE bytes of the others, for their words.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final

from attrs import field, frozen

from fim_language_server.embedded.sources.scanner import Scanner, SourceFile
from fim_language_server.embedded.sources.source_files import read_source
from fim_language_server.errors import SettingsError
from fim_language_server.evaluation.code_lines import code_lines, is_code_file
from fim_language_server.evaluation.held_out import SHORTEST_FILE
from fim_language_server.evaluation.holes import SHORTEST_LINE, chance_of, is_ours
from fim_language_server.evaluation.prompts.identifiers import identifiers_in, identifiers_of_code, is_import

NEIGHBOURS: Final = 3
"""Most other files of a file's directory that are open beside it."""

MOST_SOURCE: Final = 40_000_000
"""Bytes of source that are read for the words of other files."""

LARGEST_NEIGHBOUR: Final = 200_000
"""Bytes of a file that is opened beside another; an editor would hold larger ones, but seldom three of them."""

RUN_LINES: Final = 30
"""Lines that are written one after the other."""

_LINES_ABOVE: Final = 10
"""Lines that stand above the first of a run."""


@frozen
class NeighbourFile:
    """A file as an editor opens it, by its path in the repository."""

    path: str
    text: str = field(repr=False)


@frozen
class LineToWrite:
    """A line of a file, by its row from zero, with the identifiers of its code."""

    row: int
    words: frozenset[str] = field(repr=False)


@frozen
class Subject:
    """A file with lines to write, a row from which a run of lines is written, and the files that are open beside it."""

    path: str
    rows: tuple[str, ...] = field(repr=False)
    lines: tuple[LineToWrite, ...] = field(repr=False)
    neighbours: tuple[NeighbourFile, ...] = field(repr=False)
    run: tuple[LineToWrite, ...] = field(default=(), repr=False)
    """Lines of code among those written one after the other."""
    run_start: int | None = None


@frozen
class Subjects:
    """All files with lines to write, and which words other files have."""

    files: tuple[Subject, ...]
    n_sources: int
    n_read: int
    """Number of files whose words were read; the others are left out where there are more than MOST_SOURCE bytes."""
    source_bytes: int
    _shared: Mapping[str, frozenset[str]] = field(repr=False)

    def elsewhere(self, path: str) -> frozenset[str]:
        """Return the words, of those that any line wants, that stand in a file other than `path`."""
        return self._shared[path]


def choose_subjects(folder: Path, files: int, lines: int, seed: int) -> Subjects:
    """Choose up to so many files and lines in each, by the seed. Raises SettingsError where there is no code."""
    listing = sorted(Scanner([str(folder)]).list_sources().files, key=lambda file: file.name)
    by_folder: dict[str, list[SourceFile]] = defaultdict(list)
    for file in listing:
        if is_code_file(file.name) and file.size <= LARGEST_NEIGHBOUR:
            by_folder[_folder_of(file.name)].append(file)
    candidates = [file for file in listing if is_ours(file.name)]
    chance_of(seed, "files").shuffle(candidates)
    chosen: list[Subject] = []
    for file in candidates:
        if len(chosen) == files:
            break
        text = read_source(file.path)
        if text is not None and text.count("\n") >= SHORTEST_FILE:
            subject = _subject(file.name, text, by_folder[_folder_of(file.name)], lines, seed)
            if subject.lines:
                chosen.append(subject)
    if not chosen:
        raise SettingsError(
            f"there is nothing to ask about in {folder}: no files with enough code were found (ignored ones do not "
            "count); name another repository"
        )
    return _with_shared_words(chosen, listing)


def _subject(path: str, text: str, beside: Sequence[SourceFile], lines: int, seed: int) -> Subject:
    rows = text.split("\n")
    chance = chance_of(seed, path)
    code = {
        row: LineToWrite(row, identifiers_of_code(rows[row], path))
        for row, start, end in code_lines(path, text)
        if end - start >= SHORTEST_LINE and not is_import(rows[row])
    }
    asked = sorted(chance.sample(sorted(code), min(lines, len(code))))
    others = [file for file in beside if file.name != path]
    chance.shuffle(others)
    latest = len(rows) - RUN_LINES
    start = chance.randint(_LINES_ABOVE, latest) if latest >= _LINES_ABOVE else None
    run = () if start is None else tuple(code[row] for row in range(start, start + RUN_LINES) if row in code)
    return Subject(path, tuple(rows), tuple(code[row] for row in asked), _opened(others), run, start)


def _opened(files: Iterable[SourceFile]) -> tuple[NeighbourFile, ...]:
    found: list[NeighbourFile] = []
    for file in files:
        if len(found) == NEIGHBOURS:
            break
        if (text := read_source(file.path)) is not None:
            found.append(NeighbourFile(file.name, text))
    return tuple(found)


def _with_shared_words(chosen: Sequence[Subject], listing: Sequence[SourceFile]) -> Subjects:
    """Read the words of the files, and keep those that lines want."""
    wanted = frozenset[str]().union(*(line.words for each in chosen for line in (*each.lines, *each.run)))
    counts: Counter[str] = Counter()
    own = {each.path: identifiers_in("\n".join(each.rows)) & wanted for each in chosen}
    n_read = n_bytes = 0
    # Near files first: they are the likeliest to share words, where not all can be read.
    near = {_folder_of(each.path) for each in chosen}
    for file in sorted(listing, key=lambda file: (_folder_of(file.name) not in near, file.name)):
        if n_bytes + file.size > MOST_SOURCE:
            break
        text = read_source(file.path)
        n_read, n_bytes = n_read + 1, n_bytes + file.size
        counts.update(identifiers_in(text or "") & wanted)
    shared = {path: frozenset(word for word in wanted if counts[word] > (word in words)) for path, words in own.items()}
    return Subjects(tuple(chosen), len(listing), n_read, n_bytes, shared)


def _folder_of(name: str) -> str:
    return name.rpartition("/")[0]
