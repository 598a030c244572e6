"""Carry a line over to other names: from the places where two contexts differ, learn what stands for what.

Where the source context says `width` and the cursor's says `height`, `width` in the copied line becomes `height`;
where they say `get_user` and `get_blog_post`, `user` becomes `blog_post` wherever it stands: `UserForm` becomes
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
    """Whole names and parts of names, each with what stands for it at the cursor."""

    names: dict[str, str] = field(repr=False)
    parts: dict[Parts, tuple[Parts, bool]] = field(repr=False)
    """For parts: what stands for them, and whether underscores join those where the word leaves it open."""
    _known: dict[str, str] = field(factory=dict, repr=False, init=False, eq=False)

    def apply(self, words: Sequence[str]) -> tuple[tuple[str, ...], int]:
        """Return the words under their new names, and how many of them changed their name."""
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
                continue  # as in most words
            for start in range(len(lower) - len(old) + 1):
                if lower[start : start + len(old)] == old:
                    found = list(PARTS_WITH_NUMBERS.finditer(word))
                    first, last = found[start], found[start + len(old) - 1]
                    return word[: first.start()] + _spell(new, first[0], word, snake=snake) + word[last.end() :]
        return word


def learn_renaming(source: Sequence[str], target: Sequence[str]) -> Renaming:
    """Learn from two contexts that are equal but for names, word by word, the nearest to the cursor last."""
    names: dict[str, str] = {}
    parts: dict[Parts, tuple[Parts, bool]] = {}
    for theirs, ours in zip(reversed(source), reversed(target), strict=True):
        if theirs == ours:
            continue  # as most words are
        old, new = theirs.strip(), ours.strip()
        if old == new or old in names:
            continue  # The pair nearest to the cursor is the one that counts.
        names[old] = new
        if pair := _differing_parts(_parts(old), _parts(new)):
            parts.setdefault(pair[0], (pair[1], "_" in new))
    return Renaming(names, parts)


@lru_cache(maxsize=20_000)
def _parts(name: str) -> Parts:
    return tuple(part.lower() for part in PARTS_WITH_NUMBERS.findall(name))


def _differing_parts(ours: Parts, theirs: Parts) -> tuple[Parts, Parts] | None:
    """Return the parts between those that two names have in common at both ends; None where either has none."""
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
    """Return the parts as one name, in the case of the part `like` of a word."""
    if like.isupper() and len(like) > 1:
        return "_".join(part.upper() for part in parts)
    if like.islower() and ("_" in word or (snake and word.islower())):
        return "_".join(parts)
    first = parts[0].capitalize() if like[0].isupper() else parts[0]
    return first + "".join(part.capitalize() for part in parts[1:])
