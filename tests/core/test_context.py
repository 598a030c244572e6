"""What the model may see."""

from __future__ import annotations

from itertools import pairwise

import pytest

from fim_language_server.core.context import build_context, lines_of_windows
from fim_language_server.core.values import CompletionRequest
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


@pytest.mark.parametrize(
    ("drawn", "expected"),
    [
        pytest.param("a\nb|c\nd\ne\n", (1, 3), id="to the end of a line"),
        pytest.param("a\nb|c\nd", (0, 3), id="to the end of the document"),
        pytest.param("a\nb|", (0, 2), id="nothing below"),
    ],
)
def test_the_lines_of_windows_are_counted_in_the_document(drawn: str, expected: tuple[int, int]) -> None:
    """A piece of the same file is sent only from outside of them."""
    context = build_context(request_at(drawn), 1 if expected[0] else 100, 4)
    assert lines_of_windows(context, 1) == expected


def typed(before: str, text: str) -> list[CompletionRequest]:
    """The requests while `text` is typed key by key, each cut to a window as the editor's side cuts it."""
    return [request_at(f"{before}{text[:n]}|\nrest\n", window=4_000) for n in range(1, len(text) + 1)]


@pytest.mark.parametrize("line_length", [12, 35, 90, 400])
def test_the_start_of_the_prompt_stays_while_text_is_typed(line_length: int) -> None:
    """Else no provider could keep what it worked out; and what is given up for it is an eighth at most, or a line."""
    line = "x" * (line_length - 1) + "\n"
    text = ("    total = price * count\n" * 8)[:200]
    contexts = [build_context(request, 4_000, 2_000) for request in typed(line * 700, text)]
    sizes = [len(context.prefix) for context in contexts]
    assert min(sizes) >= 4_000 * 7 // 8 - line_length
    assert max(sizes) <= 4_000
    # A start that stays lets the window grow by what was typed; lines are all alike here, so sizes tell it.
    moves = sum(after != before + 1 for before, after in pairwise(sizes))
    assert moves <= 3
