"""What git's configuration says about ignored files: read from its files, for git may not be installed, or not trusted.

git-config(1): the system's file, the user's, the repository's; what is said last holds. `include.path` is followed,
`includeIf` is not.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final

from attrs import frozen

ReadText = Callable[[str], str]
"""Gives the text of a file; "" where there is none."""

_DEEPEST: Final = 10
"""Files that include files; git stops there, too."""

_SECTION: Final = re.compile(r'\s*\[\s*([\w.-]+)\s*(?:"((?:[^"\\]|\\.)*)"\s*)?\]')
_KEY: Final = re.compile(r"\s*([A-Za-z][A-Za-z0-9-]*)[ \t]*(=?)[ \t]*")
_VALUE: Final = re.compile(r'\\\n|\\(.)|(")|([#;].*)|([^\\"#;\n]+)|\n')
_ESCAPES: Final = {"n": "\n", "t": "\t", "b": "\b"}


@frozen
class GitConfig:
    """The part that counts here."""

    excludes_file: str
    """Path of the user's own ignore file, absolute; "": there is none."""
    ignore_case: bool = False
    """Do names that differ in case only name the same file?"""


def read_git_config(work_tree: str, repository: Sequence[str], read: ReadText, environ: Mapping[str, str]) -> GitConfig:
    """Return what holds in a work tree, whose own configuration stands in the files `repository`."""
    home = environ.get("HOME") or environ.get("USERPROFILE") or ""
    user_folder = environ.get("XDG_CONFIG_HOME") or (home and f"{home}/.config")
    files = [] if _is_true(environ.get("GIT_CONFIG_NOSYSTEM", "")) else ["/etc/gitconfig"]
    users = [f"{user_folder}/git/config" if user_folder else "", f"{home}/.gitconfig" if home else ""]
    files += [environ["GIT_CONFIG_GLOBAL"]] if "GIT_CONFIG_GLOBAL" in environ else users
    values: dict[str, str] = {}
    for path in (*files, *repository):
        if path:
            values.update(_settings(path, read, home, _DEEPEST))
    excludes = values.get("core.excludesfile")
    if excludes is None:
        excludes = f"{user_folder}/git/ignore" if user_folder else ""
    elif excludes:
        excludes = os.path.join(work_tree, _expand(excludes, home))  # noqa: PTH118 - text, "/" kept
    return GitConfig(excludes, _is_true(values.get("core.ignorecase", "")))


def _settings(path: str, read: ReadText, home: str, depth: int) -> Iterator[tuple[str, str]]:
    """Yield (section.key, value) of a file and of those it includes, in the order in which they hold."""
    for name, value in parse_git_config(read(path)):
        if name != "include.path":
            yield name, value
        elif depth:
            included = os.path.join(os.path.dirname(path), _expand(value, home))  # noqa: PTH118, PTH120 - text
            yield from _settings(included, read, home, depth - 1)


def parse_git_config(text: str) -> Iterator[tuple[str, str]]:
    """Yield (section.key or section.subsection.key, value) of a file, as far as it can be understood.

    Sections and keys are in lower case. A key without "=" is true.
    """
    text = text.removeprefix("\ufeff").replace("\r\n", "\n")
    section, place = "", 0
    while place < len(text):
        if header := _SECTION.match(text, place):
            section = header[1].lower() + (f".{header[2]}" if header[2] is not None else "")
            place = header.end()
        elif key := _KEY.match(text, place):
            value, place = _read_value(text, key.end())
            yield f"{section}.{key[1].lower()}", value if key[2] else "true"
        else:
            # Blank, a comment, or nothing that git would understand.
            end = text.find("\n", place)
            place = end + 1 if end >= 0 else len(text)


def _read_value(text: str, place: int) -> tuple[str, int]:
    """Return a value without its quotes, and where its line is over."""
    value, kept, quoted = "", 0, False
    while match := _VALUE.match(text, place):
        place = match.end()
        escaped, quote, comment, plain = match.groups()
        if escaped is not None:
            value += _ESCAPES.get(escaped, escaped)
            kept = len(value)
        elif quote:
            quoted = not quoted
            kept = len(value)
        elif comment and not quoted:
            continue
        elif comment or plain:
            if comment:
                # Within quotes it is none; only its first character is sure to be text.
                place = match.start() + 1
            value += match[0][: place - match.start()]
            kept = len(value) if quoted else kept
        elif match[0] == "\n":
            break
    return value[:kept] + value[kept:].rstrip(), place


def _expand(path: str, home: str) -> str:
    return home + path[1:] if path == "~" or path.startswith("~/") else path


def _is_true(value: str) -> bool:
    return value.lower() in {"true", "yes", "on", "1"}
