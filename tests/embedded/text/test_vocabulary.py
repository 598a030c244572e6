"""Words as numbers: stable, found again, and looked up by their beginning."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fim_language_server.embedded.text.vocabulary import (
    DEEPER,
    FIRST_WORD,
    SAME,
    SHALLOWER,
    UNKNOWN,
    Vocabulary,
)


@given(st.lists(st.text(min_size=1), unique=True), st.lists(st.text(min_size=1)))
def test_every_word_is_found_under_its_number(indexed: list[str], added: list[str]) -> None:
    """Indexed and added words alike; a number never changes its word."""
    vocabulary = Vocabulary(sorted(indexed))
    numbers = {word: vocabulary.number(word) for word in indexed + added}
    for word, number in numbers.items():
        assert vocabulary.text(number) == word
        assert vocabulary.number(word) == vocabulary.find(word) == number
    assert len(set(numbers.values())) == len(numbers)


@given(st.sets(st.text("ab", min_size=1)), st.sets(st.text("ab", min_size=1)), st.text("ab", min_size=1))
def test_the_filter_admits_exactly_the_words_with_that_beginning(indexed: set[str], added: set[str], text: str) -> None:
    """Words of the index and added ones."""
    vocabulary = Vocabulary(sorted(indexed))
    words = sorted(indexed | added)
    numbers = np.array([vocabulary.number(word) for word in words], np.int32)
    admitted = vocabulary.beginning_with(text).admits(numbers)
    assert admitted.tolist() == [word.startswith(text) for word in words]


def test_a_full_vocabulary_calls_new_words_unknown() -> None:
    """Hours of typing cannot fill the memory; known words stay known."""
    vocabulary = Vocabulary(["a"], most_new_words=1)
    assert [vocabulary.number(word) for word in "abca"] == [FIRST_WORD, FIRST_WORD + 1, UNKNOWN, FIRST_WORD]


@pytest.mark.parametrize(
    ("text", "marks"),
    [
        ("a\nb", [SAME, SAME]),
        ("a\n  b\nc", [SAME, DEEPER, SHALLOWER]),
        ("a\n\n\n\tb", [SAME, DEEPER]),
        ("", []),
    ],
)
def test_a_document_is_lines_marked_by_their_indentation(text: str, marks: list[int]) -> None:
    """Blank lines leave no mark."""
    numbers, _ = Vocabulary().document(text)
    assert [number for number in numbers if number < FIRST_WORD] == marks


def test_a_line_of_data_has_no_tokens() -> None:
    """A line too long to be code keeps its place only."""
    numbers, _ = Vocabulary().document("a\n" + "x, " * 1_000 + "\nb")
    assert len(numbers) == 3 + 2
