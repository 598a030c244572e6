"""Reading of one answer: from its events to chunks of text. Pure.

Servers, gateways and proxies put other events between those of a completion (keep-alives, notes, empty data). Such an
event is skipped, and becomes the answer's error only if no completion follows. A character that was split, between
two events or by the token limit, is joined or left out.
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
"""The most events in a row without text: reasoning that is not shown takes some hundreds."""
MOST_SILENT_BYTES: Final = 2 << 20
"""The most bytes in a row without text: twice the size of the largest event."""

_REPLACEMENT: Final = "\ufffd"
_HALF_CHARACTER: Final = re.compile("[\ud800-\udbff\ufffd]+\\Z")
"""A high surrogate, or U+FFFD in place of the first bytes of a character, at the end of a text."""


@define(eq=False)
class AnswerReader:
    """Reads the events of one answer, and knows what has come so far.

    `keeps_replacements`: the document has U+FFFD in its own text. Otherwise U+FFFD stands for a broken character, and
    the answer ends before it.
    """

    provider: Provider
    keeps_replacements: bool = False
    has_content: bool = field(default=False, init=False)
    """Has an event held a text, if only an empty one?"""
    has_finished: bool = field(default=False, init=False)
    """Has an event held a finish reason?"""
    is_over: bool = field(default=False, init=False)
    """Is the rest of the answer to be ignored?"""
    _n_events: int = field(default=0, init=False)  # since the last text
    _n_bytes: int = field(default=0, init=False)  # since the last text
    _incomplete: str = field(default="", init=False, repr=False)
    _unreadable: UnreadableEventError | None = field(default=None, init=False)

    @property
    def is_silent_for_too_long(self) -> bool:
        """Has the answer been without text for more events or bytes than a completion needs?"""
        return self._n_events > MOST_SILENT_EVENTS or self._n_bytes > MOST_SILENT_BYTES

    @property
    def failure(self) -> StreamError | None:
        """The error of an answer that has ended without content: that of its first unreadable event, or None."""
        return None if self.has_content or self.has_finished else self._unreadable

    def count_bytes(self, n_bytes: int) -> None:
        """Count `n_bytes` of the body that have arrived."""
        self._n_bytes += n_bytes

    def read(self, event: str) -> Chunk | None:
        """Return what the data `event` adds to the answer; None where it adds nothing. Raises StreamError."""
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
            self.has_content = True
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
        """Return `text` without an incomplete character at its end, which waits for its other half."""
        if not self._incomplete and text.isascii():
            return text
        text = self._incomplete + text
        half = None if self.keeps_replacements and text.endswith(_REPLACEMENT) else _HALF_CHARACTER.search(text)
        self._incomplete = half.group() if half and not is_last else ""
        return well_formed(text if half is None else text[: half.start()])
