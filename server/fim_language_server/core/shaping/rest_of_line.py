"""Never repeat what stands after the cursor on its line; answers are insertions and replace nothing.

Tabby and Continue replace the rest of the line in the editor instead; three clients disagree about such ranges, so
the overlap is taken from the text. Two forms of a text are compared by how their brackets and strings fit the place:
in `foo(a, |)` the text `b)` is cut to `b`, and so is `x > 0) {` in `if (|)`, while in `foo(|)` the text `bar(1)` is
whole.
"""

from __future__ import annotations

import re
from typing import Final

from fim_language_server.core.shaping.cursor_context import CursorContext
from fim_language_server.core.shaping.fit import FITS, misfit, outer_closers, own_openers
from fim_language_server.core.shaping.whole_line import whole_line

_SURE: Final = 2
"""From this length on, in code points, the rest of a line that was said in full is not chance."""
_TELLING: Final = 8
"""From this length on a rest of the line that holds a word is cut wherever a text ends with it."""
_CLOSER: Final = re.compile(r"[)\]}]")
_MARK: Final = re.compile(r"""[()\[\]{}"'`]""")
_ONLY_CLOSERS: Final = re.compile(r"""[)\]}>"'`*_\s]*""")
_CITATION: Final = re.compile(r"""\"{3}|'{3}|`+|\"""")
_WORD: Final = re.compile(r"\w")


def rest_begins_at(around: CursorContext, text: str) -> int | None:
    """Return where a growing text surely goes over into the rest of the line; None where it does not.

    One bracket is not enough: in `super(|)` the text `A, self).__init__(` is right, and the rest closes its end.
    """
    rest = around.rest.strip()
    if around.may_replace and around.has_only_closers_after:
        return None  # What it says behind them may be wanted, too.
    if len(rest) < _SURE or around.language.is_prose or not _CLOSER.search(rest):
        return None
    at = text.find(rest)
    if at < 0 or at not in outer_closers(around, text[: at + 1]):
        return None
    kept = misfit(around, text[:at])
    return at if kept == FITS and kept < misfit(around, text[: at + len(rest)]) else None


def trim_rest_of_line(around: CursorContext, text: str) -> str:
    """Cut off what the rest of the line says anyway.

    The first line meets the rest of the line, and where it does nothing after it counts. Where only brackets follow
    the cursor a block may meet them in a later line.
    """
    if around.is_free:
        return text
    first, line_end, _ = text.partition("\n")
    trimmed = _trim(around, first)
    if around.may_replace and (whole := whole_line(around, first, trimmed)) is not None:
        return whole
    if not line_end or trimmed not in (first, first.rstrip(" \t")):
        return _fitted(around, trimmed)
    if around.has_only_closers_after and begins_block(around, first):
        end = _end_by_brackets(around, text)
        return text if end is None else text[:end]
    return text


def begins_block(around: CursorContext, first: str) -> bool:
    """Say whether the first line of a text leaves brackets open that the rest of the line cannot close."""
    return bool(own_openers(around, first)) and misfit(around, first) != FITS


def _trim(around: CursorContext, text: str) -> str:
    """Return a text of one line without what it says of the rest of the line."""
    said, rest = text.rstrip(), around.rest.strip()
    is_whole = said.endswith(rest) and _is_whole_rest(around, text, said[: -len(rest)], rest)
    said = said[: -len(rest)] if is_whole else text
    end = _end_by_brackets(around, said)
    if end is not None:
        said = said[:end]
    if not is_whole:
        said = _without_overlap(around, said, rest)
    return said.rstrip(" \t") if around.rest[0] in " \t" else said


def _is_whole_rest(around: CursorContext, text: str, kept: str, rest: str) -> bool:
    """Is the whole rest of the line, with which a text ends, said twice?

    It is not where the line would lack it: in `foo(|)` the bracket of `bar(1)` is the text's own.
    """
    if len(rest) >= _TELLING and _WORD.search(rest):
        return True
    without, whole = misfit(around, kept), misfit(around, text)
    if without != whole:
        return without < whole
    if _ONLY_CLOSERS.fullmatch(rest):
        return _ends_citation(around, kept, rest)
    return not _is_part_of_word(kept, rest, "")


def _ends_citation(around: CursorContext, kept: str, rest: str) -> bool:
    """Does the rest begin with a mark that the line has opened, where marks are not known as quotes?"""
    mark = _CITATION.match(rest)
    return mark is not None and (around.line_before + kept).count(mark.group()) % 2 == 1


def _end_by_brackets(around: CursorContext, text: str) -> int | None:
    """Return the index of the closing bracket or quote from which on a text does not fit; None where it fits as it is.

    Of several the last is taken: what stands before it may close brackets of the line before.
    """
    rest = around.rest.strip()
    ends = _closing_quotes(around, text, rest)
    if _CLOSER.search(text) and (closing := outer_closers(around, rest)):
        ends += [at for at in outer_closers(around, text) if text[at] == rest[closing[0]]]
    if not ends:
        return None
    best, end = misfit(around, text), None
    for at in sorted(ends, reverse=True):
        if (found := misfit(around, text[:at])) < best:
            best, end = found, at
    return end


def _closing_quotes(around: CursorContext, text: str, rest: str) -> list[int]:
    """Return where a text may end the string of the cursor, if the rest of the line begins with that string's end."""
    if around.quote is None or not rest.startswith(around.quote):
        return []
    return [found.start() for found in re.finditer(re.escape(around.quote), text)]


def _without_overlap(around: CursorContext, text: str, rest: str) -> str:
    """Cut the longest end of the text that is also the beginning of the rest of the line."""
    said = text.rstrip()
    for length in range(min(len(rest), len(said)), 0, -1):
        if said.endswith(rest[:length]) and _is_repeat(around, said[:-length], rest[:length], rest[length:]):
            return said[:-length]
    return text


def _is_repeat(around: CursorContext, kept: str, overlap: str, follows: str) -> bool:
    """Is the overlap a repeat of the rest of the line, and not the end of something of the text's own?"""
    if _MARK.search(overlap):
        return misfit(around, kept) < misfit(around, kept + overlap)
    if _is_part_of_word(kept, overlap, follows):
        return False
    return misfit(around, kept) <= misfit(around, kept + overlap)


def _is_part_of_word(kept: str, overlap: str, follows: str) -> bool:
    """Does the overlap begin, or end, in the middle of a word?"""
    if _WORD.match(overlap) and _WORD.match(kept[-1:]):
        return True
    return bool(_WORD.match(overlap[-1]) and _WORD.match(follows))


def _fitted(around: CursorContext, text: str) -> str:
    """End one line before the first bracket that it opens and the rest of the line cannot close."""
    if not around.has_only_closers_after or (whole := misfit(around, text)) == FITS:
        return text
    for at in own_openers(around, text):
        if misfit(around, text[:at]) < whole:
            return text[:at].rstrip()
    return text
