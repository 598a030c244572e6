"""Leave out what the text says again of the cursor's line: the word that is typed, or the whole line.

A chat model often answers with the whole line. Only what cannot be meant twice goes: `not not`
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
_TYPED: Final = re.compile(r"(?<![\w.$])[\w.$]*\w$")
_LEADING_WORD: Final = re.compile(r"\w+")
_ONE_WORD: Final = re.compile(r"[A-Za-z_]\w+")
_KEY: Final = re.compile(r"(?:[-*] )?[\"']?[\w.$-]+[\"']?[ \t]*(?::|:?=|=>)")
"""A key or a name with the sign before its value: `color:`, `- name:`, `total =`."""
_MARK_AND_WORD: Final = re.compile(r"(?:[#@]+[ \t]*|[-*+>/;%]+[ \t]+|<)\w+")
"""A line of a mark and the beginning of a word: `#inc`, `## Ins`, `@Over`, `- ite`, `<di`."""
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
    if not unindented.startswith(said):
        return text
    is_long = len(said) >= _MIN_RESTATED and _TWO_WORDS.search(said) is not None
    if not (is_long or _KEY.fullmatch(said) or _is_one_word(around, said, unindented)):
        rest = unindented[len(said) :]
        return rest if _LEADING_WORD.match(rest) and _begins_a_word(around, said) else text
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


def _is_one_word(around: CursorContext, said: str, text: str) -> bool:
    """Is a line of one word said again, which code does not say twice?"""
    if around.language.is_prose or around.in_comment or not _ONE_WORD.fullmatch(said) or said in _TWICE:
        return False
    return around.line_before[-1] in " \t" and text[len(said) : len(said) + 1] in (" ", "\t")


def _begins_a_word(around: CursorContext, said: str) -> bool:
    return _MARK_AND_WORD.fullmatch(said) is not None and around.line_before[-1] not in " \t"


def _rest(around: CursorContext, restated: str) -> str:
    return restated.lstrip(" \t") if around.line_before[-1] in " \t" else restated
