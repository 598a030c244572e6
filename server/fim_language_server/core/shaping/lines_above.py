"""Drop a text that only says the lines above the cursor again.

Continue (`rewritesLineAbove`) and llama.vim do so too. Only on a blank line: where the user has begun to type the
same line a second time, that is what the user wants.
"""

from __future__ import annotations

import re
from typing import Final

from fim_language_server.core.shaping.cursor_context import CursorContext

_MOST: Final = 8
_MANY_LETTERS: Final = 8
_LETTER: Final = re.compile(r"[^\W\d_]")


def drop_lines_above(around: CursorContext, text: str) -> str:
    """Drop a text that is, or begins with, the last lines before the cursor; one line counts only if it is all."""
    above = around.lines_above
    if not (around.is_fresh and around.is_free and above):
        return text
    lines = [line.rstrip() for line in (around.line_before + text).split("\n") if line.strip()]
    for count in range(min(len(lines), len(above), _MOST), 0, -1):
        if count == 1 and len(lines) > 1:
            break
        if lines[:count] == [line.rstrip() for line in above[-count:]]:
            return "" if sum(len(_LETTER.findall(line)) for line in lines[:count]) >= _MANY_LETTERS else text
    return text
