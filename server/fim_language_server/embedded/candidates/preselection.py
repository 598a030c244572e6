"""Which candidates are worth a close look: a hundred may be found, and judging each by all its features takes long.

First the heaviest, then of these the ones whose names are known here.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from operator import attrgetter
from typing import Final

from fim_language_server.embedded.candidates.line_candidate import LineCandidate
from fim_language_server.embedded.search.known_words import KnownWords

_MOST: Final = 24
"""Candidates that are judged."""
_MOST_LOOKED_AT: Final = 48
"""Candidates whose names are looked at."""
_UNKNOWN_NAMES: Final = -3.0
_NEAR_NAMES: Final = 0.5
"""What names that are nowhere in the document, and those near the cursor, add to the logarithm of the weight. The
right candidate stays in among others much the same with half of each, or twice as much."""


def most_promising(candidates: Sequence[LineCandidate], words: KnownWords) -> list[LineCandidate]:
    """Return the most promising candidates, the heaviest first; the empty text is always among them."""
    heaviest = sorted(candidates, key=attrgetter("weight"), reverse=True)
    if len(heaviest) <= _MOST:
        return heaviest
    looked_at = heaviest[:_MOST_LOOKED_AT] + [one for one in heaviest[_MOST_LOOKED_AT:] if not one.text]
    scores = {id(candidate): _score(candidate, words) for candidate in looked_at}
    chosen = sorted(looked_at, key=lambda candidate: -scores[id(candidate)])[:_MOST]
    return sorted(chosen, key=attrgetter("weight"), reverse=True)


def _score(candidate: LineCandidate, words: KnownWords) -> float:
    if not candidate.text:
        return math.inf
    names = unknown = rare = near = 0
    for word in candidate.words:
        if (name := words.name(word)) is not None:
            names += 1
            unknown += name.is_unknown
            rare += name.is_rare
            near += name.is_near_before or name.is_near_after
    return math.log(candidate.weight) + _UNKNOWN_NAMES * unknown / (names + 1) + _NEAR_NAMES * near / (rare + 0.5)
