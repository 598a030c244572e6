"""Show a text that begins with a line end at the end of a line that has text, as it would be shown after Enter.

Only for clients that draw such a text (`CompletionRequest.may_begin_with_line_end`): Neovim 0.12 by itself loops for
ever on an item whose first line equals the rest of the buffer's line. The text is judged by the same filters as on a
new line, where its indentation is its own; the line ends before it, which may be several, are put back.
"""

from __future__ import annotations

import re
from typing import Final

from attrs import evolve, field, frozen

from fim_language_server.core.shaping.cursor_context import CursorContext
from fim_language_server.core.values import CompletionRequest, Position

_LINE_ENDS: Final = re.compile(r"(?:[ \t]*\n)+")
MOST_LINE_ENDS: Final = 3
"""The most line ends that a shown text begins with: two blank lines stand between functions in Python."""


@frozen
class NextLine:
    """The part of a text that stands after the end of the cursor's line.

    `request` is the one that would come after as many line ends as the text begins with, `line_ends` their number,
    and `text` what follows them, with its indentation.
    """

    request: CompletionRequest
    line_ends: int
    text: str = field(repr=False)


def may_begin_below(request: CompletionRequest, around: CursorContext) -> bool:
    """Say whether a text for this place may begin with a line end: at the end of a line that has text."""
    if not request.may_begin_with_line_end or around.is_fresh or not around.is_free:
        return False
    return around.options.multi_line != "never" and around.options.max_lines > 1


def read_next_line(request: CompletionRequest, text: str) -> NextLine | None:
    """Return what `text` says from the next line on; None where it goes on with the cursor's line, or is too far off.

    `text` has plain line ends, and may still be growing.
    """
    begin = _LINE_ENDS.match(text)
    if begin is None or (count := begin.group().count("\n")) > MOST_LINE_ENDS:
        return None
    below = evolve(
        request,
        prefix=request.prefix + request.document.eol * count,
        position=Position(request.position.line + count, 0),
        may_begin_with_line_end=False,
    )
    return NextLine(below, count, text[begin.end() :])
