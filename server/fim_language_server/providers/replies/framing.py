"""Incremental decoders: from bytes in pieces of any size to the data of whole events. Pure; data is not interpreted.

Server-sent events follow the WHATWG standard (HTML, "9.2.6 Interpreting an event stream"), with one departure: a last
event without a blank line after it is delivered when the stream ends, as Mistral's own client does. Lines are split
as bytes and decoded one by one: no boundary between reads can split a character, and U+2028 or U+0085, at which
`str.splitlines` would split, stay inside their line.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Protocol

from fim_language_server.providers.base import Framing

MAX_EVENT_BYTES = 1 << 20
"""The largest event that is read; a suggestion is a few kilobytes."""

_BOM = b"\xef\xbb\xbf"
_SSE_LINE_END = re.compile(rb"\r\n|\n|\r")


class EventTooLargeError(ValueError):
    """A single event is larger than the limit, and so no completion."""


class Decoder(Protocol):
    """Decodes a body, fed in pieces of any size, into the data of its events."""

    def feed(self, data: bytes) -> list[str]:
        """Return the data of the events that `data` completes. Raises EventTooLargeError."""
        ...

    def finish(self) -> list[str]:
        """Return the event that is left at the end of the body, if any."""
        ...


class SseDecoder:
    """Decodes `text/event-stream`; comments, ids and unknown fields are skipped.

    Servers report an error in three ways: as data, as data of an event named `error`, and as a field `error`
    (llama-server through 2025). The last two are returned in the form of the first, `{"error": ...}`.
    """

    def __init__(self, max_event_bytes: int = MAX_EVENT_BYTES) -> None:
        self._max_event_bytes = max_event_bytes
        self._line = bytearray()  # the line that has not ended
        self._data: list[str] = []  # the event that has not ended, line by line
        self._n_bytes = 0  # of the event that has not ended
        self._error = ""  # the value of its field `error`
        self._is_error = False  # is `error` the event's name?
        self._at_start = True
        self._after_cr = False

    def feed(self, data: bytes) -> list[str]:
        """Return the data of the events that `data` completes. Raises EventTooLargeError."""
        if self._after_cr and data:
            data = data.removeprefix(b"\n")  # the other half of a CRLF that was split
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
            self._end_event(events)
            return
        self._n_bytes += len(line)
        name, _, value = line.partition(b":")
        if name in (b"data", b"error", b"event"):
            text = value.removeprefix(b" ").decode("utf-8", "replace")
            if name == b"data":
                self._data.append(text)
            elif name == b"error":
                self._error += text
            else:
                self._is_error = text.strip() == "error"

    def _end_event(self, events: list[str]) -> None:
        data = "\n".join(self._data)
        if self._error:
            events.append(_as_error(self._error))
        elif self._is_error:
            events.append(_as_error(data))
        elif self._data:
            events.append(data)
        self._data.clear()
        self._n_bytes, self._error, self._is_error = 0, "", False


class NdjsonDecoder:
    """Decodes one JSON text a line (`application/x-ndjson`); blank lines are skipped."""

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


class JsonDecoder:
    """Decodes a body of JSON: a text in each line where the first line is a whole one, else one text in all."""

    def __init__(self, max_event_bytes: int = MAX_EVENT_BYTES) -> None:
        self._max_event_bytes = max_event_bytes
        self._body = bytearray()
        self._lines: NdjsonDecoder | None = None

    def feed(self, data: bytes) -> list[str]:
        """Return the lines that `data` completes, if they are events. Raises EventTooLargeError."""
        if self._lines is not None:
            return self._lines.feed(data)
        had_line = b"\n" in self._body
        self._body += data
        _check_size(len(self._body), self._max_event_bytes)
        first, line_end, _ = self._body.lstrip().partition(b"\n")
        if had_line or not line_end or not _is_json(bytes(first)):
            return []
        self._lines = NdjsonDecoder(self._max_event_bytes)
        return self._lines.feed(bytes(self._body))

    def finish(self) -> list[str]:
        """Return the last line, or the body."""
        if self._lines is not None:
            return self._lines.finish()
        text = bytes(self._body).decode("utf-8", "replace").removeprefix("\ufeff").strip()
        self._body.clear()
        return [text] if text else []


DECODERS: Mapping[Framing, type[SseDecoder | NdjsonDecoder | JsonDecoder]] = {
    Framing.SSE: SseDecoder,
    Framing.NDJSON: NdjsonDecoder,
    Framing.JSON: JsonDecoder,
}
"""The decoder of each framing."""


def framing_of(beginning: bytes, expected: Framing) -> Framing | None:
    """Return the framing of a body that starts with the bytes `beginning`; None where they are all blank.

    Content types are often wrong: events are sent as `application/json`, whole bodies as `text/event-stream`. JSON
    begins with a bracket, which no line of an event stream does. A body that begins like neither has the framing
    `expected`.
    """
    first = beginning.removeprefix(_BOM).lstrip()[:1]
    if not first:
        return None
    if first in (b"{", b"["):
        return Framing.JSON
    if expected is not Framing.SSE and first not in b":deir":  # first characters of an event's fields
        return expected
    return Framing.SSE


def _as_error(text: str) -> str:
    """Return the data of an event that reports the error `text`: JSON as it is, other text as its words."""
    try:
        error = json.loads(text)
    except (ValueError, RecursionError):
        error = text
    if isinstance(error, dict) and error.get("error"):
        return text
    return json.dumps({"error": error or "error"})


def _is_json(line: bytes) -> bool:
    try:
        json.loads(line)
    except (ValueError, RecursionError):
        return False
    return True


def _check_size(n_bytes: int, limit: int) -> None:
    if n_bytes > limit:
        raise EventTooLargeError(f"an event is larger than {limit} bytes")
