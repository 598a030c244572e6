"""Git's data of a repository, read and never written: recent commits, what they added, files of the past.

Nothing that a repository could configure is run, or even read: see `git_process`. The commands are plumbing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from attrs import field, frozen

from fim_language_server.errors import SettingsError
from fim_language_server.evaluation.git_process import Objects, TooMuchOutputError

_AS_IS: Final = ("--no-color", "--no-ext-diff", "--no-textconv", "--no-renames", "--src-prefix=a/", "--dst-prefix=b/")
_HUNK: Final = re.compile(rb"@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@")
_AT_ONCE: Final = 50_000_000
"""Bytes of contents that are read in one go."""


@frozen
class Hunk:
    """Some consecutive lines that a commit put into a file, over `old_count` others; rows count from zero."""

    old_row: int
    old_count: int
    new_row: int
    new_count: int


@frozen
class Entry:
    """A file of a commit: its path, the name of its content, and its size in bytes."""

    path: str
    blob: str
    size: int


@frozen
class GitRepository:
    """A git repository by its top folder."""

    folder: Path
    _objects: Objects = field(repr=False)

    @classmethod
    def at(cls, folder: Path) -> GitRepository:
        """Return the repository that a folder belongs to. Raises SettingsError where it belongs to none."""
        folder = folder.absolute()
        for place in (folder, *folder.parents):
            if (place / ".git").exists():
                return cls(place, Objects.of(place))
        raise SettingsError(f"{folder} is not a git repository, nor in one; leave out --history")

    def recent_commits(self, count: int) -> list[str]:
        """Return the newest commits that have a parent, the newest first, without merges."""
        order = ("--topo-order", "--no-merges", "--parents")
        lines = self._objects.run("rev-list", *order, f"-n{count}", self._objects.head).decode().splitlines()
        return [words[0] for line in lines if len(words := line.split()) == 2]

    def additions(self, commit: str) -> Iterator[tuple[str, list[Hunk], set[str]]]:
        """Yield each file that a commit wrote to, with its hunks, and the lines that the commit took out of it."""
        try:
            diff = self._objects.run("diff-tree", "-r", "-p", "-U0", "--diff-filter=AM", *_AS_IS, f"{commit}^", commit)
        except TooMuchOutputError:
            return  # Too much to have been typed.
        yield from read_diff(diff)

    def read(self, commit: str, path: str) -> bytes:
        """Return a file's content at a commit; empty where there was no such file, or a very long one."""
        try:
            return self._objects.run("cat-file", "blob", f"{commit}:{path}")
        except SettingsError:
            return b""

    def files(self, commit: str) -> list[Entry]:
        """Return the files of a commit, without links, submodules, and what no checkout would write."""
        entries = []
        for line in self._objects.run("ls-tree", "-r", "-l", "-z", commit).split(b"\0"):
            facts, _, name = line.partition(b"\t")
            path, words = name.decode("utf-8", "surrogateescape"), facts.split()
            if len(words) == 4 and words[0] in (b"100644", b"100755") and _is_inside(path):
                entries.append(Entry(path, words[2].decode(), int(words[3])))
        return entries

    def contents(self, entries: Sequence[Entry]) -> Iterator[bytes]:
        """Yield the contents of these files, in their order; nothing for one whose content is missing."""
        start = 0
        while start < len(entries):
            end, size = start, 0
            while end < len(entries) and (end == start or size + entries[end].size <= _AT_ONCE):
                size += entries[end].size
                end += 1
            yield from self._contents_at_once(entries[start:end])
            start = end

    def _contents_at_once(self, entries: Sequence[Entry]) -> Iterator[bytes]:
        data = self._objects.run("cat-file", "--batch", given="".join(f"{entry.blob}\n" for entry in entries).encode())
        place = 0
        for _ in entries:
            head, _, _ = data[place : place + 200].partition(b"\n")
            place += len(head) + 1
            words = head.split()
            if len(words) != 3:  # "… missing": the clone is a partial one.
                yield b""
                continue
            size = int(words[2])
            yield data[place : place + size]
            place += size + 1


def _is_inside(path: str) -> bool:
    """Say whether a path leads to a file within a folder: a tree that is no checkout's may have any names in it."""
    parts = path.replace("\\", "/").split("/")
    return not any(part in ("", ".", "..") or part.lower() == ".git" or ":" in part for part in parts)


def read_diff(diff: bytes) -> Iterator[tuple[str, list[Hunk], set[str]]]:
    """Read what `git diff -U0` prints; paths that it has to quote are passed over."""
    path, hunks, removed = "", list[Hunk](), set[str]()
    lines = iter(diff.split(b"\n"))
    for line in lines:
        if line.startswith(b"diff --git "):
            if path and hunks:
                yield path, hunks, removed
            path, hunks, removed = "", [], set()
        elif line.startswith(b"+++ b/"):
            path = line[6:].rstrip(b"\t").decode("utf-8", "surrogateescape")
        elif (found := _HUNK.match(line)) is not None:
            old, old_count, new, new_count = (1 if number is None else int(number) for number in found.groups())
            # "Before line n" is told as "after line n-1" where nothing is taken out, or put in.
            hunks.append(Hunk(old - (old_count > 0), old_count, new - (new_count > 0), new_count))
            for _ in range(old_count):
                removed.add(next(lines)[1:].strip().decode("utf-8", "replace"))
            # What is put in is passed over: it could look like a head.
            _pass_over(lines, new_count)
    if path and hunks:
        yield path, hunks, removed


def _pass_over(lines: Iterator[bytes], count: int) -> None:
    while count:
        count -= next(lines).startswith(b"+")
