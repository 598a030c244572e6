"""Never repeat what stands after the cursor on its line; answers are insertions and replace nothing.

Tabby and Continue replace the rest of the line in the editor instead; three clients disagree about such ranges, so
the overlap is taken from the text. Brackets are counted: in `foo(a, |)` the text `b)` is cut to `b`, because its
bracket closes nothing of its own, while in `foo(|)` the text `bar(1)` is whole.
"""

from __future__ import annotations

import re
from typing import Final

from fim_language_server.core.languages import open_quote
from fim_language_server.core.shaping.brackets import count_left_open, unmatched_closers
from fim_language_server.core.shaping.line_limit import limit_of
from fim_language_server.core.shaping.surroundings import Surroundings

_SURE: Final = 2
"""From this length on, in code points, the rest of a line that was said in full is not chance."""
_CLOSER: Final = re.compile(r"[)\]}]")


def rest_begins_at(around: Surroundings, text: str) -> int | None:
    """Return where a growing text surely goes over into the rest of the line; None where it does not.

    One bracket is not enough: in `super(|)` the text `A, self).__init__(` is right, and the rest closes its end.
    """
    rest = around.rest.strip()
    if len(rest) < _SURE or around.language.is_prose:
        return None
    at = text.find(rest)
    return at if at >= 0 and _surplus_closer(around, text[: at + len(rest)]) == at else None


def trim_rest_of_line(around: Surroundings, text: str) -> str:
    """Cut off what the rest of the line says anyway."""
    if around.is_free:
        return text
    if "\n" in text and limit_of(around, None) == 1:
        # Only the first line can meet the rest of the line, and where it does nothing after it counts.
        first, _, _ = text.partition("\n")
        trimmed = _trim(around, first)
        return trimmed if trimmed != first.rstrip(" \t") and trimmed != first else text
    return _trim(around, text)


def _trim(around: Surroundings, text: str) -> str:
    end = _surplus_closer(around, text)
    if end is not None:
        text = text[:end]
    text = _without_closing_quote(around, text)
    text = _without_overlap(around, text)
    return text.rstrip(" \t") if around.rest[0] in " \t" else text


def _surplus_closer(around: Surroundings, text: str) -> int | None:
    """Return the index of the first bracket that would leave the rest of the line too many; None where none does.

    The brackets that the rest closes are the last ones the text leaves open, and then those of the line before.
    """
    rest, language = around.rest, around.language
    if language.is_prose or not _CLOSER.search(text):
        return None
    # Inside a string the text's brackets are as good as any, and its quotes say nothing.
    plain = around.quote is not None
    closed_after = unmatched_closers(rest, language, plain=True)
    closed = unmatched_closers(text, language, plain=plain)
    if not closed_after or not closed:
        return None
    needed = max(0, len(closed_after) - count_left_open(text, language, plain=plain))
    spare = max(0, count_left_open(around.line_before, language, plain=plain) - needed)
    if len(closed) <= spare or rest[closed_after[0]] != text[closed[spare]]:
        return None
    return closed[spare]


def _without_closing_quote(around: Surroundings, text: str) -> str:
    """Cut at the quote that closes the string the cursor stands in, where the rest of the line closes it."""
    quote, rest = around.quote, around.rest.strip()
    if quote is None or not rest.startswith(quote) or text.replace(f"\\{quote}", "").count(quote) % 2 == 0:
        return text
    for length in range(min(len(rest), len(text)), 0, -1):
        if text.rstrip().endswith(rest[:length]):
            return text.rstrip()[:-length]
    return text[: text.rindex(quote)] if text.rindex(quote) >= 0 else text


def _without_overlap(around: Surroundings, text: str) -> str:
    """Cut the longest end of the text that is also the beginning of the rest of the line."""
    said, rest = text.rstrip(), around.rest.strip()
    for length in range(min(len(rest), len(said)), 0, -1):
        if said.endswith(rest[:length]) and _is_repeat(around, said[:-length], rest[:length], rest):
            return said[:-length]
    return text


def _is_repeat(around: Surroundings, kept: str, overlap: str, rest: str) -> bool:
    """Is the overlap a repeat of the rest of the line, and not the end of something of the text's own?"""
    if overlap[0].isalnum() and kept[-1:].isalnum():
        return False  # The end of a longer word.
    if overlap[-1].isalnum() and rest[len(overlap) : len(overlap) + 1].isalnum():
        return False  # The beginning of a longer word.
    if around.quote is None:
        if unmatched_closers(overlap, around.language):
            return False  # It closes a bracket that the text opened, or else it would have been cut before.
        return open_quote(kept, around.language) is None
    return overlap != around.quote
