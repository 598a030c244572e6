"""Make the text begin where the cursor stands: no line end first, nothing said again that the line already says.

A text never begins with a line end. Neovim 0.12 loops for ever on an item whose first line equals the rest of the
buffer's line, and both are empty there; other editors draw an empty ghost line. At the end of a line that has text
such an answer is dropped here; nothing is lost, because the engine keeps the raw text and the next Enter agrees
with it. On a blank line the blank lines are left out instead: the user stands where the text is to go.

Continue drops a leading space and a leading line end for Codestral and the repeated line start for Granite; tabby
reduces odd leading spaces.
"""

from __future__ import annotations

import re
from typing import Final

from fim_language_server.core.shaping.cursor_context import CursorContext, indent_of

_BLANK_LINES: Final = re.compile(r"(?:[ \t]*\n)+")
_ONE_SPACE: Final = re.compile(r" (?=\S)")


def skip_blank_lines(around: CursorContext, text: str) -> str:
    """Drop a text that begins with a line end; on a blank line leave out the blank lines it begins with.

    "" also where the blank lines lead out of the cursor's block: the text cannot stand at this indentation.
    """
    blank = _BLANK_LINES.match(text)
    if blank is None:
        return text
    if not (around.is_fresh and around.is_free):
        return ""
    text = text[blank.end() :]
    indent, here = indent_of(text), around.line_before
    if indent.startswith(here):
        return text[len(here) :]
    return "" if around.width(indent) < around.width(here) else text[len(indent) :]


def leads_out(around: CursorContext, text: str) -> bool:
    """Say whether `skip_blank_lines` drops a text for good: whatever follows, it stays dropped."""
    blank = _BLANK_LINES.match(text)
    if blank is None:
        return False
    text = text[blank.end() :]
    return not (around.is_fresh and around.is_free) or (bool(text.strip()) and not skip_blank_lines(around, text))


def skip_doubled_space(around: CursorContext, text: str) -> str:
    """Leave out one leading space after a space: Codestral's and Devstral's tokens carry it along.

    Two spaces before a comment are meant, and more than one space is alignment; so are two where the document has
    two after the same character elsewhere.
    """
    if around.is_fresh or not _ONE_SPACE.match(text) or not around.line_before.endswith(" "):
        return text  # On a fresh line it is indentation: see `first_indent`.
    if around.line_before.rstrip()[-1] + "  " in around.window:
        return text
    if text[1:].startswith(around.language.line_comments or ("\0",)):
        return text
    return text[1:]
