"""Windows fit into so many tokens by the estimate, and begin and end at line ends where they can."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fim_language_server.providers.apis.token_windows import (
    SAMPLE,
    bytes_per_token,
    estimate_tokens,
    first_tokens,
    last_tokens,
)

TEXT = "first line\nsecond line\nthird line\n"


@pytest.mark.parametrize(
    ("n", "last", "first"),
    [
        (100, TEXT, TEXT),
        (34, TEXT, TEXT),
        (33, "second line\nthird line\n", "first line\nsecond line\n"),
        (12, "third line\n", "first line\n"),
        (5, "line\n", "first"),
        (0, "\n", ""),
    ],
)
def test_windows(n: int, last: str, first: str) -> None:
    """Whole lines; of a single one that does not fit, what fits."""
    assert last_tokens(TEXT, n, 1.0) == last
    assert first_tokens(TEXT, n, 1.0) == first


@given(st.text(), st.integers(0, 60), st.none() | st.floats(1.0, 5.0))
def test_they_fit_and_are_parts_of_the_text(text: str, n: int, per_token: float | None) -> None:
    """Any text, also one whose characters are of several bytes."""
    last, first = last_tokens(text, n, per_token), first_tokens(text, n, per_token)
    assert text.endswith(last)
    assert text.startswith(first)
    assert estimate_tokens(first, per_token) <= n + 1
    assert len(last) == 1 or estimate_tokens(last, per_token) <= n + 1
    assert last or not text


@pytest.mark.parametrize(
    ("n_tokens", "least", "most"), [(len(SAMPLE.encode()), 1.0, 1.0), (93, 2.5, 3.2), (10_000, 1, 1)]
)
def test_a_servers_count_of_the_sample(n_tokens: int, least: float, most: float) -> None:
    """A tokenizer of bytes is reckoned exactly, others with a margin; no token is less than a byte."""
    assert least <= bytes_per_token(n_tokens) <= most
