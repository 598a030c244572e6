"""The smallest replacements of whole tokens that make one text of another.

Tokens are words, runs of blanks, line ends and single other characters. No replacement begins or ends inside of a line
end (CRLF) or of a character that is drawn as one: a letter with its combining marks, joined emoji, a flag, a pair of
surrogates (Unicode UAX #29, "Grapheme Cluster Boundaries").
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from typing import Final

from fim_language_server.core.next_edit.values import Replacement

MOST_TOKENS: Final = 1_500
"""Differing tokens of either text up to which they are compared one by one; of more, only the ends are compared."""

_TOKENS: Final = re.compile(r"\r\n|[^\W\d]\w*|\d\w*|[^\S\r\n]+|[\s\S]")
_JOINER: Final = "\u200d"
_JAMO: Final = ("\u1100", "\u11ff")


def minimal_replacements(old: str, new: str) -> tuple[Replacement, ...]:
    """Return the replacements, in order and without overlap, that make `new` of `old`; none for equal texts."""
    if old == new:
        return ()
    at, old_part, new_part = _differing(old, new)
    if len(old_part) > MOST_TOKENS or len(new_part) > MOST_TOKENS:
        return (Replacement(at, at + sum(map(len, old_part)), "".join(new_part)),)
    offsets = [at]
    for token in old_part:
        offsets.append(offsets[-1] + len(token))
    codes = SequenceMatcher(None, old_part, new_part, autojunk=False).get_opcodes()
    return tuple(
        Replacement(offsets[i], offsets[j], "".join(new_part[k:m])) for tag, i, j, k, m in codes if tag != "equal"
    )


def minimal_span(old: str, new: str) -> Replacement:
    """Return the one smallest replacement of whole tokens that makes `new` of `old`; an empty one for equal texts."""
    at, old_part, new_part = _differing(old, new)
    return Replacement(at, at + sum(map(len, old_part)), "".join(new_part))


def _differing(old: str, new: str) -> tuple[int, list[str], list[str]]:
    """Return the offset from which on two texts differ, and the tokens of both up to where they agree again."""
    before, after = list(_tokens(old)), list(_tokens(new))
    head = common_start(before, after)
    tail = common_start(before[head:][::-1], after[head:][::-1])
    return sum(map(len, before[:head])), before[head : len(before) - tail], after[head : len(after) - tail]


def apply(text: str, replacements: Sequence[Replacement]) -> str:
    """Return the text with replacements, which are in order and do not overlap."""
    parts, at = [], 0
    for each in replacements:
        parts += [text[at : each.start], each.text]
        at = each.end
    return "".join([*parts, text[at:]])


def _tokens(text: str) -> Iterator[str]:
    """Yield the tokens of a text; one that would begin inside of a character is joined to the one before it."""
    if text.isascii():
        yield from _TOKENS.findall(text)
        return
    pending = ""
    for token in _TOKENS.findall(text):
        if pending and _continues(pending, token):
            pending += token
            continue
        if pending:
            yield pending
        pending = token
    if pending:
        yield pending


def _continues(before: str, token: str) -> bool:
    """Say whether a token begins inside of the character that `before` ends with."""
    last, first = before[-1], token[0]
    if first.isascii() and last != _JOINER:
        return False
    if last == _JOINER or first == _JOINER or unicodedata.category(first) in ("Mn", "Mc", "Me"):
        return last not in "\r\n"
    if "\U0001f3fb" <= first <= "\U0001f3ff":  # the colour of a skin
        return True
    if _is_half_flag(first) and _is_half_flag(last):
        flags = len(before) - len(before.rstrip("".join(map(chr, range(0x1F1E6, 0x1F200)))))
        return flags % 2 == 1
    return "\ud800" <= last <= "\udbff" and "\udc00" <= first <= "\udfff"


def _is_half_flag(character: str) -> bool:
    return "\U0001f1e6" <= character <= "\U0001f1ff"


def common_start(a: Sequence[str], b: Sequence[str]) -> int:
    """Return the number of items that two sequences, or of characters that two texts, begin with alike."""
    shorter = min(len(a), len(b))
    return next((index for index in range(shorter) if a[index] != b[index]), shorter)
