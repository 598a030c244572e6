"""When is a text worth showing while one types? Not by its probability alone: by what it saves, too.

A wrong text costs a look, a right one saves its keys. So the odds that a text must have fall as what it saves grows,
and `AVERAGE` code points need what the setting says. With that as many texts are shown as with one probability for
all, and as many of them are right, but they are longer (docs/embedded.md).
"""

from __future__ import annotations

from typing import Final

AVERAGE: Final = 16
"""Code points of a text that needs the probability of the setting."""
_LOOK: Final = 12
"""What taking a right text is worth beside its keys, in keys: the line is finished, and the next one can be begun."""
_LONGEST: Final = 40
"""Code points beyond which a text needs no less."""
_STEP: Final = 1.25
"""How much higher the odds must be for each text that was typed past on the line."""


def least_probability(least: float, length: int, typed_past: int = 0) -> float:
    """Return the probability (0 … 1) that a text of `length` code points must have.

    `least` is that of a text of average length; `typed_past` texts were typed past on the line.
    """
    if not 0 < least < 1:
        return least
    odds = least / (1 - least) * (AVERAGE + _LOOK) / (min(length, _LONGEST) + _LOOK) * _STEP**typed_past
    return odds / (1 + odds)
