"""Events come out of a body the same, in whatever pieces it arrives."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fim_language_server.providers.replies.framing import Decoder, EventTooLargeError, NdjsonDecoder, SseDecoder

SSE_CASES = {
    "LF": (b"data: a\n\n", ["a"]),
    "no space after the colon": (b"data:a\r\n\r\n", ["a"]),
    "only one space is taken": (b"data:  a\n\n", [" a"]),
    "CR, and data of two lines": (b"data: a\rdata: b\r\r", ["a\nb"]),
    "mixed line ends": (b"data: a\r\n\ndata: b\r\n\rdata: c\n\r\n", ["a", "b", "c"]),
    "byte order mark": (b"\xef\xbb\xbfdata: a\n\n", ["a"]),
    "comments": (b": keep-alive\n\ndata: x\n: more\n\n", ["x"]),
    "an event without data": (b"event: ping\n\ndata: y\n\n", ["y"]),
    "unknown fields": (b"id: 1\nretry: 10\nfoo: bar\ndata: z\n\n", ["z"]),
    "data without a colon": (b"data\n\n", [""]),
    "no blank line at the end": (b"data: a\n\ndata: b", ["a", "b"]),
    "no blank line after a line end": (b"data: a\r\n", ["a"]),
    "several bytes a character": ("data: é🙂完\n\n".encode(), ["é🙂完"]),
    "U+2028 and U+0085 end no line": ("data: a\u2028b\x85c\n\n".encode(), ["a\u2028b\x85c"]),
    "bytes that are no UTF-8": (b"data: \xff\n\n", ["\ufffd"]),
    "cut inside a character": (b"data: a\xf0\x9f", ["a\ufffd"]),
    "nothing": (b"", []),
}

NDJSON_CASES = {
    "LF": (b'{"a":1}\n{"b":2}\n', ['{"a":1}', '{"b":2}']),
    "CRLF and blank lines": (b'{"a":1}\r\n\r\n{"b":2}\r\n', ['{"a":1}', '{"b":2}']),
    "no line end at the end": (b'{"a":1}\n{"b":2}', ['{"a":1}', '{"b":2}']),
    "U+2028 ends no line": ('"a\u2028b"\n'.encode(), ['"a\u2028b"']),
    "cut inside a character": (b'"a\xe5\xae', ['"a\ufffd']),
    "nothing": (b"", []),
}


def decode(decoder: Decoder, *pieces: bytes) -> list[str]:
    return [event for piece in pieces for event in decoder.feed(piece)] + decoder.finish()


def check_every_cut(decoder_type: type[Decoder], body: bytes, expected: list[str]) -> None:
    assert decode(decoder_type(), body) == expected
    assert decode(decoder_type(), *(body[n : n + 1] for n in range(len(body)))) == expected
    for cut in range(len(body)):
        assert decode(decoder_type(), body[:cut], b"", body[cut:]) == expected, cut


@pytest.mark.parametrize("name", SSE_CASES)
def test_server_sent_events(name: str) -> None:
    """Each rule of the standard holds, wherever the body is cut in two."""
    check_every_cut(SseDecoder, *SSE_CASES[name])


@pytest.mark.parametrize("name", NDJSON_CASES)
def test_ndjson(name: str) -> None:
    """One JSON text a line, wherever the body is cut in two."""
    check_every_cut(NdjsonDecoder, *NDJSON_CASES[name])


BODIES = st.lists(
    st.sampled_from([b"data", b":", b" ", b"\r", b"\n", b"x", b"\xef\xbb\xbf", "é🙂\u2028".encode(), b"\xff"]),
    max_size=40,
).map(b"".join)


@given(body=BODIES, cuts=st.lists(st.integers(0, 80)))
def test_any_chunking_gives_the_same_events(body: bytes, cuts: list[int]) -> None:
    """A body of arbitrary bytes reads the same in one piece and in any pieces."""
    places = [0, *sorted(min(cut, len(body)) for cut in cuts), len(body)]
    pieces = [body[start:end] for start, end in pairwise(places)]
    for decoder_type in (SseDecoder, NdjsonDecoder):
        assert decode(decoder_type(), *pieces) == decode(decoder_type(), body)


@pytest.mark.parametrize(
    ("decoder_type", "line"), [(SseDecoder, b"data: 12\n"), (SseDecoder, b"x" * 9), (NdjsonDecoder, b"123456789")]
)
def test_an_endless_event_is_refused(decoder_type: type[SseDecoder | NdjsonDecoder], line: bytes) -> None:
    """Memory is bounded: one event may have so many bytes, whether in one line or in many."""
    with pytest.raises(EventTooLargeError):
        decode(decoder_type(max_event_bytes=20), *[line] * 4)


def test_the_cap_is_for_one_event_not_for_the_body() -> None:
    """Many small events may be as long together as they like, even in one piece."""
    assert len(decode(SseDecoder(max_event_bytes=20), b"data: 12\n\n" * 100)) == 100
    assert len(decode(NdjsonDecoder(max_event_bytes=20), b"12345\n" * 100)) == 100
