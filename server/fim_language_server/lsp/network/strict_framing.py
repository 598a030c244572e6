"""Messages from the bytes of a network connection, whose sender may be hostile. Pure.

`framing.py` skips lines that are no header, because an editor's standard output may have a stray line in it. On a
network it would skip the head of a browser's request, and take messages of the page from its body. So here reading
ends at the first byte that cannot belong to the header part of the base protocol (LSP 3.18).
"""

from __future__ import annotations

import re

from attrs import define, field

from fim_language_server.lsp.wire.framing import GREATEST_BODY

GREATEST_HEADER = 4 * 1024
"""The most bytes of a message's header part."""

_FIELDS = (b"content-length", b"content-type")
_LENGTH = re.compile(rb"[ \t]*([0-9]{1,12})[ \t]*\r?\n\Z")
_VALUE = re.compile(rb"[ \t!-~]*\r?\n?\Z")


class FramingError(Exception):
    """Bytes that do not follow the base protocol; the text describes them."""


@define
class StrictDecoder:
    """Decodes the bodies of messages one by one, from pieces of any size.

    `greatest_body` is the most bytes of a body; it may be changed between two messages.
    """

    greatest_body: int = GREATEST_BODY
    _buffer: bytearray = field(factory=bytearray)
    _header_size: int = 0  # bytes of the header part that were taken out of the buffer
    _length: int | None = None
    _in_body: bool = False

    def feed(self, data: bytes) -> None:
        """Add received bytes."""
        self._buffer += data

    def take(self) -> bytes | None:
        """Return the next complete body, or None. Raises FramingError."""
        while not self._in_body:
            if not self._read_line():
                return None
        assert self._length is not None
        if len(self._buffer) < self._length:
            return None
        body = bytes(self._buffer[: self._length])
        del self._buffer[: self._length]
        self._in_body, self._length, self._header_size = False, None, 0
        return body

    def _read_line(self) -> bool:
        end = self._buffer.find(b"\n", 0, GREATEST_HEADER)
        line = bytes(self._buffer[: end + 1] if end >= 0 else self._buffer[:GREATEST_HEADER])
        if self._header_size + len(line) >= GREATEST_HEADER:
            raise FramingError("a header part without an end")
        self._check(line)
        if end < 0:
            return False
        del self._buffer[: end + 1]
        self._header_size += end + 1
        if line in (b"\r\n", b"\n"):
            if self._length is None:
                raise FramingError("a header part without Content-Length")
            self._in_body = True
        elif line[:14].lower() == _FIELDS[0]:
            self._take_length(line.partition(b":")[2])
        return True

    def _check(self, line: bytes) -> None:
        """Raise FramingError for a line that is neither a header field nor the beginning of one."""
        if line in (b"", b"\r", b"\r\n", b"\n"):
            return
        name, colon, value = line.lower().partition(b":")
        known = name in _FIELDS if colon else any(field_name.startswith(name) for field_name in _FIELDS)
        if not known or not _VALUE.match(value):
            raise FramingError("something else than a header field")

    def _take_length(self, value: bytes) -> None:
        if self._length is not None:
            raise FramingError("two lengths for one message")
        match = _LENGTH.match(value)
        if match is None:
            raise FramingError("a length that is no number")
        length = int(match[1])
        if length > self.greatest_body:
            raise FramingError(f"a message of {length} bytes announced")
        self._length = length
