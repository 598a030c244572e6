"""The patterns of one .gitignore: does the last one that matches a path hide it, or show it again?

Patterns without wildcards are looked up, only the others are tried one by one: generated files list many thousand
names. gitignore(5) and git's wildmatch.c are followed to the letter; the tests ask git itself. (The library pathspec
judges a path by the patterns that match the directories around it as well, and so shows some of what git hides.)
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Final

from attrs import define, field

_NOTHING: Final = -1
_LOWER: Final = {upper: upper + 32 for upper in range(ord("A"), ord("Z") + 1)}
_ESCAPED: Final = re.compile(r"\\(.)", re.DOTALL)
_UP_TO_WILDCARD: Final = re.compile(r"(?:[^\\*?\[]|\\.)*", re.DOTALL)
_UP_TO_SPECIAL: Final = re.compile(r"[^\\*?\[]*")
_NAMED_CLASS: Final = re.compile(r"\[:([^\]]*):\]")

_CLASSES: Final = {
    "alnum": "a-zA-Z0-9",
    "alpha": "a-zA-Z",
    "blank": " \\t",
    "cntrl": "\\x00-\\x1f\\x7f",
    "digit": "0-9",
    "graph": "!-~",
    "lower": "a-z",
    "print": " -~",
    "punct": "!-/:-@\\[-`{-~",
    "space": "\\t-\\r ",
    "upper": "A-Z",
    "xdigit": "0-9a-fA-F",
}
"""What stands between "[:" and ":]", as regular expressions have it."""


class Patterns:
    """The patterns of one file. Paths are relative to its directory, with "/" as separator."""

    def __init__(self, lines: Iterable[str] = (), *, ignore_case: bool = False) -> None:
        """Take lines without their ends. A pattern that git would not understand matches nothing."""
        self._ignore_case = ignore_case
        flags = re.DOTALL | re.ASCII | (re.IGNORECASE if ignore_case else re.NOFLAG)
        self._any = _Table(flags)
        self._directories = _Table(flags)
        for number, line in enumerate(lines):
            self._add(number, line)

    def verdict(self, path: str, *, is_directory: bool) -> bool | None:
        """Say whether this very path is hidden; None where no pattern matches it.

        What is in a hidden directory is hidden without being asked about (`hides` asks).
        """
        path = self._as_compared(path)
        name = path[path.rfind("/") + 1 :]
        last = self._any.last_match(path, name)
        if is_directory:
            last = max(last, self._directories.last_match(path, name))
        return None if last == _NOTHING else bool(last & 1)

    def hides(self, path: str) -> bool:
        """Say whether a file, or a directory around it, is hidden."""
        path = path.lstrip("/")
        ends = (match.start() for match in re.finditer("/", path))
        return any(self.verdict(path[:end], is_directory=True) for end in ends) or bool(
            self.verdict(path, is_directory=False)
        )

    def _add(self, number: int, line: str) -> None:
        pattern = _without_spaces_at_end(line)
        if pattern.startswith("#"):
            return
        hides = not pattern.startswith("!")
        pattern = pattern if hides else pattern[1:]
        table = self._any
        if pattern.endswith("/"):
            table, pattern = self._directories, pattern[:-1]
        if pattern:
            table.add(self._as_compared(pattern), 2 * number + hides)

    def _as_compared(self, text: str) -> str:
        """Return one character for each byte, as git compares, without case where that is wanted (ASCII only)."""
        if not text.isascii():
            try:
                text = text.encode("utf-8", "surrogateescape").decode("latin-1")
            except UnicodeEncodeError:  # Windows has names that are no Unicode.
                text = text.encode("utf-8", "surrogatepass").decode("latin-1")
        return text.translate(_LOWER) if self._ignore_case else text


def wildmatch(pattern: str, path: str, *, ignore_case: bool = False) -> bool:
    """Say whether a whole path matches a pattern, as git's wildmatch with WM_PATHNAME does."""
    if ignore_case:
        pattern, path = pattern.translate(_LOWER), path.translate(_LOWER)
    expression = _expression(pattern, in_path=True, start=0)
    flags = re.DOTALL | re.ASCII | (re.IGNORECASE if ignore_case else re.NOFLAG)
    return expression is not None and re.fullmatch(expression, path, flags) is not None


