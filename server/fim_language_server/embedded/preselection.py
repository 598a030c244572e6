"""Which candidates are worth a close look: a hundred may be found, and judging each by all its features takes long.

A linear score over what is cheap to know. Its weights were fitted, like the ranker's, to the likelihood of the right
candidate among all that were found, on nineteen of the repositories that `server/tools/fit_ranker.py` names.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from operator import attrgetter
from typing import Final

from fim_language_server.embedded.candidate import Candidate
from fim_language_server.embedded.known_words import KnownWords

_MOST: Final = 24
"""Candidates that are judged."""
_MOST_AGREEMENT: Final = 9
"""Tokens of agreement above which more say nothing new."""

_LOGARITHM_OF_WEIGHT: Final = 0.93
_SAME_DIRECTORY: Final = 0.8
_AGREEMENT: Final = 0.61 / _MOST_AGREEMENT
_FOLLOWS: Final = 1.84 / _MOST_AGREEMENT
_TAIL_MATCH: Final = 0.81
_FILLED: Final = -1.91
_UNKNOWN_NAMES: Final = -5.68
_NEAR_NAMES: Final = 0.73


def most_promising(candidates: Sequence[Candidate], words: KnownWords) -> list[Candidate]:
    """Return the most promising candidates, the heaviest first; the empty text is always among them."""
    if len(candidates) > _MOST:
        scores = {id(candidate): _score(candidate, words) for candidate in candidates}
        candidates = sorted(candidates, key=lambda candidate: -scores[id(candidate)])[:_MOST]
    return sorted(candidates, key=attrgetter("weight"), reverse=True)


def _score(candidate: Candidate, words: KnownWords) -> float:
    if not candidate.text:
        return math.inf
    names = unknown = rare = near = 0
    for word in candidate.words:
        if (name := words.name(word)) is not None:
            names += 1
            unknown += name.is_unknown
            rare += name.is_rare
            near += name.is_near_before or name.is_near_after
    return (
        _LOGARITHM_OF_WEIGHT * math.log(candidate.weight + 1e-3)
        + _SAME_DIRECTORY * candidate.same_directory
        + _AGREEMENT * min(candidate.agreement, _MOST_AGREEMENT)
        + _FOLLOWS * min(candidate.follows, _MOST_AGREEMENT)
        + _TAIL_MATCH * candidate.tail_match
        + _FILLED * candidate.filled
        + _UNKNOWN_NAMES * unknown / (names + 1)
        + _NEAR_NAMES * near / (rare + 0.5)
    )
