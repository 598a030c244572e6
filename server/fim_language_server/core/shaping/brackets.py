"""Which brackets of a text have no partner of their kind in it, with an eye on strings and comments. Not a parser."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from attrs import frozen

from fim_language_server.core.languages import Language, find_line_comment, is_apostrophe, is_comment_mark

_BRACKET: Final = re.compile(r"[()\[\]{}\n]")
_MARK: Final = re.compile(r"""[()\[\]{}"'`]""")
_LINE_END: Final = re.compile(r"\n")
_OPENERS: Final = frozenset("([{")
PARTNER: Final = {")": "(", "]": "[", "}": "{"}
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
    found = scan(text, language, plain=plain)
    return [closer.at for closer in found.closers], len(found.openers)


@frozen
class Bracket:
    """A bracket without a partner: its index, the bracket, and whether it is the first thing on its line."""

    at: int
    mark: str
    leads: bool = False


@frozen
class Brackets:
    """The brackets of a text that have no partner in it, in order, and whether a line ends inside a string."""

    closers: tuple[Bracket, ...] = ()
    openers: tuple[Bracket, ...] = ()
    has_open_string: bool = False


_NONE: Final = Brackets()


@lru_cache(maxsize=4096)
def scan_line(line: str, language: Language) -> Brackets:
    """Return the brackets of one line that have no partner in it. Remembered: lines are looked at again and again."""
    return scan(line, language) if _MARK.search(line) else _NONE


def scan(text: str, language: Language, *, plain: bool = False) -> Brackets:
    """Return the brackets of a text that have no partner of their kind in it.

    Those in strings and comments are none; `plain` text is looked at without regard to either.
    """
    if not _MARK.search(text):
        return _NONE
    opened: list[Bracket] = []
    closed: list[Bracket] = []
    quote: str | None = None
    comment: str | None = None
    has_open_string = False
    line_start = 0
    token = (outside := _BRACKET if plain else _tokens(language)).search(text)
    while token is not None:
        mark, at = token.group(), token.start()
        inside: re.Pattern[str] | None = None
        if comment is not None:
            comment = None
        elif quote is not None:
            # A string that may not run over several lines ends with its line, closed or not.
            if mark == quote:
                quote = None
            elif mark == "\n" and quote not in language.long_quotes:
                quote, has_open_string = None, True
        elif mark == "\n":
            line_start = token.end()
        elif mark in _OPENERS:
            opened.append(Bracket(at, mark, not text[line_start:at].strip()))
        elif mark in PARTNER:
            if opened and opened[-1].mark == PARTNER[mark]:
                opened.pop()
            else:
                closed.append(Bracket(at, mark, not text[line_start:at].strip()))
        elif mark in language.quotes or mark in language.long_quotes:
            if not is_apostrophe(text, at, mark):
                quote = mark
        elif mark in language.line_comments:
            if is_comment_mark(text[line_start:], at - line_start):
                comment, inside = mark, _LINE_END
        elif (closing := dict(language.block_comments).get(mark)) is not None:
            comment, inside = mark, _literal(closing)
        if quote is not None:
            inside = _in_string(quote)
        token = (inside or outside).search(text, token.end())
        if token is not None and comment is not None and token.group() == "\n":
            # The line end belongs to the comment; what is first on the next line is to be known.
            line_start = token.end()
    unclosed = quote is not None and quote not in language.long_quotes
    return Brackets(tuple(closed), tuple(opened), has_open_string or unclosed)


@lru_cache(maxsize=128)
def _tokens(language: Language) -> re.Pattern[str]:
    """Return what a scan stops at outside of strings: escapes, characters, brackets, quotes, comments, line ends."""
    marks = {*language.quotes, *language.long_quotes, *language.line_comments}
    marks |= {opening for opening, _ in language.block_comments}
    literal = "|".join(re.escape(mark) for mark in sorted(marks, key=len, reverse=True))
    return re.compile(rf"\\.|'[^'\\\n]'|[()\[\]{{}}\n]" + (f"|{literal}" if literal else ""), re.DOTALL)


@lru_cache(maxsize=16)
def _in_string(quote: str) -> re.Pattern[str]:
    return re.compile(rf"\\.|{re.escape(quote)}|\n", re.DOTALL)


@lru_cache(maxsize=16)
def _literal(text: str) -> re.Pattern[str]:
    return re.compile(re.escape(text))
