"""Messages from bytes: the header part of the base protocol (LSP 3.18). Pure; `transport.py` does the reading.

Broken framing costs as little as can be: lines that are no header are passed over, and the next `Content-Length`
starts afresh, even where it follows a body of unknown length on the same line.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from attrs import define, field

GREATEST_BODY = 256 * 1024 * 1024
"""Bytes; a header that announces more is taken for a broken one, not waited for."""

GREATEST_LINE = 64 * 1024
"""Bytes of a header line. More without a line's end is junk, of which only the end is kept."""

# Not anchored at the start: behind a body whose length nobody knew, the next header follows without a line's end.
_LENGTH = re.compile(rb"content-length[ \t]*:[ \t]*([0-9]{1,18})[ \t]*\r?\n?\Z", re.IGNORECASE)
_HEADER = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+[ \t]*:")
_LONGEST_START = 64  # bytes; a `Content-Length: …` may be cut in two where junk is dropped


def frame(body: bytes) -> bytes:
    """Return a message as it goes over the wire."""
    return b"Content-Length: %d\r\n\r\n%b" % (len(body), body)


@define
class MessageDecoder:
    """Gives out the bodies of messages, however their bytes are cut. `complain` is told of junk, once for each."""

    complain: Callable[[str], None]
    _buffer: bytearray = field(factory=bytearray)
    _length: int | None = None  # of the message whose header is being read
    _in_body: bool = False
    _complained: bool = False

    def feed(self, data: bytes) -> list[bytes]:
        """Take some bytes; return the bodies that are complete now."""
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
        self._in_body, self._length, self._complained = False, None, False
        return body

    def _read_line(self) -> bool:
        """Read a header line, if there is one; an empty one after a length begins the body."""
        end = self._buffer.find(b"\n")
        if end < 0:
            if len(self._buffer) > GREATEST_LINE:
                self._junk("a header without an end")
                del self._buffer[:-_LONGEST_START]
            return False
        line = bytes(self._buffer[: end + 1])
        del self._buffer[: end + 1]
        if line in {b"\r\n", b"\n"}:
            self._in_body = self._length is not None
        elif match := _LENGTH.search(line):
            if match.start() > 0:
                self._junk("text in front of Content-Length")
            self._take_length(int(match[1]))
        elif not _HEADER.match(line) or line[:14].lower() == b"content-length":
            self._junk("what is no header")
        return True

    def _take_length(self, length: int) -> None:
        if length > GREATEST_BODY:
            self._junk(f"a message of {length} bytes announced")
            self._length = None
        else:
            self._length = length

    def _junk(self, what: str) -> None:
        # Once between two messages: a client that writes its log here must not fill ours.
        if not self._complained:
            self._complained = True
            self.complain(f"{what}: passed over up to the next Content-Length")
