"""Which files git ignores: `.gitignore` at every level, with negation, and `.git/info/exclude`.

The innermost file that says anything about a path decides, as in gitignore(5). That a file in an ignored directory
cannot be included again is the scanner's doing: it does not look into ignored directories.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from attrs import field, frozen
from pathspec import GitIgnoreSpec

from fim_language_server.embedded.sources import decode, read_regular_file

LARGEST: Final = 5_000_000
"""Bytes of a .gitignore that are read. What a longer one hides is not known: all that is beside it counts as hidden."""
_EVERYTHING: Final = ["*"]
_LONGEST_LINK: Final = 10_000


@frozen
class IgnoreRules:
    """The patterns of one directory, and those of the directories around it."""

    directory: str
    """Absolute, with "/" as separator and none at the end."""
    patterns: GitIgnoreSpec = field(repr=False)
    outer: IgnoreRules | None = field(default=None, repr=False)

    def ignore(self, path: str, *, is_directory: bool) -> bool:
        """Say whether a path (absolute, "/" as separator) in this directory is ignored."""
        if is_directory:
            path += "/"
        rules: IgnoreRules | None = self
        while rules is not None:
            verdict = rules.patterns.check_file(path[len(rules.directory) + 1 :]).include
            if verdict is not None:
                return verdict
            rules = rules.outer
        return False


def rules_of_folder(folder: str) -> IgnoreRules:
    """Return the rules that hold in a workspace folder: its own, and those of the work tree it lies in."""
    directory = _work_tree(folder) or folder
    rules = rules_of_directory(directory, IgnoreRules(directory, parse_patterns([])))
    for part in filter(None, folder[len(directory) :].split("/")):
        directory = f"{directory}/{part}"
        rules = rules_of_directory(directory, rules)
    return rules


def rules_of_directory(directory: str, outer: IgnoreRules) -> IgnoreRules:
    """Return the rules that hold in a directory, given those that hold around it.

    A repository in the work tree of another brings its own `info/exclude`, and is ruled by the outer one as well.
    """
    if exclude := _read_lines(f"{_git_folder(directory)}/info/exclude"):
        outer = IgnoreRules(directory, parse_patterns(exclude), outer)
    lines = _read_lines(f"{directory}/.gitignore")
    return IgnoreRules(directory, parse_patterns(lines), outer) if lines else outer


def parse_patterns(lines: Iterable[str]) -> GitIgnoreSpec:
    """Return the patterns of a .gitignore; one that git would not understand costs only itself."""
    lines = list(lines)
    with contextlib.suppress(ValueError):
        return GitIgnoreSpec.from_lines(lines)
    good = []
    for line in lines:
        try:
            GitIgnoreSpec.from_lines([line])
        except ValueError:
            continue
        good.append(line)
    return GitIgnoreSpec.from_lines(good)


def _read_lines(path: str) -> list[str]:
    data = read_regular_file(path, LARGEST)
    if data is None and _size(path) > LARGEST:
        return _EVERYTHING
    return (decode(data) or "").splitlines() if data else []


def _size(path: str) -> int:
    try:
        return Path(path).stat().st_size if Path(path).is_file() else 0
    except OSError:
        return 0  # It is gone by now.


def _git_folder(directory: str) -> str:
    """Return the folder that holds a work tree's `info`: `.git`, or where a linked work tree's file `.git` leads.

    gitrepository-layout(5): "gitdir: PATH" in the file, and there, for what all work trees share, a file `commondir`.
    """
    git = f"{directory}/.git"
    link = _read_link(git)
    if not link.startswith("gitdir:"):
        return git
    own = Path(directory, link.removeprefix("gitdir:").strip())
    return str(own / _read_link(f"{own}/commondir"))


def _read_link(path: str) -> str:
    data = read_regular_file(path, _LONGEST_LINK)
    return (decode(data) or "").strip() if data else ""


def _work_tree(folder: str) -> str:
    """Return the nearest directory, this one or around it, that is a git work tree; "" where there is none."""
    directory = folder
    while not Path(directory, ".git").exists():
        parent = directory.rpartition("/")[0]
        if not parent or parent == directory:
            return ""
        directory = parent
    return directory
