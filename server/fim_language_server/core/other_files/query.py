"""The words around the cursor, each with a weight: the nearer its line, the more it counts.

Copilot and llama.vim compare sets of words in which all count alike. Weights by distance and rarity found two to four
times as many of the names that a line needs from other files.
"""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Mapping
from functools import lru_cache
from typing import Final

from fim_language_server.core.typing_through import with_plain_line_ends
from fim_language_server.core.values import CompletionRequest

LONGEST_LINE: Final = 400
"""Code points above which a line is data or minified code: its words say little, and it would fill a snippet."""
LINES_ABOVE: Final = 24
LINES_BELOW: Final = 10
BELOW: Final = 0.7
"""The weight of a line below the cursor, relative to one as far above it."""
HALVING: Final = 3.0
"""The distance in lines at which a word counts half."""
MOST_COMMON: Final = 0.05
"""The share of all cells in which a word may stand; one in more tells nothing."""
FEW: Final = 30
"""The number of cells in which any word may stand, however few cells there are."""
FEWEST_WORDS: Final = 3
"""Words around the cursor with fewer of which nothing is looked for."""

_CHARS_OF_LINE: Final = 160
_WORD: Final = re.compile(r"[^\W\d][\w$]{2,}")
_KEYWORD_TABLE: Final = """
    abstract and any append as assert async await bool boolean break byte case catch chan char class const continue
    crate debugger def default defer del delete do double dyn elif else elsif end enum error except export extends
    extern fallthrough false False final finally float fmt fn for foreach from func function get global goto if impl
    implements import in instanceof int interface internal is keyof lambda len let long loop make map match mod module
    move mut namespace native never new nil None nonlocal not null number object of or override package pass print
    private protected pub public raise range readonly ref require return select self Self set short static str string
    String struct super switch synchronized template the then this throw throws trait true True try type typeof
    typename undefined union unknown unsafe unsigned use using val var virtual void volatile where while with yield
"""
_KEYWORDS: Final = frozenset(_KEYWORD_TABLE.split())
"""Words of the languages themselves, which stand in every file."""


@lru_cache(maxsize=8_192)
def words_of(line: str) -> frozenset[str]:
    """Return the words of a line that may tell what it is about. Cached: between two keys nearly all lines stay."""
    return frozenset(_WORD.findall(line)) - _KEYWORDS if len(line) <= LONGEST_LINE else frozenset()


def words_around(request: CompletionRequest) -> dict[str, float]:
    """Return the words of the lines around the cursor with their weights (0 … 1)."""
    weights: dict[str, float] = {}
    before = with_plain_line_ends(request.prefix[-LINES_ABOVE * _CHARS_OF_LINE :]).split("\n")
    after = with_plain_line_ends(request.suffix[: LINES_BELOW * _CHARS_OF_LINE]).split("\n")
    for lines, weight in ((before[-LINES_ABOVE:][::-1], 1.0), (after[:LINES_BELOW], BELOW)):
        for distance, line in enumerate(lines):
            worth = weight / (1 + distance / HALVING)
            for word in words_of(line):
                if worth > weights.get(word, 0.0):
                    weights[word] = worth
    return weights


def worths(weights: Mapping[str, float], cells_with: Mapping[str, int], cells: int) -> dict[str, float]:
    """Return what each word counts: its weight times its inverse document frequency (that of Okapi BM25).

    `cells_with` says in how many of the `cells` a word stands. Words in none, or in too many, are left out.
    """
    most = max(FEW, int(MOST_COMMON * cells))
    return {
        word: weight * math.log(1 + (cells - count + 0.5) / (count + 0.5))
        for word, weight in weights.items()
        if 0 < (count := cells_with.get(word, 0)) <= most
    }


def most_telling(words: Collection[str], worth: Mapping[str, float], most: int = 6) -> tuple[str, ...]:
    """Return the words that count most, the first of them first; of equals the first by the alphabet."""
    return tuple(sorted((word for word in words if word in worth), key=lambda word: (-worth[word], word))[:most])
