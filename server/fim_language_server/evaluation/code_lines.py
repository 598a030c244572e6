"""Lines of a file that are code, where a hole is a fair question: no comments, docstrings, blank lines. Pure.

Judged line by line from the table of languages, without a parser. Where it cannot tell it leaves a line out: a hole
less costs nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from fim_language_server.core.languages import Language, find_line_comment, language_of, scan_quotes
from fim_language_server.core.values import Document

_TABLE: Final = """
    c cpp csharp java kotlin scala swift dart go rust zig php javascript typescript vue svelte python starlark nim ruby
    crystal elixir julia lua shell fish perl hash powershell haskell ocaml clojure lisp sql terraform scss
"""
_CODE: Final = frozenset(_TABLE.split())
"""Languages, by their name in the table, whose lines a user would have completed. No data, markup or prose."""

_TEXT_QUOTES: Final = ('"""', "'''")
_WHOLE_STRING: Final = re.compile(r"[rRbBuU]{0,2}(\"[^\"]*\"|'[^']*')")


def is_code_file(path: str) -> bool:
    """Say whether a file of this name holds code in a language whose comments are known."""
    language = _language(path)
    return language.name in _CODE and not language.is_prose


def code_lines(path: str, text: str) -> Iterator[tuple[int, int, int]]:
    r"""Yield (row, start, end) of the code of each line that is code and nothing else; offsets in code points.

    Left out are blank lines, lines with a comment, docstrings, and the inside of strings of several lines.
    Line ends must be `\n`.
    """
    language = _language(path)
    offset, inside, before = 0, "", ""
    for row, line in enumerate(text.split("\n")):
        start = offset + len(line) - len(line.lstrip())
        offset += len(line) + 1
        if inside:
            place = line.find(inside)
            # What follows the end on its line is left out, and may begin something again.
            inside = inside if place < 0 else _opened(line[place + len(inside) :], language)
            continue
        body = line.strip()
        if not body:
            continue
        inside = _opened(line, language)
        if not inside and not _has_comment(line, language) and not _is_docstring(body, before, language):
            yield row, start, start + len(body)
        before = body


def _language(path: str) -> Language:
    return language_of(Document("", path=path))


def _opened(line: str, language: Language) -> str:
    """Return the mark that ends what a line begins and leaves open: a block comment or a long string; "" for none."""
    closing = ""
    column = 0
    end = find_line_comment(line, language)
    marks = [*language.block_comments, *((quote, quote) for quote in language.long_quotes)]
    inside_string = _places_in_strings(line, language)
    while column < len(line):
        if closing:
            place = line.find(closing, column)
            if place < 0:
                return closing
            column, closing = place + len(closing), ""
            continue
        if end is not None and column >= end and not _begins(marks, line, column):
            return ""
        opening = _begins(marks, line, column)
        if opening and (column not in inside_string or opening[0] in _TEXT_QUOTES):
            closing, column = opening[1], column + len(opening[0])
        else:
            column += 1
    return closing


def _begins(marks: list[tuple[str, str]], line: str, column: int) -> tuple[str, str] | None:
    return next((mark for mark in marks if line.startswith(mark[0], column)), None)


def _has_comment(line: str, language: Language) -> bool:
    if find_line_comment(line, language) is not None:
        return True
    openings = [opening for opening, _ in language.block_comments if opening in line]
    inside_string = _places_in_strings(line, language) if openings else set()
    return any(
        line.startswith(opening, place)
        for opening in openings
        for place in range(len(line))
        if place not in inside_string
    )


def _places_in_strings(line: str, language: Language) -> set[int]:
    return {place for place, quote in scan_quotes(line, language) if quote is not None}


def _is_docstring(body: str, before: str, language: Language) -> bool:
    """Is this line a string that documents, rather than a value?"""
    if body.lstrip("rRbBuU").startswith(_TEXT_QUOTES) and language.name in {"python", "starlark", "nim"}:
        return True
    return before.endswith(":") and _WHOLE_STRING.fullmatch(body) is not None
