"""Stop where the cursor's block ends: the line that closes it is kept where the document lacks it, the rest is not.

On a blank line the block is what stands at the indentation of the text's first line; a line that began before the
cursor ends with what it opens. Two blank lines end any text. Tabby's `limitScopeByIndentation` does the same.
"""

from __future__ import annotations

import re
from typing import Final

from fim_language_server.core.shaping.brackets import is_left_open, is_unfinished, opens_block
from fim_language_server.core.shaping.cursor_context import CursorContext, indent_of
from fim_language_server.core.shaping.heads import (
    belongs_to,
    is_attribute,
    is_before_head,
    is_label,
    may_become_label,
    may_go_on_below,
)

_CLOSING_BRACKETS: Final = re.compile(r"\s*[\])}]")
_ONLY_CLOSERS: Final = re.compile(r"\s*[\])}][\])};,]*\s*$")
_FIRST_WORD: Final = re.compile(r"\s*(\w+)")
_ONLY_WORD: Final = re.compile(r"\s*(\w+)[;,)]*\s*$")
_PREPROCESSED: Final = frozenset({"c", "cpp", "csharp"})


def ends_at(around: CursorContext, lines: list[str]) -> int | None:
    """Return the index of the first of these whole lines that is out of the block; None while none is."""
    return _ends_at(around, lines, begun=False)


def has_ended(around: CursorContext, lines: list[str]) -> bool:
    """Say whether the block has ended, where the last line may only have begun."""
    return _ends_at(around, lines, begun=True) is not None


def level_of(around: CursorContext, first_line: str) -> int:
    """Return the width of the indentation of the line that the text begins."""
    return around.width(around.line_before + first_line if around.is_fresh else around.line_before)


def _ends_at(around: CursorContext, lines: list[str], *, begun: bool) -> int | None:
    if len(lines) < 2:
        return None
    level = level_of(around, lines[0])
    whole = [around.line_before + lines[0], *lines[1:]]
    # Lines of a string that runs over several lines say nothing by their indentation.
    in_string = _ends_in_string(around, whole[0], was_in=False)
    head = 0 if around.is_fresh else _head_at(around, whole, level)
    for index, line in enumerate(lines[1:], start=1):
        is_begun = begun and index == len(lines) - 1
        if not line.strip():
            if not is_begun and index >= 2 and not lines[index - 1].strip():
                return index - 1
            continue
        if not in_string and index > head and not _is_inside(around, whole[: index + 1], level, is_begun=is_begun):
            end = _judge(around, line, level, is_begun=is_begun)
            if end is not None:
                return index + end
        in_string = _ends_in_string(around, line, was_in=in_string)
    return None


def _is_inside(around: CursorContext, lines: list[str], level: int, *, is_begun: bool) -> bool:
    """Does the last of some lines belong to what the first began, however little it is indented?"""
    *before, line = lines
    width = around.width(line)
    if width > level:
        return True
    is_brace = line.strip() == "{"
    if is_brace and len(before) == 1:
        return True
    if around.is_fresh or width < level:
        return False
    has_brace = any(earlier.rstrip().endswith("{") for earlier in before)
    if is_brace:
        return not has_brace
    if has_brace and not is_label(before[0]) and (is_label(line) or (is_begun and may_become_label(line))):
        return True
    marks = around.language.line_comments or ("\0",)
    coded = (earlier for earlier in reversed(before) if earlier.strip() and not earlier.lstrip().startswith(marks))
    last = next(coded, before[0])
    return is_unfinished(last, around.language) or belongs_to(last, line, around.language)


def _head_at(around: CursorContext, lines: list[str], level: int) -> int:
    """Return the index of the line that the attributes belong to with which a begun text begins; 0 without any."""
    if not is_attribute(lines[0], around.language):
        return 0
    for index, line in enumerate(lines[1:], start=1):
        width = around.width(line)
        if line.strip() and (width < level or (width == level and not is_before_head(line, around.language))):
            return index if width == level else 0
    return len(lines)


def _judge(around: CursorContext, line: str, level: int, *, is_begun: bool) -> int | None:
    """Return 0 where `line` is out of the block, 1 where it is the block's last, None where it does not end it."""
    width, language = around.width(line), around.language
    if width > level or language.is_prose:
        return None
    if language.name in _PREPROCESSED and line.lstrip().startswith("#"):
        return None
    is_sibling = width == level and (around.is_fresh or around.options.multi_line == "always")
    if is_sibling:
        return None
    if is_begun and _may_close(around, line):
        return None  # Its end decides.
    if not around.is_fresh and width == level:
        if not _goes_on_with_block(around, line):
            return 0
        return None if opens_block(line, language) or may_go_on_below(line, language) else 1
    return 1 if _closes_open_block(around, line, width, level) else 0


def _may_close(around: CursorContext, line: str) -> bool:
    """May this line, of which only the beginning is known, close the block or go on with it?"""
    word = _FIRST_WORD.match(line)
    if word is None:
        return _CLOSING_BRACKETS.match(line) is not None
    words = around.language.clauses | around.language.closers
    return any(known.startswith(word.group(1)) for known in words)


def _goes_on_with_block(around: CursorContext, line: str) -> bool:
    if _CLOSING_BRACKETS.match(line):
        return True
    word = _FIRST_WORD.match(line)
    return word is not None and word.group(1) in around.language.clauses | around.language.closers


def _closes_open_block(around: CursorContext, line: str, width: int, level: int) -> bool:
    """Is `line` only the end of the block the cursor stands in, and is that end missing below?"""
    word = _ONLY_WORD.match(line)
    if not _ONLY_CLOSERS.match(line) and not (word and word.group(1) in around.language.closers):
        return False
    head = next((above for above in reversed(around.lines_above) if around.width(above) < level), None)
    if head is None or around.width(head) != width:
        return False
    if not (is_left_open(head, around.language) or opens_block(head, around.language)):
        return False
    if not around.lines_below:
        return True
    below = around.lines_below[0]
    return around.width(below) <= width and not (around.width(below) == width and _goes_on_with_block(around, below))


def _ends_in_string(around: CursorContext, line: str, *, was_in: bool) -> bool:
    for quote in around.language.long_quotes:
        if line.count(quote) % 2:
            was_in = not was_in
    return was_in


def unindents_twice(around: CursorContext, lines: list[str]) -> bool:
    """Say whether a line stands two levels of indentation or more before the text's first."""
    unit = max(len(around.indent_unit), 1) if around.indent_unit != "\t" else 4
    level = level_of(around, lines[0])
    return any(level - around.width(line) >= 2 * unit for line in lines[1:] if line[len(indent_of(line)) :])
