"""Typing sessions made from real files: lines taken out and typed again, key by key, at human speed.

Gaps between keys are log-normal (median 120 ms, sigma 0.45), with thinking pauses of 0.5 to 2 s and 2 % typing errors
that are corrected at once; a line end brings the next line's indentation with it, as editors do. Deterministic by seed.
"""

from __future__ import annotations

import math
import random

from attrs import frozen

from fim_language_server.evaluation.held_out import HeldOut, hold_out

MEDIAN_GAP_S = 0.12
SIGMA = 0.45
PAUSES = 0.03
TYPING_ERRORS = 0.02


@frozen
class Key:
    """One keystroke: after `gap_s`, `text` is inserted at a place, or one character before it is removed (text "")."""

    gap_s: float
    line: int
    column: int
    text: str
    rest: str  # what is still to be typed after this key; "" while a typing error stands

    @property
    def cursor(self) -> tuple[int, int]:
        """Return line and column after the key."""
        if not self.text:
            return self.line, self.column - 1
        ends = self.text.count("\n")
        return self.line + ends, len(self.text.rpartition("\n")[2]) + (0 if ends else self.column)


@frozen
class Trace:
    """A file without some lines, and the keys that bring them back."""

    region: HeldOut
    keys: tuple[Key, ...]


def make_traces(files: dict[str, str], *, seed: int, regions: int, lines: int) -> list[Trace]:
    """Return a trace for each of so many regions of so many lines."""
    chance = random.Random(seed)
    return [
        Trace(region, tuple(_type(region, chance)))
        for region in hold_out(files, regions=regions, lines=lines, seed=seed)
    ]


def _type(region: HeldOut, chance: random.Random) -> list[Key]:
    text = "\n".join(region.lines)
    line, column = len(region.before) - 1, len(region.before[-1])
    pieces = _pieces("\n" + text)
    keys: list[Key] = []
    for number, piece in enumerate(pieces):
        rest = "".join(pieces[number + 1 :])
        if piece.isalpha() and chance.random() < TYPING_ERRORS:
            keys.append(Key(_gap(chance), line, column, chance.choice("qxzj"), ""))
            keys.append(Key(_gap(chance), line, column + 1, "", "".join(pieces[number:])))
        key = Key(_gap(chance), line, column, piece, rest)
        keys.append(key)
        line, column = key.cursor
    return keys


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
