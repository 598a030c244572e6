"""Leave no white space where nobody wants it: at the text's end, and on blank lines within."""

from __future__ import annotations

from fim_language_server.core.shaping.cursor_context import CursorContext


def trim_trailing(around: CursorContext, text: str) -> str:
    """Trim the end of the text, and make blank lines empty; a space before code on the cursor's line stays.

    White space alone is dropped everywhere: there is nothing to see in it.
    """
    if not text.strip():
        return ""
    if "\n" in text:
        text = "\n".join(line if line.strip() else "" for line in text.split("\n"))
    return text.rstrip() if around.is_free else text.rstrip("\n")
