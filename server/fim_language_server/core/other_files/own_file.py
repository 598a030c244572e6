"""The cursor's own file outside of the request's windows: its imports, and the heads of its definitions.

Both are told by cheap rules, without a parser. The piece is made of lines that do not follow each other in the file.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Final

from fim_language_server.core.other_files.query import words_of
from fim_language_server.core.secrets.enclosing import lines_above
from fim_language_server.core.typing_through import with_plain_line_ends
from fim_language_server.core.values import CompletionRequest, Snippet, SnippetSource

MOST_LINES: Final = 4_000
"""Lines above the window, and below it, that are looked at: the file's first ones and its last ones."""
_LONGEST_LINE: Final = 200

_IMPORT: Final = re.compile(
    r"\s*(?:from\s+\S+\s+import\b|import\b|(?:pub\s+)?use\s|package\s|export\s+[*{]|#\s*include\b|(?:global\s+)?using\s"
    r"|require\b|[}]\s*from\s|(?:const|let|var)\s.*=\s*require\()"
)
_MODIFIERS: Final = (
    r"(?:(?:abstract|async|declare|default|export|extern|final|inline|internal|open|override|private|protected|pub"
    r"(?:\([a-z]+\))?|public|readonly|sealed|static|suspend|unsafe|virtual)\s+)"
)
_HEAD: Final = re.compile(
    rf"(?: {{0,4}}|\t)(?:{_MODIFIERS}*(?:class|const|def|enum|fn|fun|func|function|impl|interface|let|macro_rules!|mod"
    r"|module|namespace|object|protocol|record|struct|sub|trait|type|union|var|val)\b"
    rf"|{_MODIFIERS}+[\w<>\[\],.? ]+\b[\w$]+\s*[(;=]|[A-Za-z_]\w*\s*(?::[^=]+)?=[^=])"
)


def own_file_piece(
    request: CompletionRequest, lines: Sequence[str], worth: Mapping[str, float], max_chars: int
) -> Snippet | None:
    """Return imports and heads of the request's document that its windows do not hold, in `max_chars` code points.

    `lines` are those of the document; `worth` says what words count. Lines with such words come first, then imports,
    then the nearest heads. Nothing is returned where there is none, or where `max_chars` is too small for one.
    """
    above = max(0, request.position.line - with_plain_line_ends(request.prefix).count("\n"))
    below = request.position.line + with_plain_line_ends(request.suffix).count("\n") + 1
    far = [*range(min(above, MOST_LINES)), *range(max(below, len(lines) - MOST_LINES), len(lines))]
    ranked = []
    for number in far:
        kind = _kind(lines[number])
        if kind:
            value = sum(sorted(worth.get(word, 0.0) for word in words_of(lines[number].rstrip("\r\n"))))
            ranked.append((-value, kind, abs(number - request.position.line), number))
    room, taken = max_chars, []
    for _, _, _, number in sorted(ranked):
        cost = len(lines[number].rstrip("\r\n")) + 1
        if cost <= room:
            room -= cost
            taken.append(number)
    if not taken:
        return None
    taken.sort()
    text = "\n".join(lines[number].rstrip("\r\n") for number in taken)
    return Snippet(
        request.document.path, text, lines_above(lines, taken[0]), source=SnippetSource.OWN_FILE, first_line=taken[0]
    )


@lru_cache(maxsize=8_192)
def _kind(line: str) -> int:
    """Return 1 for an import, 2 for the head of a definition, and 0 for any other line."""
    if len(line) > _LONGEST_LINE or not line.strip():
        return 0
    return 1 if _IMPORT.match(line) else 2 if _HEAD.match(line) else 0
