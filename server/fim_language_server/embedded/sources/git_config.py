"""Git's settings on ignored files, read from its configuration files, because git may be missing or not trusted.

The order is that of git-config(1): the system's file, the user's, the repository's, each with the files it includes
(if the condition of an `includeIf` is met); the last value of a setting holds.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Final

from attrs import define, field, frozen

from fim_language_server.core.patterns.wildmatch import wildmatch

Settings = Iterable[tuple[str, str]]
"""Settings of a file, as `parse_git_config` returns them."""

ReadConfig = Callable[[str], Settings]
"""Returns the settings of the file at a path; none if there is no file."""

_DEEPEST: Final = 10
"""Most levels of included files; the limit is git's."""
_MOST_FILES: Final = 64
"""Most files read in all. A file that includes itself eighty times would lead to 80^10."""
_MOST_SETTINGS: Final = 200_000
_MOST_CONDITIONS: Final = 200
_MOST_REMOTES: Final = 100
"""Most settings that are read, conditions that are evaluated, and addresses of remotes that they are compared with."""

_CONDITION: Final = re.compile(r"includeif\.(gitdir|gitdir/i|onbranch|hasconfig:remote\.\*\.url):(.*)\.path", re.DOTALL)
_REMOTE_URL: Final = re.compile(r"remote\..*\.url", re.DOTALL)
_BRANCH: Final = "ref: refs/heads/"

# None of these spans lines, and none can match a text in two ways: the time is linear in the file's length.
_BLANKS: Final = re.compile(r"\s*")
_SECTION: Final = re.compile(r'\[[ \t]*([\w.-]+)[ \t]*(?:"((?:[^"\\\n]|\\[^\n])*)"[ \t]*)?\]')
_KEY: Final = re.compile(r"([A-Za-z][A-Za-z0-9-]*)[ \t]*(=?)[ \t]*")
_VALUE: Final = re.compile(r'\\\n|\\(.)|(")|([#;])|[^\\"#;\n]+|\n')
_ESCAPED: Final = re.compile(r"\\(.)")
_ESCAPES: Final = {"n": "\n", "t": "\t", "b": "\b"}


@frozen
class GitConfig:
    """The settings of git that concern ignored files."""

    excludes_file: str
    """Path of the user's own ignore file, absolute; "": there is none."""
    ignore_case: bool = False
    """Do names that differ in case only name the same file?"""


@frozen
class RepositoryFolders:
    """A work tree, and the folders of its repository."""

    work_tree: str
    own: str = ""
    """The repository's folder for this work tree; "" if there is no repository."""
    common: str = ""
    """The repository's folder for all its work trees; usually equal to `own`."""
    head: str = ""
    """Contents of the file `HEAD`."""


def read_git_config(repository: RepositoryFolders, read: ReadConfig, environ: Mapping[str, str]) -> GitConfig:
    """Return the settings that hold in a work tree."""
    values = dict(all_settings(repository, read, environ))
    excludes = values.get("core.excludesfile")
    if excludes is None:
        folder = _user_folder(environ)
        excludes = f"{folder}/git/ignore" if folder else ""
    elif excludes:
        excludes = os.path.join(repository.work_tree, _expand(excludes, _home(environ)))  # noqa: PTH118 - text, "/" kept
    return GitConfig(excludes, _is_true(values.get("core.ignorecase", "")))


def all_settings(
    repository: RepositoryFolders, read: ReadConfig, environ: Mapping[str, str]
) -> Iterator[tuple[str, str]]:
    """Yield (section.key, value) of all files that hold in a work tree; the last value of a key holds."""
    home, folder = _home(environ), _user_folder(environ)
    is_without_system = _is_true(environ.get("GIT_CONFIG_NOSYSTEM", ""))
    files = [] if is_without_system else [_system_file(environ)]
    users = [f"{folder}/git/config" if folder else "", f"{home}/.gitconfig" if home else ""]
    files += [environ["GIT_CONFIG_GLOBAL"]] if "GIT_CONFIG_GLOBAL" in environ else users
    if repository.own:
        files += [f"{repository.common}/config", f"{repository.own}/config.worktree"]
    settings = _Reading(repository, read, home, [path for path in files if path]).settings()
    yield from islice(settings, _MOST_SETTINGS)


