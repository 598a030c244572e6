"""Substitutions of tokens that the edits of the past made: the same change in two places is the same substitution."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import SequenceMatcher
from functools import lru_cache
from typing import Final

from attrs import frozen

from fim_language_server.core.next_edit.minimal import common_start
from fim_language_server.core.next_edit.repeats.source_text import WORD, tokens_of
from fim_language_server.core.next_edit.values import PastEdit

LONGEST_LINE: Final = 400
"""Code points of a line above which it is data or minified code, and not compared."""
MOST_PARTS: Final = 4
"""Places of one line that may differ; a line with more was written anew."""


@frozen
class LineEdit:
    """One line of an edit before and after it, as tokens, with the places in which they differ."""

    uri: str
    line: int
    """The line's number in the text after the edit; later edits may have moved it."""
    old: tuple[str, ...]
    new: tuple[str, ...]
    parts: tuple[tuple[int, int, int, int], ...]
    """Token ranges: `old[i:j]` became `new[k:m]`."""
    old_text: str = ""
    new_text: str = ""

    def substitutions(self) -> Iterator[tuple[tuple[str, ...], tuple[str, ...]]]:
        """Yield the replaced and the replacing tokens of each place."""
        for i, j, k, m in self.parts:
            yield self.old[i:j], self.new[k:m]

    def renames(self) -> dict[str, tuple[str, int]]:
        """Return the words that became another word, wherever the line differs: the new word, and its token index.

        Nothing is returned for a line that differs in anything else: its meaning changed with the name.
        """
        found: dict[str, tuple[str, int]] = {}
        for i, j, k, m in self.parts:
            if not (j - i == m - k == 1 and WORD.fullmatch(self.old[i]) and WORD.fullmatch(self.new[k])):
                return {}
            if found.setdefault(self.old[i], (self.new[k], k))[0] != self.new[k]:
                return {}
        return found


def line_edits(edit: PastEdit) -> tuple[LineEdit, ...]:
    """Return the lines that an edit changed, each before and after it; none where lines were added or removed."""
    if len(edit.old_lines) != len(edit.new_lines):
        return ()
    found = []
    for offset, (old, new) in enumerate(zip(edit.old_lines, edit.new_lines, strict=True)):
        if old == new or not old.strip() or max(len(old), len(new)) > LONGEST_LINE:
            continue
        parts = differing(old, new)
        if parts is not None:
            before, after = tokens_of(old), tokens_of(new)
            found.append(LineEdit(edit.uri, edit.line + offset, tuple(before), tuple(after), parts, old, new))
    return tuple(found)


@lru_cache(maxsize=256)
def differing(old: str, new: str) -> tuple[tuple[int, int, int, int], ...] | None:
    """Return the token ranges in which two lines differ; None for none, and for more than `MOST_PARTS`."""
    before, after = tokens_of(old), tokens_of(new)
    head = common_start(before, after)
    tail = common_start(before[head:][::-1], after[head:][::-1])
    old_part, new_part = before[head : len(before) - tail], after[head : len(after) - tail]
    if not old_part and not new_part:
        return None
    if not old_part or not new_part or len(old_part) == len(new_part) == 1:
        return ((head, head + len(old_part), head, head + len(new_part)),)
    codes = SequenceMatcher(None, old_part, new_part, autojunk=False).get_opcodes()
    parts = tuple((head + i, head + j, head + k, head + m) for tag, i, j, k, m in codes if tag != "equal")
    return parts if len(parts) <= MOST_PARTS else None
