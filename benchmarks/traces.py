"""Typing sessions made from real files: lines taken out and typed again, key by key, at human speed. Pure.

Regions of 3 to 12 lines, comments and blank lines among them, are cut out of a file all at once and typed again from
top to bottom. Gaps between keys are log-normal (median 120 ms, sigma 0.45), with thinking pauses of 0.5 to 2 s more
and 2 % typing errors that are corrected at once; a line end brings the next line's indentation with it, as editors
do. Deterministic by seed.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterator, Mapping, Sequence

from attrs import field, frozen

MEDIAN_GAP_S = 0.12
SIGMA = 0.45
PAUSES = 0.022
TYPING_ERRORS = 0.02
REGION_LINES = (3, 12)
PAUSE_S = 0.5
"""A gap between two keys from which on it counts as a pause, in seconds."""
MOST_FOLLOWING = 400
"""Characters behind the region that are kept with each edit."""


@frozen
class Change:
    """Characters `start` … `end` of the text before the edit become `text`."""

    start: int
    end: int
    text: str


@frozen
class Edit:
    """One edit, `gap_s` seconds after the one before it.

    Its changes all refer to the text before it and come in ascending order. `cursor` is where it leaves the cursor.
    `missing` is what the user will have written between the text before the cursor and the text after it, and
    `following` how the text goes on from there; "" where that cannot be said.
    """

    gap_s: float
    document: str
    changes: tuple[Change, ...]
    cursor: int
    missing: str = field(repr=False)
    following: str = field(default="", repr=False)

    @property
    def comes(self) -> str:
        """Return what stands at the cursor in the end."""
        return self.missing + self.following


@frozen
class Trace:
    """Documents as they are opened, by their path, and the edits that are made in them."""

    name: str
    documents: Mapping[str, str] = field(repr=False)
    edits: tuple[Edit, ...] = field(repr=False)


def apply(text: str, changes: Sequence[Change]) -> str:
    """Return the text after an edit."""
    for change in reversed(changes):
        text = text[: change.start] + change.text + text[change.end :]
    return text


def make_traces(files: Mapping[str, str], *, seed: int, keys: int) -> list[Trace]:
    """Return a trace of `keys` keys for each file."""
    return [_trace(path, text, random.Random(f"{seed} {path}"), keys) for path, text in files.items()]


def enlarged(trace: Trace, lines: int) -> Trace:
    """Return the edits in the middle of a document that is longer by `lines` lines, of 23 characters each."""
    (path, text), half = next(iter(trace.documents.items())), lines // 2
    above = "".join(f"above_{n:06d} = {n:07d}\n" for n in range(half))
    below = "".join(f"below_{n:06d} = {n:07d}\n" for n in range(half))
    moved = tuple(_moved(edit, len(above)) for edit in trace.edits)
    return Trace(f"{trace.name}, {lines:,} lines more", {path: above + text + below}, moved)


def _moved(edit: Edit, by: int) -> Edit:
    changes = tuple(Change(it.start + by, it.end + by, it.text) for it in edit.changes)
    return Edit(edit.gap_s, edit.document, changes, edit.cursor + by, edit.missing, edit.following)


def _trace(path: str, text: str, chance: random.Random, keys: int) -> Trace:
    rows = text.split("\n")
    regions = _regions(rows, chance, keys)
    rest = [row for start, end in _between(regions, len(rows)) for row in rows[start:end]]
    edits: list[Edit] = []
    n_cut = 0
    for start, end in regions:  # what is above has been typed again by then
        following = "\n" + "\n".join(rest[start - n_cut :])
        cursor = len("\n".join(rows[:start]))
        edits += _type(path, "\n" + "\n".join(rows[start:end]), cursor, following[:MOST_FOLLOWING], chance)
        n_cut += end - start
    return Trace(path, {path: "\n".join(rest)}, tuple(edits[:keys]))


def _regions(rows: Sequence[str], chance: random.Random, keys: int) -> list[tuple[int, int]]:
    """Return lines `start` … `end` to be typed, ascending and apart, that take about `keys` keys."""
    chosen: list[tuple[int, int]] = []
    for _ in range(1_000):
        start, n_lines = chance.randrange(1, max(2, len(rows))), chance.randint(*REGION_LINES)
        end = start + n_lines
        is_apart = all(end < other_start or start > other_end for other_start, other_end in chosen)
        if end < len(rows) and is_apart and rows[start].strip() and rows[end - 1].strip():
            chosen.append((start, end))
        if sum(len(_pieces("\n".join(rows[first:last]))) for first, last in chosen) >= keys:
            break
    return sorted(chosen)


def _between(regions: Sequence[tuple[int, int]], n_rows: int) -> Iterator[tuple[int, int]]:
    at = 0
    for start, end in regions:
        yield at, start
        at = end
    yield at, n_rows


def _type(path: str, text: str, cursor: int, following: str, chance: random.Random) -> Iterator[Edit]:
    """Type a text that begins with the end of the line above it."""
    pieces = _pieces(text)
    for number, piece in enumerate(pieces):
        if piece.isalpha() and chance.random() < TYPING_ERRORS:
            wrong = chance.choice([letter for letter in "qxzj" if letter != piece])
            yield Edit(_gap(chance), path, (Change(cursor, cursor, wrong),), cursor + 1, "")
            undone = "".join(pieces[number:])
            yield Edit(_gap(chance), path, (Change(cursor, cursor + 1, ""),), cursor, undone, following)
        change = Change(cursor, cursor, piece)
        cursor += len(piece)
        yield Edit(_gap(chance), path, (change,), cursor, "".join(pieces[number + 1 :]), following)


def _pieces(text: str) -> list[str]:
    """Split into what one key brings: a character, or a line end with the indentation after it."""
    pieces: list[str] = []
    for character in text:
        if pieces and character in " \t" and pieces[-1].startswith("\n"):
            pieces[-1] += character
        else:
            pieces.append(character)
    return pieces


def _gap(chance: random.Random) -> float:
    gap = chance.lognormvariate(math.log(MEDIAN_GAP_S), SIGMA)
    return gap + (chance.uniform(0.5, 2.0) if chance.random() < PAUSES else 0.0)
