"""Offer the whole right text where it says the closers behind the cursor itself: `x > 0) {` over the `)` of `if (|)`.

Only for clients that draw and apply such a range rightly (`CompletionRequest.may_replace`): what is replaced is a
subsequence of what is put there, so that nothing seems to be taken away. Everywhere else the text ends before the
closer.
"""

from __future__ import annotations

from typing import Final

from attrs import evolve

from fim_language_server.core.shaping.cursor_context import CursorContext, ShapingOptions, read_cursor_context
from fim_language_server.core.shaping.fit import misfit, own_openers
from fim_language_server.core.values import CompletionRequest

_LONGEST_REST: Final = 8


def whole_line(around: CursorContext, text: str, kept: str) -> str | None:
    """Return the first line of a text if it is to be put over the rest of the line; None where it is not.

    `kept` is what would be inserted of it before the rest: a text that says nothing behind the closers is inserted.
    """
    rest = around.rest.rstrip()
    if not (around.may_replace and rest.isascii() and 0 < len(rest) <= _LONGEST_REST):
        return None
    if not around.has_only_closers_after:
        return None
    first = text.partition("\n")[0].rstrip()
    more = first[len(kept) :]
    if not first.startswith(kept) or more.strip() == rest.strip() or not _is_subsequence(rest, more):
        return None
    bare = evolve(around, rest="")
    fits = misfit(bare, first).strays == 0 and all(first[at] == "{" for at in own_openers(bare, first))
    return first if fits else None


def replaced_length(request: CompletionRequest, text: str, options: ShapingOptions) -> int:
    """Return how many characters behind the cursor a shaped text is to be put over; 0 for an insertion."""
    if not request.may_replace or "\n" in text:
        return 0
    around = read_cursor_context(request, options)
    rest = around.rest.rstrip()
    if not rest or not _is_subsequence(rest, text) or misfit(around, text).strays == 0:
        return 0
    return len(rest) if whole_line(around, text, "") == text else 0


def _is_subsequence(part: str, whole: str) -> bool:
    characters = iter(whole)
    return all(character in characters for character in part)
