"""Abstract tokens: identifiers and numbers become the tokens "an identifier" and "a number".

Two places that differ in names only have the same abstract tokens, so `self.width = width` is found for
`self.height = `. Common words (keywords, `self`, `len`) stay as they are; they are the grammar. `search.renaming`
puts the cursor's names into what was found.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Final

import numpy as np
from numpy.typing import NDArray

from fim_language_server.embedded.text.vocabulary import FIRST_WORD, MOST_NEW_WORDS, Vocabulary

IDENTIFIER: Final = 5
SPACED_IDENTIFIER: Final = 6  # with the one space that a token may begin with
NUMBER: Final = 7

_COMMON_WORDS: Final = 400
"""Number of the workspace's commonest words that stay as they are."""
_COMMON_SHARE: Final = 10
"""Words of a workspace for each of these: in a small one most of the commonest words are ordinary names."""

_KEYWORDS: Final = """
    and as async await bool break case catch class const continue def default defer del do elif else enum except
    export extends false False final finally fn for from func function go if impl implements import in int interface
    is lambda let len match mod mut new nil None not null or package pass pub public private protected raise range
    return self Self static str string struct super switch this throw true True try type use var void while with yield
"""


_SPACED_KEYWORDS: Final = frozenset(f"{space}{keyword}" for keyword in _KEYWORDS.split() for space in ("", " "))


def abstract_numbers(words: Iterable[str], counts: Counter[str]) -> list[int]:
    """Return the abstract token of each word: its own number (they count from FIRST_WORD) for words that stay.

    `counts` is how often each word occurs in the workspace.
    """
    most = min(_COMMON_WORDS, len(counts) // _COMMON_SHARE)
    common = _SPACED_KEYWORDS | {word for word, _ in counts.most_common(most)}
    return [number if word in common else _abstract(word, number) for number, word in enumerate(words, FIRST_WORD)]


def _abstract(word: str, number: int) -> int:
    first = word[1:2] if word[0] == " " else word[0]
    if first.isdigit():
        return NUMBER
    if first.isalpha() or first == "_" or first == "$":
        return SPACED_IDENTIFIER if word[0] == " " else IDENTIFIER
    return number


class Abstraction:
    """Abstract tokens for the numbers of a vocabulary, including words that were added after indexing."""

    def __init__(self, vocabulary: Vocabulary, indexed: NDArray[np.int32]) -> None:
        """Take the abstract numbers of the index's words."""
        self._vocabulary = vocabulary
        self._known = FIRST_WORD + len(indexed)
        self._abstract = np.arange(self._known + MOST_NEW_WORDS, dtype=np.int32)
        self._abstract[FIRST_WORD : self._known] = indexed
        self._one_by_one = self._abstract.data  # gives plain ints, several times as fast
        self._names: NDArray[np.bool_] = (self._abstract == IDENTIFIER) | (self._abstract == SPACED_IDENTIFIER)

    def of(self, tokens: NDArray[np.int32]) -> NDArray[np.int32]:
        """Return the abstract token for each token."""
        self._learn_added()
        result: NDArray[np.int32] = self._abstract[tokens]
        return result

    @property
    def names(self) -> NDArray[np.bool_]:
        """For each number: does this word become "an identifier"?"""
        self._learn_added()
        return self._names

    def _learn_added(self) -> None:
        for number in range(self._known, len(self._vocabulary)):
            word = self._vocabulary.text(number)
            abstract = number if word in _SPACED_KEYWORDS else _abstract(word, number)
            self._abstract[number] = abstract
            self._names[number] = abstract in {IDENTIFIER, SPACED_IDENTIFIER}
            self._known = number + 1

    def is_common(self, number: int) -> bool:
        """Does this word stay as it is?"""
        if number >= self._known:
            self._learn_added()
        return bool(self._one_by_one[number] == number)
