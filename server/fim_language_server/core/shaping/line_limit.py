"""One line in the middle of a line, several where there is room and reason for them, and never too many.

In `auto` several lines are shown on a blank line and where the finished first line begins something: a block, an
open bracket, a statement that goes on. Tabby shows several wherever the rest of the line is punctuation, Continue
everywhere but in comments, and both are often asked to stop.
"""

from __future__ import annotations

from fim_language_server.core.shaping.brackets import may_open_below, opens_block
from fim_language_server.core.shaping.cursor_context import CursorContext
from fim_language_server.core.shaping.rest_of_line import begins_block


def limit_of(around: CursorContext, first_line: str | None, second_line: str | None = None) -> int | None:
    """Return how many lines may be shown; None where that depends on lines that are not there yet.

    The second one tells where a block's brace may stand on a line of its own.
    """
    options = around.options
    if options.multi_line == "never" or options.max_lines == 1:
        return 1
    if not around.is_free:
        if not around.has_only_closers_after:
            return 1
        if options.multi_line == "always":
            return options.max_lines
        if first_line is None:
            return None
        return options.max_lines if begins_block(around, first_line) else 1
    if options.multi_line == "always" or around.is_fresh:
        return options.max_lines
    if first_line is None:
        return None
    if opens_block(around.line_before + first_line, around.language):
        return options.max_lines
    if not may_open_below(around.line_before + first_line, around.language):
        return 1
    if second_line is None:
        return None
    return options.max_lines if second_line.strip() == "{" else 1


def ends_at(around: CursorContext, lines: list[str]) -> int | None:
    """Return how many of these whole lines are shown at most; None while there is room for more."""
    limit = limit_of(around, *lines[:2]) if lines else limit_of(around, None)
    return limit if limit is not None and len(lines) >= limit else None


def has_ended(around: CursorContext, lines: list[str]) -> bool:
    """Say whether one line is shown, because the second of two has begun as no line of a brace does."""
    if len(lines) != 2 or not lines[1].strip() or lines[1].lstrip().startswith("{"):
        return False
    return limit_of(around, *lines) == 1


def drop_what_breaks_the_line(around: CursorContext, text: str) -> str:
    """Drop a text of several lines before code that follows on the cursor's line.

    Its first line alone, put before that code, is not what the model said. Tabby does the same.
    """
    return "" if not around.is_free and not around.has_only_closers_after and "\n" in text else text
