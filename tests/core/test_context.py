"""What the model may see."""

from __future__ import annotations

import pytest

from fim_language_server.core.context import build_context
from tests.fakes.requests import request_at


@pytest.mark.parametrize(
    ("drawn", "prefix_chars", "suffix_chars", "prefix", "suffix"),
    [
        pytest.param("ab\ncd|ef\ngh", 100, 100, "ab\ncd", "ef\ngh", id="all of it"),
        pytest.param("abc\ncd|ef\ngh", 5, 100, "cd", "ef\ngh", id="no half line at the start"),
        pytest.param("ab\ncd|ef\nghi", 100, 5, "ab\ncd", "ef\n", id="no half line at the end"),
        pytest.param("abcdef|ghijkl", 3, 3, "def", "ghi", id="the cursor's own line may be cut"),
        pytest.param("ab\r\ncd|\r\nef\rgh", 100, 100, "ab\ncd", "\nef\ngh", id="plain line ends"),
    ],
)
def test_windows_are_cut_to_size_at_line_ends(
    drawn: str, prefix_chars: int, suffix_chars: int, prefix: str, suffix: str
) -> None:
    """Half a line misleads a model; line ends other than the plain one cost tokens."""
    context = build_context(request_at(drawn), prefix_chars, suffix_chars)
    assert (context.prefix, context.suffix) == (prefix, suffix)
