"""On a network connection the first byte that is no header's ends it; what is well-formed comes out whole."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fim_language_server.lsp.network.strict_framing import GREATEST_HEADER, FramingError, StrictDecoder
from fim_language_server.lsp.wire.framing import frame


def take_all(decoder: StrictDecoder, data: bytes) -> list[bytes]:
    decoder.feed(data)
    return list(iter(decoder.take, None))


@given(bodies=st.lists(st.binary(max_size=40), max_size=5), cuts=st.lists(st.integers(0, 300), max_size=20))
def test_any_chunking_gives_the_same_messages(bodies: list[bytes], cuts: list[int]) -> None:
    data = b"".join(map(frame, bodies))
    edges = [0, *sorted(min(cut, len(data)) for cut in cuts), len(data)]
    decoder = StrictDecoder()
    assert [body for start, end in itertools.pairwise(edges) for body in take_all(decoder, data[start:end])] == bodies


@pytest.mark.parametrize(
    "header",
    [
        b"content-length: 2\r\n\r\n",
        b"CONTENT-LENGTH:2\r\n\r\n",
        b"Content-Length: 2\n\n",
        b"Content-Type: application/vscode-jsonrpc; charset=utf-8\r\nContent-Length: 2\r\n\r\n",
        b"Content-Length: 2\r\ncontent-type:\r\n\r\n",
    ],
)
def test_what_lsp_allows_is_understood(header: bytes) -> None:
    assert take_all(StrictDecoder(), header + b"{}" + frame(b"[]")) == [b"{}", b"[]"]


HOSTILE = [
    b"POST / HTTP/1.1\r\n",
    b"GET / HTTP/1.1\r\n",
    b"GET /?content-length:0 HTTP/1.1\r\n",
    b"OPTIONS * HTTP/1.1\r\n",
    b"Content-Length-Of-Mine: 2\r\n",
    b"Content-Length : 2\r\n",
    b" Content-Length: 2\r\n",
    b"Host: 127.0.0.1\r\n",
    b"Referer: http://evil.example/?content-length:0\r\n",
    b"Accept: */*\r\n",
    b"junk Content-Length: 2\r\n\r\n{}",
    b"Content-Length: 2 Content-Length: 3\r\n",
    b"Content-Length: 2\r\nContent-Length: 2\r\n",
    b"Content-Length: -2\r\n",
    b"Content-Length: +2\r\n",
    b"Content-Length: 0x2\r\n",
    b"Content-Length: 2,2\r\n",
    b"Content-Length: 1_0\r\n",
    b"Content-Length: \xd9\xa1\r\n",
    b"Content-Length: 2\x00\r\n",
    b"Content-Length:\r\n",
    b"Content-Length: 99999999999\r\n",
    b"Content-Length: 9999999999999999999999999\r\n",
    b"Content-Type: \xff\r\n",
    b"Content-Type: x\r\n\r\n",
    b"\r\n",
    b"\n",
    b"\r\r\n",
    b"{}",
    b"\x16\x03\x01\x02\x00",
    b"Content-Type: " + b"x" * GREATEST_HEADER,
    b"Content-Type: x\r\n" * GREATEST_HEADER,
]


@pytest.mark.parametrize("data", HOSTILE)
@pytest.mark.parametrize("before", [b"", frame(b"{}")])
def test_everything_else_is_the_end(before: bytes, data: bytes) -> None:
    """No matter how it is cut, and whatever follows: nothing behind it is read."""
    for size in (1, 7, len(data)):
        decoder = StrictDecoder()
        assert take_all(decoder, before) == ([b"{}"] if before else [])
        chunks = (data[start : start + size] for start in range(0, len(data), size))
        with pytest.raises(FramingError):
            assert next((taken for taken in (take_all(decoder, chunk) for chunk in chunks) if taken), None)


@given(st.binary(min_size=1, max_size=8).filter(lambda data: data[:1].lower() != b"c"))
def test_the_first_byte_of_something_else_is_enough(data: bytes) -> None:
    if data == b"\r":
        return
    with pytest.raises(FramingError):
        take_all(StrictDecoder(), data)


def test_a_body_is_as_long_as_the_decoder_waits_for() -> None:
    """Both before somebody is let in, and after."""
    decoder = StrictDecoder(greatest_body=2)
    assert take_all(decoder, frame(b"{}")) == [b"{}"]
    decoder.greatest_body = 3
    assert take_all(decoder, frame(b"{ }")) == [b"{ }"]
    with pytest.raises(FramingError):
        take_all(decoder, b"Content-Length: 4\r\n")