@define
class _Reading:
    """One reading of configuration files and of the files they include."""

    _repository: RepositoryFolders
    _read: ReadConfig
    _home: str
    _files: Sequence[str]
    _remotes: list[str] | None = field(default=None, init=False)
    """The addresses of remotes, once a condition needs them."""
    _files_read: int = field(default=0, init=False)
    _conditions_judged: int = field(default=0, init=False)

    def settings(self) -> Iterator[tuple[str, str]]:
        """Yield (section.key, value) of the files and of those they include, in their order."""
        for path in self._files:
            yield from self._of_file(path, _DEEPEST)

    def _of_file(self, path: str, depth: int) -> Iterator[tuple[str, str]]:
        self._files_read += 1
        if self._files_read > _MOST_FILES:
            return
        for name, value in self._read(path):
            condition = _CONDITION.fullmatch(name)
            if condition is None and name != "include.path":
                yield name, value
            elif depth and (condition is None or self._is_met(condition[1], condition[2], path)):
                included = os.path.join(os.path.dirname(path), _expand(value, self._home))  # noqa: PTH118, PTH120 - text
                yield from self._of_file(included, depth - 1)

    def _is_met(self, kind: str, pattern: str, path: str) -> bool:
        """Is a condition in the file at `path` met?"""
        self._conditions_judged += 1
        if self._conditions_judged > _MOST_CONDITIONS:
            return False
        if kind.startswith("gitdir"):
            return bool(self._repository.own) and self._is_in(pattern, path, ignore_case=kind == "gitdir/i")
        if kind == "onbranch":
            head = self._repository.head.strip()
            return head.startswith(_BRANCH) and _matches(pattern, head.removeprefix(_BRANCH))
        if self._remotes is None:
            self._remotes = []  # A condition on remotes is not met while the remotes are being read.
            urls = (value for name, value in self.settings() if _REMOTE_URL.fullmatch(name))
            self._remotes = list(islice(urls, _MOST_REMOTES))
        return any(_matches(pattern, remote) for remote in self._remotes)

    def _is_in(self, pattern: str, path: str, *, ignore_case: bool) -> bool:
        """Does the pattern match the repository's folder, by its real path or its path with links?"""
        folder = ""
        if pattern.startswith("~/"):
            folder, pattern = _real(self._home), pattern[1:]
        elif pattern.startswith("./"):
            folder, pattern = _real(os.path.dirname(path)), pattern[1:]  # noqa: PTH120 - text
        elif not os.path.isabs(pattern):  # noqa: PTH117 - text
            pattern = f"**/{pattern}"
        for place in (_real(self._repository.own), self._repository.own):
            start, rest = place[: len(folder)], place[len(folder) :]
            is_inside = start.lower() == folder.lower() if ignore_case else start == folder
            if is_inside and _matches(pattern, rest, ignore_case=ignore_case):
                return True
        return False


def _matches(pattern: str, text: str, *, ignore_case: bool = False) -> bool:
    return wildmatch(pattern + "**" if pattern.endswith("/") else pattern, text, ignore_case=ignore_case)


def _real(path: str) -> str:
    return os.path.realpath(path).replace(os.sep, "/")


def parse_git_config(text: str) -> Iterator[tuple[str, str]]:
    """Yield (section.key or section.subsection.key, value) of a file's text, skipping lines that cannot be parsed.

    Sections and keys are in lower case. The value of a key without "=" is "true".
    """
    text = text.removeprefix("\ufeff").replace("\r\n", "\n")
    section, place = "", 0
    while (place := _after_blanks(text, place)) < len(text):
        if header := _SECTION.match(text, place):
            section = header[1].lower() + ("" if header[2] is None else "." + _ESCAPED.sub(r"\1", header[2]))
            place = header.end()
        elif key := _KEY.match(text, place):
            value, place = _read_value(text, key.end())
            yield f"{section}.{key[1].lower()}", value if key[2] else "true"
        else:
            # A comment, or a line that git would reject.
            end = text.find("\n", place)
            place = end + 1 if end >= 0 else len(text)


def _after_blanks(text: str, place: int) -> int:
    found = _BLANKS.match(text, place)
    return found.end() if found else place


def _read_value(text: str, place: int) -> tuple[str, int]:
    """Return a value without its quotes, and the index of the end of its line."""
    parts: list[str] = []
    kept, quoted = 0, False  # the first `kept` parts keep their blanks at the end
    while match := _VALUE.match(text, place):
        place = match.end()
        escaped, quote, comment = match.groups()
        if escaped is not None:
            parts.append(_ESCAPES.get(escaped, escaped))
            kept = len(parts)
        elif quote:
            quoted = not quoted
            kept = len(parts)
        elif comment and not quoted:
            end = text.find("\n", place)
            place = end if end >= 0 else len(text)
        elif match[0] == "\n":
            break
        elif match[0] != "\\\n":
            parts.append(match[0])
            kept = len(parts) if quoted else kept
    return "".join(parts[:kept]) + "".join(parts[kept:]).rstrip(), place


def _system_file(environ: Mapping[str, str]) -> str:
    """Return the file of all users; "" if it is not known. Git for Windows has it where git is installed."""
    if named := environ.get("GIT_CONFIG_SYSTEM"):
        return named
    if sys.platform != "win32":
        return "/etc/gitconfig"
    programs = environ.get("PROGRAMFILES", "").replace("\\", "/")
    return programs and f"{programs}/Git/etc/gitconfig"


def _home(environ: Mapping[str, str]) -> str:
    return environ.get("HOME") or environ.get("USERPROFILE") or ""


def _user_folder(environ: Mapping[str, str]) -> str:
    home = _home(environ)
    return environ.get("XDG_CONFIG_HOME") or (home and f"{home}/.config")


def _expand(path: str, home: str) -> str:
    return home + path[1:] if path == "~" or path.startswith("~/") else path


def _is_true(value: str) -> bool:
    return value.lower() in {"true", "yes", "on", "1"}
