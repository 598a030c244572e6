"""Substitution of names of the document in lines whose shape fits and whose name does not.

A renamed line (`search.place_reader`) may still hold a name of its source: `return total;` where the cursor's word
begins with `co`, or where the document has no `total`. It is replaced by names of the document: those that begin with
the typed part, those that follow the same receiver, or those nearest to the cursor.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np

from fim_language_server.embedded.search.cursor import Cursor
from fim_language_server.embedded.text.abstraction import Abstraction
from fim_language_server.embedded.text.names import is_name
from fim_language_server.embedded.text.vocabulary import FIRST_WORD, Vocabulary

_NEAR: Final = 200
"""Tokens before the cursor whose names may be substituted, and tokens after it that are searched for missing names."""
_MOST_PLACES: Final = 24
"""Most occurrences in the document from which one list of names is made."""
_MOST_NAMES: Final = 6
"""Most names that are substituted in a line."""
_MOST_MISSING: Final = 2
"""Most of those that are names that the lines below use and no line above has."""
_LAST_SLOT: Final = 3
"""Index of the last word of a line that may be replaced."""


class KnownNames:
    """The document's names by beginning, by receiver, and by distance from the cursor."""

    def __init__(self, cursor: Cursor, vocabulary: Vocabulary, abstraction: Abstraction) -> None:
        self._cursor = cursor
        self._vocabulary = vocabulary
        self._abstraction = abstraction
        self._dot = vocabulary.find(".")
        self._begun: list[str] = []
        if cursor.wanted is not None and is_name(cursor.unfinished.strip()):
            self._begun = self._names_at(np.flatnonzero(cursor.wanted.admits(cursor.tokens)))
        near = cursor.tokens[max(0, cursor.position - _NEAR) : cursor.position][::-1]
        nearby = [number for number in near.tolist() if not abstraction.is_common(number)]
        self._near = [*self._missing()[:_MOST_MISSING], *self._distinct(nearby)]
        self._members: dict[str, list[str]] = {}

    def substitutions(self, words: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
        """Yield the line with names of the document in place of its first name that may not belong at the cursor."""
        slot, names = self._choices(words)
        for name in names[:_MOST_NAMES]:
            if name != words[slot].strip():
                space = " " if words[slot][0] == " " else ""
                yield (*words[:slot], f"{space}{name}", *words[slot + 1 :])

    def _choices(self, words: tuple[str, ...]) -> tuple[int, Sequence[str]]:
        """Return the index of the word to replace, and the names that could replace it."""
        unfinished, before = self._cursor.unfinished, self._cursor.context
        if words and not words[0].startswith(unfinished):
            fits = is_name(words[0].strip()) and (words[0][0] == " ") == (unfinished[0] == " ")
            return 0, self._begun if fits else ()
        slot = next((i for i, word in enumerate(words[: _LAST_SLOT + 1]) if self._is_rare_name(word)), None)
        if slot is None:
            return 0, ()
        if slot == 0 and is_name(unfinished.strip()):
            return slot, self._begun
        if slot == 0 and before[-1] == self._dot:
            return slot, self._members_of(self._vocabulary.text(before[-2]))
        if slot and words[slot - 1] == ".":
            return slot, self._members_of(words[slot - 2]) if slot > 1 else ()
        return slot, self._near

    def _missing(self) -> list[str]:
        """Return the names that the lines below use and no line above has, the nearest first."""
        cursor = self._cursor
        above = set(cursor.tokens[: cursor.position].tolist())
        below = cursor.tokens[cursor.position + 1 : cursor.position + 1 + _NEAR].tolist()
        names = self._distinct([n for n in below if n not in above and not self._abstraction.is_common(n)])
        find = self._vocabulary.find
        return [name for name in names if find(name) not in above and find(f" {name}") not in above]

    def _members_of(self, receiver: str) -> list[str]:
        """Return the names that follow a receiver and a dot, the nearest first."""
        receiver = receiver.strip()
        if receiver not in self._members:
            tokens = self._cursor.tokens
            numbers = (self._vocabulary.find(receiver), self._vocabulary.find(f" {receiver}"))
            found = (tokens[1:-1] == self._dot) & ((tokens[:-2] == numbers[0]) | (tokens[:-2] == numbers[1]))
            self._members[receiver] = self._names_at(np.flatnonzero(found) + 2)
        return self._members[receiver]

    def _names_at(self, positions: np.ndarray[tuple[int], np.dtype[np.intp]]) -> list[str]:
        nearest = positions[np.argsort(np.abs(positions - self._cursor.position), kind="stable")][:_MOST_PLACES]
        return self._distinct(self._cursor.tokens[nearest].tolist())

    def _distinct(self, numbers: Sequence[int]) -> list[str]:
        words = (self._vocabulary.text(number).strip() for number in numbers)
        return list(dict.fromkeys(word for word in words if is_name(word)))

    def _is_rare_name(self, word: str) -> bool:
        name = word.strip()
        if not is_name(name):
            return False
        numbers = (self._vocabulary.find(name), self._vocabulary.find(f" {name}"))
        return not any(number >= FIRST_WORD and self._abstraction.is_common(number) for number in numbers)