@define
class _Table:
    """Patterns by what they are compared with. A rank is twice a line's number, and one more where it hides."""

    _flags: re.RegexFlag
    _names: dict[str, int] = field(factory=dict)
    _paths: dict[str, int] = field(factory=dict)
    _endings: dict[int, dict[str, int]] = field(factory=dict)
    """What names end with, by length: `*.log` is the commonest of all wildcards."""
    _wild: list[tuple[int, bool, Callable[[str], object]]] = field(factory=list)
    """Rank, whether the whole path is compared, and the comparison."""

    def add(self, pattern: str, rank: int) -> None:
        """Take a pattern, without what `!` and a slash at its end have said."""
        in_path = "/" in pattern
        pattern = pattern.removeprefix("/")
        if _UP_TO_WILDCARD.fullmatch(pattern):
            (self._paths if in_path else self._names)[_ESCAPED.sub(r"\1", pattern)] = rank
        elif not in_path and pattern[0] == "*" and _UP_TO_SPECIAL.fullmatch(pattern, 1):
            self._endings.setdefault(len(pattern) - 1, {})[pattern[1:]] = rank
        elif (expression := _expression(pattern, in_path=in_path)) is not None:
            self._wild.append((rank, in_path, re.compile(expression, self._flags).fullmatch))

    def last_match(self, path: str, name: str) -> int:
        """Return the rank of the last pattern that matches, or _NOTHING."""
        last = max(self._names.get(name, _NOTHING), self._paths.get(path, _NOTHING))
        for length, endings in self._endings.items():
            last = max(last, endings.get(name[max(0, len(name) - length) :], _NOTHING))
        for rank, in_path, matches in reversed(self._wild):
            if rank < last:
                break
            if matches(path if in_path else name):
                return rank
        return last


def _without_spaces_at_end(line: str) -> str:
    """Return a line without the spaces at its end; one that a backslash stands before stays."""
    pattern = line.rstrip(" ")
    backslashes = len(pattern) - len(pattern.rstrip("\\"))
    return pattern + " " if backslashes % 2 and len(pattern) < len(line) else pattern


def _expression(pattern: str, *, in_path: bool, start: int | None = None) -> str | None:
    """Return the regular expression for a pattern with wildcards; None where it can match nothing.

    `start` is where the pattern begins to the stars: in a .gitignore that is the first special character, because git
    compares what is before it by itself.
    """
    if start is None:
        match = _UP_TO_SPECIAL.match(pattern)
        start = match.end() if match else 0
    any_one, any_number = ("[^/]", "[^/]*") if in_path else (".", ".*")
    parts: list[str] = []
    place = 0
    while place < len(pattern):
        character = pattern[place]
        following = place + 1
        if character == "\\":
            if following == len(pattern):
                return None
            parts.append(re.escape(pattern[following]))
            following += 1
        elif character == "?":
            parts.append(any_one)
        elif character == "*":
            following = len(pattern) - len(pattern[place:].lstrip("*"))
            is_whole = place == start or pattern[place - 1] == "/"
            if in_path and is_whole and following - place > 1 and pattern[following : following + 1] in ("", "/"):
                parts.append("(?:.*/)?" if following < len(pattern) else ".*")
                following += 1
            else:
                parts.append(any_number)
        elif character == "[":
            found = _bracket(pattern, following)
            if found is None:
                return None
            expression, following = found
            parts.append(f"(?!/){expression}" if in_path else expression)
        else:
            parts.append(re.escape(character))
        place = following
    return "".join(parts)


def _bracket(pattern: str, place: int) -> tuple[str, int] | None:
    """Return the expression for what begins after a "[", and where it is over; None where it is not closed."""
    negated = pattern[place : place + 1] in ("!", "^")
    place += negated
    members: list[str] = []
    lowest = ""  # the character that a "-" would make a range of
    is_first = True
    while is_first or pattern[place : place + 1] != "]":
        is_first = False
        character = pattern[place : place + 1]
        if character == "-" and lowest and pattern[place + 1 : place + 2] not in ("", "]"):
            place += 1 + (pattern[place + 1] == "\\")
            highest = pattern[place : place + 1]
            if lowest <= highest:
                members.append(f"{re.escape(lowest)}-{re.escape(highest)}")
            lowest = ""
        elif character == "[" and (named := _NAMED_CLASS.match(pattern, place)):
            if named[1] not in _CLASSES:
                return None
            members.append(_CLASSES[named[1]])
            place = named.end() - 1
            lowest = ""
        else:
            place += character == "\\"
            lowest = pattern[place : place + 1]
            members.append(re.escape(lowest))
        if place >= len(pattern):
            return None
        place += 1
    if not members:
        return ("." if negated else "(?!)"), place + 1
    return f"[{'^' if negated else ''}{''.join(members)}]", place + 1
