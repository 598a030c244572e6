"""Names and paths compared with a pattern that was read (`wildmatch`), in bounded time.

git's wildmatch.c tries all ways to share a name among the stars, so sixteen stars and sixty letters take it for ever.
Between two stars is a piece of fixed length, and it is enough to put each piece where it fits first. Pieces cost at
most their length times the name's, and `Steps` bounds what all patterns together may cost.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from attrs import define

MOST_STEPS: Final = 400_000
"""Characters that may be compared for one path: about 30 ms. 10,000 ordinary patterns with wildcards need less."""


class TooManyStepsError(Exception):
    """The comparisons that were allowed are used up."""


@define
class Steps:
    """Number of characters that may still be compared. Raises TooManyStepsError where they are used up."""

    left: int

    def take(self, count: int) -> None:
        """Use some of them."""
        self.left -= count
        if self.left < 0:
            raise TooManyStepsError


class Member(NamedTuple):
    """A place for one character: one of `characters`, or, if negated, any other. "?" is any other than none."""

    characters: str
    negated: bool = False


ANY_ONE: Final = Member("", negated=True)


class Literal:
    """A piece of a name without wildcards."""

    __slots__ = ("length", "text")

    def __init__(self, text: str) -> None:
        self.text, self.length = text, len(text)

    def is_at(self, name: str, place: int, _steps: Steps) -> bool:
        """Say whether the piece is at a place of a name."""
        return name.startswith(self.text, place)

    def find(self, name: str, place: int, end: int, _steps: Steps) -> int:
        """Return the first place from `place` on where it is, over by `end`; -1: there is none."""
        return name.find(self.text, place, end)


class Members:
    """A piece of a name in which brackets or question marks stand."""

    __slots__ = ("_members", "length")

    def __init__(self, members: list[Member]) -> None:
        self._members = tuple(members)
        self.length = len(members)

    def is_at(self, name: str, place: int, steps: Steps) -> bool:
        """Say whether the piece is at a place of a name."""
        steps.left -= self.length  # without a call: this is the innermost loop
        if steps.left < 0:
            raise TooManyStepsError
        for members, negated in self._members:
            if (name[place] in members) == negated:
                return False
            place += 1
        return True

    def find(self, name: str, place: int, end: int, steps: Steps) -> int:
        """Return the first place from `place` on where it is, over by `end`; -1: there is none."""
        return next((at for at in range(place, end - self.length + 1) if self.is_at(name, at, steps)), -1)


Piece = Literal | Members
_NOTHING: Final = Literal("")


class PatternSegment:
    """A pattern for a name, or for what is between two slashes of a path: pieces with a star between each two."""

    __slots__ = ("between", "first", "last", "length")

    def __init__(self, pieces: list[Piece]) -> None:
        self.first = pieces[0]
        self.between = pieces[1:-1]
        self.last: Piece | None = pieces[-1] if len(pieces) > 1 else None
        self.length = sum(piece.length for piece in pieces)

    @property
    def needle(self) -> str:
        """The longest text that is in every name that matches."""
        pieces = [self.first, *self.between, *([self.last] if self.last else [])]
        return max((piece.text for piece in pieces if isinstance(piece, Literal)), key=len, default="")

    def matches(self, name: str, steps: Steps) -> bool:
        """Say whether a whole name matches."""
        if len(name) < self.length:
            return False
        first, last = self.first, self.last
        if last is None:
            return len(name) == self.length and first.is_at(name, 0, steps)
        end = len(name) - last.length
        if not (first.is_at(name, 0, steps) and last.is_at(name, end, steps)):
            return False
        place = first.length
        for piece in self.between:
            place = piece.find(name, place, end, steps)
            if place < 0:
                return False
            place += piece.length
        return True


ANY_NAME: Final = PatternSegment([_NOTHING, _NOTHING])
ANY_DEPTH: Final = PatternSegment([_NOTHING, _NOTHING])
"""The segment "**": any number of names, or none. It is told by its identity."""


class Glob:
    """A pattern that names or paths can be compared with.

    What it matches starts with `start` and has `needle` in it: to look for those first is cheap.
    """

    __slots__ = ("_least", "_segments", "needle", "start")

    def __init__(self, start: str, segments: list[PatternSegment]) -> None:
        self.start = start
        self.needle = max((segment.needle for segment in segments), key=len)
        self._segments = segments
        self._least = sum(segment is not ANY_DEPTH for segment in segments)

    def matches(self, text: str, steps: Steps) -> bool:
        """Say whether a whole text matches: a path where the pattern is one for paths, or else a name."""
        if not text.startswith(self.start):
            return False
        rest = text[len(self.start) :]
        segments = self._segments
        if len(segments) == 1 and segments[0] is not ANY_DEPTH:
            return "/" not in rest and segments[0].matches(rest, steps)
        return self._matches_path(rest.split("/"), steps)

    def _matches_path(self, names: list[str], steps: Steps) -> bool:
        """Put what is behind each "**" where it fits first: what comes later has then the most room."""
        if len(names) < self._least:
            return False
        segments, at, place = self._segments, 0, 0
        again_at = again_place = -1
        while place < len(names):
            steps.take(1)
            if at < len(segments) and segments[at] is ANY_DEPTH:
                at += 1
                again_at, again_place = at, place
            elif at < len(segments) and segments[at].matches(names[place], steps):
                at, place = at + 1, place + 1
            elif again_at >= 0:
                again_place += 1
                at, place = again_at, again_place
            else:
                return False
        while at < len(segments) and segments[at] is ANY_DEPTH:
            at += 1
        return at == len(segments)
