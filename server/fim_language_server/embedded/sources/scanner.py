"""Scanner for the source files of the workspace: it walks the folders, skips other files, and keeps to a limit.

It follows no link, does not block on special files, and skips files that it may not read. It runs in the worker
process; the server calls `Scanner.admit` for single files that changed.
"""

from __future__ import annotations

import os
import stat
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final

from attrs import define, field, frozen

from fim_language_server.core.document_paths import FOLDS_CASE, relative_paths
from fim_language_server.core.patterns.gitignore import patterns_of
from fim_language_server.embedded.sources.git_ignored import IgnoreFiles, IgnoreRules
from fim_language_server.embedded.sources.source_files import LARGEST_FILE, is_prose_name, is_source_name

MOST_FILES: Final = 200_000
"""Most files, and most directories, that are visited, level by level; a larger tree is indexed in part."""

_SKIPPED: Final = """
    node_modules bower_components jspm_packages __pycache__ venv env virtualenv site-packages dist-packages dist build
    target cmake-build-debug cmake-build-release deriveddata pods carthage htmlcov coverage elm-stuff _build
"""
"""Names, in lower case, of directories that programs write or fetch; hidden directories are skipped as well."""

_SKIPPED_NAMES: Final = frozenset(_SKIPPED.split())

_VISIBLE: Final = frozenset({".github", ".gitlab", ".storybook"})
"""Hidden directories whose files are written by people."""


@frozen
class SourceFile:
    """A file to be indexed."""

    path: str = field(repr=False)
    """Absolute, "/" as separator."""
    name: str = field(repr=False)
    """Its path relative to its workspace folder, with "/" as separator, as in the index and in requests."""
    modified: int
    """Time of its last change, in ns since the epoch."""
    size: int
    """Bytes."""


@frozen
class Listing:
    """The files of the workspace, programs before prose, nearest and newest first."""

    files: Sequence[SourceFile] = field(repr=False)
    complete: bool
    """Was everything visited? Otherwise there are more than MOST_FILES files, or directories."""
    hidden: Sequence[str] = field(default=(), repr=False)
    """Directories without listed files because their .gitignore is too long to be read."""


def _ignore_progress(found: int) -> None:
    """Ignore the number of files visited."""


@define
class _Walk:
    """State of one listing: the files and directories that may still be visited."""

    files_left: int
    directories_left: int
    is_complete: bool = True
    hidden: list[str] = field(factory=list)

    def may_look_at_file(self) -> bool:
        """Count one more file; return False if that exceeds the limit."""
        self.is_complete = self.is_complete and self.files_left > 0
        self.files_left -= 1
        return self.files_left >= 0

    def may_look_at_directory(self) -> bool:
        """Count one more directory; return False if that exceeds the limit."""
        self.is_complete = self.is_complete and self.directories_left > 0
        self.directories_left -= 1
        return self.directories_left >= 0


