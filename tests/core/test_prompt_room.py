"""The parts of a prompt, by its room."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fim_language_server.core.other_files.growing import NO_PIECES, PieceLimits
from fim_language_server.core.prompt_room import WindowSize, affordable_windows, is_at_end
from tests.fakes.requests import request_at

USUAL = WindowSize(3_000, 1_000, PieceLimits(4_000, 2_048, 8_192), room=6_900)


def parts(window: WindowSize) -> tuple[int, int, int]:
    """The characters of each part of a first prompt."""
    return window.prefix_chars, window.suffix_chars, window.pieces.first_chars


@pytest.mark.parametrize(
    ("left", "at_end", "expected"),
    [
        pytest.param(
            1.0, False, [(2_588, 862, 3_450), (1_294, 431, 1_725), (647, 216, 862), (600, 150, 112)], id="full"
        ),
        pytest.param(
            1.0, True, [(2_967, 150, 3_933), (1_484, 150, 1_966), (742, 150, 983), (600, 150, 112)], id="nothing below"
        ),
        pytest.param(0.4, False, [(1_294, 431, 1_725), (647, 216, 862), (600, 150, 112)], id="less than half"),
        pytest.param(0.2, False, [(647, 216, 862), (600, 150, 112)], id="less than a quarter"),
        pytest.param(0.1, False, [(600, 150, 112)], id="nearly empty: hardly any pieces"),
    ],
)
def test_the_room_shrinks_as_the_tokens_run_low(
    left: float, at_end: bool, expected: list[tuple[int, int, int]]
) -> None:
    """A smaller prompt costs a little quality, a refused request the suggestion."""
    windows = affordable_windows(USUAL, left, is_at_end=at_end)
    assert [parts(window) for window in windows] == expected


def test_nothing_is_kept_for_later_prompts_where_the_budget_is_short() -> None:
    """What is kept counts in full."""
    whole, half, *_ = affordable_windows(USUAL, 1.0)
    assert whole.pieces.most_chars == 8_192
    assert half.pieces.most_chars == half.pieces.first_chars


PIECES = st.integers(0, 9_000).map(lambda chars: PieceLimits(chars, chars, chars))


@given(prefix=st.integers(200, 20_000), suffix=st.integers(0, 9_000), pieces=PIECES, at_end=st.booleans())
def test_settings_reach_their_value_and_are_never_exceeded(
    prefix: int, suffix: int, pieces: PieceLimits, at_end: bool
) -> None:
    """Where the user says how much, that is the room; a short budget takes of each part, last of the pieces."""
    sizes = affordable_windows(WindowSize(prefix, suffix, pieces), 1.0, is_at_end=at_end)
    assert sizes[0].prefix_chars == prefix
    assert sizes[0].suffix_chars == (suffix if not at_end else min(150, suffix))
    assert sizes[0].pieces == pieces
    for larger, smaller in pairwise(parts(size) for size in sizes):
        assert all(after <= before for before, after in zip(larger, smaller, strict=True))
        if smaller[2] < larger[2] and not at_end:
            assert smaller[0] < larger[0] or smaller[0] <= 600, "the windows shrink first"
    assert all(size.prefix_chars >= min(600, prefix) for size in sizes)


@pytest.mark.parametrize("whole", [WindowSize(4_000, 2_000), WindowSize(700, 100), WindowSize(300, 0)])
def test_without_pieces_the_windows_have_the_room(whole: WindowSize) -> None:
    """Halved with it, down to what a model needs."""
    sizes = affordable_windows(whole, 1.0)
    last = sizes[-1]
    assert parts(sizes[0]) == (whole.prefix_chars, whole.suffix_chars, 0)
    assert last.prefix_chars >= min(600, whole.prefix_chars)
    assert last.pieces == NO_PIECES


@pytest.mark.parametrize(
    ("drawn", "expected"),
    [
        pytest.param("a = f(|)", True, id="behind the cursor"),
        pytest.param("a = |\r\n  \n", True, id="blank lines"),
        pytest.param("a = |\nb = 2", False, id="a line below"),
    ],
)
def test_a_file_is_being_written_where_nothing_stands_below(drawn: str, expected: bool) -> None:
    """The rest of the cursor's own line is no text below: editors close brackets by themselves."""
    assert is_at_end(request_at(drawn)) is expected
    assert not is_at_end(request_at("x|" + " " * 50, window=20))
