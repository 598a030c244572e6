"""Renaming of copied lines: from the positions where two contexts differ, it is learned which name replaces which.

If the context of the source has `width` where the cursor's has `height`, `width` in the copied line becomes `height`;
if they have `get_user` and `get_blog_post`, `user` becomes `blog_post` in every name: `UserForm` becomes
`BlogPostForm`, `USER_ID` becomes `BLOG_POST_ID`.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from operator import ne

from attrs import field, frozen

from fim_language_server.embedded.text.names import PARTS_WITH_NUMBERS

Parts = tuple[str, ...]
"""The parts of a name, in lower case: `blogPost` has two."""


@frozen
class Renaming:
    """Replacements of whole names and of parts of names."""

    names: dict[str, str] = field(repr=False)
    parts: dict[Parts, tuple[Parts, bool]] = field(repr=False)
    """Parts by the parts they replace, and whether underscores join them in words whose style is ambiguous."""
    _known: dict[str, str] = field(factory=dict, repr=False, init=False, eq=False)

    def apply(self, words: Sequence[str]) -> tuple[tuple[str, ...], int]:
        """Return the words with their new names, and the number of words that changed."""
        renamed = tuple(map(self._rename, words))
        return renamed, sum(map(ne, renamed, words))

    def _rename(self, word: str) -> str:
        known = self._known.get(word)
        if known is None:
            known = self._known[word] = self._renamed(word)
        return known

    def _renamed(self, word: str) -> str:
        name = word.strip()
        if name in self.names:
            return word.replace(name, self.names[name])
        if not self.parts or not (name[:1].isalpha() or name[:1] == "_"):
            return word
        lower = _parts(name)
        for old, (new, snake) in self.parts.items():
            if old[0] not in lower:
                continue  # true of most words
            for start in range(len(lower) - len(old) + 1):
                if lower[start : start + len(old)] == old:
                    found = list(PARTS_WITH_NUMBERS.finditer(word))
                    first, last = found[start], found[start + len(old) - 1]
                    return word[: first.start()] + _spell(new, first[0], word, snake=snake) + word[last.end() :]
        return word


def learn_renaming(source: Sequence[str], target: Sequence[str]) -> Renaming:
    """Return the renaming from the names of `source` to those of `target`, equal but for names, the nearest last."""
    names: dict[str, str] = {}
    parts: dict[Parts, tuple[Parts, bool]] = {}
    for theirs, ours in zip(reversed(source), reversed(target), strict=True):
        if theirs == ours:
            continue  # true of most words
        old, new = theirs.strip(), ours.strip()
        if old == new or old in names:
            continue  # The pair nearest to the cursor wins.
        names[old] = new
        if pair := _differing_parts(_parts(old), _parts(new)):
            parts.setdefault(pair[0], (pair[1], "_" in new))
    return Renaming(names, parts)


@lru_cache(maxsize=20_000)
def _parts(name: str) -> Parts:
    return tuple(part.lower() for part in PARTS_WITH_NUMBERS.findall(name))


def _differing_parts(ours: Parts, theirs: Parts) -> tuple[Parts, Parts] | None:
    """Return the parts in which two names differ, without their common beginning and end; None if one has none left."""
    shortest = min(len(ours), len(theirs))
    same = 0
    while same < shortest and ours[same] == theirs[same]:
        same += 1
    end = 0
    while end < shortest - same and ours[-1 - end] == theirs[-1 - end]:
        end += 1
    changed = ours[same : len(ours) - end], theirs[same : len(theirs) - end]
    return changed if all(changed) else None


def _spell(parts: Parts, like: str, word: str, *, snake: bool) -> str:
    """Return the parts joined into a name, in the case of the part `like` of a word; see Renaming for `snake`."""
    if like.isupper() and len(like) > 1:
        return "_".join(part.upper() for part in parts)
    if like.islower() and ("_" in word or (snake and word.islower())):
        return "_".join(parts)
    first = parts[0].capitalize() if like[0].isupper() else parts[0]
    return first + "".join(part.capitalize() for part in parts[1:])
