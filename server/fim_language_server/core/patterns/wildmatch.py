"""Git's patterns with wildcards: read into what compares names in bounded time, without regular expressions (`glob`).

git's wildmatch.c is followed to the letter; the tests ask git. Patterns and texts have one character for each byte, as
git compares.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from fim_language_server.core.patterns.glob import (
    ANY_DEPTH,
    ANY_NAME,
    ANY_ONE,
    MOST_STEPS,
    Glob,
    Literal,
    Member,
    Members,
    PatternSegment,
    Piece,
    Steps,
    TooManyStepsError,
)

LONGEST_PATTERN: Final = 10_000
"""Characters of a pattern; no path is longer than 4,096 bytes."""
LOWER: Final = {upper: upper + 32 for upper in range(ord("A"), ord("Z") + 1)}
"""The table by which git ignores case (ASCII only)."""


def _bits(characters: str) -> int:
    return sum(1 << ord(character) for character in characters)


_LETTERS: Final = (1 << 26) - 1
_DIGITS: Final = "0123456789"
_SMALL: Final = "abcdefghijklmnopqrstuvwxyz"
_CAPITALS: Final = _SMALL.upper()
_CLASSES: Final = {
    "alnum": _bits(_SMALL + _CAPITALS + _DIGITS),
    "alpha": _bits(_SMALL + _CAPITALS),
    "blank": _bits(" \t"),
    "cntrl": (1 << 0x20) - 1 | 1 << 0x7F,
    "digit": _bits(_DIGITS),
    "graph": (1 << 0x7F) - (1 << 0x21),
    "lower": _bits(_SMALL),
    "print": (1 << 0x7F) - (1 << 0x20),
    "punct": _bits("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"),
    "space": _bits(" \t\n\r"),  # git's own idea: without vertical tab and form feed
    "upper": _bits(_CAPITALS),
    "xdigit": _bits(_DIGITS + "abcdefABCDEF"),
}
"""The POSIX classes between "[:" and ":]", as a bit for each character."""

_UP_TO_SPECIAL: Final = re.compile(r"[^\\*?\[]*")


def compile_glob(pattern: str, *, in_path: bool, start: int | None = None, ignore_case: bool = False) -> Glob | None:
    """Return what compares texts with a pattern; None where it can match nothing.

    `start` is where the pattern begins to its stars: in a .gitignore that is the first special character, because git
    compares what is before it by itself. With `ignore_case`, texts have to be in lower case.
    """
    if start is None:
        start = up_to_special(pattern)
    segments = _Reader(pattern, start, in_path=in_path, ignore_case=ignore_case).segments()
    before = pattern[:start].translate(LOWER) if ignore_case else pattern[:start]
    return None if segments is None else Glob(before, segments)


def wildmatch(pattern: str, path: str, *, ignore_case: bool = False) -> bool:
    """Say whether a whole path matches a pattern, as git's wildmatch with WM_PATHNAME does; False if it costs much."""
    if len(pattern) > LONGEST_PATTERN:
        return False
    path = as_bytes(path)
    glob = compile_glob(as_bytes(pattern), in_path=True, start=0, ignore_case=ignore_case)
    try:
        return glob is not None and glob.matches(path.translate(LOWER) if ignore_case else path, Steps(MOST_STEPS))
    except TooManyStepsError:
        return False


def as_bytes(text: str) -> str:
    """Return one character for each byte, as git compares."""
    if text.isascii():
        return text
    try:
        return text.encode("utf-8", "surrogateescape").decode("latin-1")
    except UnicodeEncodeError:  # Windows has names that are no Unicode.
        return text.encode("utf-8", "surrogatepass").decode("latin-1")


def up_to_special(pattern: str, place: int = 0) -> int:
    """Return where the first special character from a place on stands, or the pattern's end."""
    found = _UP_TO_SPECIAL.match(pattern, place)
    return found.end() if found else place


