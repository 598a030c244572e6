"""Brackets that lines leave open or close: a document read line by line, with each line's indentation.

Read by lines because lines are remembered: of a window of a hundred lines a keystroke changes one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from attrs import frozen

from fim_language_server.core.languages import Language
from fim_language_server.core.shaping.brackets import (
    PARTNER,
    Brackets,
    long_quote_at_end,
    scan_line,
)

_CLOSER: Final = re.compile(r"\s*[)\]}]")
_ENOUGH: Final = 8
"""The most closing brackets that are looked for below the cursor."""


@frozen
class Opened:
    """An open bracket and the indentation of the line whose statement it belongs to."""

    mark: str
    indent: int


@frozen
class Closed:
    """A closing bracket; the indentation of its line where it is the first thing on it, else -1."""

    mark: str
    indent: int


@frozen(order=True)
class Misfit:
    """Kinds of misfit, the worse first.

    `strays` are brackets and strings without a partner on the cursor's line and in the text, `line_open` round and
    square ones that the rest of the line leaves open, `strays_below` closing brackets below without a partner.
    """

    strays: int = 0
    line_open: int = 0
    strays_below: int = 0
    left_open: int = 0


def open_after(lines: Iterable[str], language: Language) -> tuple[Opened, ...]:
    """Return what is open after some lines. A closer passes over brackets of another kind that were left open."""
    opened: list[Opened] = []
    for line in lines:
        if opened and opened[-1].mark != "{":
            leave_behind(opened, line)
        found = scan_line(line, language)
        if found.closers or found.openers:
            _take(opened, found, indentation(line))
    return tuple(opened)


def leave_behind(opened: list[Opened], line: str) -> None:
    """Take round and square brackets for closed that a line, no deeper than they are, does not close.

    They were no code: a scan by lines takes text of strings and comments for it. Braces may hold lines that are no
    deeper: those of a namespace.
    """
    while opened and opened[-1].mark != "{" and line.strip() and not _CLOSER.match(line):
        if indentation(line) > opened[-1].indent:
            break
        opened.pop()


def read_line(opened: list[Opened], line: str, language: Language) -> int:
    """Take a line into the list of what is open; return how many of its closers do not close what is open innermost."""
    found = scan_line(line, language)
    return _take(opened, found, indentation(line)) if found.closers or found.openers else 0


def _take(opened: list[Opened], found: Brackets, indent: int) -> int:
    strays = 0
    for closer in found.closers:
        partner = PARTNER[closer.mark]
        at = next((at for at in range(len(opened) - 1, -1, -1) if opened[at].mark == partner), None)
        strays += at is None or at != len(opened) - 1
        if at is not None:
            # `if (a &&` and, on the next line, `b) {`: that brace belongs to the `if`.
            indent = min(indent, opened[at].indent)
            del opened[at:]
    opened.extend(Opened(opener.mark, indent) for opener in found.openers)
    return strays


def closed_in(lines: Iterable[str], language: Language) -> tuple[Closed, ...]:
    """Return the first brackets that some lines close without having opened them."""
    opened: list[Opened] = []
    closed: list[Closed] = []
    quote: str | None = None  # of a string that runs over several lines
    for whole in lines:
        line = whole
        if quote is not None:
            _, quote_again, line = line.partition(quote)
            if not quote_again:
                continue
        if opened and opened[-1].mark != "{":
            leave_behind(opened, whole)
        quote = long_quote_at_end(line, language)
        found = scan_line(line, language)
        if not (found.closers or found.openers):
            continue
        indent = indentation(whole)
        for closer in found.closers:
            partner = PARTNER[closer.mark]
            at = next((at for at in range(len(opened) - 1, -1, -1) if opened[at].mark == partner), None)
            if at is not None:
                indent = min(indent, opened[at].indent)
                del opened[at:]
            else:
                closed.append(Closed(closer.mark, indent if closer.leads else -1))
        if len(closed) >= _ENOUGH:
            break
        opened.extend(Opened(opener.mark, indent) for opener in found.openers)
    return tuple(closed[:_ENOUGH])


def indentation(line: str) -> int:
    """Return the width of a line's indentation, a tab counting as four."""
    blank = line[: len(line) - len(line.lstrip(" \t"))]
    return len(blank) + 3 * blank.count("\t")
