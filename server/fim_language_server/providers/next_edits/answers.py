"""From a model's answer to edits: the new text of a window, checked, compared with the old one, and cut. Pure.

A model writes a whole window anew, and gets its ends wrong more often than its middle: it leaves the last line end out,
or writes one more. Such a difference, of nothing but blank lines at a window's ends, is no edit. Text that repeats
itself, that has little in common with the window, or that deletes most of it, is no answer.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from difflib import SequenceMatcher
from typing import Final

from fim_language_server.core.next_edit.minimal import apply, minimal_span
from fim_language_server.core.next_edit.values import NextEdit, NextEditQuestion, Replacement
from fim_language_server.core.shaping.invisible import without_hidden
from fim_language_server.providers.next_edits.windows import EditWindow

MOST_DELETED: Final = 0.5
"""The largest share of a window's text, blanks aside, by which an answer may be shorter."""
MOST_REPLACED: Final = 0.5
"""The largest share of it that an answer may replace …"""
SMALL: Final = 40
"""… in windows of more than this many code points, blanks aside: a line or two may be written anew."""
MOST_GROWTH_LINES: Final = 200
MOST_GROWTH_CHARS: Final = 8_000
MOST_PAIRS: Final = 40_000
"""Pairs of equal lines, or of equal tokens, of two texts up to which the texts are compared in full."""
LONGEST_PERIOD: Final = 4
"""Lines of a part that a model may repeat without end …"""
MOST_REPEATED_LINES: Final = 8
"""… and lines in which nothing but that part is repeated from which on an answer is none."""
_TOKEN: Final = re.compile(r"\w+|[^\w\s]")


def edits_of_window(question: NextEditQuestion, window: EditWindow, answer: str, source: str) -> tuple[NextEdit, ...]:
    """Return the edits that make the answer's text of a window, the one nearest to the cursor first.

    There are none for an answer that changes nothing, or that is no likely text of the window.
    """
    new = settled(window.text, answer)
    if new == window.text or _is_too_long(window.text, new) or repeats_itself(window.text, new):
        return ()
    changes = [it for it in changes_between(window.text, new) if without_hidden(it.text, window.text) == it.text]
    if not is_likely(window.text, apply(window.text, changes), changes):
        return ()
    placed = [Replacement(window.start + each.start, window.start + each.end, each.text) for each in changes]
    placed.sort(key=lambda each: _distance(each, question.cursor))
    return tuple(NextEdit(question.document.uri, each, source) for each in placed)


def settled(old: str, new: str) -> str:
    """Return a window's new text with the blank lines at its ends that the old one has, where those lines are no edit.

    They are an edit where the line beside them is another one.
    """
    old_core, new_core = old.strip("\n"), new.strip("\n")
    if not new_core:
        return old if not old_core else new_core
    head, tail = _ends(new, new_core)
    old_head, old_tail = _ends(old, old_core)
    if _first_line(old_core) == _first_line(new_core):
        head = old_head
    is_cut = bool(old_tail) and not tail and not new_core.startswith(old_core)  # else the blank lines were written on
    if _last_line(old_core) == _last_line(new_core) or is_cut:
        tail = old_tail
    return f"{head}{new_core}{tail}"


def changes_between(old: str, new: str) -> list[Replacement]:
    """Return a replacement for each group of neighbouring lines that differ, cut to the tokens that do, in order."""
    before, after = old.split("\n"), new.split("\n")
    starts, at = [], 0
    for line in before:
        starts.append(at)
        at += len(line) + 1
    # Lines that are the same at both ends are set apart first: else a blank line among them may be taken for another.
    head = _n_equal(before, after)
    tail = _n_equal(before[head:][::-1], after[head:][::-1])
    old_part, new_part = before[head : len(before) - tail], after[head : len(after) - tail]
    changes = []
    for i, j, k, m in _groups(old_part, new_part):
        start, end, text = _span(old, starts, (head + i, head + j), new_part[k:m])
        if (cut := _cut(old[start:end], text, start)) is not None:
            changes.append(cut)
    return changes


def is_likely(old: str, new: str, changes: list[Replacement]) -> bool:
    """Is the new text of a window one that leaves most of it as it is?"""
    size = _dense(old)
    if not size:
        return True
    if _dense(new) < (1 - MOST_DELETED) * size:
        return False
    most = MOST_REPLACED * size
    if size <= SMALL or sum(_replaced(old[each.start : each.end], each.text) for each in changes) <= most:
        return True
    return _replaced(old, new) <= most  # Lines that moved are compared with others above.


