"""What the model may see."""

from __future__ import annotations

import pytest

from fim_language_server.core.context import WindowSize, affordable_windows, build_context
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
    ("left", "expected"),
    [
        pytest.param(1.0, [(4_000, 2_000), (2_000, 1_000), (1_000, 500)], id="full"),
        pytest.param(0.4, [(2_000, 1_000), (1_000, 500)], id="less than half"),
        pytest.param(0.1, [(1_000, 500)], id="nearly empty"),
    ],
)
def test_the_window_shrinks_as_the_tokens_run_low(left: float, expected: list[tuple[int, int]]) -> None:
    """A smaller window costs a little quality, a refused request the suggestion."""
    windows = affordable_windows(WindowSize(4_000, 2_000), left)
    assert [(window.prefix_chars, window.suffix_chars) for window in windows] == expected
    assert [window.with_snippets for window in windows] == [size == (4_000, 2_000) for size in expected]


@pytest.mark.parametrize("whole", [WindowSize(2_400, 600), WindowSize(700, 100), WindowSize(300, 0)])
def test_a_window_never_shrinks_below_what_a_model_needs(whole: WindowSize) -> None:
    """Nor does it grow where it was small from the start."""
    smallest = affordable_windows(whole, 0.0)[-1]
    assert min(600, whole.prefix_chars) <= smallest.prefix_chars <= whole.prefix_chars
    assert min(150, whole.suffix_chars) <= smallest.suffix_chars <= whole.suffix_chars
