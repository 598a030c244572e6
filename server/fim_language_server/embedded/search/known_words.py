"""Facts about the words of candidates: whether one is a name, occurs in the document, and is near the cursor.

Candidates share few words, so each is looked up once.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Final

import numpy as np
from attrs import frozen

from fim_language_server.embedded.index.corpus import Corpus
from fim_language_server.embedded.search.cursor import Cursor
from fim_language_server.embedded.text.names import NAME
from fim_language_server.embedded.text.vocabulary import UNKNOWN

_NEARBY: Final = 60
"""Tokens on each side of the cursor in which a name counts as near."""
_ABOVE, _BELOW, _BEFORE, _AFTER, _LINE_ABOVE, _LINE_BELOW = (1 << place for place in range(6))


@frozen
class KnownName:
    """The places of a name in the document, with or without a space before it."""

    is_unknown: bool
    """Does it not occur in the document?"""
    is_rare: bool
    """Is it none of the workspace's commonest words? The fields below are set for rare names only."""
    is_near_before: bool = False
    is_near_after: bool = False
    is_missing: bool = False
    """Does it occur below the cursor, and not above?"""
    is_in_line_above: bool = False
    is_in_line_below: bool = False


@cache
def _known_name(places: int, *, is_rare: bool) -> KnownName:
    """Return the facts that follow from the places of a name, a set of bits; there are few different sets."""
    is_unknown = not places & (_ABOVE | _BELOW)
    if not is_rare:
        return KnownName(is_unknown, is_rare)
    return KnownName(
        is_unknown,
        is_rare,
        bool(places & _BEFORE),
        bool(places & _AFTER),
        places & (_ABOVE | _BELOW) == _BELOW,
        bool(places & _LINE_ABOVE),
        bool(places & _LINE_BELOW),
    )


class _FactCache(dict[str, KnownName | None]):
    """A cache of facts by word; a lookup of a cached word runs no Python code."""

    def __init__(self, look_up: Callable[[str], KnownName | None]) -> None:
        super().__init__()
        self._look_up = look_up

    def __missing__(self, word: str) -> KnownName | None:
        known = self[word] = self._look_up(word)
        return known


class KnownWords:
    """Facts about words in the document around a cursor."""

    def __init__(self, corpus: Corpus, cursor: Cursor) -> None:
        """Take the corpus, by which words are common or rare, and the cursor with its document."""
        self._find = corpus.vocabulary.find
        self._is_common = corpus.abstraction.is_common
        places = np.zeros(len(corpus.vocabulary), np.uint8)
        here = cursor.position
        places[cursor.tokens[:here]] = _ABOVE
        places[cursor.tokens[here + 1 :]] |= _BELOW
        places[cursor.tokens[max(0, here - _NEARBY) : here]] |= _BEFORE
        places[cursor.tokens[here + 1 : here + 1 + _NEARBY]] |= _AFTER
        for line, place in ((cursor.previous_line, _LINE_ABOVE), (cursor.next_line, _LINE_BELOW)):
            for name in NAME.findall(line):
                for number in self._numbers(name):
                    places[number] |= place
        self._places = places.data
        self.name = _FactCache(self._look_up).__getitem__
        """Returns the facts about a word; None if it is no name."""

    def _look_up(self, word: str) -> KnownName | None:
        name = word.strip()
        if not NAME.match(name):
            return None
        places, is_rare = 0, True
        for number in self._numbers(name):
            # A word that was added after the cursor was read is not in its document.
            places |= self._places[number] if number < len(self._places) else 0
            is_rare = is_rare and not self._is_common(number)
        return _known_name(places, is_rare=is_rare)

    def _numbers(self, name: str) -> list[int]:
        return [number for number in (self._find(name), self._find(f" {name}")) if number != UNKNOWN]
