"""Unmatched brackets of a text, by kind; strings and comments are skipped. Not a parser."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Final

from attrs import evolve, frozen

from fim_language_server.core.languages import Language, find_line_comment, is_apostrophe, is_comment_mark

_BRACKET: Final = re.compile(r"[()\[\]{}]")
_MARK: Final = re.compile(r"""[()\[\]{}"'`]""")
_BRACKETS: Final = frozenset("()[]{}")
_CUT_STRING: Final = ""
PARTNER: Final = {")": "(", "]": "[", "}": "{"}
_GOES_ON: Final = re.compile(r"(?:=|\\|&&|\|\||(?<!\+)\+|(?<!-)-|\b(?:and|or|not))$")
_OPENING_TAG: Final = re.compile(r"<[A-Za-z][\w.:-]*(?:\s[^<>]*)?(?<!/)>$")
_FIRST_WORD: Final = re.compile(r"\s*([A-Za-z_]+)")
_CASE_PATTERN: Final = re.compile(r"""\s*+[\w"'*?.|$ \[\]-]+\)""")
"""`*.c)` begins a branch of a shell's `case` and closes nothing; a `)` alone closes."""
_BLOCK_PARAMETERS: Final = re.compile(r"\|[^|\n]*\|$")
"""The `|key, value|` behind a `do`."""
_LAST_WORD: Final = re.compile(r"(?<![A-Za-z_])([A-Za-z_]+)$")


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
    if language.name == "shell" and code.endswith(")") and _CASE_PATTERN.fullmatch(code):
        return True
    if "do" in language.opener_words and code.endswith("|"):
        code = _BLOCK_PARAMETERS.sub("", code).rstrip()
    first, last = _FIRST_WORD.match(code), _LAST_WORD.search(code)
    if last and last.group(1) in language.opener_words:
        return True
    if first and first.group(1) in language.head_words and not (last and last.group(1) in language.closers):
        return True
    if language.has_tags and _OPENING_TAG.search(code):
        return True
    return is_left_open(code, language)


def is_unfinished(line: str, language: Language) -> bool:
    """Say whether a line ends with an operator that something has to follow."""
    comment = find_line_comment(line, language)
    return _GOES_ON.search((line if comment is None else line[:comment]).rstrip()) is not None


def goes_on(line: str, language: Language) -> bool:
    """Say whether the statement of `line` is unfinished: it leaves a bracket open, or ends with an operator."""
    if is_unfinished(line, language):
        return True
    comment = find_line_comment(line, language)
    return is_left_open(line if comment is None else line[:comment], language)


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


@lru_cache(maxsize=8192)
def scan_line(line: str, language: Language) -> Brackets:
    """Return the brackets of one line that have no partner in it. Remembered: lines are looked at again and again."""
    found = _scan_text(line, language)
    if language.name == "shell" and found.closers and _CASE_PATTERN.match(line):
        return evolve(found, closers=found.closers[1:])
    return found


def long_quote_at_end(line: str, language: Language) -> str | None:
    """Return the quote of the string that a line begins and that runs on over its end; None where there is none."""
    for quote in language.long_quotes:
        if line.count(quote) % 2:
            return quote
    return None


@lru_cache(maxsize=64)
def scan(text: str, language: Language, *, plain: bool = False) -> Brackets:
    """Return the brackets of a text that have no partner of their kind in it.

    Those in strings and comments are none; `plain` text is looked at without regard to either. Remembered for the
    last few texts: several filters ask for one.
    """
    return _scan_text(text, language, plain=plain)


def _scan_text(text: str, language: Language, *, plain: bool = False) -> Brackets:
    if not _MARK.search(text):
        return _NONE
    opened: list[tuple[int, str]] = []
    closed: list[tuple[int, str]] = []
    has_open_string = False
    # Most lines have neither strings nor comments: their brackets are found at once.
    plain = plain or _skipped(language).search(text) is None
    for at, mark in _plain_brackets(text) if plain else _brackets(text, language):
        if mark == _CUT_STRING:
            has_open_string = True
        elif mark not in PARTNER:
            opened.append((at, mark))
        elif opened and opened[-1][1] == PARTNER[mark]:
            opened.pop()
        else:
            closed.append((at, mark))
    if not (opened or closed or has_open_string):
        return _NONE
    return Brackets(_without_partner(text, closed), _without_partner(text, opened), has_open_string)


def _without_partner(text: str, found: list[tuple[int, str]]) -> tuple[Bracket, ...]:
    return tuple([Bracket(at, mark, not text[text.rfind("\n", 0, at) + 1 : at].strip()) for at, mark in found])


def _plain_brackets(text: str) -> Iterator[tuple[int, str]]:
    return ((found.start(), found.group()) for found in _BRACKET.finditer(text))


def _brackets(text: str, language: Language) -> Iterator[tuple[int, str]]:
    """Yield each bracket outside of strings and comments with its index, and `_CUT_STRING` for a string cut by its end.

    A string that may not run over several lines ends with its line, closed or not.
    """
    tokens, comments, at = _tokens(language), dict(language.block_comments), 0
    while (token := tokens.search(text, at)) is not None:
        mark, start, at = token.group(), token.start(), token.end()
        if mark in _BRACKETS:
            yield start, mark
        elif mark in language.quotes or mark in language.long_quotes:
            if not is_apostrophe(text, start, mark):
                is_long = mark in language.long_quotes
                at, is_closed = _skip_string(text, at, mark, is_long=is_long)
                if not is_closed and not is_long:
                    yield start, _CUT_STRING
        elif mark in language.line_comments:
            line_start = text.rfind("\n", 0, start) + 1
            if is_comment_mark(text[line_start:at], start - line_start):
                at = _past(text, "\n", at)
        elif mark in comments:
            at = _past(text, comments[mark], at)


def _skip_string(text: str, at: int, quote: str, *, is_long: bool) -> tuple[int, bool]:
    """Return where the string ends in whose text `at` is, and whether its quote closes it there."""
    ends = _string_ends(quote)
    while (token := ends.search(text, at)) is not None:
        at = token.end()
        if token.group() == quote:
            return at, True
        if token.group() == "\n" and not is_long:
            return at, False
    return len(text), False


def _past(text: str, mark: str, at: int) -> int:
    found = text.find(mark, at)
    return len(text) if found < 0 else found + len(mark)


@lru_cache(maxsize=128)
def _tokens(language: Language) -> re.Pattern[str]:
    """Return what a scan stops at outside of strings: escapes, characters, brackets, quotes, comments."""
    marks = {*language.quotes, *language.long_quotes, *language.line_comments}
    marks |= {opening for opening, _ in language.block_comments}
    literal = "|".join(re.escape(mark) for mark in sorted(marks, key=len, reverse=True))
    return re.compile(r"\\.|'[^'\\\n]'|[()\[\]{}]" + (f"|{literal}" if literal else ""), re.DOTALL)


@lru_cache(maxsize=128)
def _skipped(language: Language) -> re.Pattern[str]:
    """Return what begins a string, a comment or an escape, in which brackets do not count."""
    marks = {"\\", "'", *language.quotes, *language.long_quotes, *language.line_comments}
    marks |= {opening for opening, _ in language.block_comments}
    return re.compile("|".join(re.escape(mark) for mark in sorted(marks)))


@lru_cache(maxsize=16)
def _string_ends(quote: str) -> re.Pattern[str]:
    return re.compile(rf"\\.|{re.escape(quote)}|\n", re.DOTALL)
