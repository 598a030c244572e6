"""Limits of a model's answer in characters, time and blanks; and how often a growing text is checked."""

from __future__ import annotations

from typing import Final

from attrs import define, frozen

CHARS_PER_TOKEN: Final = 16
"""Characters a token that an answer may have: no tokenizer has longer tokens on average, but for runs of blanks."""
LEAST_CHARS: Final = 256
"""Code points that every answer may have, however few its tokens."""
MOST_BLANKS: Final = 256
"""Code points of an answer of blanks alone after which no text is expected …"""
MOST_BLANK_LINES: Final = 16
"""… and line ends. Small models say nothing else at a document's end."""
LONGEST_S: Final = 120.0
"""Seconds that an answer may take, whatever its size …"""
SECONDS_PER_TOKEN: Final = 0.1
BASE_S: Final = 30.0
"""… and for its size: `BASE_S`, and `SECONDS_PER_TOKEN` for each of its tokens."""

_EVERY_PIECE: Final = 1_024
"""Up to this length in code points a growing text is checked with each piece of it …"""
_SHARE: Final = 64
"""… and later whenever it has grown by one part in `_SHARE`. Checking a whole text costs time by its length; with each
piece, that would be the square of its length."""


@frozen
class StreamLimits:
    """Limits of one answer; None: without a limit."""

    max_chars: int | None = None
    silence_s: float | None = None
    """Seconds that may pass without text; blanks are no text."""
    total_s: float | None = None
    """Seconds that the whole answer may take."""


def limits_of(max_tokens: int, connect_s: float, silence_s: float) -> StreamLimits:
    """Return the limits of an answer of at most `max_tokens` tokens.

    Each request may take `connect_s` seconds for its connection and `silence_s` until its text begins.
    """
    return StreamLimits(
        max(LEAST_CHARS, CHARS_PER_TOKEN * max_tokens),
        connect_s + silence_s,
        max(connect_s + silence_s, min(LONGEST_S, BASE_S + SECONDS_PER_TOKEN * max_tokens)),
    )


def is_endless_blank(text: str) -> bool:
    """Say whether a growing text is nothing but blanks, and more of them than come before any text."""
    return not text.strip() and (len(text) >= MOST_BLANKS or text.count("\n") >= MOST_BLANK_LINES)


@define
class CheckSchedule:
    """The lengths at which a growing text is checked, so that all checks together cost time by its length."""

    _next: int = 0

    def is_due(self, length: int) -> bool:
        """Say whether a text that has grown to `length` code points is to be checked now; a due check is counted."""
        if length < self._next:
            return False
        self._next = length + max(1, (length - _EVERY_PIECE) // _SHARE)
        return True
