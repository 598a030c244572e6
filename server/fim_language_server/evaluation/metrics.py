"""Quality of an answer, and the keys that a typist saves by it. Pure; the definitions are those of docs/eval.md."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import Final

_WORD: Final = re.compile(r"\s*\w+|\s*[^\w\s]+|\s+")
"""The text that "accept word" takes in one key: a word or a run of signs, with the space before it."""


def similarity(text: str, target: str) -> float:
    """Return the edit similarity, 0 … 100: 200 · LCS / (both lengths), where LCS is the longest common subsequence.

    That is one less the share of characters to insert and delete, the `ratio` of rapidfuzz. Silence is worth 0.
    """
    if not text or not target:
        return 100.0 if text == target and text else 0.0
    return 200.0 * _longest_common_subsequence(text, target) / (len(text) + len(target))


def saved_by_tab(text: str, target: str) -> int:
    """Return the keys saved by accepting the text with one key, if it is exactly right; else 0."""
    return len(target) - 1 if text == target and target else 0


def saved_by_words(text: str, target: str) -> int:
    """Return the keys saved by accepting the text word by word, one key each, as far as it is right."""
    saved = place = 0
    for word in _WORD.findall(text):
        if not target.startswith(word, place):
            break
        place += len(word)
        saved += len(word) - 1
    return saved


def percentile(values: Sequence[float], share: float) -> float | None:
    """Return the value that a share (0 … 1) of them does not exceed (nearest rank); None of no values."""
    if not values:
        return None
    return sorted(values)[max(0, math.ceil(share * len(values)) - 1)]


def margin(share: float, n: int) -> float:
    """Return the half width of the 95 % interval around a share in percent (Wilson), in percent."""
    if not n:
        return 0.0
    p, z = share / 100, 1.96
    return 100 * z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n)) / (1 + z * z / n)


def _longest_common_subsequence(a: str, b: str) -> int:
    """Return its length, by whole numbers as bit vectors: Hyyrö 2004, "Bit-parallel LCS-length computation"."""
    places: dict[str, int] = {}
    for place, character in enumerate(a):
        places[character] = places.get(character, 0) | 1 << place
    everything = (1 << len(a)) - 1
    vector = everything
    for character in b:
        matched = vector & places.get(character, 0)
        vector = (vector + matched) | (vector - matched)
    return (~vector & everything).bit_count()
