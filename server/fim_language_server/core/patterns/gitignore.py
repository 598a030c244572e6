"""The patterns of one .gitignore: does the last one that matches a path hide it, or show it again?

Patterns without wildcards are looked up, only the others (`wildmatch`) are tried one by one: generated files list many
thousand names. gitignore(5) is followed to the letter; the tests ask git itself. (The library pathspec judges a path by
the patterns that match the directories around it as well, and so shows some of what git hides.)

The patterns may be a stranger's, so what they cost is bounded, at writing and at each question. What would cost more is
not judged: it counts as hidden.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Final

from attrs import define, field

from fim_language_server.core.patterns.glob import MOST_STEPS, Glob, Steps, TooManyStepsError
from fim_language_server.core.patterns.wildmatch import LONGEST_PATTERN, LOWER, as_bytes, compile_glob, up_to_special

MOST_WILD: Final = 20_000
"""Patterns in one file that have to be tried one by one."""

_CUT_AT_A_STEP: Final = 16
"""Characters of a path that are copied in the time in which one is compared."""

_NOTHING: Final = -1
_ESCAPED: Final = re.compile(r"\\(.)", re.DOTALL)
_UP_TO_WILDCARD: Final = re.compile(r"(?:[^\\*?\[]|\\.)*", re.DOTALL)


class Patterns:
    """The patterns of one file. Paths are relative to its directory, with "/" as separator."""

    def __init__(self, lines: Iterable[str] = (), *, ignore_case: bool = False) -> None:
        """Take lines without their ends. A pattern that git would not understand matches nothing."""
        self._ignore_case = ignore_case
        self._any = _Table(ignore_case)
        self._directories = _Table(ignore_case)
        self.are_too_many = False
        """Are there so many, or such long ones, that they are not judged? Then all is hidden."""
        for number, line in enumerate(lines):
            self._add(number, line)
            if self.are_too_many:
                break
        self._has_wild = bool(self._any.wild or self._directories.wild)
        self.is_empty = not self.are_too_many and self._any.is_empty and self._directories.is_empty
        """Does no pattern match anything?"""

    def verdict(self, path: str, *, is_directory: bool, steps: Steps | None = None) -> bool | None:
        """Say whether this very path is hidden; None where no pattern matches it.

        What is in a hidden directory is hidden without being asked about (`hides` asks). `steps` are what it may cost,
        and what it costs is taken from them.
        """
        if self.are_too_many:
            return True
        path = as_bytes(path)
        path = path.translate(LOWER) if self._ignore_case else path
        name = path[path.rfind("/") + 1 :]
        if steps is None and self._has_wild:
            steps = Steps(MOST_STEPS)
        try:
            last = self._any.last_match(path, name, steps)
            if is_directory:
                last = max(last, self._directories.last_match(path, name, steps))
        except TooManyStepsError:
            return True
        return None if last == _NOTHING else bool(last & 1)

    def hides(self, path: str) -> bool:
        """Say whether a file, or a directory around it, is hidden."""
        path, steps = path.lstrip("/"), Steps(MOST_STEPS)
        if self.is_empty:
            return False
        try:
            for match in re.finditer("/", path):
                steps.take(match.start() // _CUT_AT_A_STEP)
                if self.verdict(path[: match.start()], is_directory=True, steps=steps):
                    return True
        except TooManyStepsError:  # No system has a path of so many names.
            return True
        return bool(self.verdict(path, is_directory=False, steps=steps))

    def _add(self, number: int, line: str) -> None:
        pattern = _without_spaces_at_end(line)
        if pattern.startswith("#"):
            return
        hides = not pattern.startswith("!")
        pattern = pattern if hides else pattern[1:]
        table = self._any
        if pattern.endswith("/"):
            table, pattern = self._directories, pattern[:-1]
        if 0 < len(pattern) <= LONGEST_PATTERN:
            table.add(as_bytes(pattern), 2 * number + hides)
        self.are_too_many = len(pattern) > LONGEST_PATTERN or self._any.wild + self._directories.wild > MOST_WILD


@lru_cache(8)
def patterns_of(lines: tuple[str, ...], *, ignore_case: bool = False) -> Patterns:
    """Return the patterns of a setting, read once for all that ask."""
    return Patterns(lines, ignore_case=ignore_case)


@define
class _Table:
    """Patterns by what they are compared with. A rank is twice a line's number, and one more where it hides."""

    _ignore_case: bool
    _names: dict[str, int] = field(factory=dict)
    _paths: dict[str, int] = field(factory=dict)
    _endings: dict[int, dict[str, int]] = field(factory=dict)
    """Endings of names, by length: `*.log` is the most frequent kind of wildcard."""
    _wild: list[tuple[int, bool, str, str, Glob]] = field(factory=list)
    """Rank, whether the whole path is compared, what it starts with and has in it, and the pattern."""

    @property
    def wild(self) -> int:
        """Number of patterns that have to be tried one by one."""
        return len(self._wild)

    @property
    def is_empty(self) -> bool:
        """Is there no pattern?"""
        return not (self._names or self._paths or self._endings or self._wild)

    def add(self, pattern: str, rank: int) -> None:
        """Take a pattern, without what `!` and a slash at its end have said."""
        in_path = "/" in pattern
        pattern = pattern.removeprefix("/")
        if _UP_TO_WILDCARD.fullmatch(pattern):
            # Without case, git compares small letters, and leaves what is escaped as it is.
            if not (self._ignore_case and any("A" <= escaped <= "Z" for escaped in _ESCAPED.findall(pattern))):
                (self._paths if in_path else self._names)[self._folded(_ESCAPED.sub(r"\1", pattern))] = rank
        elif not in_path and pattern[0] == "*" and up_to_special(pattern, 1) == len(pattern):
            self._endings.setdefault(len(pattern) - 1, {})[self._folded(pattern[1:])] = rank
        elif (glob := compile_glob(pattern, in_path=in_path, ignore_case=self._ignore_case)) is not None:
            self._wild.append((rank, in_path, glob.start, glob.needle, glob))

    def last_match(self, path: str, name: str, steps: Steps | None) -> int:
        """Return the rank of the last pattern that matches, or _NOTHING. Raises TooManyStepsError.

        `steps` may be None where no pattern is to be tried.
        """
        last = max(self._names.get(name, _NOTHING), self._paths.get(path, _NOTHING))
        for length, endings in self._endings.items():
            last = max(last, endings.get(name[max(0, len(name) - length) :], _NOTHING))
        if not self._wild or steps is None:
            return last
        steps.take(len(self._wild))
        for rank, in_path, start, needle, glob in reversed(self._wild):
            if rank < last:
                break
            text = path if in_path else name
            if needle in text and text.startswith(start) and glob.matches(text, steps):
                return rank
        return last

    def _folded(self, text: str) -> str:
        return text.translate(LOWER) if self._ignore_case else text


def _without_spaces_at_end(line: str) -> str:
    """Return a line without the spaces at its end; one that a backslash stands before stays."""
    pattern = line.rstrip(" ")
    backslashes = len(pattern) - len(pattern.rstrip("\\"))
    return pattern + " " if backslashes % 2 and len(pattern) < len(line) else pattern
