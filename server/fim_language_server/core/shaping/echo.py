"""Leave out the echo of the prompt: the lines right before the cursor, said again in order up to the cursor.

A chat model often answers with the whole function. A line that merely equals some line above is no echo: `return
None` ends one function, and the next one too. So is a text of which nothing remains behind the echo.
"""

from __future__ import annotations

from typing import Final

from fim_language_server.core.shaping.cursor_context import CursorContext

_MIN_ECHO: Final = 8
"""Length of the shortest line that begins an echo, in code points without its indentation."""
_CLOSERS: Final = (")", "]", "}", "</")


def skip_echo(around: CursorContext, text: str) -> str:
    """Leave out the lines right before the cursor where the text begins with them; only if something follows them.

    On a blank line the first line of an echo opens the cursor's block. Of two readings the longer echo counts.
    """
    return next(filter(None, _after_echoes(around, text)), text)


def is_partial_echo(around: CursorContext, text: str) -> bool:
    """Say whether a growing text has only repeated lines before the cursor so far: what it will be is open."""
    return "" in _after_echoes(around, text)


def is_bare_echo(around: CursorContext, text: str) -> bool:
    """Say whether a finished text repeats only lines of the block around a line that is already begun.

    On a blank line such a text may be the code that is wanted: two functions may end with the same lines.
    """
    after = _after_echoes(around, text)
    if around.is_fresh or not after or any(after):
        return False
    head = text.partition("\n")[0].strip()
    at = next(at for at in range(len(around.stripped_above) - 1, -1, -1) if around.stripped_above[at] == head)
    return around.width(around.lines_above[at]) < around.width(around.line_before)


def _after_echoes(around: CursorContext, text: str) -> list[str]:
    """Return what follows the echo that `text` begins with, for each reading of it; "" where nothing follows yet."""
    head = text.partition("\n")[0].strip()
    above = around.stripped_above
    if len(head) < _MIN_ECHO or head not in above:
        return []
    lines = text.split("\n")
    readings = [_after_lines(around, lines, start) for start, line in enumerate(above) if line == head]
    return [after for after in readings if after is not None]


def _after_lines(around: CursorContext, lines: list[str], start: int) -> str | None:
    """Return what follows the lines above from index `start`, and what is typed; "" for nothing, None for no echo."""
    if around.is_fresh and around.width(around.lines_above[start]) >= around.width(around.line_before):
        return None
    index = 0
    for wanted in around.stripped_above[start:]:
        index = _not_blank(lines, index)
        if index == len(lines):
            return ""
        line = lines[index].strip()
        if line != wanted:
            return "" if index == len(lines) - 1 and wanted.startswith(line) else None
        index += 1
    index = _not_blank(lines, index)
    if index == len(lines):
        return ""
    if around.is_fresh:
        return "\n".join(lines[index:]) if _stands_at_cursor(around, lines[index]) else None
    typed, line = around.line_before.strip(), lines[index].lstrip(" \t")
    if not line.startswith(typed):
        return "" if index == len(lines) - 1 and typed.startswith(line) else None
    rest = line[len(typed) :]
    return "\n".join([rest.lstrip(" \t") if around.line_before[-1] in " \t" else rest, *lines[index + 1 :]])


def _not_blank(lines: list[str], index: int) -> int:
    while index < len(lines) and not lines[index].strip():
        index += 1
    return index


def _stands_at_cursor(around: CursorContext, line: str) -> bool:
    """May this line, which follows an echo, stand at the cursor? Else the text opens one more block of the same kind.

    As in `"properties": {` within `"properties": {`.
    """
    if line.lstrip().startswith((*_CLOSERS, *around.language.closers)):
        return False
    return around.width(line) <= around.width(around.line_before)
