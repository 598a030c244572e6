"""What git knows of a repository, read and never written: recent commits, what they added, files of the past.

Nothing that a repository could configure is run: no hooks, pagers, filters for display or file system monitors.
"""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from attrs import frozen

from fim_language_server.errors import SettingsError

_SAFELY: Final = ("--no-pager", "-c", "core.fsmonitor=false", "-c", "core.quotePath=false")
_NO_PROGRAMS: Final = ("--no-color", "--no-ext-diff", "--no-textconv", "--no-renames")
_HUNK: Final = re.compile(rb"@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@")


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
class Repository:
    """A git repository by its top folder."""

    folder: Path

    @classmethod
    def at(cls, folder: Path) -> Repository:
        """Return the repository that a folder belongs to. Raises SettingsError where it belongs to none."""
        return cls(Path(os.fsdecode(_run(folder, "rev-parse", "--show-toplevel").rstrip(b"\n"))))

    def recent_commits(self, count: int) -> list[str]:
        """Return the newest commits that have a parent, the newest first, without merges."""
        lines = self._git("log", "--topo-order", "--no-merges", f"-n{count}", "--format=%H %P").decode().splitlines()
        return [words[0] for line in lines if len(words := line.split()) == 2]

    def additions(self, commit: str) -> Iterator[tuple[str, list[Hunk], set[str]]]:
        """Yield each file that a commit wrote to, with its hunks, and the lines that the commit took out of it."""
        diff = self._git("diff", "-U0", "--diff-filter=AM", *_NO_PROGRAMS, f"{commit}^", commit)
        yield from read_diff(diff)

    def read(self, commit: str, path: str) -> bytes:
        """Return a file's content at a commit; empty where there was no such file."""
        try:
            return self._git("cat-file", "blob", f"{commit}:{path}")
        except SettingsError:
            return b""

    def files(self, commit: str) -> list[Entry]:
        """Return the files of a commit, without links and submodules."""
        entries = []
        for line in self._git("ls-tree", "-r", "-l", "-z", commit).split(b"\0"):
            facts, _, path = line.partition(b"\t")
            words = facts.split()
            if len(words) == 4 and words[0] in (b"100644", b"100755"):
                entries.append(Entry(path.decode("utf-8", "surrogateescape"), words[2].decode(), int(words[3])))
        return entries

    def contents(self, blobs: Sequence[str]) -> Iterator[bytes]:
        """Yield the contents of these names, in their order."""
        data = _run(self.folder, "cat-file", "--batch", given="".join(f"{blob}\n" for blob in blobs).encode())
        place = 0
        for _ in blobs:
            head, _, _ = data[place : place + 200].partition(b"\n")
            begin, size = place + len(head) + 1, int(head.split()[2])
            yield data[begin : begin + size]
            place = begin + size + 1

    def _git(self, *words: str) -> bytes:
        return _run(self.folder, *words)


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


def _run(folder: Path, *words: str, given: bytes = b"") -> bytes:
    """Return what git prints. Raises SettingsError with git's own sentence where it fails."""
    environment = {**os.environ, "GIT_OPTIONAL_LOCKS": "0", "LC_ALL": "C", "GIT_TERMINAL_PROMPT": "0"}
    command = ["git", *_SAFELY, "-C", str(folder), *words]
    try:
        done = subprocess.run(  # noqa: S603 (no shell, and no word of it comes from the repository)
            command, input=given, capture_output=True, check=False, env=environment
        )
    except OSError as error:
        raise SettingsError(f"--history needs git, which cannot be run: {error.strerror}") from None
    if done.returncode:
        said = done.stderr.decode("utf-8", "replace").strip().partition("\n")[0]
        raise SettingsError(f"git {words[0]} failed in {folder}: {said}")
    return done.stdout
