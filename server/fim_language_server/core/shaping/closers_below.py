"""Do not offer the end of a block that stands below the cursor already; where the document lacks it, it is offered.

Brackets are judged by what the document's brackets are with them and without them (`fit`), also the `}` of a
`} else {` below. Words and tags (`end`, `fi`, `</div>`) are judged by indentation. Tabby and Cody drop such lines only
where they equal the next one.
"""

from __future__ import annotations

import re
from typing import Final

from fim_language_server.core.shaping.block import level_of
from fim_language_server.core.shaping.brackets import opens_block
from fim_language_server.core.shaping.cursor_context import CursorContext
from fim_language_server.core.shaping.fit import misfit

_CLOSING_BRACKET: Final = re.compile(r"\s*[)\]}]")
_CLOSING_TAG: Final = re.compile(r"\s*(</[\w.:-]+>)\s*$")
_CLOSING_WORD: Final = re.compile(r"\s*(\w+)[;,)]*\s*$")
_FIRST_WORD: Final = re.compile(r"\s*(\w+)")


def stop_at_closers_below(around: CursorContext, text: str) -> str:
    """End a text before the closers at its end that stand below the cursor already; drop it where it has no more."""
    if not around.is_free:
        return text
    lines = text.split("\n")
    end = len(lines)
    while end and (not lines[end - 1].strip() or _may_stand_below(around, lines, end - 1)):
        end -= 1
    if end == len(lines):
        return text
    cut: int | None = None
    whole = misfit(around, text)
    worst = whole.strays + whole.strays_below
    for index in range(len(lines) - 1, end - 1, -1):
        if not lines[index].strip():
            continue
        if not index and _is_next_line(around, lines[0]):
            cut = index
            break
        if _closing_name(around, lines[index]) is not None:
            if _stands_below(around, lines, index):
                cut = index
            continue
        if _is_wanted(around, lines, index):
            continue
        found = misfit(around, "\n".join(lines[:index]))
        if found.strays + found.strays_below < worst:
            worst, cut = found.strays + found.strays_below, index
    return text if cut is None else "\n".join(lines[:cut])


def _may_stand_below(around: CursorContext, lines: list[str], index: int) -> bool:
    """Does this line begin with a closer? The first one counts where the text begins it."""
    if index == 0 and not around.is_fresh:
        return False
    line = lines[index]
    return _CLOSING_BRACKET.match(line) is not None or _closing_name(around, line) is not None


def _is_wanted(around: CursorContext, lines: list[str], index: int) -> bool:
    """Is this line less indented than what it ends, as ends are, and does something else follow at that level?"""
    line = around.line_before + lines[0] if not index else lines[index]
    before = [*around.lines_above[-1:], *(before for before in lines[:index] if before.strip())]
    if not before or around.width(line) >= around.width(before[-1]):
        return False
    below = next(iter(around.lines_below), None)
    return below is not None and around.width(below) <= around.width(line) and not _CLOSING_BRACKET.match(below)


def _is_next_line(around: CursorContext, first_line: str) -> bool:
    """Is the text's first line the next below, where that ends what the line above stands in?"""
    if not (around.lines_below and around.lines_above):
        return False
    below, level = around.lines_below[0], level_of(around, first_line)
    is_inside = level >= around.width(around.lines_above[-1]) and around.width(below) < level
    return is_inside and below.strip() == first_line.strip()


def _closing_name(around: CursorContext, line: str) -> str | None:
    """Return the word or tag that is all of a line and closes a block; None where there is none."""
    tag = _CLOSING_TAG.match(line)
    if tag is not None:
        return tag.group(1)
    word = _CLOSING_WORD.match(line)
    return word.group(1) if word is not None and word.group(1) in around.language.closers else None


def _stands_below(around: CursorContext, lines: list[str], index: int) -> bool:
    """Does the word or tag of this line close a block above whose end is the next line below, or that goes on there?"""
    if not around.lines_below or (index and _opens_own(around, lines, index)):
        return False
    below, name = around.lines_below[0], _closing_name(around, lines[index])
    word = _FIRST_WORD.match(below)
    goes_on = word is not None and word.group(1) in around.language.clauses and not (name or "").startswith("<")
    if _closing_name(around, below) != name and not goes_on:
        return False
    return around.width(below) == _head_width(around, lines[0])


def _opens_own(around: CursorContext, lines: list[str], index: int) -> bool:
    """Is there a line in the text that this closer, at its indentation, may close?"""
    width = around.width(lines[index])
    widths = [level_of(around, lines[0]), *(around.width(line) for line in lines[1:index] if line.strip())]
    return width in widths[:-1] and max(widths[widths.index(width) + 1 :], default=-1) > width


def _head_width(around: CursorContext, first_line: str) -> int:
    """Return the indentation of the line above that begins the block in which the text's first line stands."""
    level = level_of(around, first_line)
    above = list(reversed(around.lines_above))
    if above and around.width(above[0]) > level:
        level += 1
    heads = [line for line in above if around.width(line) < level]
    # The line before may go on over several, further in than its block.
    head = next((line for line in heads if opens_block(line, around.language)), next(iter(heads), None))
    return -1 if head is None else around.width(head)
