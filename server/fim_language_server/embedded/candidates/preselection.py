"""Preselection of candidates: a hundred may be found, and describing each by all its features takes too long.

The heaviest are taken first, and of these the ones whose names occur in the document.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from operator import attrgetter
from typing import Final

from fim_language_server.embedded.candidates.line_candidate import LineCandidate
from fim_language_server.embedded.search.known_words import KnownWords

_MOST: Final = 24
"""Candidates that are ranked."""
_MOST_SCORED: Final = 48
"""Candidates whose names are looked up."""
_UNKNOWN_NAMES: Final = -3.0
_NEAR_NAMES: Final = 0.5
"""Terms that names outside the document, and names near the cursor, add to the logarithm of the weight. Half or twice
of either keeps the right candidate about as often."""


def most_promising(candidates: Sequence[LineCandidate], words: KnownWords) -> list[LineCandidate]:
    """Return the most promising candidates, the heaviest first; the empty text is always among them."""
    heaviest = sorted(candidates, key=attrgetter("weight"), reverse=True)
    if len(heaviest) <= _MOST:
        return heaviest
    scored = heaviest[:_MOST_SCORED] + [candidate for candidate in heaviest[_MOST_SCORED:] if not candidate.text]
    scores = {id(candidate): _score(candidate, words) for candidate in scored}
    chosen = sorted(scored, key=lambda candidate: -scores[id(candidate)])[:_MOST]
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
