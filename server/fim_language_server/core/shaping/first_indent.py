"""Put the text's first line where the cursor's line is, and the others with it.

A model says a line's indentation in one of three ways: the part that is missing, the whole of it although it stands
there already, or all lines some columns too far. Which one is told by the width that a line can have at this place,
and by the text's own second line. Where the missing part is meant, the text is let be: the cursor may stand before
the tab stop. Tabby reduces odd leading spaces without looking at the width they would leave.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from attrs import frozen

from fim_language_server.core.shaping.brackets import goes_on, opens_block, unmatched_closers
from fim_language_server.core.shaping.cursor_context import CursorContext, indent_of

_DEFAULT_STEP: Final = 4
_GOES_ON: Final = (",", "(", "[")
_MOST_LINES_OF_A_STATEMENT: Final = 12
_CHAINED: Final = re.compile(r"\.\w|\?\.|&&|\|\|")
_FIRST_WORD: Final = re.compile(r"\s*(\w+)")
_ITEM: Final = re.compile(r"\s*-\s+")
_LIST_ITEM: Final = re.compile(r"[ \t]*(?:[-*+]|\d{1,9}[.)])[ \t]+")
_CLOSES: Final = re.compile(r"(?:[)\]}]|</)")


def fit_first_indent(around: CursorContext, text: str) -> str:
    """Leave out what of the first line's indentation stands there already; shift the others where they go with it."""
    if not around.is_fresh or text[:1] not in (" ", "\t"):
        return text
    indent = indent_of(text)
    if not text[len(indent) :].strip():
        return text
    if around.language.name == "makefile" and around.line_before.startswith("\t"):
        return text[len(indent) :]
    if around.is_prose_here:
        return _in_prose(around, text, indent)
    first, *later = text.split("\n")
    place = _place(around)
    here, added = around.line_before, around.width(around.line_before + indent)
    second = next((line for line in later if line.strip()), None)
    target = _target(around, place, [line for line in (first, *later) if line.strip()])
    if target == added:
        return text
    fill = _fill(around, here, target)
    shift = added - target if second is not None and _goes_with(around, place, first, second, target) else 0
    return "\n".join([fill + first[len(indent) :], *(_shifted(around, line, shift) for line in later)])


@frozen
class _IndentWidths:
    """The widths of indentation that a line can have under the lines above (`widths`), and the `step` of a block."""

    widths: tuple[int, ...]
    step: int
    deepest: int
    goes_on: bool
    """It is inside of brackets, where a line may be aligned anywhere."""
    is_block: bool = False
    """The line above opens a block, so that a line has to stand deeper."""
    aligned: int = -1
    """The column behind the bracket that the line above leaves open, where that has something behind it."""

    def can_be(self, width: int) -> bool:
        return width in self.widths

    def may_be(self, width: int) -> bool:
        return self.can_be(width) or (self.goes_on and width > min(self.widths, default=0))


def _place(around: CursorContext) -> _IndentWidths:
    step = around.step
    above = around.lines_above[-1].rstrip() if around.lines_above else ""
    if around.in_comment:
        width = around.width(above) + (1 if above.lstrip().startswith("/*") else 0)
        return _IndentWidths((width,), step, width, goes_on=False)
    if not above:
        return _IndentWidths((0,), step, 0, goes_on=False)
    if opens_block(_code_of(around, above), around.language):
        width = around.width(around.lines_above[_statement_above(around)])
        is_open = above.endswith(_GOES_ON[1:])
        is_open = is_open or (not above.endswith(around.language.openers) and goes_on(above, around.language))
        aligned = _open_bracket(above, around) + 1
        is_open = is_open or aligned > 0
        if (item := _ITEM.match(above)) is not None and around.language.name == "yaml":
            inside = item.end()
            return _IndentWidths((inside + step, inside), step, inside + step, goes_on=is_open, is_block=not is_open)
        return _IndentWidths(
            (width + step,), step, width + step, goes_on=is_open, is_block=not is_open, aligned=aligned
        )
    head = next((line for line in reversed(around.lines_above) if not _is_comment(around, line)), above)
    if head is not above and around.width(head) < around.width(above) and opens_block(head, around.language):
        return _IndentWidths((around.width(above),), step, around.width(above), goes_on=False, is_block=True)
    if above.endswith(","):
        return _IndentWidths((around.width(above),), step, around.width(above), goes_on=True)
    widths = _enclosing(around)
    return _IndentWidths(widths, step, max(widths), goes_on=False)


def _code_of(around: CursorContext, above: str) -> str:
    """Return the line above without the quote that ends a string of several lines: that opens nothing."""
    for quote in around.language.long_quotes:
        if above.count(quote) % 2:
            return above[above.rfind(quote) + len(quote) :]
    return above


def _is_comment(around: CursorContext, line: str) -> bool:
    return line.lstrip().startswith(around.language.line_comments or ("\0",))


def _open_bracket(line: str, around: CursorContext) -> int:
    """Return the column of the last bracket that a line leaves open, before something else; -1 where none is."""
    for column in range(len(line) - 2, -1, -1):
        if line[column] in "([" and not unmatched_closers(line[column + 1 :], around.language):
            return column if line[column + 1 :].strip() else -1
    return -1


def _enclosing(around: CursorContext) -> tuple[int, ...]:
    """Return the widths of the statement above and of the blocks it stands in, the deepest first."""
    widths: list[int] = []
    is_yaml = around.language.name == "yaml"
    for line in reversed(around.lines_above[: _statement_above(around) + 1]):
        item = _ITEM.match(line) if is_yaml else None  # The keys of an item stand behind its mark.
        for width in (item.end() if item else None, around.width(line)):
            if width is not None and (not widths or width < widths[-1]):
                widths.append(width)
    return tuple(widths)


