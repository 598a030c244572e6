"""Lines above and below the cursor's line, with what is read of them: the same for each key typed on that line.

Remembered by their text, so that a key costs no reading of what it did not change.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from functools import cached_property, lru_cache
from itertools import pairwise
from typing import Final

from attrs import field, frozen

from fim_language_server.core.languages import Language
from fim_language_server.core.shaping.nesting import Closed, Opened, closed_in, open_after

NEAR_LINES: Final = 40
"""Lines on either side that tell how a document is indented, and that a text is compared with."""
LINES_BELOW: Final = 12
"""Lines below the cursor that are compared."""
_REMEMBERED: Final = 16
"""Places of which the lines are remembered; indentation is asked for at several cursor lines of each."""
_DEFAULT_INDENT: Final = 4
_DEEPEST_STEP: Final = 8
_STAR: Final = re.compile(r" *\*")


@frozen(eq=False)
class LinesAbove:
    """The whole lines of a window before the cursor's line, blank ones too. Compared by identity."""

    language: Language
    lines: tuple[str, ...] = field(repr=False)

    @cached_property
    def near(self) -> tuple[str, ...]:
        """The nearest lines."""
        return self.lines[-NEAR_LINES:]

    @cached_property
    def written(self) -> tuple[str, ...]:
        """The nearest lines that are not blank, the nearest last."""
        return tuple([line for line in self.near if line.strip()])

    @cached_property
    def stripped(self) -> tuple[str, ...]:
        """The lines of `written` without the white space around them."""
        return tuple([line.strip() for line in self.written])

    @cached_property
    def opened(self) -> tuple[Opened, ...]:
        """The brackets that the lines leave open, the innermost last."""
        return open_after(self.lines, self.language)

    @cached_property
    def is_indented(self) -> bool:
        """Is any of the nearest lines indented?"""
        return is_any_indented(self.near)


@frozen(eq=False)
class LinesBelow:
    """The lines of a window after the cursor's line, blank ones too. Compared by identity."""

    language: Language
    lines: tuple[str, ...] = field(repr=False)

    @cached_property
    def near(self) -> tuple[str, ...]:
        """The nearest lines."""
        return self.lines[:NEAR_LINES]

    @cached_property
    def written(self) -> tuple[str, ...]:
        """The nearest lines that are not blank, the nearest first."""
        return tuple([line for line in self.near if line.strip()][:LINES_BELOW])

    @cached_property
    def trimmed(self) -> tuple[str, ...]:
        """The lines of `written` without white space at their ends."""
        return tuple([line.rstrip() for line in self.written])

    @cached_property
    def closed(self) -> tuple[Closed, ...]:
        """The first brackets that the lines close without having opened them."""
        return closed_in(self.lines, self.language)

    @cached_property
    def is_indented(self) -> bool:
        """Is any of the nearest lines indented?"""
        return is_any_indented(self.near)


@lru_cache(maxsize=_REMEMBERED)
def read_above(text: str, language: Language) -> LinesAbove:
    """Return the lines of a text that ends with a line end, or is empty."""
    *lines, _ = text.split("\n")
    return LinesAbove(language, tuple(lines))


@lru_cache(maxsize=_REMEMBERED)
def read_below(text: str, language: Language) -> LinesBelow:
    """Return the lines of a text that begins with a line end, or is empty."""
    _, *lines = text.split("\n")
    return LinesBelow(language, tuple(lines))


def is_any_indented(lines: Sequence[str]) -> bool:
    """Say whether a line that is not blank begins with white space."""
    return any(line[:1] in (" ", "\t") and line.strip() for line in lines)


def indent_unit(above: LinesAbove, line: str, below: LinesBelow) -> str:
    """Return one level of indentation at the cursor's `line`, up to the cursor: a tab, or spaces; "" for no custom."""
    return _indent_unit_of(above, _as_far_as_indented(line, above.language), below)


def _as_far_as_indented(line: str, language: Language) -> str:
    """Return as much of a line as tells its indentation: the rest of it may be typed without asking again."""
    if any(mark in line for marks in language.block_comments for mark in marks):
        return line
    return line[: len(line) - len(line.lstrip()) + 1]


@lru_cache(maxsize=2 * _REMEMBERED)
def _indent_unit_of(above: LinesAbove, line: str, below: LinesBelow) -> str:
    return unit_of((*above.near, line, *below.near), above.language)


def unit_of(lines: Sequence[str], language: Language) -> str:
    """Return what one level of indentation is made of: the commonest step between neighbouring lines of code."""
    coded = _without_block_comments(lines, language)
    tabs = any(line.startswith("\t") for line in lines)
    spaces = any(line.startswith(" ") for line in coded)
    coded = [line for line in coded if line and not line.isspace()]
    if tabs and not spaces:
        return "\t"
    if tabs or not spaces:
        return ""  # Both or neither: there is no custom to follow.
    widths = [len(line) - len(line.lstrip(" ")) for line in coded]
    steps = Counter([step for one, next_one in pairwise(widths) if 1 <= (step := abs(one - next_one)) <= _DEEPEST_STEP])
    if steps[1] * 2 < steps.total():
        del steps[1]  # What is aligned.
    if not steps:
        return " " * min((width for width in widths if 2 <= width <= _DEEPEST_STEP), default=_DEFAULT_INDENT)
    return " " * max(steps, key=lambda step: (steps[step], -step))


def _without_block_comments(lines: Sequence[str], language: Language) -> list[str]:
    """Return the lines without those inside a comment of several lines, which may be aligned."""
    coded: list[str] = []
    closing = ""
    for line in lines:
        if closing:
            closing = "" if closing in line else closing
        elif not _STAR.match(line):
            coded.append(line)
            for opening, end in language.block_comments:
                if line.lstrip().startswith(opening) and end not in line:
                    closing = end
    return coded
