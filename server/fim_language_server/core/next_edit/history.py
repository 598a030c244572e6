"""The edits of the user, as a person sees them: changes that were made one after the other in one place are one edit.

A change of a few lines costs the same in a document of a hundred lines and of a hundred thousand. Bounded are the
number of edits, their lines, their characters and their age. What is taken back again leaves no edit.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from attrs import define, evolve, field, frozen

from fim_language_server.core.next_edit.line_change import AROUND, LineChange, without_end
from fim_language_server.core.next_edit.values import PastEdit

MOST_EDITS: Final = 32
MOST_LINES: Final = 60
"""Lines of an edit, before or after it; a longer change, such as a formatter's, is not kept."""
MOST_CHARS: Final = 4_000
"""Code points of an edit, before and after it together."""
MOST_AGE_S: Final = 600.0
PAUSE_S: Final = 1.0
"""Seconds after which a change beside an edit's lines begins another one."""
SAME_LINES_PAUSE_S: Final = 30.0
"""Seconds after which a change in the last edit's lines begins another one."""
MOST_UNDONE: Final = 8
"""Edits taken back that are remembered, so that doing them again is known as that."""


@frozen
class _Edit:
    """One edit as it grows; lines keep their line ends."""

    uri: str
    path: str
    change: LineChange = field(repr=False)
    began: float
    at: float
    was_accepted: bool = False

    @property
    def is_nothing(self) -> bool:
        return list(self.change.old_lines) == list(self.change.new_lines)

    @property
    def is_small(self) -> bool:
        lines = [*self.change.old_lines, *self.change.new_lines]
        longest = max(len(self.change.old_lines), len(self.change.new_lines))
        return longest <= MOST_LINES and sum(map(len, lines)) <= MOST_CHARS

    def is_reverse_of(self, other: _Edit) -> bool:
        """Does this edit bring back what stood there before the other one?"""
        mine, theirs = self.change, other.change
        return (
            self.uri == other.uri
            and mine.first == theirs.first
            and list(mine.old_lines) == list(theirs.new_lines)
            and list(mine.new_lines) == list(theirs.old_lines)
        )

    def as_past(self) -> PastEdit:
        change = self.change
        return PastEdit(
            self.uri,
            self.path,
            change.first,
            tuple(map(without_end, change.old_lines)),
            tuple(map(without_end, change.new_lines)),
            tuple(map(without_end, change.above)),
            tuple(map(without_end, change.below)),
            self.at,
            self.was_accepted,
        )


@define(eq=False)
class EditHistory:
    """The last edits of all documents of a workspace, the oldest first. Times are in seconds."""

    _edits: list[_Edit] = field(factory=list, init=False, repr=False)
    _undone: list[_Edit] = field(factory=list, init=False, repr=False)
    took_back: bool = field(default=False, init=False)
    """Whether the last change took an edit back, or did it again."""

    def record(self, uri: str, path: str, change: LineChange, now: float, *, was_accepted: bool = False) -> None:
        """Add a change of a document; `was_accepted` says that it is an accepted suggestion."""
        self.took_back = False
        new = _Edit(uri, path, _trimmed(change), now, now, was_accepted)
        if new.is_nothing:
            return
        last = self._edits[-1] if self._edits else None
        if last is not None and not was_accepted and new.is_small and _are_one(last, change, uri, now):
            self._edits.pop()
            self._shift(uri, change)
            whole = evolve(last, change=_trimmed(_composed(last.change, change)), at=now)
            if whole.is_nothing:
                self._note_undone(last)
            else:
                self._append(whole)
            return
        self._shift(uri, change)
        if new.is_small:
            self._append(new)
        else:
            self._drop_touched(uri, change)

    def edits(self, now: float) -> tuple[PastEdit, ...]:
        """Return the edits of the last `MOST_AGE_S`, the oldest first."""
        self._edits = [each for each in self._edits if now - each.at <= MOST_AGE_S]
        return tuple(each.as_past() for each in self._edits)

    def count(self, uri: str) -> int:
        """Return the number of edits that are kept of a document."""
        return sum(each.uri == uri for each in self._edits)

    @property
    def last_began(self) -> float | None:
        """The time at which the newest edit began; None without one. It tells one edit from another."""
        return self._edits[-1].began if self._edits else None

    def changes_of(self, uri: str) -> Sequence[LineChange]:
        """Return the edits of a document as changes of lines, placed in its present text, the newest first."""
        return [each.change for each in reversed(self._edits) if each.uri == uri]

    def forget(self, uri: str) -> None:
        """Drop the edits of a document that must not be shown to a model any more."""
        self._edits = [each for each in self._edits if each.uri != uri]
        self._undone = [each for each in self._undone if each.uri != uri]

    def _append(self, edit: _Edit) -> None:
        if not edit.is_small:
            return
        reversed_one = next((each for each in reversed(self._edits) if edit.is_reverse_of(each)), None)
        if reversed_one is not None:
            self._edits.remove(reversed_one)
            self._note_undone(reversed_one)
            return
        done_again = next((each for each in self._undone if _is_same(each, edit)), None)
        if done_again is not None:
            self._undone.remove(done_again)
            self.took_back = True
        self._edits.append(edit)
        del self._edits[:-MOST_EDITS]

    def _note_undone(self, edit: _Edit) -> None:
        self._undone = [*self._undone, edit][-MOST_UNDONE:]
        self.took_back = True

    def _shift(self, uri: str, change: LineChange) -> None:
        """Move the edits below a change with their text."""
        if not change.added:
            return
        for index, each in enumerate(self._edits):
            if each.uri == uri and each.change.first >= change.old_end:
                self._edits[index] = evolve(each, change=evolve(each.change, first=each.change.first + change.added))

    def _drop_touched(self, uri: str, change: LineChange) -> None:
        """Drop the edits in the lines of a change that is too long to be kept."""
        self._edits = [
            each
            for each in self._edits
            if each.uri != uri
            or each.change.new_end <= change.first
            or (each.change.first >= change.new_end and each.change.first >= change.old_end)
        ]


