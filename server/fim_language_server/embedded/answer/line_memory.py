"""Memory of the text shown on the line that is being typed, and of the evidence in what the user typed since.

A user who types past a text shows that the line is unusual: the next text must be likelier. A text that is typed into
stays, so that it does not change while the user reads it. But a user who types into it for a while without accepting
it probably expects another end: from then on the text is doubted, and another one may replace it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from attrs import field, frozen

from fim_language_server.core.typing_through import DOUBTED_AFTER

_HALF: Final = 2
"""Code points typed into a text that halve its weight among the candidates: after four it is a quarter."""
_AROUND: Final = 200
"""Code points above the line by which it is recognised, and after the cursor that must stay the same."""


@frozen
class KeptLine:
    """The rest of a text that is shown and typed into."""

    text: str = field(repr=False)
    confidence: float
    is_doubted: bool
    """Has enough been typed into it without accepting it that other candidates are to be compared?"""


@frozen
class _Shown:
    """A text that is shown, as the whole line that it makes."""

    line: str = field(repr=False)
    begun: int
    """Length of the line in code points when it was shown first."""
    compared: int
    """Length of the line in code points when it was last compared with other candidates."""
    confidence: float
    suffix: str = field(repr=False)


class LineMemory:
    """Memory of one line of one document; a text was typed past if the line no longer agrees with it."""

    def __init__(self) -> None:
        self._place: tuple[str, str] | None = None
        self._line = ""
        self._shown: _Shown | None = None
        self._doubts: dict[str, float] = {}
        self.typed_past = 0
        """Number of texts that were typed past on this line."""

    def follow(self, path: str, prefix: str, suffix: str) -> KeptLine | None:
        """Take the line as it is now; return the rest of the text that is typed into, or None if there is none."""
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
        """Remember a text as shown after the line that was last given to `follow`."""
        line, length = self._line + text, len(self._line)
        before = self._shown
        begun = before.begun if before is not None and before.line == line and before.begun <= length else length
        self._shown = _Shown(line, begun, length, confidence, suffix[:_AROUND])

    def reweight(self, texts: Sequence[str], probabilities: Sequence[float]) -> list[float]:
        """Return the probabilities of texts at the end of the line, with those of doubted texts lowered."""
        parts = [p * self._doubts.get(self._line + text, 1.0) for text, p in zip(texts, probabilities, strict=True)]
        total = sum(parts) + max(0.0, 1 - sum(probabilities))
        return [part / total for part in parts]


def _place_of(path: str, prefix: str) -> tuple[tuple[str, str], str]:
    start = max(prefix.rfind("\n"), prefix.rfind("\r")) + 1
    return (path, prefix[max(0, start - _AROUND) : start]), prefix[start:]


def _first_line(text: str) -> str:
    return text.partition("\n")[0]
