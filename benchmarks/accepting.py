"""Accepting a suggestion while a trace is typed: its text comes at once, and the keys for it are not pressed. Pure."""

from __future__ import annotations

import random
from collections import deque

from attrs import define, field

from benchmarks.traces import Change, Edit

LEAST = 8
"""Characters of a suggestion from which on it is worth a key."""


@define
class Accepts:
    """A user who accepts suggestions that are right to their end, at a `share` of the keys at which there is one."""

    share: float = 0.0
    _chance: random.Random = field(factory=lambda: random.Random(1), repr=False)

    def choose(self, before: Edit | None, ghost: str, coming: deque[Edit]) -> Edit | None:
        """Return the acceptance, and take the keys it saves off those to come; None where nothing is accepted."""
        if before is None or self.share <= 0 or len(ghost.strip()) < LEAST or not before.missing.startswith(ghost):
            return None
        end = before.cursor + len(ghost)
        last = next((n for n, edit in enumerate(coming) if _stands_at(edit, end, before, len(ghost))), None)
        if last is None or self._chance.random() >= self.share:
            return None
        gap_s = coming[0].gap_s
        for _ in range(last):
            coming.popleft()
        reached = coming.popleft()
        change = Change(before.cursor, before.cursor, ghost)
        return Edit(gap_s, before.document, (change,), end, reached.missing, reached.following)


def _stands_at(edit: Edit, cursor: int, before: Edit, typed: int) -> bool:
    """Has this edit completed a text of `typed` characters, and typed nothing else?"""
    return (edit.document, edit.cursor) == (before.document, cursor) and edit.missing == before.missing[typed:]
