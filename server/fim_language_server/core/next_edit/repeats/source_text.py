"""A document as the rules read it: its lines, its code without comments and strings, and the words in it.

Judged without a parser, by the facts of `language_table`. Everything is found by regular expressions over the text, so
that a document of 5,000 lines costs a few milliseconds.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Final

from attrs import define, field

from fim_language_server.core.languages import Language, language_of
from fim_language_server.core.next_edit.values import DocumentText
from fim_language_server.core.values import Document

WORD: Final = re.compile(r"[^\W\d]\w*")
TOKEN: Final = re.compile(
    r"[^\W\d]\w*|\d[\w.]*"
    r'|"(?:\\.|[^"\\])*"?'
    r"|'(?:\\.|[^'\\])*'?"
    r"|`(?:\\.|[^`\\])*`?"
    r"|===|!==|\.\.\.|=>|->|::|:=|[-+*/%|&^!=<>]=|&&|\|\||<<|>>|\+\+|--|\S"
)
"""A token of a line: a word, a number, a string, or a sign."""
MOST_SITES: Final = 200
"""Places of a word that are looked at in one document."""


BRACKETS: Final = frozenset("()[]{}")
LONGEST_LINE: Final = 1_000
"""Code points of a line above which no rule looks at it: it is data, or written by a program."""


def tokens_of(line: str) -> list[str]:
    """Return the tokens of a line, without the blanks between them; none of a line that is too long."""
    return list(_tokens(line)) if len(line) <= LONGEST_LINE else []


@lru_cache(maxsize=512)
def brackets_of(line: str) -> tuple[str, ...]:
    """Return the brackets among the tokens of a line."""
    return tuple(token for token in tokens_of(line) if token in BRACKETS)


@lru_cache(maxsize=512)
def _tokens(line: str) -> tuple[str, ...]:
    return tuple(TOKEN.findall(line))


@define(eq=False)
class SourceText:
    """A document with what the rules ask about it; nothing is computed before it is asked for."""

    document: DocumentText
    language: Language = field(init=False)
    _starts: list[int] | None = field(default=None, init=False, repr=False)
    _hidden: tuple[Sequence[int], Sequence[int]] | None = field(default=None, init=False, repr=False)

    def __attrs_post_init__(self) -> None:
        self.language = language_of(Document("", self.document.language_id, path=self.document.path))

    @property
    def text(self) -> str:
        """Return the document's text."""
        return self.document.text

    @property
    def starts(self) -> list[int]:
        """Return the offset at which each line begins."""
        if self._starts is None:
            starts, at, text = [0], 0, self.text
            find = text.find
            if "\r" in text and "\r" in text.replace("\r\n", "\n"):
                starts += [found.end() for found in re.finditer(r"\r\n?|\n", text)]
            else:
                while at := find("\n", at) + 1:
                    starts.append(at)
            self._starts = starts
        return self._starts

    @property
    def line_count(self) -> int:
        """Return the number of lines, an empty last one among them."""
        return len(self.starts)

    def line_of(self, offset: int) -> int:
        """Return the line that an offset stands in."""
        return bisect_right(self.starts, offset) - 1

    def line(self, number: int) -> str:
        """Return a line without its line end."""
        starts = self.starts
        end = starts[number + 1] if number + 1 < len(starts) else len(self.text)
        return self.text[starts[number] : end].rstrip("\r\n")

    def line_before(self, offset: int) -> str:
        """Return the part of a line before an offset."""
        return self.text[self.starts[self.line_of(offset)] : offset]

    def end_of(self, number: int) -> int:
        """Return the offset behind a line and its line end."""
        starts = self.starts
        return starts[number + 1] if number + 1 < len(starts) else len(self.text)

    def is_hidden(self, offset: int) -> bool:
        """Say whether the character at an offset stands in a comment or a string."""
        starts, ends = self.hidden
        index = bisect_right(starts, offset) - 1
        return index >= 0 and offset < ends[index]

    @property
    def hidden(self) -> tuple[Sequence[int], Sequence[int]]:
        """Return the offsets at which comments and strings begin and end, both in order."""
        if self._hidden is None:
            self._hidden = _hidden_spans(self.text, self.language)
        return self._hidden

    def places(self, word: str, start: int = 0, end: int | None = None) -> Iterator[int]:
        """Yield the offsets at which a whole word stands in code between two offsets, up to `MOST_SITES` of them.

        Lines that are too long are passed over.
        """
        text, size, seen = self.text, len(word), 0
        last = len(text) if end is None else end
        at = text.find(word, start, last)
        while at >= 0 and seen < MOST_SITES:
            if not _joins(text, at - 1) and not _joins(text, at + size):
                seen += 1
                if (behind := self._behind_long_line(at)) is not None:
                    at = text.find(word, behind, last)
                    continue
                if not self.is_hidden(at):
                    yield at
            at = text.find(word, at + size, last)

    def _behind_long_line(self, offset: int) -> int | None:
        """Return the offset behind the line of an offset where that line is too long; None for any other."""
        number = self.line_of(offset)
        end = self.end_of(number)
        return end if end - self.starts[number] > LONGEST_LINE + 2 else None


def _joins(text: str, offset: int) -> bool:
    """Say whether the character at an offset would be a part of a word beside it."""
    if not 0 <= offset < len(text):
        return False
    character = text[offset]
    return character.isalnum() or character in "_$" or not character.isascii()


@lru_cache(maxsize=16)
def _hidden_spans(text: str, language: Language) -> tuple[Sequence[int], Sequence[int]]:
    starts, ends = [], []
    pattern = _hidden_pattern(language)
    if pattern is not None:
        for found in pattern.finditer(text):
            start, end = found.span()
            starts.append(start)
            ends.append(end)
    return starts, ends


@lru_cache(maxsize=128)
def _hidden_pattern(language: Language) -> re.Pattern[str] | None:
    """Return the expression for a language's comments and strings; None where it has neither.

    Each branch begins with a literal character, which lets `re` search by its first characters.
    """
    branches = []
    for opening, closing in language.block_comments:
        # An unclosed comment runs to the end of the text.
        branches.append(f"{re.escape(opening)}(?s:.)*?(?:{re.escape(closing)}|\\Z)")
    for mark in language.line_comments:
        # The conditions are those of `languages.is_comment_mark`.
        guard = r"(?<![\w${]#)" if mark == "#" else f"(?<!:{re.escape(mark)})"
        branches.append(f"{re.escape(mark)}{guard}[^\\r\\n]*")
    for quote in sorted({*language.quotes, *language.long_quotes}, key=len, reverse=True):
        mark = re.escape(quote)
        guard = r"(?:(?<![^\W_]')|(?<=[bfruBFRUL]'))" if quote == "'" else ""
        # Runs of plain characters are taken in one go: half of a document may be strings.
        first, rest = re.escape(quote[0]), re.escape(quote[1:])
        if quote in language.long_quotes:
            plain = f"[^{first}\\\\]*"
            between = f"(?s:\\\\.)|{first}(?!{rest})" if rest else "(?s:\\\\.)"
            branches.append(f"{mark}{guard}{plain}(?:(?:{between}){plain})*(?:{mark}|\\Z)")
        else:
            plain = f"[^{first}\\\\\\r\\n]*"
            branches.append(f"{mark}{guard}{plain}(?:\\\\.{plain})*{mark}?")
    return re.compile("|".join(branches)) if branches else None
