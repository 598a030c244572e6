"""Which brackets of a text have no partner in it, with an eye on strings. Not a parser: a comment can fool it."""

from __future__ import annotations

import re
from typing import Final

from fim_language_server.core.languages import Language, find_line_comment, is_apostrophe

_BRACKET: Final = re.compile(r"[()\[\]{}]")
_TOKEN: Final = re.compile(r"""\\.|'[^'\\\n]'|[()\[\]{}"'`]""", re.DOTALL)
_IN_STRING: Final = re.compile(r"""\\.|["'`\n]""", re.DOTALL)
_OPENERS: Final = frozenset("([{")
_PARTNER: Final = {")": "(", "]": "[", "}": "{"}
_GOES_ON: Final = re.compile(r"(?:=|\\|&&|\|\||(?<!\+)\+|(?<!-)-|\b(?:and|or|not))$")
_OPENING_TAG: Final = re.compile(r"<[A-Za-z][\w.:-]*(?:\s[^<>]*)?(?<!/)>$")
_FIRST_WORD: Final = re.compile(r"\s*([A-Za-z_]+)")
_LAST_WORD: Final = re.compile(r"([A-Za-z_]+)$")


def unmatched_closers(text: str, language: Language, *, plain: bool = False) -> list[int]:
    """Return the indices of the closing brackets that close nothing of `text`.

    `plain` text is looked at without regard to quotes: the cursor may stand inside a string.
    """
    return _scan(text, language, plain=plain)[0]


def count_left_open(text: str, language: Language, *, plain: bool = False) -> int:
    """Return how many brackets `text` opens and does not close."""
    return _scan(text, language, plain=plain)[1]


def is_left_open(text: str, language: Language) -> bool:
    """Say whether `text` opens a bracket, or a string that may run over several lines, and does not close it."""
    if any(text.count(quote) % 2 for quote in language.long_quotes):
        return True
    return count_left_open(text, language) > 0


def opens_block(line: str, language: Language) -> bool:
    """Say whether more lines belong to what `line` begins: a block, an open bracket, an unfinished statement."""
    if language.is_prose:
        return False
    comment = find_line_comment(line, language)
    code = (line if comment is None else line[:comment]).rstrip()
    if not code:
        return False
    if code.endswith(language.openers) or _GOES_ON.search(code):
        return True
    first, last = _FIRST_WORD.match(code), _LAST_WORD.search(code)
    if last and last.group(1) in language.opener_words:
        return True
    if first and first.group(1) in language.head_words and not (last and last.group(1) in language.closers):
        return True
    if language.has_tags and _OPENING_TAG.search(code):
        return True
    return is_left_open(code, language)


def _scan(text: str, language: Language, *, plain: bool = False) -> tuple[list[int], int]:
    """Return the indices of the unmatched closers and the number of unmatched openers."""
    opened: list[str] = []
    unmatched: list[int] = []
    quote: str | None = None
    outside = _BRACKET if plain else _TOKEN
    token = outside.search(text)
    while token is not None:
        mark = token.group()
        if quote is not None:
            # A string that may not run over several lines ends with its line, closed or not.
            if mark == quote or (mark == "\n" and quote not in language.long_quotes):
                quote = None
        elif mark in _OPENERS:
            opened.append(mark)
        elif mark in _PARTNER:
            if opened and opened[-1] == _PARTNER[mark]:
                opened.pop()
            else:
                unmatched.append(token.start())
        elif mark in language.quotes and not is_apostrophe(text, token.start(), mark):
            quote = mark
        token = (outside if quote is None else _IN_STRING).search(text, token.end())
    return unmatched, len(opened)
