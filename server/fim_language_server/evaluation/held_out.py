"""Taking lines out of real files, to be typed again. Pure, and deterministic by seed."""

from __future__ import annotations

import random
from collections.abc import Container, Mapping

from attrs import field, frozen

from fim_language_server.evaluation.code_lines import code_lines
from fim_language_server.evaluation.holes import SHORTEST_LINE, is_ours

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


def hold_out(files: Mapping[str, str], *, regions: int, lines: int, seed: int) -> list[HeldOut]:
    """Return regions of so many lines, at most one from a file, in a random order that the seed decides.

    Each line is code: no comment, no docstring, no text within a string of several lines, not blank; and the first is
    not a bracket alone. What a region holds is decided by the seed alone, not by what a model can do with it.
    """
    chance = random.Random(seed)  # noqa: S311
    chosen: list[HeldOut] = []
    paths = sorted(path for path, text in files.items() if text.count("\n") >= SHORTEST_FILE and is_ours(path))
    chance.shuffle(paths)
    for path in paths:
        if len(chosen) == regions:
            break
        rows = files[path].split("\n")
        code = {row: end - start for row, start, end in code_lines(path, files[path])}
        starts = [row for row, length in code.items() if length >= SHORTEST_LINE and _all_in(code, row, lines)]
        if starts:
            start = chance.choice(starts)
            end = start + lines
            chosen.append(HeldOut(path, tuple(rows[:start]), tuple(rows[start:end]), tuple(rows[end:])))
    return chosen


def _all_in(code: Container[int], first: int, count: int) -> bool:
    return all(row in code for row in range(first, first + count))
