"""Carry a line over to other names: from the places where two contexts differ, learn what stands for what.

Where the source context says `width` and the cursor's says `height`, `width` in the copied line becomes `height`;
where they say `get_user` and `get_group`, the subword `user` becomes `group` wherever it stands, in each case form.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from attrs import field, frozen

_SUBWORD: Final = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+")


@frozen
class Renaming:
    """Whole names and subwords, each with what stands for it at the cursor."""

    names: dict[str, str] = field(repr=False)
    subwords: dict[str, str] = field(repr=False)

    def apply(self, words: Sequence[str]) -> tuple[tuple[str, ...], int]:
        """Return the words under their new names, and how many of them changed their name."""
        renamed = tuple(map(self._rename, words))
        return renamed, sum(new != old for new, old in zip(renamed, words, strict=True))

    def _rename(self, word: str) -> str:
        name = word.strip()
        if name in self.names:
            return word.replace(name, self.names[name])
        if self.subwords and (name[:1].isalpha() or name[:1] == "_"):
            return _SUBWORD.sub(lambda match: self.subwords.get(match[0], match[0]), word)
        return word


def learn_renaming(source: Sequence[str], target: Sequence[str]) -> Renaming:
    """Learn from two contexts that are equal but for names, word by word, the nearest to the cursor last."""
    names: dict[str, str] = {}
    subwords: dict[str, str] = {}
    for theirs, ours in zip(reversed(source), reversed(target), strict=True):
        old, new = theirs.strip(), ours.strip()
        if old == new or old in names:
            continue  # The pair nearest to the cursor is the one that counts.
        names[old] = new
        if pair := _differing_subword(_SUBWORD.findall(old), _SUBWORD.findall(new)):
            for form in (str, str.lower, str.capitalize, str.upper):
                subwords.setdefault(form(pair[0]), form(pair[1]))
    return Renaming(names, subwords)


def _differing_subword(old: list[str], new: list[str]) -> tuple[str, str] | None:
    """Return the one subword in which two names differ; None where they differ in more, or in number."""
    if len(old) != len(new):
        return None
    pairs = [pair for pair in zip(old, new, strict=True) if pair[0] != pair[1]]
    return pairs[0] if len(pairs) == 1 else None
