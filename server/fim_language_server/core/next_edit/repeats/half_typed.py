"""Half-typed names: while a new name is typed, every beginning of it looks like a rename."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from fim_language_server.core.next_edit.repeats.word_tables import COMMON_PARTS

_SUBWORD: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+|[^\W\d_A-Za-z]+")
_INFLECTION: Final = re.compile(r"(?:([b-df-hj-np-tv-z])?(?:er|or|ed|ing)|e?s|\d+)")
"""An ending that makes another word of a word: `scan` of `scanner`, `item` of `items`."""


def is_finished(old: str, new: str, typed: str, texts: Iterable[str]) -> bool:
    """Say whether a name may be finished, of which `typed` stands before the cursor; the name replaced `old`.

    Its last part before the cursor is a known word, or stands in one of the texts elsewhere too; there it occurs at
    least once for being typed.
    """
    parts = _SUBWORD.findall(typed)
    if not parts or typed.endswith("_"):
        return typed == "" or (typed.endswith("_") and new != typed)
    last = parts[-1]
    if len(new) == 1 or (len(last) == 1 and len(parts) > 1 and not last.isdigit()):
        return False
    if last.isdigit() or last.lower() in COMMON_PARTS:
        return True
    if len(last) >= 3 and old.startswith(typed) and _INFLECTION.fullmatch(old[len(typed) :]):
        return True
    return len(last) >= 3 and _occurs_twice(last, texts)


def _occurs_twice(part: str, texts: Iterable[str]) -> bool:
    """Say whether a part of a name stands in the texts twice, as a whole part of names."""
    seen = 0
    low, capital = part.lower(), part.capitalize()
    pattern = re.compile(
        f"(?<![A-Za-z]){re.escape(low)}(?![a-z])|{re.escape(capital)}(?![a-z])|(?<![A-Z]){re.escape(part.upper())}(?![A-Z])"
    )
    for text in texts:
        for _ in pattern.finditer(text):
            seen += 1
            if seen > 1:
                return True
    return False