class _Reader:
    """Reads a pattern once, from left to right."""

    def __init__(self, pattern: str, start: int, *, in_path: bool, ignore_case: bool) -> None:
        self._pattern, self._start = pattern, start
        self._in_path, self._ignore_case = in_path, ignore_case
        self._segments: list[PatternSegment] = []
        self._pieces: list[Piece] = []
        self._members: list[Member] = []
        self._literal: list[str] | None = []
        """The characters of the piece that is being read; None where it has other members."""

    def segments(self) -> list[PatternSegment] | None:
        """Return the segments; None where the pattern can match nothing."""
        pattern, place = self._pattern, self._start
        while place < len(pattern):
            character = pattern[place]
            if character == "*":
                place = self._star(place)
                if place > len(pattern):
                    return self._segments
                continue
            if character == "[":
                found = _bracket(pattern, place + 1, ignore_case=self._ignore_case)
                if found is None:
                    return None
                member, place = found
                self._add(member)
                continue
            if character == "\\":
                place += 1
                if place == len(pattern):
                    return None
                self._put(pattern[place])
            elif character == "?":
                self._add(ANY_ONE)
            else:
                self._put(character.translate(LOWER) if self._ignore_case else character)
            place += 1
        self._end_segment()
        return self._segments

    def _star(self, place: int) -> int:
        """Read the stars at a place and return where they are over; beyond the end where nothing is left to read."""
        pattern = self._pattern
        end = place
        while end < len(pattern) and pattern[end] == "*":
            end += 1
        if self._in_path and end - place > 1 and (place == self._start or pattern[place - 1] == "/"):
            if end == len(pattern):
                self._segments += [ANY_DEPTH, ANY_NAME]
                return end + 1
            if pattern[end] == "/":
                self._segments.append(ANY_DEPTH)
                return end + 1
            if pattern.startswith("\\/", end):
                # Only "**/" stands for no directory at all.
                self._segments += [ANY_NAME, ANY_DEPTH]
                return end + 2
        self._end_piece()
        return end

    def _put(self, character: str) -> None:
        if character == "/" and self._in_path:
            self._end_segment()
            return
        if self._literal is not None:
            self._literal.append(character)
        else:
            self._members.append(Member(character))

    def _add(self, member: Member) -> None:
        if self._literal is not None:
            self._members = [Member(character) for character in self._literal]
            self._literal = None
        self._members.append(member)

    def _end_piece(self) -> None:
        if self._literal is None:
            self._pieces.append(Members(self._members))
        else:
            self._pieces.append(Literal("".join(self._literal)))
        self._literal, self._members = [], []

    def _end_segment(self) -> None:
        self._end_piece()
        # An empty piece between two stars fits everywhere.
        between = [piece for piece in self._pieces[1:-1] if piece.length]
        ends = self._pieces[-1:] if len(self._pieces) > 1 else []
        self._segments.append(PatternSegment([self._pieces[0], *between, *ends]))
        self._pieces = []


def _bracket(pattern: str, place: int, *, ignore_case: bool) -> tuple[Member, int] | None:
    """Return what may stand for what begins behind a "[", and where it is over; None where git does not know it.

    Where case does not count, the names that are compared are in lower case, and a range is tried with the capital as
    well; single characters are not, in git.
    """
    negated = pattern[place : place + 1] in ("!", "^")
    place += negated
    members = 0  # a bit for each character
    lowest = ""  # the character that a "-" would make a range of
    closing = -1  # where the next "]" is; looked for once for each, so that the time is linear
    is_first = True
    while is_first or pattern[place : place + 1] != "]":
        is_first = False
        character = pattern[place : place + 1]
        if character == "-" and lowest and pattern[place + 1 : place + 2] not in ("", "]"):
            place += 1 + (pattern[place + 1] == "\\")
            if highest := pattern[place : place + 1]:
                members |= _range(lowest, highest, ignore_case=ignore_case)
            lowest = ""
        elif character == "[" and pattern[place + 1 : place + 2] == ":":
            closing = pattern.find("]", place + 2) if closing < place + 2 else closing
            if closing < 0:
                return None
            if closing > place + 2 and pattern[closing - 1] == ":":
                name = pattern[place + 2 : closing - 1]
                if name not in _CLASSES:
                    return None
                members |= _CLASSES["alpha" if name == "upper" and ignore_case else name]
                lowest, place = "", closing
            else:
                lowest = character
                members |= 1 << ord(character)
        else:
            place += character == "\\"
            lowest = pattern[place : place + 1]
            members |= 1 << ord(lowest) if lowest else 0
        if place >= len(pattern):
            return None
        place += 1
    return _member(members, negated), place + 1


def _range(lowest: str, highest: str, *, ignore_case: bool) -> int:
    members = max(0, (1 << ord(highest) + 1) - (1 << ord(lowest)))
    if ignore_case:
        members |= (members >> ord("A") & _LETTERS) << ord("a")
    return members


@lru_cache(1_000)
def _member(members: int, negated: bool) -> Member:
    return Member("".join(chr(i) for i in range(members.bit_length()) if members >> i & 1), negated)
