"""Messages come out of bytes whole, whatever the chunks, and broken headers cost only themselves."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fim_language_server.lsp.wire.framing import GREATEST_LINE, MessageDecoder, frame


def decode(*chunks: bytes) -> tuple[list[bytes], list[str]]:
    complaints: list[str] = []
    decoder = MessageDecoder(complaints.append)
    return [body for chunk in chunks for body in decoder.feed(chunk)], complaints


@given(bodies=st.lists(st.binary(max_size=40), max_size=5), cuts=st.lists(st.integers(0, 300), max_size=20))
def test_any_chunking_gives_the_same_messages(bodies: list[bytes], cuts: list[int]) -> None:
    """Binary bodies, too: only the length says where one ends."""
    data = b"".join(map(frame, bodies))
    edges = [0, *sorted(min(cut, len(data)) for cut in cuts), len(data)]
    chunks = [data[start:end] for start, end in itertools.pairwise(edges)]
    assert decode(*chunks) == (bodies, [])


@pytest.mark.parametrize(
    "header",
    [
        b"Content-Length: 2\r\n\r\n",
        b"content-length: 2\r\n\r\n",
        b"CONTENT-LENGTH:2\r\n\r\n",
        b"Content-Length:   2  \r\n\r\n",
        b"Content-Length: 2\n\n",
        b"Content-Type: application/vscode-jsonrpc; charset=utf-8\r\nContent-Length: 2\r\n\r\n",
        b"Content-Length: 2\r\ncontent-type: text/plain; charset=utf8\r\nX-Other: 1\r\n\r\n",
        b"Content-Length: 99\r\nContent-Length: 2\r\n\r\n",  # the last one counts
        b"\r\n\r\nContent-Length: 2\r\n\r\n",
    ],
)
def test_headers_that_are_understood(header: bytes) -> None:
    assert decode(header + b"{}" + frame(b"[]")) == ([b"{}", b"[]"], [])


@pytest.mark.parametrize(
    "junk",
    [
        b"Starting up...\n",
        b"Content-Length: -2\r\n\r\n{}",
        b"Content-Length: two\r\n\r\n{}",
        b"Content-Length: 999999999999\r\n\r\n{}",
        b"Content-Length: \r\n\r\n{}",
        b"Content-Type: x\r\nno header at all\r\n\r\n{}",
        b"{}",
        b"\xff\xfe\x00\n\n",
        b"x" * (3 * GREATEST_LINE),
    ],
)
def test_junk_costs_only_itself_and_one_complaint(junk: bytes) -> None:
    """The next message is read again, even where no line's end lies between."""
    bodies, complaints = decode(frame(b"[1]"), junk, frame(b"[2]"), frame(b"[3]"))
    assert bodies == [b"[1]", b"[2]", b"[3]"]
    assert len(complaints) == 1


def test_junk_without_end_does_not_pile_up() -> None:
    decoder = MessageDecoder(lambda _: None)
    for _ in range(100):
        decoder.feed(b"y" * GREATEST_LINE)
    assert len(decoder._buffer) <= 2 * GREATEST_LINE


def test_an_empty_message_is_a_message() -> None:
    assert decode(b"Content-Length: 0\r\n\r\n" + frame(b"{}")) == ([b"", b"{}"], [])
