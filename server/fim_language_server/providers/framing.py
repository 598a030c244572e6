"""Incremental decoders: bytes as they arrive in, the data of whole events out. Pure; no meaning is read here.

Server-sent events follow the WHATWG standard (HTML, "9.2.6 Interpreting an event stream"), with one departure:
a last event without the blank line after it is delivered when the stream ends, as Mistral's own client does.
Lines are cut as bytes and decoded one by one: no cut between reads can fall into a character, and U+2028 or
U+0085, at which `str.splitlines` would cut, stay inside their line.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Protocol

from fim_language_server.providers.base import Framing

MAX_EVENT_BYTES = 1 << 20
"""An event larger than this is none: a suggestion is a few kilobytes."""

_BOM = b"\xef\xbb\xbf"
_SSE_LINE_END = re.compile(rb"\r\n|\n|\r")


class EventTooLargeError(ValueError):
    """A single event is larger than the cap: whatever this is, it is no completion."""


class Decoder(Protocol):
    """Takes a body in pieces of any size and gives the data of its events."""

    def feed(self, data: bytes) -> list[str]:
        """Return the data of the events that `data` completes. Raises EventTooLargeError."""
        ...

    def finish(self) -> list[str]:
        """Return what is left at the end of the body: at most one event."""
        ...


class SseDecoder:
    """Decodes `text/event-stream`; comments, event names, ids and unknown fields are passed over."""

    def __init__(self, max_event_bytes: int = MAX_EVENT_BYTES) -> None:
        self._max_event_bytes = max_event_bytes
        self._line = bytearray()  # the line that has not ended
        self._data: list[str] = []  # the event that has not ended, line by line
        self._n_bytes = 0  # of that event
        self._at_start = True
        self._after_cr = False

    def feed(self, data: bytes) -> list[str]:
        """Return the data of the events that `data` completes. Raises EventTooLargeError."""
        if self._after_cr and data:
            data = data.removeprefix(b"\n")  # the other half of a CRLF cut in two
            self._after_cr = False
        if not data:
            return []
        self._after_cr = data.endswith(b"\r")
        head, *others = _SSE_LINE_END.split(data)
        self._line += head
        events: list[str] = []
        for following in others:
            self._read_line(events)
            self._line += following
        _check_size(self._n_bytes + len(self._line), self._max_event_bytes)
        return events

    def finish(self) -> list[str]:
        """Return the last event, if the body ended without the blank line that should follow it."""
        events: list[str] = []
        self._read_line(events)
        self._read_line(events)
        return events

    def _read_line(self, events: list[str]) -> None:
        line = bytes(self._line)
        self._line.clear()
        if self._at_start:
            line = line.removeprefix(_BOM)
            self._at_start = False
        if not line:
            if self._data:
                events.append("\n".join(self._data))
            self._data.clear()
            self._n_bytes = 0
            return
        self._n_bytes += len(line)
        name, _, value = line.partition(b":")
        if name == b"data":
            self._data.append(value.removeprefix(b" ").decode("utf-8", "replace"))


class NdjsonDecoder:
    """Decodes one JSON text a line (`application/x-ndjson`); blank lines are passed over."""

    def __init__(self, max_event_bytes: int = MAX_EVENT_BYTES) -> None:
        self._max_event_bytes = max_event_bytes
        self._line = bytearray()  # the line that has not ended

    def feed(self, data: bytes) -> list[str]:
        """Return the lines that `data` completes. Raises EventTooLargeError."""
        head, *others = data.split(b"\n")
        self._line += head
        events: list[str] = []
        for following in others:
            events += self.finish()
            self._line += following
        _check_size(len(self._line), self._max_event_bytes)
        return events

    def finish(self) -> list[str]:
        """Return the last line, if the body ended without a line end."""
        text = bytes(self._line).decode("utf-8", "replace").strip()
        self._line.clear()
        return [text] if text else []


class WholeDecoder:
    """Takes a body that is one JSON text: its only event comes when it ends."""

    def __init__(self, max_event_bytes: int = MAX_EVENT_BYTES) -> None:
        self._max_event_bytes = max_event_bytes
        self._body = bytearray()

    def feed(self, data: bytes) -> list[str]:
        """Return nothing: only the end of the body tells that it is whole. Raises EventTooLargeError."""
        self._body += data
        _check_size(len(self._body), self._max_event_bytes)
        return []

    def finish(self) -> list[str]:
        """Return the body."""
        text = bytes(self._body).decode("utf-8", "replace").strip()
        self._body.clear()
        return [text] if text else []


DECODERS: Mapping[Framing, type[SseDecoder | NdjsonDecoder | WholeDecoder]] = {
    Framing.SSE: SseDecoder,
    Framing.NDJSON: NdjsonDecoder,
    Framing.JSON: WholeDecoder,
}
"""Who decodes which framing."""


def _check_size(n_bytes: int, limit: int) -> None:
    if n_bytes > limit:
        raise EventTooLargeError(f"an event is larger than {limit} bytes")
