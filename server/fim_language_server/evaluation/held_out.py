"""Taking lines out of real files, to be typed again. Pure, and deterministic by seed."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence

from attrs import field, frozen

SHORTEST_FILE = 40
"""Lines; shorter files say too little around a hole."""


@frozen
class HeldOut:
    """Some consecutive lines of a file, and the file without them."""

    path: str
    before: tuple[str, ...] = field(repr=False)  # the lines above, without line ends
    lines: tuple[str, ...] = field(repr=False)
    after: tuple[str, ...] = field(repr=False)

    @property
    def text(self) -> str:
        """Return the file without the lines."""
        return "\n".join((*self.before, *self.after))


def hold_out(
    files: Mapping[str, str], *, regions: int, lines: int, seed: int, comments: Sequence[str] = ("#", "//", '"""')
) -> list[HeldOut]:
    """Return regions of about so many lines, at most one from a file, in a random order that the seed decides.

    A region begins at an indented line of code and has no comment, no docstring and no blank line first or last.
    What it holds is decided by the seed alone, not by what a model can do with it.
    """
    chance = random.Random(seed)  # noqa: S311
    chosen: list[HeldOut] = []
    paths = sorted(path for path, text in files.items() if text.count("\n") >= SHORTEST_FILE)
    chance.shuffle(paths)
    for path in paths:
        if len(chosen) == regions:
            break
        rows = files[path].split("\n")
        starts = [start for start in range(len(rows) - lines) if _is_code(rows[start : start + lines], comments)]
        if starts:
            start = chance.choice(starts)
            end = start + lines
            chosen.append(HeldOut(path, tuple(rows[:start]), tuple(rows[start:end]), tuple(rows[end:])))
    return chosen


def _is_code(rows: Sequence[str], comments: Sequence[str]) -> bool:
    first, last = rows[0], rows[-1]
    if not first.strip() or not last.strip() or first[:1] not in {" ", "\t"}:
        return False
    return not any(mark in row for row in rows for mark in comments)
