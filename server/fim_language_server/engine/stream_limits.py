"""How much a model's answer may be: characters, time, blanks; and how often a growing text is looked at."""

from __future__ import annotations

from typing import Final

from attrs import define, frozen

CHARS_PER_TOKEN: Final = 16
"""Characters a token that an answer may have: no tokenizer has longer tokens on average, but for runs of blanks."""
LEAST_CHARS: Final = 256
MOST_BLANKS: Final = 256
"""Characters of an answer of blanks alone after which no text is awaited …"""
MOST_BLANK_LINES: Final = 16
"""… and line ends. Small models say nothing else at a document's end."""
LONGEST_S: Final = 120.0
"""Seconds that an answer may take, whatever its size …"""
SECONDS_PER_TOKEN: Final = 0.1
BASE_S: Final = 30.0
"""… and for its size: this, and the time that its tokens take where they come slowly."""

_EVERY_PIECE: Final = 1_024
"""Up to this length a growing text is looked at with each piece of it …"""
_SHARE: Final = 64
"""… and later whenever it has grown by one part in so many. Looking at all of a text costs time by its length; with
each piece, that would be the square of its length."""


@frozen
class StreamLimits:
    """What one answer may be. None: without a limit."""

    max_chars: int | None = None
    silence_s: float | None = None
    """How long no text may come, blanks being none, in seconds."""
    total_s: float | None = None


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
    """Say whether a growing text is nothing but blanks, and of them more than come before any text."""
    return not text.strip() and (len(text) >= MOST_BLANKS or text.count("\n") >= MOST_BLANK_LINES)


@define
class Looks:
    """Says when a growing text is due to be looked at again, so that all looks together cost time by its length."""

    _next: int = 0

    def is_due(self, length: int) -> bool:
        """Is it time to look at a text that has grown to `length`? Counts as a look where it is."""
        if length < self._next:
            return False
        self._next = length + max(1, (length - _EVERY_PIECE) // _SHARE)
        return True
