"""Stop before a model that says the same thing over and over.

Small models do so at low temperature. Tabby cuts at five like lines or a pattern at a line's end, Continue at
three like lines; but tables of zeros and lists of `None` are code, so short lines must come six times here.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from fim_language_server.core.shaping.cursor_context import CursorContext

_TIMES: Final = 3
_TIMES_SHORT: Final = 6
_MANY_LETTERS: Final = 8
_LONGEST_BLOCK: Final = 12

_WINDOW: Final = 16
"""Length of the probe for a pattern within a line, in code points."""
_MIN_RUN: Final = 48
_SHORT_PATTERN: Final = 48
"""Up to this length a pattern has to come four times, a longer one three times."""
_LONGEST_PATTERN: Final = 1_024
"""Bounds the search from each probe, so that a line costs time in proportion to its length."""
_LETTER: Final = re.compile(r"[^\W\d_]")


def ends_at(_around: CursorContext, lines: list[str]) -> int | None:
    """Return the index of the first of these whole lines that only repeats; None while none does.

    A block of up to twelve lines that comes three times is kept once; so is a line without many letters that comes
    six times. A line that runs away in itself is not kept at all.
    """
    said = [line for line in lines if line.strip()]
    may_repeat = len(set(said)) < len(said)
    for start, line in enumerate(lines):
        if runs_away(line):
            return start
        if not may_repeat or not line.strip():
            continue
        for size in range(1, _LONGEST_BLOCK + 1):
            if _repeats(lines, start, size):
                return start + size
    return None


def runs_away(line: str) -> bool:
    """Say whether a line, or the beginning of one, repeats a pattern with letters, for 48 code points or more.

    Judged by probes at fixed columns, so that a growing line never takes its answer back.
    """
    return len(line) >= _MIN_RUN and _repeats_a_pattern(line)


@lru_cache(maxsize=64)
def _repeats_a_pattern(line: str) -> bool:
    """Search a long line for a pattern. Remembered, because every piece of a stream brings its whole lines again."""
    for start in range(0, len(line) - 2 * _WINDOW + 1, _WINDOW):
        probe = line[start : start + _WINDOW]
        if len(set(probe)) < 3 or not _LETTER.search(probe):
            continue  # Rulers, padding, tables of digits.
        period = line.find(probe, start + 1, start + _LONGEST_PATTERN + _WINDOW) - start
        if period <= 0:
            continue
        end = start + period
        while end < len(line) and line[end] == line[end - period]:
            end += 1
        times = 4 if period <= _SHORT_PATTERN else 3
        if end - start >= max(_MIN_RUN, times * period):
            return True
    return False


def _repeats(lines: list[str], start: int, size: int) -> bool:
    """Does the block of `size` lines from `start` come often enough in a row?"""
    if start + _TIMES * size > len(lines) or lines[start] != lines[start + size]:
        return False
    block = lines[start : start + size]
    letters = sum(len(_LETTER.findall(line)) for line in block)
    times = _TIMES if letters >= _MANY_LETTERS else _TIMES_SHORT
    end = start + times * size
    return len(lines) >= end and all(lines[at : at + size] == block for at in range(start + size, end, size))