class Scanner:
    """Finder of the source files in some folders."""

    def __init__(
        self,
        folders: Sequence[str],
        *,
        exclude: Sequence[str] = (),
        most_files: int = MOST_FILES,
        heed_git: bool = True,
        on_progress: Callable[[int], None] = _ignore_progress,
    ) -> None:
        """Take absolute paths of folders, and `exclude`, patterns (as in .gitignore) of files to leave out.

        As for open documents, a pattern is compared with a file's path in every folder that holds it, by the names
        that the folders were given with as well as by those that their links lead to.
        Without `heed_git` no .gitignore is read; that is for installed packages, which a project's rules ignore.
        `on_progress` is called after each directory with the number of files visited.
        """
        real = [_with_slashes(os.path.realpath(folder)) for folder in folders]
        given = [_with_slashes(os.path.abspath(folder)) for folder in folders]  # noqa: PTH100 - links are kept
        self._folders = _outermost(real)
        self._roots = tuple(dict.fromkeys([*real, *given]))
        self._links = tuple({pair for pair in zip(real, given, strict=True) if pair[0] != pair[1]})
        self._exclude = patterns_of(tuple(exclude), ignore_case=FOLDS_CASE)
        self._most_files = most_files
        self._heed_git = heed_git
        self._on_progress = on_progress
        self._ignore_files = IgnoreFiles()

    def list_sources(self, near: str = "") -> Listing:
        """List the source files: programs before prose, then the nearest to the directory `near`, then the newest."""
        files: list[SourceFile] = []
        walk = _Walk(self._most_files, self._most_files)
        for folder in self._folders:
            files.extend(self._walk(folder, walk))
        origin = _with_slashes(os.path.realpath(near)).split("/") if near else None

        def rank(file: SourceFile) -> tuple[bool, int, int, str]:
            return is_prose_name(file.name), _steps(origin, file.path) if origin else 0, -file.modified, file.name

        files.sort(key=rank)
        return Listing(files, complete=walk.is_complete, hidden=walk.hidden)

    def rules(self) -> Sequence[IgnoreRules]:
        """Return git's ignore rules for each folder; they are equal as long as the ignore files are unchanged."""
        return [self._rules_of(folder) for folder in self._folders]

    def admit(self, path: str) -> SourceFile | None:
        """Return the file at a path as `list_sources` would, or None if it would leave the file out."""
        path = _resolved_directory(path)
        folder = next((folder for folder in self._folders if path.startswith(f"{folder}/")), None)
        if folder is None or not is_source_name(path):
            return None
        rules, directory = self._rules_of(folder), folder
        for part in path[len(folder) + 1 :].split("/")[:-1]:
            directory = f"{directory}/{part}"
            if self._skip_directory(folder, directory, rules):
                return None
            rules = self._rules_in(directory, rules)
        try:
            status = os.lstat(path)
        except (OSError, ValueError):
            return None
        return self._file(folder, path, status, rules) if stat.S_ISREG(status.st_mode) else None

    def paths_of(self, name: str) -> list[str]:
        """Return the possible paths of files with a name, one for each folder."""
        return [f"{folder}/{name}" for folder in self._folders]

    def name_of(self, path: str) -> str | None:
        """Return the name in the index of a file, which need not exist; None if it is outside of the folders."""
        path = _resolved_directory(path)
        folder = next((folder for folder in self._folders if path.startswith(f"{folder}/")), None)
        return None if folder is None else path[len(folder) + 1 :]

    def _walk(self, folder: str, walk: _Walk) -> Iterator[SourceFile]:
        """Yield the source files of a folder, level by level, so that the limit cuts off the deepest."""
        queue = deque([(folder, self._rules_of(folder))])
        while queue and walk.files_left >= 0:
            directory, rules = queue.popleft()
            if rules.hide_everything:
                walk.hidden.append(directory)
                continue
            for entry in _entries(directory):
                path = f"{directory}/{entry.name}"
                try:
                    if _is_junction(entry):
                        continue
                    if entry.is_dir(follow_symlinks=False):
                        if not self._skip_directory(folder, path, rules) and walk.may_look_at_directory():
                            queue.append((path, self._rules_in(path, rules)))
                    elif not walk.may_look_at_file():
                        break
                    elif entry.is_symlink():
                        continue  # Its target is visited itself, or is outside of the folders, or ignored.
                    elif is_source_name(path) and (file := self._file(folder, path, entry.stat(), rules)) is not None:
                        yield file
                except OSError:
                    continue  # It was removed meanwhile, or may not be read.
            self._on_progress(self._most_files - max(0, walk.files_left))

    def _rules_of(self, folder: str) -> IgnoreRules:
        return self._ignore_files.rules_of_folder(folder) if self._heed_git else IgnoreRules(folder)

    def _rules_in(self, directory: str, rules: IgnoreRules) -> IgnoreRules:
        return self._ignore_files.rules_of_directory(directory, rules) if self._heed_git else rules

    def _skip_directory(self, folder: str, path: str, rules: IgnoreRules) -> bool:
        name = path.rpartition("/")[2]
        return (
            name.lower() in _SKIPPED_NAMES
            or (name.startswith(".") and name not in _VISIBLE)
            or name.endswith(".egg-info")
            or rules.ignore(path, is_directory=True)
            or self._excludes(path, is_directory=True)
            or Path(path, "pyvenv.cfg").exists()
        )

    def _file(self, folder: str, path: str, status: os.stat_result, rules: IgnoreRules) -> SourceFile | None:
        if not stat.S_ISREG(status.st_mode) or not 0 < status.st_size <= LARGEST_FILE:
            return None
        if rules.ignore(path, is_directory=False) or self._excludes(path, is_directory=False):
            return None
        return SourceFile(path, path[len(folder) + 1 :], status.st_mtime_ns, status.st_size)

    def _excludes(self, path: str, *, is_directory: bool) -> bool:
        if self._exclude.is_empty:
            return False
        names = dict.fromkeys(name for each in self._spellings(path) for name in relative_paths(each, self._roots))
        return any(self._exclude.verdict(name, is_directory=is_directory) for name in names)

    def _spellings(self, path: str) -> Iterator[str]:
        """Yield a path without links, and what it is called in folders that are links themselves."""
        yield path
        for real, given in self._links:
            if path == real:
                yield given  # A pattern may name the link itself.
            yield from (f"{given}/{name}" for name in relative_paths(path, [real]))


def _entries(directory: str) -> Iterator[os.DirEntry[str]]:
    try:
        with os.scandir(f"{directory}/") as entries:  # "C:" is the current folder of the drive, "C:/" its root.
            yield from entries
    except OSError:
        return


def _is_junction(entry: os.DirEntry[str]) -> bool:
    """Return whether an entry is a junction, Windows' link to a directory, which is no link for Python 3.11."""
    tag: int = getattr(entry.stat(follow_symlinks=False), "st_reparse_tag", 0) if os.name == "nt" else 0
    return tag == getattr(stat, "IO_REPARSE_TAG_MOUNT_POINT", None)


def _outermost(folders: Sequence[str]) -> list[str]:
    """Return the folders without duplicates, and without those that are within others."""
    unique = list(dict.fromkeys(folders))
    return [folder for folder in unique if not any(folder.startswith(f"{other}/") for other in unique)]


def _resolved_directory(path: str) -> str:
    """Return the path of a file with its directory's links resolved; the file itself may be a link, or missing."""
    place = Path(path)
    return f"{_with_slashes(os.path.realpath(place.parent))}/{place.name}"


def _with_slashes(path: str) -> str:
    path = path.replace(os.sep, "/")
    return path.rstrip("/") or path


def _steps(origin: Sequence[str], path: str) -> int:
    """Return the number of steps up and down from the directory `origin` to the directory of a file."""
    parts = path.split("/")[:-1]
    shared = 0
    for ours, theirs in zip(origin, parts, strict=False):
        if ours != theirs:
            break
        shared += 1
    return len(origin) + len(parts) - 2 * shared
