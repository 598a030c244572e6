"""Write a text's indentation as the document does: in tabs or spaces, and with the document's step.

Widths are compared, not characters: a model that has seen tabs as four columns says the right depth in the wrong
characters. Only where the document shows a custom and the text breaks it; a mixed document is let be. Tabby re-indents
to the editor's unit where the context shows none; a server does not know that unit.
"""

from __future__ import annotations

import math
import re
from typing import Final

from fim_language_server.core.shaping.brackets import opens_block
from fim_language_server.core.shaping.cursor_context import CursorContext, indent_of

_TAB: Final = 4
"""Columns that a model takes a tab for, where nothing says otherwise."""
_STEPS: Final = (4, 2, 3, 8)
"""Steps that people use, the commonest first."""
_CLOSES: Final = re.compile(r"\s*(?:[)\]}]|</)")
_BLOCK_OPENERS: Final = ("{", ":", ">")
_RULE: Final = re.compile(r"[^\s#=:][^#=:]*:(?![=:])")
"""The line of a makefile that names targets."""


def fit_indentation(around: CursorContext, text: str) -> str:
    """Return the text with the indentation of its lines in the document's manner; what follows it on a line stays."""
    if not _has_indentation(around, text):
        return text
    if around.language.name == "makefile":
        return _fit_makefile(around, text)
    lines = text.split("\n")
    unit = around.indent_unit or _customary_unit(around)
    if unit == "\t":
        _to_tabs(around, lines)
    elif unit:
        _to_spaces(around, lines, len(unit))
    return "\n".join(lines)


def _has_indentation(around: CursorContext, text: str) -> bool:
    return "\n " in text or "\n\t" in text or (around.is_fresh and text[:1] in (" ", "\t"))


def _customary_unit(around: CursorContext) -> str:
    """Return what the language itself demands where the document does not show it: YAML refuses tabs, gofmt spaces."""
    if around.is_indented:
        return ""
    return {"go": "\t", "yaml": "  "}.get(around.language.name, "")


def _to_tabs(around: CursorContext, lines: list[str]) -> None:
    """Write spaces as tabs. What is less than a level stays: one space aligns the stars of a comment."""
    later = [line for line in lines[1:] if line.startswith("  ")]
    if around.is_fresh and lines[0].startswith("  "):
        lines[0] = _as_tabs(lines[0], len(indent_of(lines[0]).expandtabs(_TAB)) // _TAB, _TAB)
    for index, line in enumerate(lines):
        indent = indent_of(line)
        if "\t" in indent and " " in indent and (index or around.is_fresh):
            width = len(indent.expandtabs(_TAB))
            lines[index] = _as_tabs(line, width // _TAB, _TAB)
    if not later:
        return
    level, width, step = _levels(around, lines, later)
    for index, line in enumerate(lines[1:], start=1):
        if line.startswith("  ") and line.strip():
            n_levels = level + (len(indent_of(line)) - width) // step
            lines[index] = _as_tabs(line, max(0, n_levels), step, (len(indent_of(line)) - width) % step)


def _as_tabs(line: str, n_tabs: int, step: int, rest: int | None = None) -> str:
    indent = indent_of(line)
    left = len(indent.expandtabs(_TAB)) % step if rest is None else rest
    return "\t" * n_tabs + " " * left + line[len(indent) :]


def _levels(around: CursorContext, lines: list[str], later: list[str]) -> tuple[int, int, int]:
    """Return a depth in tabs, the width in spaces that stands for it, and how many spaces one tab is."""
    widths = [len(indent_of(line)) for line in later if not line.lstrip().startswith("*")] or [0]
    width = widths[0]
    apart = math.gcd(*(abs(one - width) for one in widths))
    step = apart if apart in _STEPS else next((step for step in _STEPS if all(one % step == 0 for one in widths)), _TAB)
    here = around.line_before + lines[0] if around.is_fresh else around.line_before
    level = indent_of(here).count("\t")
    first = next((line for line in lines[1:] if line.strip()), "")
    if first.startswith("  ") and opens_block(around.line_before + lines[0], around.language):
        return level if _CLOSES.match(first) else level + 1, width, step
    if width % _TAB == 0 and width // _TAB <= level:
        return width // _TAB, width, step
    if level and width % level == 0 and width // level in _STEPS:
        return level, width, width // level if apart not in _STEPS else step
    return width // step, width - width % step, step


def _to_spaces(around: CursorContext, lines: list[str], step: int) -> None:
    for index, line in enumerate(lines):
        if "\t" in line and "\t" in (indent := indent_of(line)) and (index or around.is_fresh):
            lines[index] = indent.replace("\t", " " * step) + line[len(indent) :]
    other = _other_step(around, lines, step)
    if other is not None:
        for index, line in enumerate(lines[1:], start=1):
            width = len(indent_of(line))
            lines[index] = " " * (width // other * step) + line[width:]


def _other_step(around: CursorContext, lines: list[str], step: int) -> int | None:
    """Return the step that the text takes for the document's, where the block that it opens shows another."""
    first = (around.line_before + lines[0]).rstrip()
    if not first.endswith(_BLOCK_OPENERS):
        return None
    later = [line for line in lines[1:] if line.strip()]
    if not later or not opens_block(first, around.language):
        return None
    level, odd = divmod(len(indent_of(first)), step)
    widths = [len(indent_of(line)) for line in later]
    if odd or widths[0] <= len(indent_of(first)) + step:
        return None
    other, odd = divmod(widths[0], level + 1)
    is_step = not odd and other in _STEPS and other > step
    return other if is_step and all(width % other == 0 for width in widths) else None


def _fit_makefile(around: CursorContext, text: str) -> str:
    """Begin each line of a recipe with a tab: with spaces it is no recipe."""
    lines = text.split("\n")
    above = around.lines_above[-1] if around.lines_above else ""
    is_recipe, goes_on = _is_rule(above) or above.startswith("\t"), False
    for index, line in enumerate(lines):
        whole = around.line_before + line if index == 0 else line
        if is_recipe and not goes_on and whole.startswith("  ") and (index or around.line_before == ""):
            lines[index] = "\t" + line.lstrip(" ")
        if whole.strip():
            is_recipe = _is_rule(whole) or (is_recipe and whole[:1] in (" ", "\t"))
        goes_on = whole.endswith("\\")
    return "\n".join(lines)


def _is_rule(line: str) -> bool:
    return _RULE.match(line) is not None
