"""The place as the filters see it: the cursor's line, the lines around it, their language and their indentation.

Worked out once per request and kept for the next chunk of the same stream. Line ends here are "\\n" already.
"""

from __future__ import annotations

import re
from functools import cached_property, lru_cache
from typing import Final, Literal

from attrs import field, frozen

from fim_language_server.core.languages import Language, is_in_comment, language_of, open_quote
from fim_language_server.core.shaping.lines_around import (
    LinesAbove,
    LinesBelow,
    indent_unit,
    is_any_indented,
    read_above,
    read_below,
)
from fim_language_server.core.shaping.nesting import Closed, Misfit, Opened
from fim_language_server.core.typing_through import with_plain_line_ends
from fim_language_server.core.values import CompletionRequest

_WINDOW: Final = 4_000
"""Code points around the cursor that the filters read."""
_FAR_WINDOW: Final = 20_000
"""Code points before the cursor in which open brackets are looked for, where the window has none."""
_DEFAULT_INDENT: Final = 4
_YAML_INDENT: Final = 2

_BEFORE_A_STRING: Final = ("=", "(", ",", "[", "{", ":", "return", "+")
_CLOSERS_ONLY: Final = re.compile(r"[\s)\]}>\"'`;,:]*")
_BLOCK_TEXT: Final = re.compile(r"(?:^|[\s:-])[|>][-+\d]*[ \t]*(?:#.*)?$")
_INDENT: Final = re.compile(r"[ \t]*")


@frozen(cache_hash=True)
class ShapingOptions:
    """Limits for the look of suggestions: the settings' section `shaping`, as values of `core`."""

    multi_line: Literal["auto", "always", "never"] = "auto"
    max_lines: int = 12


