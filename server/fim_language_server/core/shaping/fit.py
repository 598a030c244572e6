"""The fit of a text's brackets and strings to its place: those it would leave open or close by mistake.

A document is taken as it would be with the text in it: the brackets open above the cursor, the cursor's line, the
text, the rest of the line, and the brackets that the lines below close. Two forms of one text are compared by that;
a document that does not add up by itself does so little for either of them.
"""

from __future__ import annotations

from typing import Final

from fim_language_server.core.languages import Language, find_line_comment
from fim_language_server.core.shaping.brackets import PARTNER, scan, scan_line
from fim_language_server.core.shaping.cursor_context import CursorContext
from fim_language_server.core.shaping.nesting import Closed, Misfit, Opened, leave_behind, read_line

_SENTENCES: Final = Language("sentences", line_comments=(), block_comments=(), quotes=())
"""Prose and comments: brackets have partners, also in code that is cited; apostrophes have none."""


_OPENERS: Final = frozenset("([{")
_CLOSERS: Final = frozenset(")]}")
_MOST_KNOWN: Final = 64
"""Texts of one place whose fit is remembered."""


FITS: Final = Misfit()


def misfit(around: CursorContext, text: str) -> Misfit:
    """Return what would not fit with `text` at the cursor. Remembered with the place: filters ask again."""
    known = around.misfits.get(text)
    if known is None:
        if len(around.misfits) >= _MOST_KNOWN:
            around.misfits.clear()
        known = around.misfits[text] = _misfit(around, text)
    return known


def _misfit(around: CursorContext, text: str) -> Misfit:
    language = lexed_as(around)
    opened = list(around.open_above or around.open_far_above)
    leave_behind(opened, around.line_before + text)
    outer = len(opened)
    strays = int(_ends_with_opener(around, text))
    for line in (around.line_before + text + around.rest).split("\n"):
        strays += read_line(opened, line, language) + scan_line(line, language).has_open_string
        outer = min(outer, len(opened))
    strays += _is_swallowed(around, text, language)
    if around.quote is not None:
        # The string may be code itself, as in `${…}`: its brackets count as well.
        plain = scan(around.line_before + text + around.rest, language, plain=True)
        strays += len(plain.closers)
    line_open = 0
    if not around.is_free:
        line_open = sum(bracket.mark != "{" for bracket in opened[outer:])
        # A line that ends with a comma goes on on the next one, as a rule.
        line_open += text.rstrip().endswith(",")
    strays_below = _close(opened, around.closed_below)
    left_open = len(opened) if around.is_whole[1] else max(0, len(opened) - outer)
    return Misfit(strays, line_open, strays_below, left_open)


def _ends_with_opener(around: CursorContext, text: str) -> bool:
    """Would the rest of the line at once close a bracket with which the text ends? It was meant to go on."""
    return text.rstrip()[-1:] in _OPENERS and around.rest.lstrip()[:1] in _CLOSERS


def _is_swallowed(around: CursorContext, text: str, language: Language) -> bool:
    """Would the rest of the line come to stand in a comment that the text begins?"""
    if around.is_free or not any(mark in text for mark in language.line_comments):
        return False
    *_, last = (around.line_before + text).split("\n")
    return find_line_comment(last, language) is not None


def lexed_as(around: CursorContext) -> Language:
    """Return the language by whose rules the cursor's line is read: in comments and prose an apostrophe is no quote."""
    return _SENTENCES if around.in_comment or around.language.is_prose else around.language


def _close(opened: list[Opened], closers: tuple[Closed, ...]) -> int:
    """Close what is open by the brackets below; return how many of those close nothing, or something else."""
    strays = 0
    for closer in closers:
        partner = PARTNER[closer.mark]
        at = next((at for at in range(len(opened) - 1, -1, -1) if opened[at].mark == partner), None)
        if at is None:
            strays += 1
            continue
        is_next = at == len(opened) - 1
        # A brace that stands alone is as far in as the line that it ends.
        is_level = closer.mark != "}" or closer.indent < 0 or closer.indent == opened[at].indent
        strays += not (is_next and is_level)
        del opened[at:]
    return strays


def own_openers(around: CursorContext, text: str) -> list[int]:
    """Return where `text` opens brackets that it does not close."""
    before = around.line_before
    found = scan(before + text, lexed_as(around), plain=around.quote is not None)
    return [opener.at - len(before) for opener in found.openers if opener.at >= len(before)]


def outer_closers(around: CursorContext, text: str) -> list[int]:
    """Return where `text` may close brackets that it has not opened itself, read as code and as plain text."""
    language = lexed_as(around)
    found = (*scan(text, language).closers, *scan(text, language, plain=True).closers)
    return sorted({closer.at for closer in found})
