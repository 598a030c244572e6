"""The text of one answer, out of its events: what is passed over, what is joined, and whether anything was said. Pure.

Servers, gateways and proxies put events between those of a completion (keep-alives, notes, empty data). Such an event
is passed over; it becomes the answer's error only if no completion came at all. A character that was cut in two,
between events or by the token limit, is joined or left out.
"""

from __future__ import annotations

import re
from typing import Final

from attrs import define, evolve, field

from fim_language_server.core.values import Chunk
from fim_language_server.errors import StreamError
from fim_language_server.providers.base import Provider
from fim_language_server.providers.replies.event_errors import NULL_CONTENT, UnreadableEventError
from fim_language_server.providers.replies.wire_text import well_formed

MOST_SILENT_EVENTS: Final = 2_000
"""Events in a row without text that an answer may have: reasoning that is not shown comes in some hundreds."""
MOST_SILENT_BYTES: Final = 2 << 20
"""Bytes in a row without text: an event of the largest size, and as much again."""

_REPLACEMENT: Final = "\ufffd"
_HALF_CHARACTER: Final = re.compile("[\ud800-\udbff\ufffd]+\\Z")
"""The first half of a pair of surrogates, or what stands for bytes of a character whose others are still to come."""


@define(eq=False)
class AnswerReading:
    """What the events of an answer have said so far.

    `keeps_replacements`: U+FFFD is text of the document's own; elsewhere it stands for a broken character, and the
    text ends before it.
    """

    provider: Provider
    keeps_replacements: bool = False
    has_said: bool = field(default=False, init=False)
    """Did an event hold a text, be it an empty one?"""
    has_finished: bool = field(default=False, init=False)
    """Did an event say why the answer ends?"""
    is_over: bool = field(default=False, init=False)
    """Is nothing after this of use?"""
    _n_events: int = field(default=0, init=False)  # in a row without text
    _n_bytes: int = field(default=0, init=False)  # likewise
    _held: str = field(default="", init=False, repr=False)
    _unreadable: UnreadableEventError | None = field(default=None, init=False)

    @property
    def is_silent_for_too_long(self) -> bool:
        """Has more come without text than any completion needs?"""
        return self._n_events > MOST_SILENT_EVENTS or self._n_bytes > MOST_SILENT_BYTES

    @property
    def failure(self) -> StreamError | None:
        """The error of an answer that has ended without a word: that of its first unreadable event, if any."""
        return None if self.has_said or self.has_finished else self._unreadable

    def received(self, n_bytes: int) -> None:
        """Count bytes of the body as they come."""
        self._n_bytes += n_bytes

    def take(self, event: str) -> Chunk | None:
        """Return what an event's data adds to the answer; None where it adds nothing. Raises StreamError."""
        self._n_events += 1
        try:
            chunk = self.provider.read_event(event)
        except UnreadableEventError as error:
            self._unreadable = self._unreadable or error
            return None
        return None if chunk is None else self._add(chunk)

    def _add(self, chunk: Chunk) -> Chunk | None:
        reason = chunk.finish_reason
        if chunk.silence == NULL_CONTENT:
            chunk = evolve(chunk, silence="")
        elif chunk.text or reason is not None or chunk.usage is None:
            self.has_said = True
        self.has_finished = self.has_finished or reason is not None
        text = self._whole_characters(chunk.text, is_last=reason is not None)
        if not self.keeps_replacements and _REPLACEMENT in text:
            text = text[: text.index(_REPLACEMENT)]
            reason, self.is_over, self.has_finished = "length", True, True
        if text:
            self._n_events = self._n_bytes = 0
        if not text and reason is None and chunk.usage is None:
            return None
        return evolve(chunk, text=text, finish_reason=reason)

    def _whole_characters(self, text: str, *, is_last: bool) -> str:
        """Return the text without a half character at its end, which is held back until its other half comes."""
        if not self._held and text.isascii():
            return text
        text = self._held + text
        half = None if self.keeps_replacements and text.endswith(_REPLACEMENT) else _HALF_CHARACTER.search(text)
        self._held = half.group() if half and not is_last else ""
        return well_formed(text if half is None else text[: half.start()])
