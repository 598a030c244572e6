"""Where the server may be reached: on this machine, or nowhere."""

import pytest

from fim_language_server.cli.serve import parse_address


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("127.0.0.1:9257", ("127.0.0.1", 9257)),
        ("localhost:0", ("127.0.0.1", 0)),
        ("[::1]:80", ("::1", 80)),
        (":9257", ("127.0.0.1", 9257)),
        ("9257", ("127.0.0.1", 9257)),
        ("127.5.5.5:1", ("127.5.5.5", 1)),
    ],
)
def test_loopback_addresses(text: str, expected: tuple[str, int]) -> None:
    assert parse_address(text) == expected


@pytest.mark.parametrize(
    "text",
    ["0.0.0.0:1", "192.168.0.1:1", "example.org:1", "[::]:1", "127.0.0.1:65536", "127.0.0.1:x", "127.0.0.1:", ""],
)
def test_everything_else_is_refused_with_a_sentence(text: str) -> None:
    with pytest.raises(ValueError, match=r"HOST:PORT|only 127\.0\.0\.1"):
        parse_address(text)
