"""Framing of messages by the base protocol (LSP 3.18, "Header Part"). Pure; `transport.py` does the reading.

After broken framing as few messages as possible are lost: lines that are no header are skipped, and decoding starts
anew at the next `Content-Length`, even where it follows a body of unknown length on the same line.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from attrs import define, field

GREATEST_BODY = 256 * 1024 * 1024
"""The most bytes of a body; a header that announces more is treated as broken."""

GREATEST_LINE = 64 * 1024
"""The most bytes of a header line. Of a longer one only the end is kept."""

# Not anchored at the start: after a body of unknown length the next header follows without a line end.
_LENGTH = re.compile(rb"content-length[ \t]*:[ \t]*([0-9]{1,18})[ \t]*\r?\n?\Z", re.IGNORECASE)
_HEADER = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+[ \t]*:")
_LONGEST_START = 64  # bytes that are kept of a line that is too long: they may be the beginning of `Content-Length: …`


def frame(body: bytes) -> bytes:
    """Return a message with its header."""
    return b"Content-Length: %d\r\n\r\n%b" % (len(body), body)


@define
class MessageDecoder:
    """Decodes the bodies of messages from pieces of any size. `report_junk` gets a sentence between two messages."""

    report_junk: Callable[[str], None]
    _buffer: bytearray = field(factory=bytearray)
    _length: int | None = None  # of the message whose header is being read
    _in_body: bool = False
    _has_reported: bool = False

    def feed(self, data: bytes) -> list[bytes]:
        """Add received bytes; return the bodies that are complete now."""
        self._buffer += data
        bodies: list[bytes] = []
        while True:
            if self._in_body:
                body = self._take_body()
                if body is None:
                    return bodies
                bodies.append(body)
            elif not self._read_line():
                return bodies

    def _take_body(self) -> bytes | None:
        assert self._length is not None
        if len(self._buffer) < self._length:
            return None
        body = bytes(self._buffer[: self._length])
        del self._buffer[: self._length]
        self._in_body, self._length, self._has_reported = False, None, False
        return body

    def _read_line(self) -> bool:
        """Read a header line, if there is a complete one. An empty line after a length begins the body."""
        end = self._buffer.find(b"\n")
        if end < 0:
            if len(self._buffer) > GREATEST_LINE:
                self._skip("a header without an end")
                del self._buffer[:-_LONGEST_START]
            return False
        line = bytes(self._buffer[: end + 1])
        del self._buffer[: end + 1]
        if line in {b"\r\n", b"\n"}:
            self._in_body = self._length is not None
        elif match := _LENGTH.search(line):
            if match.start() > 0:
                self._skip("text before Content-Length")
            self._take_length(int(match[1]))
        elif not _HEADER.match(line) or line[:14].lower() == b"content-length":
            self._skip("a line that is no header")
        return True

    def _take_length(self, length: int) -> None:
        if length > GREATEST_BODY:
            self._skip(f"a message of {length} bytes announced")
            self._length = None
        else:
            self._length = length

    def _skip(self, junk: str) -> None:
        # Once between two messages: a client that writes its log to the stream must not fill the server's log.
        if not self._has_reported:
            self._has_reported = True
            self.report_junk(f"{junk}: passed over up to the next Content-Length")
