"""A server's words are shown only where they are short, printable, and echo nothing that was sent."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fim_language_server.providers.replies.wire_text import brief, identifier, parse_object, quote, well_formed


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Model not found", "Model not found"),
        (" two\n lines\t", "two lines"),
        ("red \x1b[31m bidi \u202e", "red [31m bidi"),
        ("x" * 121, ""),
        ("<p>page", ""),
        ("", ""),
    ],
)
def test_brief(text: str, expected: str) -> None:
    """One line of what can be seen, or nothing."""
    assert brief(text) == expected


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("Bad model.", "Bad model"),
        ("key se-cret refused", ""),
        ("key se-cre… refused", ""),
        ("near 'def secret_function('", ""),
        ("near 'def'", "near 'def'"),
        ("use Bearer x", ""),
        ("token 0123456789abcdef0123456789abcdef", ""),
    ],
)
def test_quote(message: str, expected: str) -> None:
    """Six characters of the key, or twelve of the text, and nothing is quoted."""
    assert quote(message, ("se-cret", "def secret_function(a):\n    pass\n")) == expected


def test_short_secrets_are_withheld_too() -> None:
    """A key or text that is shorter than that must not appear as a whole."""
    assert quote("key: abc", ("abc", "")) == ""
    assert quote("at x = 1;", ("", "x = 1")) == ""
    assert quote("nothing was sent", ("", "", " \n")) == "nothing was sent"


@pytest.mark.parametrize(
    ("value", "expected"),
    [("server_error", "server_error"), (3001, "3001"), ("1300", "1300"), ("two words", ""), (True, ""), (None, "")],
)
def test_identifier(value: object, expected: str) -> None:
    """Names and numbers, and nothing that could be prose."""
    assert identifier(value) == expected


@given(st.text(st.characters(codec=None)))
def test_well_formed(text: str) -> None:
    """What comes out can be encoded, is as long, and is the same where it could be encoded before."""
    formed = well_formed(text)
    formed.encode()
    try:
        text.encode()
    except UnicodeEncodeError:
        return
    assert formed == text


def test_pairs_of_surrogates_are_joined() -> None:
    """Two halves that belong together are a character."""
    assert well_formed("\ud83d\ude42 \ud83d") == "🙂 \ufffd"


@pytest.mark.parametrize("body", ["", "3", "null", "[]", "[1]", "[{}, {}]", "{", "[" * 100_000])
def test_what_is_no_object(body: str) -> None:
    """Anything but an object, alone or in an array, reads as an empty one."""
    assert parse_object(body) == {}
