"""Tokens as numbers: which number stands for which token, and which numbers begin with some text.

The words of the index are numbered in sorted order, so "begins with" is one range of numbers. Words that only open
documents have are added behind them.
"""

from __future__ import annotations

import threading
from bisect import bisect_left
from collections.abc import Callable, Sequence
from typing import Final

import numpy as np
from attrs import field, frozen
from numpy.typing import NDArray

from fim_language_server.embedded.text.lexer import LONGEST_LINE, code_lines, split_tokens

END: Final = 0  # the end of a file, and the cursor: nothing is copied across it
SAME, DEEPER, SHALLOWER = 1, 2, 3  # a new line, by its indentation against the line before
UNKNOWN: Final = 4  # a word for which there was no room any more
FIRST_WORD: Final = 8  # numbers between are kept free for the abstract tokens of identifier mapping

MOST_NEW_WORDS: Final = 50_000
"""Words that may be added to those of the index: bounds what a long session of typing can hold."""
_MOST_CACHED_LINES: Final = 20_000
_MOST_CACHED_TEXTS: Final = 4
"""What is remembered to be fast, and forgotten when it is this much."""
_WORDS_AT_ONCE: Final = 4_000
"""Words numbered in one go, so that the thread that loads an index never holds the interpreter for long."""
_NO_NUMBER: Final = np.iinfo(np.int32).max
_AFTER_ANY_CHARACTER: Final = "\U0010ffff"


@frozen
class TokenFilter:
    """The numbers of the words that begin with some text: a range of the index's, and some of the added ones."""

    first: int
    last: int  # exclusive
    added: NDArray[np.int32]
    _lowest_added: int = field(init=False, repr=False)

    @_lowest_added.default
    def _find_lowest_added(self) -> int:
        return int(self.added.min(initial=_NO_NUMBER))

    def admits(self, tokens: NDArray[np.int32]) -> NDArray[np.bool_]:
        """For each token: is it one of these words?"""
        found = (tokens >= self.first) & (tokens < self.last)
        # Nothing that is added stands in the index, which is searched most.
        if int(tokens.max(initial=0)) >= self._lowest_added:
            found |= np.isin(tokens, self.added)
        return found


@frozen
class Passage:
    """Some lines of a document."""

    numbers: NDArray[np.int32] = field(repr=False)
    """As `Vocabulary.document` gives them."""
    lines: Sequence[str] = field(repr=False)
    """Those that are not blank, without blanks around them."""
    last_indentation: int


class _Numbers(dict[str, int]):
    """The numbers of words; asking for a known one costs no Python code."""

    def __init__(self, add: Callable[[str], int]) -> None:
        super().__init__()
        self._add = add

    def __missing__(self, word: str) -> int:
        return self._add(word)


