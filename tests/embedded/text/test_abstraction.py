"""Tokens without names."""

from collections import Counter

import numpy as np
import pytest

from fim_language_server.embedded.text.abstraction import (
    IDENTIFIER,
    NUMBER,
    SPACED_IDENTIFIER,
    Abstraction,
    abstract_numbers,
)
from fim_language_server.embedded.text.vocabulary import FIRST_WORD, SAME, Vocabulary


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("width", IDENTIFIER),
        (" width", SPACED_IDENTIFIER),
        ("_x", IDENTIFIER),
        ("$el", IDENTIFIER),
        ("größe", IDENTIFIER),
        ("42", NUMBER),
        (" 1.5", NUMBER),
        ("return", None),
        (" =", None),
        ("(", None),
        ("  ", None),
    ],
)
def test_names_and_numbers_lose_their_identity(word: str, expected: int | None) -> None:
    """Keywords, operators and brackets keep it; a word of the index and an added one are treated alike."""
    kept = FIRST_WORD if expected is None else expected
    assert abstract_numbers([word], Counter()) == [kept]
    vocabulary = Vocabulary()
    number = vocabulary.number(word)
    abstraction = Abstraction(vocabulary, np.empty(0, np.int32))
    assert abstraction.of(np.array([number, SAME], np.int32)).tolist() == [kept, SAME]
    assert abstraction.is_common(number) is (expected is None)


def test_the_commonest_words_of_a_workspace_keep_theirs() -> None:
    """They are part of its grammar: `self`, `ctx`, `assert_that`."""
    counts = Counter({f"name{n}": n for n in range(1, 1_000)})
    words = ["name999", "name1"]
    assert abstract_numbers(words, counts) == [FIRST_WORD, IDENTIFIER]


def test_in_a_small_workspace_few_words_are_common() -> None:
    """One in ten: most of the commonest there are names like any other."""
    words = [f"w{number}" for number in range(30)]
    counts = Counter({word: 100 - place for place, word in enumerate(words)})
    abstract = abstract_numbers(words, counts)
    assert [number != IDENTIFIER for number in abstract] == [True] * 3 + [False] * 27


def test_a_word_that_was_just_added_is_not_common() -> None:
    """Also before it was abstracted with others."""
    vocabulary = Vocabulary()
    assert not Abstraction(vocabulary, np.empty(0, np.int32)).is_common(vocabulary.number("width"))