@frozen
class CursorContext:
    """The place of a completion. `rest` is the text after the cursor on its line; blank lines below are left out."""

    options: ShapingOptions
    language: Language
    line_before: str = field(repr=False)
    rest: str = field(repr=False)
    window: str = field(repr=False)  # the text near the cursor, for what must occur in it
    in_comment: bool
    quote: str | None  # of the string in which the cursor stands
    eol: str
    may_replace: bool
    is_whole: tuple[bool, bool]  # does the window reach the document's start, and its end?
    _whole_prefix: str | None = field(repr=False)  # all text before the cursor; None where it is cut
    _above: LinesAbove = field(repr=False)  # the lines of the window before the cursor's
    _below: LinesBelow = field(repr=False)  # the lines of the window after it
    _far_before: str = field(repr=False)  # more text before the cursor than the window has; "" where there is none

    @cached_property
    def lines_above(self) -> tuple[str, ...]:
        """The nearest lines above that are not blank, the nearest last."""
        return self._above.written

    @cached_property
    def lines_below(self) -> tuple[str, ...]:
        """The nearest lines below that are not blank, the nearest first."""
        return self._below.written

    @cached_property
    def is_fresh(self) -> bool:
        """Is there nothing but indentation before the cursor on its line?"""
        return not self.line_before.strip()

    @cached_property
    def is_free(self) -> bool:
        """Is there nothing but white space after the cursor on its line?"""
        return not self.rest.strip()

    @cached_property
    def has_only_closers_after(self) -> bool:
        """Is the rest of the line only what editors close by themselves, or nothing?"""
        return _CLOSERS_ONLY.fullmatch(self.rest) is not None

    @cached_property
    def is_text_here(self) -> bool:
        """Is the cursor in prose, a comment or a string: where text for people stands, and not code?"""
        return self.is_prose_here or self.in_comment or self.quote is not None or self._in_block_text

    @property
    def _in_block_text(self) -> bool:
        """Does a line that the cursor's is nested in begin a block of text, as `run: |` in YAML does?"""
        if self.language.name != "yaml":
            return False
        width = self.width(self.line_before)
        for line in reversed(self.lines_above):
            if self.width(line) < width:
                if _BLOCK_TEXT.search(line):
                    return True
                width = self.width(line)
        return False

    @cached_property
    def stripped_above(self) -> tuple[str, ...]:
        """The lines of `lines_above` without their indentation."""
        return self._above.stripped

    @cached_property
    def trimmed_below(self) -> tuple[str, ...]:
        """The lines below without white space at their ends."""
        return self._below.trimmed

    @cached_property
    def indent_unit(self) -> str:
        """One level of indentation: a tab, or spaces; "" where the document shows none."""
        return indent_unit(self._above, self.line_before, self._below)

    @cached_property
    def open_above(self) -> tuple[Opened, ...]:
        """The brackets that the lines above the cursor's leave open, the innermost last."""
        return self._above.opened

    @cached_property
    def open_far_above(self) -> tuple[Opened, ...]:
        """Brackets open above the cursor's line, read from farther above: a function may be longer than the window."""
        far = with_plain_line_ends(self._far_before)
        return read_above(far[_cut_line(far) : far.rfind("\n") + 1], self.language).opened

    @cached_property
    def closed_below(self) -> tuple[Closed, ...]:
        """The first brackets that the lines below close without having opened them."""
        return self._below.closed

    @cached_property
    def misfits(self) -> dict[str, Misfit]:
        """Results of `fit.misfit` for texts at this place."""
        return {}

    @cached_property
    def is_indented(self) -> bool:
        """Is any line near the cursor indented? Then its manner is known, even where it is mixed."""
        return self._above.is_indented or self._below.is_indented or is_any_indented([self.line_before])

    @cached_property
    def step(self) -> int:
        """Width of one level of indentation, in columns."""
        if self.indent_unit == "\t":
            return self._tab
        return len(self.indent_unit) or (_YAML_INDENT if self.language.name == "yaml" else _DEFAULT_INDENT)

    @cached_property
    def in_long_string(self) -> bool:
        """Does the cursor stand in a string that began on a line above? Told by counting its quotes."""
        if self._whole_prefix is not None:
            end = len(self._whole_prefix) - len(self.line_before)
            return any(self._whole_prefix.count(quote, 0, end) % 2 for quote in self.language.long_quotes)
        return any(self._is_opened_above(quote) for quote in self.language.long_quotes)

    def _is_opened_above(self, quote: str) -> bool:
        """Does the nearest line with such a quote open a string? Nothing tells how many there are before the window."""
        lines = self.lines_above
        index = next((at for at in range(len(lines) - 1, -1, -1) if lines[at].count(quote) % 2), None)
        if index is None:
            return False
        before, _, after = lines[index].partition(quote)
        if before.strip():
            return before.rstrip().endswith(_BEFORE_A_STRING)
        return bool(after.strip()) or not index or lines[index - 1].rstrip().endswith(":")

    @cached_property
    def is_prose_here(self) -> bool:
        """Does the cursor stand in text for people, as far as its lines' indentation goes: prose or a long string?"""
        return self.language.is_prose or self.in_long_string

    @property
    def _tab(self) -> int:
        return max(len(self.indent_unit), _DEFAULT_INDENT)

    def width(self, line: str) -> int:
        """Return the width of a line's indentation in columns, a tab counting as one unit of the document."""
        indent = indent_of(line)
        return len(indent.expandtabs(self._tab) if "\t" in indent else indent)


def indent_of(line: str) -> str:
    """Return the spaces and tabs that a line begins with."""
    found = _INDENT.match(line)
    return found.group() if found else ""


@lru_cache(maxsize=16)
def read_cursor_context(request: CompletionRequest, options: ShapingOptions) -> CursorContext:
    """Return the surroundings of a request. Remembered for the last few, since every chunk asks again."""
    before = with_plain_line_ends(request.prefix[-_WINDOW:])
    after = with_plain_line_ends(request.suffix[:_WINDOW])
    line_before, rest = before[before.rfind("\n") + 1 :], after.partition("\n")[0]
    start = _cut_line(before) if len(request.prefix) > _WINDOW else 0
    language = language_of(request.document)
    return CursorContext(
        options=options,
        language=language,
        line_before=line_before,
        rest=rest,
        window=before + after,
        in_comment=is_in_comment(request),
        quote=open_quote(line_before, language),
        eol=request.document.eol,
        may_replace=request.may_replace,
        is_whole=(
            request.prefix_is_whole and len(request.prefix) <= _WINDOW,
            request.suffix_is_whole and len(request.suffix) <= _WINDOW,
        ),
        whole_prefix=request.prefix if request.prefix_is_whole else None,
        above=read_above(before[start : len(before) - len(line_before)], language),
        below=read_below(after[len(rest) :], language),
        far_before=request.prefix[-_FAR_WINDOW:] if len(request.prefix) > _WINDOW else "",
    )


def _cut_line(text: str) -> int:
    """Return the length of the first line of a text with its line end; 0 where it has one line only."""
    return text.find("\n") + 1
