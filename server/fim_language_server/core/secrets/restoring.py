"""Putting secrets back into a model's answer, which comes in pieces cut anywhere.

Text that may be the beginning of a placeholder is held back until more of it comes, and no other text is.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from attrs import define, field

from fim_language_server.core.secrets.masking import Masked

LEAST: Final = 4
"""Characters of a placeholder that tell it from other text, where an answer ends within it."""


@define
class Restorer:
    """Restores one answer: `feed` its pieces in order, then `finish`.

    A placeholder of another document's secret ends the text in front of it; `is_over` says so.
    """

    _secrets: Mapping[str, str] = field(repr=False)
    _others: frozenset[str] = field(factory=frozenset, repr=False)
    is_over: bool = field(default=False, init=False)
    _held: str = field(default="", init=False, repr=False)
    _pattern: re.Pattern[str] | None = field(default=None, init=False, repr=False)
    _longest: int = field(default=0, init=False)

    def __attrs_post_init__(self) -> None:
        every = sorted([*self._secrets, *self._others], key=len, reverse=True)
        self._pattern = re.compile("|".join(map(re.escape, every))) if every else None
        self._longest = max(map(len, every), default=0)

    def feed(self, text: str) -> str:
        """Return the text that may be shown now that this piece has come."""
        if self._pattern is None:
            return text
        if self.is_over:
            return ""
        text = self._held + text
        held = self._begun(text)
        self._held = text[len(text) - held :]
        return self._restored(text[: len(text) - held])

    def finish(self) -> str:
        """Return what was held back: no more comes. A placeholder that was begun is as much of its secret."""
        held, self._held = self._held, ""
        if not held or self.is_over:
            return ""
        of_others = any(stand_in.startswith(held) for stand_in in self._others)
        if len(held) >= LEAST and of_others:
            return ""
        for stand_in, secret in self._secrets.items():
            if len(held) >= LEAST and stand_in.startswith(held):
                return secret[: len(held)]
        return held

    def _restored(self, text: str) -> str:
        assert self._pattern is not None
        parts, at = [], 0
        for found in self._pattern.finditer(text):
            parts.append(text[at : found.start()])
            if found[0] in self._others:
                self.is_over, self._held = True, ""
                return "".join(parts)
            parts.append(self._secrets[found[0]])
            at = found.end()
        return "".join([*parts, text[at:]])

    def _begun(self, text: str) -> int:
        """Return how many characters at the end may be the beginning of a placeholder, of which more is to come."""
        end = 0
        assert self._pattern is not None
        for found in self._pattern.finditer(text):
            end = found.end()  # What belongs to a whole one begins no other.
        for start in range(max(end, len(text) - self._longest + 1), len(text)):
            tail = text[start:]
            if any(stand_in.startswith(tail) for stand_in in (*self._secrets, *self._others)):
                return len(tail)
        return 0


def restorer_of(masked: Masked) -> Restorer:
    """Return what puts the secrets of a masked context back into its answer."""
    return Restorer(masked.secrets, masked.others)
