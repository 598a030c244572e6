"""Suffix arrays against brute force."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fim_language_server.embedded.index import sorted_contexts as contexts
from fim_language_server.embedded.index.sorted_contexts import DEPTH, ScannedContexts, SortedContexts, sort_by_context
from fim_language_server.embedded.text.vocabulary import END
from tests.embedded.index.test_segment import contexts as some_contexts
from tests.embedded.index.test_segment import segment_of, texts


@given(texts)
def test_positions_are_sorted_by_what_is_before_them(texts: list[list[int]]) -> None:
    """Backwards, DEPTH tokens deep, equal ones by position."""
    tokens = segment_of(texts).tokens
    expected = sorted(range(DEPTH, len(tokens)), key=lambda p: (tokens[p - DEPTH : p][::-1].tolist(), p))
    assert sort_by_context(tokens).tolist() == expected


@pytest.mark.parametrize("block", [1, 7, 1 << 18])
@given(st.integers(0, 2**32), st.integers(1, 400), st.integers(1, 60))
def test_long_texts_are_sorted_alike(block: int, seed: int, words: int, copied: int) -> None:
    """However few tokens fit into the first key, whatever block is sorted at once, and where one run fills several."""
    random = np.random.default_rng(seed)
    alphabet, copy = random.integers(4, 2**18, words), random.integers(4, 2**18, copied)
    parts = [random.choice(alphabet, 30), copy, random.choice(alphabet, 5), copy, copy[7:], copy[:11]]
    tokens = np.array([END] * DEPTH + [number for part in parts for number in (*part, END)], np.int32)
    expected = sorted(range(DEPTH, len(tokens)), key=lambda p: (tokens[p - DEPTH : p][::-1].tolist(), p))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(contexts, "_BLOCK", block)
        assert sort_by_context(tokens).tolist() == expected
        patch.setattr(contexts, "_KEY_BITS", 20)
        assert sort_by_context(tokens).tolist() == expected


@given(texts, some_contexts)
def test_few_places_are_looked_through_with_the_same_result(texts: list[list[int]], context: list[int]) -> None:
    """As if they were sorted; so is a context of nothing."""
    tokens = segment_of(texts).tokens
    for wanted in (context, []):
        scanned, found = (
            [(depth, sorted(run.tolist())) for depth, run in each.runs(wanted)]
            for each in (ScannedContexts(tokens), SortedContexts.of(tokens))
        )
        assert scanned == found
