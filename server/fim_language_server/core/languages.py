"""Languages of documents by id or path, and whether a place is in a comment or a string.

Judged line by line, without a parser: a wrong answer costs a rule applied or not. The facts are in `language_table`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from fim_language_server.core.language_table import ALIASES, BY_ID, EXTENSIONS, GENERIC, Language
from fim_language_server.core.values import CompletionRequest, Document

__all__ = [
    "GENERIC",
    "Language",
    "find_line_comment",
    "is_apostrophe",
    "is_comment_mark",
    "is_in_comment",
    "is_in_string",
    "language_of",
    "open_quote",
    "scan_quotes",
]

_COMMENT_WINDOW: Final = 4_000
"""Code points before the cursor in which an unclosed block comment is looked for."""


def language_of(document: Document) -> Language:
    """Return the facts of a document's language: by its id, else by its file's extension, else `GENERIC`."""
    language_id = document.language_id.lower()
    known = BY_ID.get(ALIASES.get(language_id, language_id))
    if known is not None:
        return known
    extension = document.path.rpartition("/")[2].rpartition(".")[2].lower()
    return BY_ID.get(EXTENSIONS.get(extension, ""), GENERIC)


def is_in_comment(request: CompletionRequest) -> bool:
    """Say whether the cursor stands in a comment: after a line comment's mark, or in an unclosed block comment.

    Judged from the cursor's line and the 4,000 code points before it; a comment mark inside a string of several
    lines fools it, which costs nothing worse than a rule applied or not.
    """
    language = language_of(request.document)
    if find_line_comment(request.line_before, language) is not None:
        return True
    window = request.prefix[-_COMMENT_WINDOW:]
    for opening, closing in language.block_comments:
        opened = window.rfind(opening)
        if opened >= 0 and window.find(closing, opened + len(opening)) < 0:
            # `"/*"` in a string is no comment: glob patterns and regular expressions have it.
            line_start = max(window.rfind("\n", 0, opened), window.rfind("\r", 0, opened)) + 1
            if not is_in_string(window[line_start:opened], language):
                return True
    return False


def find_line_comment(line: str, language: Language) -> int | None:
    """Return the column at which a line comment's mark stands in a line, outside of strings; None where none does."""
    if not any(mark in line for mark in language.line_comments):
        return None
    for column, quote in scan_quotes(line, language):
        if quote is None and line.startswith(language.line_comments, column) and is_comment_mark(line, column):
            return column
    return None


def is_comment_mark(line: str, column: int) -> bool:
    """Say whether the mark at a column begins a comment: in `a#b`, `$#`, `${#a}` and `http://` it does not."""
    before = line[max(0, column - 1) : column]
    return before != ":" and not (line[column] == "#" and (before.isalnum() or (before != "" and before in "${")))


def is_in_string(line_before: str, language: Language) -> bool:
    """Say whether the cursor after `line_before` stands in a string that began on this line."""
    return open_quote(line_before, language) is not None


def open_quote(line_before: str, language: Language) -> str | None:
    """Return the quote of the string in which the cursor after `line_before` stands; None where in none."""
    if not any(quote in line_before for quote in language.quotes):
        return None
    *_, (_, quote) = scan_quotes(line_before + " ", language)
    return quote


def scan_quotes(line: str, language: Language, quote: str | None = None) -> Iterator[tuple[int, str | None]]:
    """Yield each column of a line with the quote of the string it stands in; a quote itself counts as outside.

    `quote` is the quote of a string that the line begins in.
    """
    escaped = False
    for column, character in enumerate(line):
        if quote is None:
            yield column, None
            if character in language.quotes and not is_apostrophe(line, column, character):
                quote = character
        elif escaped:
            escaped = False
            yield column, quote
        elif character == "\\":
            escaped = True
            yield column, quote
        elif character == quote:
            quote = None
            yield column, None
        else:
            yield column, quote


def is_apostrophe(line: str, column: int, character: str) -> bool:
    """`don't` in a comment, `1'000'000` in C++: a single quote after a letter or digit, before another."""
    return (
        character == "'"
        and line[column + 1 : column + 2].isalnum()
        and column > 0
        and line[column - 1].isalnum()
        and line[column - 1] not in "bfruBFRUL"
    )
