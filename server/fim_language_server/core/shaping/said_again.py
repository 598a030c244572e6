"""Leave out what the text says again of what stands before the cursor: the word, the line, or the lines with it.

A chat model often answers with the whole line, or the whole function. Only what cannot be meant twice goes: `not not`
is code, and so is `max(max(a, b), c)`. Continue drops the repeated line start for Granite.
"""

from __future__ import annotations

import re
from typing import Final

from fim_language_server.core.shaping.cursor_context import CursorContext

_TWO_WORDS: Final = re.compile(r"\w\W+\w")  # not \w+: that takes the square of a long word
_MIN_RESTATED: Final = 6
_MIN_WORD: Final = 3
_MOST_TYPED: Final = 80
_MIN_ECHO: Final = 8
_MOST_ECHOED: Final = 40
_TYPED: Final = re.compile(r"(?<![\w.$])[\w.$]*\w$")
_LEADING_WORD: Final = re.compile(r"\w+")
_ONE_WORD: Final = re.compile(r"[A-Za-z_]\w+")
_TWICE: Final = frozenset({"not", "long", "await", "typeof", "void", "delete", "new", "yield", "short", "very", "end"})
"""Words that may stand twice in a row."""


def skip_restated_line(around: CursorContext, text: str) -> str:
    """Leave out the beginning of the line where the text says it again, and a comment's mark said twice."""
    said = around.line_before.strip()
    if not said:
        return text
    unindented = text.lstrip(" \t")
    if said in around.language.line_comments and unindented.startswith((f"{said} ", f"{said}\t")):
        return _rest(around, unindented[len(said) :])
    is_long = len(said) >= _MIN_RESTATED and _TWO_WORDS.search(said) is not None
    if not unindented.startswith(said) or not (is_long or _is_one_word(around, said, unindented)):
        return text
    restated = unindented[len(said) :]
    if around.line_before[-1] in " \t":
        if said[-1].isalnum() and restated[:1].isalnum():
            return text  # Another, longer word that begins the same.
        return restated.lstrip(" \t") if restated[:1] in (" ", "\t") else restated
    return restated


def skip_restated_word(around: CursorContext, text: str) -> str:
    """Leave out the part of a word that is typed where the text says the whole word."""
    if around.language.is_prose or around.in_comment or around.quote is not None or around.in_long_string:
        return text
    typed = _TYPED.search(around.line_before[-_MOST_TYPED:])
    if typed is None or not text.startswith(typed[0]) or len(typed[0]) < _MIN_WORD:
        return text
    rest = text[len(typed[0]) :]
    return rest if _LEADING_WORD.match(rest) or "." in typed[0] else text


def skip_echo(around: CursorContext, text: str) -> str:
    """Leave out the lines before the cursor that the text begins with, up to the cursor; "" while it says nothing else.

    At least the line above and what is typed; on a blank line only a line that opens the cursor's block.
    """
    first, line_end, _ = text.partition("\n")
    head = first.strip()
    if not around.lines_above or len(head) < _MIN_ECHO or (not line_end and len(text.strip()) < _MIN_ECHO):
        return text
    if head not in around.lines_above[-1] and head not in around.stripped_above:
        return text
    above = around.lines_above[-_MOST_ECHOED:]
    for start in range(len(above) - 1, -1, -1):
        if above[start].strip() == head:
            echoed = _behind_echo(around, text, above[start:])
            if echoed is not None:
                return echoed
    return text


def _behind_echo(around: CursorContext, text: str, above: tuple[str, ...]) -> str | None:
    """Return what follows the lines `above` and what is typed of the cursor's line in the text; None for no echo."""
    wanted = [line.strip() for line in above]
    if around.is_fresh and around.width(above[0]) >= around.width(around.line_before):
        return None
    lines = text.split("\n")
    index = 0
    for want in wanted:
        while index < len(lines) and not lines[index].strip():
            index += 1
        if index >= len(lines):
            return ""
        if lines[index].strip() != want:
            is_begun = index == len(lines) - 1 and want.startswith(lines[index].strip())
            return "" if is_begun else None
        index += 1
    while index < len(lines) - 1 and not lines[index].strip():
        index += 1
    if index >= len(lines):
        return ""
    typed, line = around.line_before.strip(), lines[index].lstrip(" \t")
    if not line.startswith(typed):
        return "" if index == len(lines) - 1 and typed.startswith(line) else None
    if around.is_fresh:
        return "\n".join(lines[index:])
    return "\n".join([_rest(around, line[len(typed) :]), *lines[index + 1 :]])


def _is_one_word(around: CursorContext, said: str, text: str) -> bool:
    """Is a line of one word said again, which code does not say twice?"""
    if around.language.is_prose or around.in_comment or not _ONE_WORD.fullmatch(said) or said in _TWICE:
        return False
    return around.line_before[-1] in " \t" and text[len(said) : len(said) + 1] in (" ", "\t")


def _rest(around: CursorContext, restated: str) -> str:
    return restated.lstrip(" \t") if around.line_before[-1] in " \t" else restated
