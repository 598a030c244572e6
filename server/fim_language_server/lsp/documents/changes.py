"""Changes of a text given as lines: their extent, and where they move places. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from attrs import field, frozen

from fim_language_server.core.values import Position

_Agree = Callable[[str, str, int], bool]


@frozen
class Splice:
    """The extent of one change: its start, its end in the old and in the new text, and the lines it added.

    `old_lines` stood from the line `first` on before the change, `new_lines` stand there after it: all lines that it
    touched, with their line endings.
    """

    start: Position
    old_end: Position
    new_end: Position
    added_lines: int
    first: int = field(default=0, eq=False)
    old_lines: Sequence[str] = field(default=(), repr=False, eq=False)
    new_lines: Sequence[str] = field(default=(), repr=False, eq=False)

    def shift(self, place: Position) -> Position:
        """Return where a place of the old text is in the new one; a place inside the change moves to its end."""
        if _key(place) <= _key(self.start):
            return place
        if place.line == self.old_end.line and place.column >= self.old_end.column:
            return Position(self.new_end.line, self.new_end.column + place.column - self.old_end.column)
        if place.line > self.old_end.line:
            return Position(place.line + self.added_lines, place.column)
        return self.new_end


def difference(old: Sequence[str], new: Sequence[str]) -> Splice:
    """Return the part in which two texts differ, found by comparing from both ends."""
    shorter = min(len(old), len(new))
    same = 0
    while same < shorter and old[same] == new[same]:
        same += 1
    if same == shorter:
        same -= 1
    tail = 0
    while tail < shorter - same - 1 and old[-1 - tail] == new[-1 - tail]:
        tail += 1
    old_line, new_line = old[len(old) - 1 - tail], new[len(new) - 1 - tail]
    start = _common(old[same], new[same], lambda a, b, size: a[:size] == b[:size])
    limit = min(
        len(old_line) - (start if len(old) - 1 - tail == same else 0),
        len(new_line) - (start if len(new) - 1 - tail == same else 0),
    )
    ending = min(limit, _common(old_line, new_line, lambda a, b, size: a[len(a) - size :] == b[len(b) - size :]))
    return Splice(
        Position(same, start),
        Position(len(old) - 1 - tail, len(old_line) - ending),
        Position(len(new) - 1 - tail, len(new_line) - ending),
        len(new) - len(old),
        same,
        old[same : len(old) - tail],
        new[same : len(new) - tail],
    )


def _common(old: str, new: str, agree: _Agree) -> int:
    """Return the greatest size at which `agree` holds, by bisection: comparing slices is faster than a loop."""
    low, high = 0, min(len(old), len(new))
    while low < high:
        middle = (low + high + 1) // 2
        if agree(old, new, middle):
            low = middle
        else:
            high = middle - 1
    return low


def _key(place: Position) -> tuple[int, int]:
    return place.line, place.column