class Vocabulary:
    """Numbers for words. Words are only ever added, so a number stays valid as long as the vocabulary lives."""

    def __init__(self, sorted_words: Sequence[str] = (), *, most_new_words: int = MOST_NEW_WORDS) -> None:
        """Take the index's words, sorted and without doubles, as numbers from FIRST_WORD on."""
        self._words = sorted_words
        self._end_of_index = FIRST_WORD + len(sorted_words)
        self._most_new_words = most_new_words
        self._added: list[str] = []
        self._added_sorted: list[tuple[str, int]] | None = []
        self._numbers = _Numbers(self._add)
        for first in range(0, len(sorted_words), _WORDS_AT_ONCE):
            words = sorted_words[first : first + _WORDS_AT_ONCE]
            self._numbers.update(zip(words, range(FIRST_WORD + first, self._end_of_index), strict=False))
        self._lines: dict[str, tuple[int, ...]] = {}
        self._passages: dict[tuple[str, int], Passage] = {}
        # Changed files are read in a thread while the event loop answers requests; both may add words.
        self._adding = threading.Lock()

    def __len__(self) -> int:
        return self._end_of_index + len(self._added)

    def text(self, number: int) -> str:
        """Return the word with this number; line marks and the unknown word have no text."""
        if number >= self._end_of_index:
            return self._added[number - self._end_of_index]
        return self._words[number - FIRST_WORD] if number >= FIRST_WORD else ""

    def find(self, word: str) -> int:
        """Return the number of a word, or UNKNOWN."""
        return self._numbers.get(word, UNKNOWN)

    def twin(self, number: int) -> int:
        """Return the number of the same word with a space before it, or without one where it has one, or UNKNOWN."""
        word = self.text(number)
        return self.find(word[1:] if word[:1] == " " else f" {word}")

    def number(self, word: str) -> int:
        """Return the number of a word, which is added if it is new and there is room, else UNKNOWN."""
        return self._numbers[word]

    def _add(self, word: str) -> int:
        with self._adding:
            number = self.find(word)
            if number == UNKNOWN and len(self._added) < self._most_new_words:
                number = self._end_of_index + len(self._added)
                self._added.append(word)
                self._added_sorted = None
                self._numbers[word] = number
        return number

    def added_words(self) -> Sequence[str]:
        """Return the words that were added, in the order of their numbers."""
        return self._added

    def line(self, body: str) -> tuple[int, ...]:
        """Return the numbers of a line's tokens. Lines come again at each keystroke, so they are remembered."""
        numbers = self._lines.get(body)
        if numbers is None:
            if len(self._lines) >= _MOST_CACHED_LINES:
                self._lines.clear()
            words = split_tokens(body) if len(body) <= LONGEST_LINE else []
            numbers = self._lines[body] = tuple(map(self._numbers.__getitem__, words))
        return numbers

    def document(self, text: str, indentation: int = 0) -> tuple[Sequence[int], int]:
        """Return the numbers of a text, and the indentation its last line has.

        A line is a mark (SAME, DEEPER, SHALLOWER than the line before, at first `indentation`) and its tokens.
        """
        numbers, _, last = self._read(text, indentation)
        return numbers, last

    def passage(self, text: str, indentation: int = 0) -> Passage:
        """Return a text as it is read around a cursor, `indentation` being that of the line before.

        While the user types in a line, the text above and below comes again at each key, so the last are remembered.
        """
        key = (text, indentation)
        known = self._passages.get(key)
        if known is None:
            numbers, lines, last = self._read(text, indentation)
            if len(self._passages) >= _MOST_CACHED_TEXTS:
                self._passages.clear()
            known = self._passages[key] = Passage(np.array(numbers, np.int32), lines, last)
        return known

    def _read(self, text: str, indentation: int) -> tuple[list[int], list[str], int]:
        numbers: list[int] = []
        lines: list[str] = []
        known = self._lines
        for columns, body in code_lines(text):
            numbers.append(SAME if columns == indentation else line_mark(indentation, columns))
            numbers.extend(known.get(body) or self.line(body))
            lines.append(body)
            indentation = columns
        return numbers, lines, indentation

    def beginning_with(self, text: str) -> TokenFilter:
        """Return the filter for the words that begin with a text, one that is equal to it included."""
        end = text + _AFTER_ANY_CHARACTER
        first, last = bisect_left(self._words, text), bisect_left(self._words, end)
        if (added := self._added_sorted) is None:
            with self._adding:
                numbered = enumerate(self._added, self._end_of_index)
                added = self._added_sorted = sorted((word, number) for number, word in numbered)
        numbers = [number for _, number in added[bisect_left(added, (text,)) : bisect_left(added, (end,))]]
        return TokenFilter(FIRST_WORD + first, FIRST_WORD + last, np.array(numbers, np.int32))


def line_mark(before: int, columns: int) -> int:
    """Return the mark of a line with this indentation after one with the indentation `before`."""
    return SAME if columns == before else DEEPER if columns > before else SHALLOWER
