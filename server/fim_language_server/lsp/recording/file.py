"""The file of a recording: only the user's, never over another file, of bounded size, and mended in place.

What is written may turn out to be part of a secret later. A placeholder of the same length is then written over it.
"""

from __future__ import annotations

import contextlib
import os
import stat
import sys
from pathlib import Path
from typing import Final

USUAL_LIMIT: Final = 64 * 1024 * 1024
"""Bytes after which a recording ends."""
_PART: Final = 1024 * 1024


class FullError(Exception):
    """The next record would make the file larger than its limit."""


class NotOrdinaryError(OSError):
    """The path is that of a device, a pipe or a folder."""


class RecordingFile:
    """An open file to which lines are added. Used by one thread at a time. All methods but `add` may raise OSError."""

    def __init__(self, path: Path, *, replaces: bool = False, limit: int = USUAL_LIMIT) -> None:
        """Create the file with mode 0600. Raises FileExistsError, unless it `replaces` one; OSError for the rest."""
        self.path = path
        self._limit = limit
        flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
        flags |= getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
        self._descriptor = os.open(path, flags | (0 if replaces else os.O_EXCL), 0o600)
        try:
            self._claim(replaces)
        except BaseException:
            os.close(self._descriptor)
            raise
        self._written = 0
        self._pending = bytearray()

    def _claim(self, replaces: bool) -> None:
        if not stat.S_ISREG(os.fstat(self._descriptor).st_mode):
            raise NotOrdinaryError
        if replaces:
            if sys.platform != "win32":
                os.fchmod(self._descriptor, 0o600)
            os.ftruncate(self._descriptor, 0)

    @property
    def size(self) -> int:
        """The bytes so far, also those that are not written yet."""
        return self._written + len(self._pending)

    def add(self, line: bytes, *, is_last: bool = False) -> None:
        """Add a line; it is written by `flush`. Raises FullError where it has no room, but for the last one."""
        if self.size + len(line) > self._limit and not is_last:
            raise FullError
        self._pending += line

    def cover(self, place: int, data: bytes) -> None:
        """Put other bytes at a place that was added before."""
        if place >= self._written:
            at = place - self._written
            self._pending[at : at + len(data)] = data
            return
        os.lseek(self._descriptor, place, os.SEEK_SET)
        self._write_all(data)

    def cover_everywhere(self, old: bytes, new: bytes) -> None:
        """Put `new` in each place where `old`, of the same length, stands."""
        self.flush()
        before, at = b"", 0
        while at < self._written:
            os.lseek(self._descriptor, at, os.SEEK_SET)
            part = os.read(self._descriptor, _PART)
            if not part:
                return
            judged, shift = before + part, at - len(before)
            found = judged.find(old)
            while found >= 0:
                self.cover(shift + found, new)
                found = judged.find(old, found + len(old))
            at += len(part)
            before = judged[-len(old) + 1 :] if len(old) > 1 else b""

    def flush(self) -> None:
        """Write what was added."""
        if not self._pending:
            return
        os.lseek(self._descriptor, self._written, os.SEEK_SET)
        try:
            self._write_all(bytes(self._pending))
        except OSError:
            with contextlib.suppress(OSError):  # Half a line is of no use to a reader.
                os.ftruncate(self._descriptor, self._written)
            raise
        self._written += len(self._pending)
        self._pending.clear()

    def close(self) -> None:
        """Close the file; what is not written is lost."""
        os.close(self._descriptor)

    def _write_all(self, data: bytes) -> None:
        view = memoryview(data)
        while view:
            view = view[os.write(self._descriptor, view) :]
