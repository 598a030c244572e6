"""A model that knows what the user writes next, goes wrong now and then, and says nothing where it knows no more.

It is told of every edit, and recognises the place a request is about by the text before and after it; also a place
that the user has yet to reach, if the prompt goes on as the user will. Pure.
"""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Mapping
from typing import Any

from attrs import define, field, frozen

from benchmarks.fake_api.answers import without_snippets
from benchmarks.fake_api.mistral_dialect import split_tokens

TAIL = 160
"""Characters before the cursor by which a place is recognised."""
HEAD = 80
"""Characters after it."""
PLACES = 100
"""Edits that are remembered."""
WRONG = "wrong_turn(1)"


@frozen
class Place:
    """Text before and after a cursor, as far as it is needed, and what is missing between the two."""

    before: str = field(repr=False)
    after: str = field(repr=False)
    missing: str


@define
class Oracle:
    """Answers requests of the FIM API. `miss` is the chance at each token to go wrong, which the place decides."""

    miss: float
    seed: int
    _places: deque[Place] = field(factory=lambda: deque(maxlen=PLACES), init=False, repr=False)

    def stand(self, place: Place) -> None:
        """Note where the user is now."""
        self._places.append(place)

    def __call__(self, body: Mapping[str, Any]) -> str:
        """Return what a model says to the body of a request."""
        prompt, suffix = without_snippets(body["prompt"]), body.get("suffix") or ""
        return self.go_wrong(prompt, self._find(prompt, suffix))

    def go_wrong(self, before: str, text: str) -> str:
        """Return as much of a text as this model gets right after `before`, and a wrong turn where that is not all.

        Tokens are counted from the start of the line, so that a place has one fate, wherever it is asked from.
        """
        typed = before[before.rfind("\n") + 1 :]
        at = len(before) - len(typed)
        whole = before + text
        for token in split_tokens(typed + text):
            if at >= len(before) and text and self._misses(whole[max(0, at - 60) : at]):
                return whole[len(before) : at] + WRONG
            at += len(token)
        return text

    def _misses(self, said: str) -> bool:
        digest = hashlib.sha256(f"{self.seed}\0{said}".encode("utf-8", "replace")).digest()
        return int.from_bytes(digest[:4], "big") / 2**32 < self.miss

    def _find(self, prompt: str, suffix: str) -> str:
        for place in reversed(self._places):
            if typed_since(place.before, prompt) == "" and _goes_on(suffix, place.after):
                return place.missing
        for place in reversed(self._places):
            typed = typed_since(place.before, prompt)
            if typed and place.missing.startswith(typed) and _goes_on(suffix, place.after):
                return place.missing[len(typed) :]
        return ""


def typed_since(before: str, now: str) -> str | None:
    """Return what was added to one text before the cursor to make it another; None if they are not related so."""
    if len(before) < TAIL:
        return now[len(before) :] if now.startswith(before) else None
    place = now.rfind(before[-TAIL:])
    return now[place + TAIL :] if place >= 0 else None


def _goes_on(suffix: str, after: str) -> bool:
    size = min(len(suffix), len(after), HEAD)
    return suffix[:size] == after[:size]
