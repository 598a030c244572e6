"""Git's ignore rules: `.gitignore` at every level, `.git/info/exclude`, and the user's `core.excludesFile`.

The innermost file with a pattern for a path decides, as in gitignore(5). A file in an ignored directory cannot be
included again, because the scanner does not read ignored directories. The files are read as git reads them; git is
never run.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from attrs import field, frozen

from fim_language_server.core.patterns.gitignore import Patterns
from fim_language_server.embedded.sources.git_config import (
    RepositoryFolders,
    Settings,
    parse_git_config,
    read_git_config,
)
from fim_language_server.embedded.sources.source_files import read_regular_file

LARGEST: Final = 5_000_000
"""Most bytes of a .gitignore. The patterns of a longer one are not read: everything in its directory is ignored."""
_LONGEST_LINK: Final = 10_000
_LONGEST_CONFIG: Final = 1_000_000
_NONE: Final = Patterns()
_EVERYTHING: Final = Patterns(["*"])

_Signature = tuple[int, int, int, int]


@frozen
class IgnoreRules:
    """The patterns of one directory, and those of the directories around it.

    Rules are equal as long as the files they were read from are unchanged.
    """

    directory: str
    """Absolute, with "/" as separator and none at the end."""
    patterns: Patterns = field(default=_NONE, repr=False)
    outer: IgnoreRules | None = field(default=None, repr=False)
    ignore_case: bool = False
    """Does the repository treat names that differ in case only as the same?"""

    @property
    def hide_everything(self) -> bool:
        """Is the directory's file too long to be read, or are its patterns too many to be compared?"""
        return self.patterns is _EVERYTHING or self.patterns.are_too_many

    def ignore(self, path: str, *, is_directory: bool) -> bool:
        """Return whether a path (absolute, with "/" as separator) in this directory is ignored."""
        rules: IgnoreRules | None = self
        while rules is not None:
            verdict = rules.patterns.verdict(path[len(rules.directory) + 1 :], is_directory=is_directory)
            if verdict is not None:
                return verdict
            rules = rules.outer
        return False


class IgnoreFiles:
    """Reader of ignore files, with a cache that is valid until a file changes."""

    def __init__(self, environ: Mapping[str, str] = os.environ) -> None:
        """Take the environment, by which the user's own files are found."""
        self._environ = environ
        self._known: dict[tuple[str, bool], tuple[_Signature, Patterns]] = {}
        self._configs: dict[str, tuple[_Signature, Settings]] = {}

    def rules_of_folder(self, folder: str) -> IgnoreRules:
        """Return the rules that hold in a workspace folder: its own, and those of the work tree around it.

        The user's `core.excludesFile` holds outside of work trees, too.
        """
        directory = _work_tree(folder) or folder
        rules = self._with_gitignore(directory, self._of_repository(directory, None))
        for part in filter(None, folder[len(directory) :].split("/")):
            directory = f"{directory}/{part}"
            rules = self.rules_of_directory(directory, rules)
        return rules

    def rules_of_directory(self, directory: str, outer: IgnoreRules) -> IgnoreRules:
        """Return the rules that hold in a directory, given the `outer` ones of the directory around it.

        A repository within the work tree of another adds its own `info/exclude`; the outer rules hold as well.
        """
        if _signature(f"{directory}/.git") is not None:
            outer = self._of_repository(directory, outer)
        return self._with_gitignore(directory, outer)

    def _of_repository(self, directory: str, outer: IgnoreRules | None) -> IgnoreRules:
        """Return the rules of a whole work tree: the user's patterns, and the repository's, which take precedence."""
        repository = repository_of(directory)
        config = read_git_config(repository, self._config_at, self._environ)
        users = self._patterns_of(config.excludes_file, ignore_case=config.ignore_case)
        rules = IgnoreRules(directory, users, outer, config.ignore_case)
        exclude = self._patterns_of(f"{repository.common}/info/exclude", ignore_case=config.ignore_case)
        return rules if exclude is _NONE else IgnoreRules(directory, exclude, rules, config.ignore_case)

    def _with_gitignore(self, directory: str, outer: IgnoreRules) -> IgnoreRules:
        patterns = self._patterns_of(f"{directory}/.gitignore", ignore_case=outer.ignore_case)
        return outer if patterns is _NONE else IgnoreRules(directory, patterns, outer, outer.ignore_case)

    def _config_at(self, path: str) -> Settings:
        signature = _signature(path)
        if signature is None:
            return ()
        known = self._configs.get(path)
        if known is None or known[0] != signature:
            data = read_regular_file(path, _LONGEST_CONFIG) or b""
            known = self._configs[path] = signature, tuple(parse_git_config(_text(data)))
        return known[1]

    def _patterns_of(self, path: str, *, ignore_case: bool) -> Patterns:
        signature = _signature(path) if path else None
        if signature is None:
            return _NONE
        known = self._known.get((path, ignore_case))
        if known is None or known[0] != signature:
            known = self._known[path, ignore_case] = signature, _read_patterns(path, ignore_case=ignore_case)
        return known[1]


def _read_patterns(path: str, *, ignore_case: bool) -> Patterns:
    data = read_regular_file(path, LARGEST)
    if data is None:
        return _EVERYTHING if _is_long_file(path) else _NONE
    lines = (line.removesuffix("\r").partition("\0")[0] for line in _text(data).split("\n"))
    return Patterns(lines, ignore_case=ignore_case) if data else _NONE


def _text(data: bytes) -> str:
    """Decode a file of paths; bytes that are no UTF-8 become lone surrogates, as in paths from the system."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", "replace")  # Git cannot read it, but its author meant it.
    return data.decode("utf-8", "surrogateescape").removeprefix("\ufeff")


def _signature(path: str) -> _Signature | None:
    """Return values of which one differs after a file has changed; None if there is no file."""
    try:
        status = os.stat(path)  # noqa: PTH116 - several times as fast as Path, and called for each directory
    except (OSError, ValueError):
        return None
    return status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns


def _is_long_file(path: str) -> bool:
    try:
        return Path(path).is_file() and Path(path).stat().st_size > LARGEST
    except OSError:
        return False  # It was removed meanwhile.


def repository_of(directory: str) -> RepositoryFolders:
    """Return the repository of a work tree.

    It is the folder `.git`, or that named by "gitdir: PATH" in a linked work tree's file `.git`; the file `commondir`
    there names the folder that all work trees share. See gitrepository-layout(5).
    """
    git = f"{directory}/.git"
    if _signature(git) is None:
        return RepositoryFolders(directory, common=git)
    link = _read_line(git)
    if not link.startswith("gitdir:"):
        return RepositoryFolders(directory, git, git, _read_line(f"{git}/HEAD"))
    own = Path(directory, link.removeprefix("gitdir:").strip())
    common = own / _read_line(f"{own}/commondir")
    return RepositoryFolders(directory, own.as_posix(), common.as_posix(), _read_line(f"{own}/HEAD"))


def _read_line(path: str) -> str:
    return _text(read_regular_file(path, _LONGEST_LINK) or b"").strip()


def _work_tree(folder: str) -> str:
    """Return the nearest git work tree, which is the folder itself or one around it; "" if there is none."""
    directory = folder
    # Not Path.exists, which raises if a folder above may not be read.
    while not os.path.exists(f"{directory}/.git"):  # noqa: PTH110
        parent = directory.rpartition("/")[0]
        if not parent or parent == directory:
            return ""
        directory = parent
    return directory
