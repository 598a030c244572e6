"""What was shown on the line that is being typed, and how often typing went another way.

Whoever typed past a text has seen that this line is not as expected: the next one must be likelier.
"""

from __future__ import annotations

from typing import Final

_STEP: Final = 0.1
"""How much likelier for each text typed past; measured, like all figures, in docs/embedded.md."""
_MOST: Final = 0.95
_ABOVE: Final = 200
"""Code points above the line that tell it from other lines of its document."""


class LineMemory:
    """Remembers one line of one document; a text is typed past where the line goes another way, or on."""

    def __init__(self) -> None:
        self._place: tuple[str, str] | None = None
        self._shown = ""
        self._typed_past = 0

    def least_probability(self, path: str, prefix: str, least: float) -> float:
        """Return the probability (0 … 1) a text must have here, where it would be `least` on a line just begun."""
        place, line = _place_of(path, prefix)
        if place != self._place:
            self._place, self._shown, self._typed_past = place, "", 0
        elif self._shown and not self._shown.startswith(line):
            self._shown = ""
            self._typed_past += 1
        return max(least, min(least + _STEP * self._typed_past, _MOST))

    def show(self, path: str, prefix: str, text: str) -> None:
        """Remember the text that is shown at the end of `prefix`."""
        self._place, line = _place_of(path, prefix)
        self._shown = line + text


def _place_of(path: str, prefix: str) -> tuple[tuple[str, str], str]:
    start = max(prefix.rfind("\n"), prefix.rfind("\r")) + 1
    return (path, prefix[max(0, start - _ABOVE) : start]), prefix[start:]
