"""Names in source code, and the parts that they are made of."""

from __future__ import annotations

import re
from typing import Final

NAME: Final = re.compile(r"[^\W\d]\w*")
"""An identifier or keyword, found anywhere in a line."""

PARTS_WITH_NUMBERS: Final = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+")
"""A part of a name in camel case, snake case or capitals, or a number in it."""

_PART: Final = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
_SHORTEST_PART: Final = 3


def is_name(word: str) -> bool:
    """Is the word an identifier or a keyword, judged by its first character?"""
    return word[:1].isalpha() or word[:1] in {"_", "$"}


def parts_of(text: str) -> set[str]:
    """Return the parts of all names in the text, of three letters or more, in lower case: `blogPost` has two."""
    return {part.lower() for part in _PART.findall(text) if len(part) >= _SHORTEST_PART}
