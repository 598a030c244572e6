"""One line in the middle of a line, several where there is room and reason for them, and never too many.

In `auto` several lines are shown on a blank line and where the finished first line begins something: a block, an
open bracket, a statement that goes on. Tabby shows several wherever the rest of the line is punctuation, Continue
everywhere but in comments, and both are often asked to stop.
"""

from __future__ import annotations

from fim_language_server.core.shaping.brackets import opens_block
from fim_language_server.core.shaping.cursor_context import CursorContext
from fim_language_server.core.shaping.heads import goes_on_below, is_attribute, may_go_on_below, may_yet_go_on
from fim_language_server.core.shaping.rest_of_line import begins_block


def limit_of(around: CursorContext, first_line: str | None, second_line: str | None = None) -> int | None:
    """Return how many lines may be shown; None where that depends on lines that are not there yet.

    The second one tells where a statement may go on, or its block begin, on a line of its own: see `heads`.
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
    begun = around.line_before + first_line
    if opens_block(begun, around.language) or is_attribute(begun, around.language):
        return options.max_lines
    if around.in_comment or around.is_prose_here or not may_go_on_below(begun, around.language):
        return 1
    if second_line is None:
        return None
    widths = around.width(begun), around.width(second_line)
    return options.max_lines if goes_on_below(begun, widths[0], second_line, widths[1], around.language) else 1


def ends_at(around: CursorContext, lines: list[str]) -> int | None:
    """Return how many of these whole lines are shown at most; None while there is room for more."""
    limit = limit_of(around, *lines[:2]) if lines else limit_of(around, None)
    return limit if limit is not None and len(lines) >= limit else None


def has_ended(around: CursorContext, lines: list[str]) -> bool:
    """Say whether one line is shown, because the second of two has begun as none that belongs to it does."""
    if len(lines) != 2 or not lines[1].strip() or may_yet_go_on(lines[1]):
        return False
    return limit_of(around, *lines) == 1


def drop_what_breaks_the_line(around: CursorContext, text: str) -> str:
    """Drop a text of several lines before code that follows on the cursor's line.

    Its first line alone, put before that code, is not what the model said. Tabby does the same.
    """
    return "" if not around.is_free and not around.has_only_closers_after and "\n" in text else text
