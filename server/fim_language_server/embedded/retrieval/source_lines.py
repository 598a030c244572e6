"""The lines of a workspace's files that may be shown at this moment.

The index says where pieces are; their text is read from the disk when they are chosen, so that blank lines and
indentation are as the file has them. What holds for indexing is judged again then: names of secrets, `trigger.exclude`,
.gitignore, links, and, if the file is not as it was indexed, its text.
"""

from __future__ import annotations

import os
import threading
from collections import OrderedDict
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Final

from attrs import field, frozen

from fim_language_server.embedded.sources.scanner import Scanner, SourceFile
from fim_language_server.embedded.sources.source_files import LARGEST_FILE, decode, read_regular_file, read_source
from fim_language_server.embedded.text.lexer import normalise_line_ends

_MOST_FILES: Final = 256
_MOST_CHARS: Final = 4_000_000
"""Files, and code points in them, whose lines are kept in memory for the next choices."""

Versions = Mapping[str, Sequence[tuple[int, int]]]
"""Returns by a file's name its size in bytes and the time of its last change in ns, when it was judged for the index:
one pair for each folder that has the name."""

FileId = tuple[int, int]
"""The device and number of a file: equal for all names of it."""


@frozen
class SourceLines:
    """The lines of a file, without their ends; lines with secrets are empty where they were judged."""

    path: str
    file_id: FileId
    lines: Sequence[str] = field(repr=False)
    filled: Sequence[int] = field(repr=False)
    """The numbers of the lines that are not blank."""


@frozen
class _Version:
    """A file as it was read."""

    size: int
    modified: int
    file_id: FileId
    is_judged: bool
    lines: SourceLines | None = field(repr=False)
    """None: it may not be shown."""


class SourceReader:
    """Reads files for pieces, and keeps the last ones in memory. May be used by several threads."""

    def __init__(self, scanner: Scanner, judged: Callable[[], Versions]) -> None:
        """Take the scanner, which knows what may be read, and a function that returns the versions judged before."""
        self._scanner = scanner
        self._judged = judged
        self._kept: OrderedDict[str, _Version] = OrderedDict()
        self._kept_chars = 0
        self._lock = threading.Lock()

    def read(self, name: str, filled: int) -> list[SourceLines]:
        """Return the files with a name in the index that may be shown now, one for each folder that has one.

        `filled` is the number of lines with text in the index. A file with another number is not as it was indexed,
        or has lines with secrets, and is judged.
        """
        found = (self._read(path, name, filled) for path in self._scanner.paths_of(name))
        return [lines for lines in found if lines is not None]

    def ids_of(self, paths: Collection[str]) -> frozenset[FileId]:
        """Return the identities of files in the workspace, by absolute path; others are not looked at."""
        found = {file_id for path in paths if self._scanner.name_of(path) and (file_id := _file_id(path)) is not None}
        return frozenset(found)

    def names_of(self, paths: Collection[str]) -> frozenset[str]:
        """Return the names in the index of files, given by absolute paths."""
        return frozenset(name for path in paths if (name := self._scanner.name_of(path)))

    def _read(self, path: str, name: str, filled: int) -> SourceLines | None:
        file = self._scanner.admit(path)
        if file is None or file.name != name or (file_id := _file_id(file.path)) is None:
            return None
        with self._lock:
            known = self._kept.get(path)
        if known is None or (known.size, known.modified, known.file_id) != (file.size, file.modified, file_id):
            known = self._version(file, file_id, filled)
            self._keep(path, known)
        elif not known.is_judged and known.lines is not None and len(known.lines.filled) != filled:
            known = self._judge(file, file_id)
            self._keep(path, known)
        return known.lines

    def _version(self, file: SourceFile, file_id: FileId, filled: int) -> _Version:
        versions = self._judged().get(file.name, ())
        if list(versions) == [(file.size, file.modified)] and (text := _text_of(file)) is not None:
            lines = _lines_of(file.path, file_id, text)
            if len(lines.filled) == filled:
                return _Version(file.size, file.modified, file_id, is_judged=False, lines=lines)
        return self._judge(file, file_id)

    def _judge(self, file: SourceFile, file_id: FileId) -> _Version:
        text = read_source(file.path)
        lines = None if text is None else _lines_of(file.path, file_id, text)
        return _Version(file.size, file.modified, file_id, is_judged=True, lines=lines)

    def _keep(self, path: str, version: _Version) -> None:
        with self._lock:
            if (old := self._kept.pop(path, None)) is not None:
                self._kept_chars -= old.size
            self._kept[path] = version
            self._kept_chars += version.size
            while len(self._kept) > 1 and (len(self._kept) > _MOST_FILES or self._kept_chars > _MOST_CHARS):
                _, old = self._kept.popitem(last=False)
                self._kept_chars -= old.size


def _text_of(file: SourceFile) -> str | None:
    """Return a file's text; None if it changes while it is read."""
    data = read_regular_file(file.path, LARGEST_FILE, follow_link=False)
    try:
        after = os.lstat(file.path)
    except OSError:
        return None
    if data is None or len(data) != file.size or (after.st_size, after.st_mtime_ns) != (file.size, file.modified):
        return None
    text = decode(data)
    return None if text is None else normalise_line_ends(text)


def _lines_of(path: str, file_id: FileId, text: str) -> SourceLines:
    lines = text.split("\n")
    return SourceLines(
        path, file_id, lines, [number for number, line in enumerate(lines) if line and not line.isspace()]
    )


def _file_id(path: str) -> FileId | None:
    try:
        status = os.stat(path)  # noqa: PTH116 - several times as fast as Path, and called for each piece
    except (OSError, ValueError):
        return None
    return status.st_dev, status.st_ino
