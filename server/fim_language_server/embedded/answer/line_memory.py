"""What was shown on the line that is being typed, and what typing has said about it since.

Whoever typed past a text has seen that this line is not as expected: the next one must be likelier. A text that is
typed into stays: what the user reads does not change under their eyes. But whoever types into it for a while, and
does not take it, seems to know that it ends otherwise: it is doubted from then on, and another may take its place.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from attrs import field, frozen

from fim_language_server.core.typing_through import DOUBTED_AFTER

_HALF: Final = 2
"""Code points typed into a text that halve its odds: after four, it is a quarter as likely beside the others."""
_AROUND: Final = 200
"""Code points above the line that tell it from other lines of its document, and behind the cursor that must stay."""


@frozen
class KeptLine:
    """What is left of a text that is shown and typed into."""

    text: str = field(repr=False)
    confidence: float
    is_doubted: bool
    """Has so much been typed into it that others should be looked at?"""


@frozen
class _Shown:
    """A text that is shown, as the line it would make."""

    line: str = field(repr=False)
    begun: int
    """Code points of the line where it was shown first."""
    compared: int
    """Code points of the line where it was last compared with others."""
    confidence: float
    suffix: str = field(repr=False)


class LineMemory:
    """Remembers one line of one document; a text is typed past where the line goes another way, or on."""

    def __init__(self) -> None:
        self._place: tuple[str, str] | None = None
        self._line = ""
        self._shown: _Shown | None = None
        self._doubts: dict[str, float] = {}
        self.typed_past = 0
        """How many texts were typed past on this line."""

    def follow(self, path: str, prefix: str, suffix: str) -> KeptLine | None:
        """Take what the line has become; return what is left of the text that is typed into, if there is one."""
        place, self._line = _place_of(path, prefix)
        if place != self._place:
            self._place, self._shown, self._doubts, self.typed_past = place, None, {}, 0
        shown, line = self._shown, self._line
        if shown is None:
            return None
        if not shown.line.startswith(line):
            self._shown = None
            self.typed_past += 1
            return None
        typed, rest = len(line) - shown.begun, shown.line[len(line) :]
        if typed <= 0 or not rest or suffix[:_AROUND] != shown.suffix:
            return None
        if is_doubted := len(line) - shown.compared >= DOUBTED_AFTER:
            self._doubts[_first_line(shown.line)] = 0.5 ** (typed / _HALF)
        return KeptLine(rest, shown.confidence, is_doubted)

    def show(self, text: str, suffix: str, confidence: float) -> None:
        """Remember the text that is shown now, at the end of the line that was followed last."""
        line, length = self._line + text, len(self._line)
        before = self._shown
        begun = before.begun if before is not None and before.line == line and before.begun <= length else length
        self._shown = _Shown(line, begun, length, confidence, suffix[:_AROUND])

    def weigh(self, texts: Sequence[str], probabilities: Sequence[float]) -> list[float]:
        """Return the probabilities of what comes at the end of the line, given what is doubted."""
        parts = [p * self._doubts.get(self._line + text, 1.0) for text, p in zip(texts, probabilities, strict=True)]
        total = sum(parts) + max(0.0, 1 - sum(probabilities))
        return [part / total for part in parts]


def _place_of(path: str, prefix: str) -> tuple[tuple[str, str], str]:
    start = max(prefix.rfind("\n"), prefix.rfind("\r")) + 1
    return (path, prefix[max(0, start - _AROUND) : start]), prefix[start:]


def _first_line(text: str) -> str:
    return text.partition("\n")[0]
