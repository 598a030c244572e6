"""The vocabulary: a number for each distinct token (here called word), and a filter for words by their beginning.

The words of the index are numbered in sorted order, so those that begin with a text are one range of numbers. Words
that occur only in open documents get the numbers after them.
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

END: Final = 0  # the end of a file, and the cursor: text is never copied across it
SAME, DEEPER, SHALLOWER = 1, 2, 3  # a new line, by its indentation against the line before
UNKNOWN: Final = 4  # a word that was not added because the vocabulary is full
FIRST_WORD: Final = 8  # numbers between are kept free for the abstract tokens of identifier mapping

MOST_NEW_WORDS: Final = 50_000
"""Words that may be added to those of the index: bounds the memory of a long session."""
_MOST_CACHED_LINES: Final = 20_000
_MOST_CACHED_TEXTS: Final = 4
"""Sizes at which the caches of lines and of whole texts are cleared."""
_WORDS_AT_ONCE: Final = 4_000
"""Words numbered in one go, so that the thread that loads an index never holds the interpreter for long."""
_NO_NUMBER: Final = np.iinfo(np.int32).max
_AFTER_ANY_CHARACTER: Final = "\U0010ffff"


@frozen
class TokenFilter:
    """The numbers of all words that begin with a text: a range of the index's words, and some of the added ones."""

    first: int
    last: int  # exclusive
    added: NDArray[np.int32]
    _lowest_added: int = field(init=False, repr=False)

    @_lowest_added.default
    def _find_lowest_added(self) -> int:
        return int(self.added.min(initial=_NO_NUMBER))

    def admits(self, tokens: NDArray[np.int32]) -> NDArray[np.bool_]:
        """Return for each token whether it is one of these words."""
        found = (tokens >= self.first) & (tokens < self.last)
        # The index, which is searched most, holds no added word.
        if int(tokens.max(initial=0)) >= self._lowest_added:
            found |= np.isin(tokens, self.added)
        return found


@frozen
class TokenizedLines:
    """Lines of a document as token numbers."""

    numbers: NDArray[np.int32] = field(repr=False)
    """Token numbers and line marks, as `Vocabulary.document` returns them."""
    lines: Sequence[str] = field(repr=False)
    """The lines that are not blank, without blanks around them."""
    last_indentation: int


class _Numbers(dict[str, int]):
    """Numbers by word; a lookup of a known word runs no Python code."""

    def __init__(self, add: Callable[[str], int]) -> None:
        super().__init__()
        self._add = add

    def __missing__(self, word: str) -> int:
        return self._add(word)


class Vocabulary:
    """Numbers for words. Words are added and never removed, so a number stays valid as long as the vocabulary."""

    def __init__(self, sorted_words: Sequence[str] = (), *, most_new_words: int = MOST_NEW_WORDS) -> None:
        """Number the index's words, which are sorted and distinct, from FIRST_WORD on."""
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
        self._tokenized: dict[tuple[str, int], TokenizedLines] = {}
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

    def space_variant(self, number: int) -> int:
        """Return the number of the word with a space before it, or without the one that it has, or UNKNOWN."""
        word = self.text(number)
        return self.find(word[1:] if word[:1] == " " else f" {word}")

    def number(self, word: str) -> int:
        """Return the number of a word, adding a new one; UNKNOWN if the vocabulary is full."""
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
        """Return the numbers of a line's tokens. Cached, because most lines are read again at each keystroke."""
        numbers = self._lines.get(body)
        if numbers is None:
            if len(self._lines) >= _MOST_CACHED_LINES:
                self._lines.clear()
            words = split_tokens(body) if len(body) <= LONGEST_LINE else []
            numbers = self._lines[body] = tuple(map(self._numbers.__getitem__, words))
        return numbers

    def document(self, text: str, indentation: int = 0) -> tuple[Sequence[int], int]:
        """Return the token numbers of a text, and the indentation of its last line in columns.

        Each line is a mark (SAME, DEEPER or SHALLOWER than the line before) and its tokens; `indentation` is that of
        the line before the text, in columns.
        """
        numbers, _, last = self._read(text, indentation)
        return numbers, last

    def tokenized_lines(self, text: str, indentation: int = 0) -> TokenizedLines:
        """Return a text above or below a cursor as token numbers and lines; `indentation` as in `document`.

        While the user types in one line, the texts above and below stay the same, so the last few are cached.
        """
        key = (text, indentation)
        known = self._tokenized.get(key)
        if known is None:
            numbers, lines, last = self._read(text, indentation)
            if len(self._tokenized) >= _MOST_CACHED_TEXTS:
                self._tokenized.clear()
            known = self._tokenized[key] = TokenizedLines(np.array(numbers, np.int32), lines, last)
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
        """Return the filter for the words that begin with a text or are equal to it."""
        end = text + _AFTER_ANY_CHARACTER
        first, last = bisect_left(self._words, text), bisect_left(self._words, end)
        if (added := self._added_sorted) is None:
            with self._adding:
                numbered = enumerate(self._added, self._end_of_index)
                added = self._added_sorted = sorted((word, number) for number, word in numbered)
        numbers = [number for _, number in added[bisect_left(added, (text,)) : bisect_left(added, (end,))]]
        return TokenFilter(FIRST_WORD + first, FIRST_WORD + last, np.array(numbers, np.int32))


def line_mark(before: int, columns: int) -> int:
    """Return the mark of a line indented by `columns` after a line indented by `before`."""
    return SAME if columns == before else DEEPER if columns > before else SHALLOWER