def _statement_above(around: CursorContext) -> int:
    """Return the index of the line above at which the last statement begins, as far as brackets tell."""
    lines = around.lines_above
    last = len(lines) - 1
    for index in range(last, max(-1, last - _MOST_LINES_OF_A_STATEMENT), -1):
        if not unmatched_closers("\n".join(lines[index:]), around.language):
            return index
    return last


def _target(around: CursorContext, place: _IndentWidths, lines: Sequence[str]) -> int:
    """Return the width at which the first of the text's `lines` is to stand; no less than the cursor's."""
    first, *later = lines
    second = later[0] if later else None
    indent = indent_of(first)
    here, said = around.width(around.line_before), around.width(indent)
    added = around.width(around.line_before + indent)
    if not around.line_before:
        is_odd = indent == " " and not place.may_be(1) and not around.in_comment
        return 0 if is_odd and place.step > 1 else added
    if indent == around.line_before and indent != " " and _is_said_again(around, place, second):
        return here
    if _is_short_of_a_stop(around, place, later, here, added):
        return added
    if _CHAINED.match(first.lstrip()) and added <= place.deepest + 2 * place.step and said != here:
        return added
    hints = (
        []
        if second is None
        else [width for width in (here, added, said) if _follows(around, place, first, second, width)]
    )
    is_again = said == here
    if place.can_be(here) and (_fits_below(around, first, second, here) or not place.may_be(added)):
        if is_again and hints[:1] != [added] and added != place.aligned and not _is_clause_of(around, first, added):
            return here
        return added if place.may_be(added) and (hints[:1] != [here]) else here
    if place.may_be(added) and not (said > here and hints and added not in hints and said in hints):
        return added
    if said > here and place.may_be(said):
        return said
    if place.is_block and here < place.deepest and here <= around.width(around.lines_above[-1]):
        return place.deepest
    return added if added <= place.deepest else here


def _is_short_of_a_stop(
    around: CursorContext, place: _IndentWidths | None, later: Sequence[str], here: int, added: int
) -> bool:
    """Does the cursor stand at the width of no line, and would the text's own indentation bring it to one?"""
    known = {around.width(line) for line in (*around.lines_above, *around.lines_below, *later) if line.strip()}
    if place is not None:
        known.update(place.widths)
        known.update(width for width in (here, added) if width % place.step == 0)
    return added in known and here not in known


def _is_said_again(around: CursorContext, place: _IndentWidths, second: str | None) -> bool:
    """Is the cursor's indentation, which the first line brings again, already that of a line at this place?"""
    here = around.width(around.line_before)
    above = around.lines_above[-1] if around.lines_above else ""
    is_inside = here > around.width(above) if place.is_block or place.goes_on else True
    if second is not None and around.width(second) <= here:
        return is_inside
    return second is None and (place.is_block or place.goes_on) and is_inside and place.aligned <= 0


def _follows(around: CursorContext, place: _IndentWidths, first: str, second: str, width: int) -> bool:
    """Would the text's second line stand right under a first line of this width?"""
    is_deeper = opens_block(first, around.language) and not _CLOSES.match(second.lstrip())
    return around.width(second) == (width + place.step if is_deeper else width)


def _fits_below(around: CursorContext, first: str, second: str | None, width: int) -> bool:
    """May the line below stand where it does if this one line stands above it?"""
    if second is not None or not around.lines_below or opens_block(first, around.language):
        return True
    return around.width(around.lines_below[0]) <= width


def _is_clause_of(around: CursorContext, first: str, width: int) -> bool:
    """Does the line go on with a block (`else`) whose head stands above at this width?"""
    word = _FIRST_WORD.match(first)
    if word is None or word.group(1) not in around.language.clauses:
        return False
    head = next((line for line in reversed(around.lines_above) if around.width(line) <= width), "")
    return around.width(head) == width and opens_block(head, around.language)


def _goes_with(around: CursorContext, place: _IndentWidths, first: str, second: str, target: int) -> bool:
    """Is the second line as far out of place as the first?"""
    added = around.width(around.line_before + indent_of(first))
    return not _follows(around, place, first, second, target) and _follows(around, place, first, second, added)


def _fill(around: CursorContext, here: str, target: int) -> str:
    missing = target - around.width(here)
    if missing <= 0:
        return ""
    if around.indent_unit == "\t" and missing % around.step == 0:
        return "\t" * (missing // around.step)
    return " " * missing


def _shifted(around: CursorContext, line: str, shift: int) -> str:
    """Return a line that much less deep, where that is a whole number of its tabs or spaces."""
    indent = indent_of(line)
    if shift <= 0 or not line.strip() or len(set(indent)) != 1:
        return line
    count, odd = divmod(shift, around.step) if indent[0] == "\t" else (shift, 0)
    return line if odd or count > len(indent) else line[count:]


def _in_prose(around: CursorContext, text: str, indent: str) -> str:
    """Leave out the cursor line's indentation where the text brings it again, or one odd space more."""
    here = around.line_before
    if not here:
        return text
    above = around.lines_above[-1] if around.lines_above else ""
    opened = max(around.step, _DEFAULT_STEP) if opens_block(above.rstrip("\\ "), around.language) else 0
    later = text.split("\n")[1:]
    item = _LIST_ITEM.match(above)
    is_content = item is not None and item.end() == around.width(here + indent)
    if is_content or _is_short_of_a_stop(around, None, later, around.width(here), around.width(here + indent)):
        return text
    if around.width(here + indent) <= around.width(above) + opened:
        return text
    if indent == " ":
        return text[1:]
    return text[len(here) :] if indent.startswith(here) else text
