"""The figures, worked out by hand."""

from __future__ import annotations

import difflib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fim_language_server.evaluation.metrics import margin, percentile, saved_by_tab, saved_by_words, similarity

WORDS = st.text("abc (", max_size=12)


@pytest.mark.parametrize(
    ("text", "target", "expected"),
    [
        ("abc", "abc", 100),
        ("", "abc", 0),  # silence
        ("", "", 0),
        ("abc", "", 0),
        ("abc", "xyz", 0),
        ("ab", "abcd", 100 * 4 / 6),
        ("axbxc", "abc", 100 * 6 / 8),  # what is common need not stand together
        ("kitten", "sitting", 100 * 8 / 13),  # i, t, t, n
        ("ba", "ab", 50),
    ],
)
def test_edit_similarity(text: str, target: str, expected: float) -> None:
    """200 · LCS / both lengths: what rapidfuzz calls `ratio`."""
    assert similarity(text, target) == pytest.approx(expected)


@given(WORDS, WORDS)
def test_edit_similarity_is_symmetric_bounded_and_at_least_difflibs(text: str, target: str) -> None:
    """`difflib` finds common blocks greedily, so it never finds more than the longest common subsequence."""
    found = similarity(text, target)
    assert found == pytest.approx(similarity(target, text))
    assert 0 <= found <= 100
    if text and target:
        assert found >= 100 * difflib.SequenceMatcher(None, text, target, autojunk=False).ratio() - 1e-9


@pytest.mark.parametrize(
    ("text", "target", "saved"),
    [("abc", "abc", 2), ("ab", "abc", 0), ("abcd", "abc", 0), ("", "abc", 0), ("a", "a", 0)],
)
def test_keys_saved_by_tab(text: str, target: str, saved: int) -> None:
    """One key for all of it, or nothing."""
    assert saved_by_tab(text, target) == saved


@pytest.mark.parametrize(
    ("text", "target", "saved"),
    [
        ("return a", "return a", 5 + 1),  # "return", " a"
        ("return b", "return a", 5),  # the second word is wrong
        ("foo", "foobar", 2),  # the rest of the word is typed
        ("xyz", "return a", 0),
        ("f(x)", "f(x)", 0),  # four keys either way
        ("", "x", 0),
    ],
)
def test_keys_saved_word_by_word(text: str, target: str, saved: int) -> None:
    """A key a word, as far as it is right."""
    assert saved_by_words(text, target) == saved


@given(WORDS, WORDS)
def test_no_way_of_accepting_saves_more_than_there_is(text: str, target: str) -> None:
    assert 0 <= saved_by_words(text, target) <= len(target)
    assert 0 <= saved_by_tab(text, target) <= len(target)


@pytest.mark.parametrize(("share", "expected"), [(0.5, 3), (0.95, 5), (0.2, 1), (0.21, 2), (0, 1)])
def test_percentiles_are_values_that_occurred(share: float, expected: float) -> None:
    assert percentile([5, 1, 4, 2, 3], share) == expected


def test_a_percentile_of_nothing_is_none() -> None:
    assert percentile([], 0.5) is None


def test_the_margin_is_wilsons() -> None:
    """50 of 100: ± 9.6; and even 0 of 10 is not known exactly."""
    assert margin(50, 100) == pytest.approx(9.617, abs=0.01)
    assert margin(0, 10) == pytest.approx(13.9, abs=0.1)
    assert margin(0, 0) == 0
