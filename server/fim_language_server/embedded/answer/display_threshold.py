"""Threshold for showing a text while the user types: by its length as well as by its probability.

A wrong text costs the time to read it, a right one saves its keys. So the odds that a text needs fall with its
length; one of `AVERAGE` code points needs the probability of the setting. Compared with one threshold for all lengths,
as many texts are shown and as many of them are right, but they are longer (docs/embedded-internals.md).
"""

from __future__ import annotations

from typing import Final

AVERAGE: Final = 16
"""Length in code points of a text that needs the probability of the setting."""
_LINE_BONUS: Final = 12
"""Keys that accepting a right text is worth beside those of its length, because it finishes the line."""
_LONGEST: Final = 40
"""Length in code points above which the threshold falls no further."""
_STEP: Final = 1.25
"""Factor on the odds for each text that was typed past on the line."""


def least_probability(least: float, length: int, typed_past: int = 0) -> float:
    """Return the least probability (0 … 1) of a text of `length` code points that is shown.

    `least` is the least probability of a text of AVERAGE length; `typed_past` is the number of texts that were typed
    past on the line.
    """
    if not 0 < least < 1:
        return least
    odds = least / (1 - least) * (AVERAGE + _LINE_BONUS) / (min(length, _LONGEST) + _LINE_BONUS) * _STEP**typed_past
    return odds / (1 + odds)