def _are_one(last: _Edit, change: LineChange, uri: str, now: float) -> bool:
    """Say whether a change is a part of the last edit: it is in its lines, or adds to them or removes from them."""
    if last.uri != uri or last.was_accepted:
        return False
    edited, pause = last.change, now - last.at
    overlaps = change.first < edited.new_end and edited.first < change.old_end
    if overlaps:
        return pause <= SAME_LINES_PAUSE_S
    touches = change.first == edited.new_end or change.old_end == edited.first
    return touches and pause <= PAUSE_S and bool(change.added or edited.added)


def _is_same(one: _Edit, other: _Edit) -> bool:
    return (
        one.uri == other.uri
        and list(one.change.old_lines) == list(other.change.old_lines)
        and list(one.change.new_lines) == list(other.change.new_lines)
    )


def _composed(earlier: LineChange, later: LineChange) -> LineChange:
    """Return two changes, whose lines overlap or touch, as one."""
    if later.first == earlier.first and len(later.old_lines) == len(earlier.new_lines) == 1:  # at most keys
        return LineChange(later.first, earlier.old_lines, later.new_lines, earlier.above, earlier.below)
    first = min(earlier.first, later.first)
    end = max(earlier.new_end, later.old_end)
    head = list(later.old_lines[: max(0, earlier.first - later.first)])
    tail = list(later.old_lines[len(later.old_lines) - max(0, later.old_end - earlier.new_end) :])
    if later.old_end <= earlier.new_end:
        tail = []
    old = [*head, *earlier.old_lines, *tail]
    kept_head = list(earlier.new_lines[: max(0, later.first - earlier.first)])
    kept_tail = list(earlier.new_lines[len(earlier.new_lines) - max(0, earlier.new_end - later.old_end) :])
    if earlier.new_end <= later.old_end:
        kept_tail = []
    new = [*kept_head, *later.new_lines, *kept_tail]
    above = later.above if later.first <= earlier.first else earlier.above
    below = later.below if later.old_end >= end else earlier.below
    return LineChange(first, tuple(old), tuple(new), above, below)


def _trimmed(change: LineChange) -> LineChange:
    """Return a change without the lines at its ends that are the same before and after."""
    old, new = change.old_lines, change.new_lines
    shorter = min(len(old), len(new))
    head = next((i for i in range(shorter) if old[i] != new[i]), shorter)
    rest = shorter - head
    tail = next((i for i in range(rest) if old[-1 - i] != new[-1 - i]), rest)
    if not head and not tail:
        return change
    above = (*change.above, *new[:head])[-AROUND:]
    below = (*new[len(new) - tail :], *change.below)[:AROUND]
    return LineChange(change.first + head, old[head : len(old) - tail], new[head : len(new) - tail], above, below)
