"""Features of a candidate's line beside its neighbours: the lines above and below, and the name of the file.

Lists are often sorted, numbers in consecutive lines count on, and a file is often named after its contents. All
values are between -1 and 1.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import PurePosixPath
from typing import Final

from fim_language_server.embedded.search.cursor import Cursor
from fim_language_server.embedded.text.names import parts_of

_NUMBER: Final = re.compile(r"\d+")
_SHORTEST_STEM: Final = 4
_SORTED_ALIKE: Final = 2
"""Code points of a common beginning from which two lines count as items of one list."""


class Neighbours:
    """The lines around the cursor and the document's path, prepared for comparison with candidates."""

    def __init__(self, cursor: Cursor, path: str) -> None:
        """Take the cursor, and the document's path in the index ("" if it has none)."""
        self._previous, self._next = cursor.previous_line, cursor.next_line
        self._previous_numbers, self._next_numbers = map(_NUMBER.findall, (self._previous, self._next))
        self._previous_parts = parts_of(f"{cursor.previous_line} {cursor.line}")
        self._next_parts = parts_of(f"{cursor.tail} {cursor.next_line}")
        self._are_sorted = _alike(self._previous, self._next) and self._previous < self._next
        file = PurePosixPath(path)
        stem = "".join(filter(str.isalnum, file.stem.partition(".")[0])).lower()
        self._stem = stem if len(stem) >= _SHORTEST_STEM else ""
        self._directory = file.parent.name.lower()

    def features(self, text: str, full: str) -> dict[str, float]:
        """Return the features of a candidate's text that makes `full` the cursor's line."""
        parts, numbers = parts_of(text), _NUMBER.findall(full)
        return {
            "in order": (1.0 if self._previous < full < self._next else -1.0) if self._are_sorted else 0.0,
            "counts on": _counts_on(self._previous, self._previous_numbers, full, numbers),
            "is counted on": _counts_on(full, numbers, self._next, self._next_numbers),
            "begins as previous": _common_start(full, self._previous) / (len(full) + 1),
            "begins as next": _common_start(full, self._next) / (len(full) + 1),
            "parts in previous": len(parts & self._previous_parts) / (len(parts) + 0.5),
            "parts in next": len(parts & self._next_parts) / (len(parts) + 0.5),
            "named as file": float(bool(self._stem) and self._stem in _joined(text)),
            "named as directory": float(bool(self._directory) and self._directory in text.lower()),
        }


def _joined(text: str) -> str:
    return text.replace("_", "").replace("-", "").lower()


def _common_start(line: str, other: str) -> int:
    """Return the length of the common beginning of two lines in code points."""
    for length, (ours, theirs) in enumerate(zip(line, other, strict=False)):
        if ours != theirs:
            return length
    return min(len(line), len(other))


def _alike(line: str, other: str) -> bool:
    return _common_start(line, other) >= _SORTED_ALIKE


def _counts_on(line: str, first: Sequence[str], following: str, second: Sequence[str]) -> float:
    """Return 1 if `following` is `line` with numbers one higher or equal, -1 if all are equal, -0.5 if others differ.

    `first` and `second` are the numbers in the two lines. The result is 0 for lines that differ in more than numbers.
    """
    if not first or len(first) != len(second) or _NUMBER.sub("0", line) != _NUMBER.sub("0", following):
        return 0.0
    steps = [int(after[:9]) - int(before[:9]) for before, after in zip(first, second, strict=True)]
    if not any(steps):
        return -1.0
    return 1.0 if set(steps) <= {0, 1} else -0.5