def repeats_itself(old: str, new: str) -> bool:
    """Does the new text say a few lines again and again, more often than the old one?"""
    return longest_repetition(new) >= MOST_REPEATED_LINES and longest_repetition(new) > longest_repetition(old) + 2


def longest_repetition(text: str) -> int:
    """Return the number of lines, blank ones aside, of the longest part in which 1 to 4 lines are repeated."""
    lines = [line for line in text.split("\n") if line.strip()]
    longest = 0
    for period in range(1, LONGEST_PERIOD + 1):
        run = 0
        for place in range(period, len(lines)):
            run = run + 1 if lines[place] == lines[place - period] else 0
            if run >= 2 * period:
                longest = max(longest, run + period)
    return longest


def _is_too_long(old: str, new: str) -> bool:
    return len(new) > len(old) + MOST_GROWTH_CHARS or new.count("\n") > old.count("\n") + MOST_GROWTH_LINES


def _ends(text: str, core: str) -> tuple[str, str]:
    head = text[: len(text) - len(text.lstrip("\n"))]
    return head, text[len(head) + len(core) :]


def _first_line(text: str) -> str:
    return text.partition("\n")[0]


def _last_line(text: str) -> str:
    return text.rpartition("\n")[2]


def _span(old: str, starts: list[int], lines: tuple[int, int], new_lines: list[str]) -> tuple[int, int, str]:
    """Return the range of whole lines in the old text, and the text for it; line ends go with lines that come or go."""
    first, end = lines
    text = "\n".join(new_lines)
    n_lines = len(starts)
    if first == end:
        return (starts[first], starts[first], f"{text}\n") if first < n_lines else (len(old), len(old), f"\n{text}")
    if new_lines:
        return starts[first], starts[end] - 1 if end < n_lines else len(old), text
    if end < n_lines:
        return starts[first], starts[end], ""
    return max(0, starts[first] - 1), len(old), ""


def _matcher(old: Sequence[str], new: Sequence[str]) -> SequenceMatcher[str] | None:
    """Return a comparison of two sequences; None where it would take long: many of their parts are equal."""
    counts = Counter(new)
    if sum(n * counts[part] for part, n in Counter(old).items()) > MOST_PAIRS:
        return None
    return SequenceMatcher(None, old, new, autojunk=False)


def _groups(old: list[str], new: list[str]) -> list[tuple[int, int, int, int]]:
    """Return the ranges of lines that differ, in the old text and in the new one.

    Lines that come or go are one group with those on the other side of a blank line: a function, not its two halves.
    """
    groups: list[tuple[int, int, int, int]] = []
    matcher = _matcher(old, new)
    if matcher is None:
        return [(0, len(old), 0, len(new))]
    for tag, i, j, k, m in matcher.get_opcodes():
        if tag == "equal":
            continue
        if groups:
            before, end, new_before, new_end = groups[-1]
            comes_or_goes = i == j or k == m or before == end or new_before == new_end
            if comes_or_goes and i - end <= 1 and not "".join(old[end:i]).strip():
                groups.pop()
                i, k = before, new_before
        groups.append((i, j, k, m))
    return groups


def _n_equal(some: list[str], others: list[str]) -> int:
    shorter = min(len(some), len(others))
    return next((n for n in range(shorter) if some[n] != others[n]), shorter)


def _cut(old: str, new: str, at: int) -> Replacement | None:
    """Return the smallest replacement of whole tokens that makes the one text of the other, which begins at a place."""
    if old == new:
        return None
    span = minimal_span(old, new)
    return Replacement(at + span.start, at + span.end, span.text)


def _replaced(old: str, new: str) -> int:
    """Return how many code points of a replaced text, blanks aside, are not in the new one."""
    tokens, others = _TOKEN.findall(old), _TOKEN.findall(new)
    matcher = _matcher(tokens, others)
    if matcher is None:
        return sum(len(token) * n for token, n in (Counter(tokens) - Counter(others)).items())
    blocks = matcher.get_matching_blocks()
    kept = sum(len(token) for block in blocks for token in tokens[block.a : block.a + block.size])
    return _dense(old) - kept


def _dense(text: str) -> int:
    return sum(map(len, text.split()))


def _distance(replacement: Replacement, cursor: int) -> tuple[int, int]:
    """Return how far a replacement is from the cursor; of two as far, the one below comes first."""
    if replacement.end < cursor:
        return cursor - replacement.end, 1
    return max(0, replacement.start - cursor), 0
