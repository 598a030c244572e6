"""Indent as the document does: tabs or spaces, as the lines around the cursor.

Only where the document shows a custom and the text breaks it; a mixed document is let be. Tabby re-indents to the
editor's unit where the context shows none; a server does not know that unit.
"""

from __future__ import annotations

from fim_language_server.core.shaping.surroundings import Surroundings, indent_of


def fit_indentation(around: Surroundings, text: str) -> str:
    """Turn indentation of spaces into tabs, or of tabs into spaces; the part of the first line after text stays."""
    if "\n" not in text and around.line_before:
        return text
    unit = around.indent_unit
    if not unit:
        return text
    lines = text.split("\n")
    start = 0 if not around.line_before else 1
    indents = [indent_of(line) for line in lines[start:]]
    fitted = _to_tabs(indents) if unit == "\t" else [indent.replace("\t", unit) for indent in indents]
    for index, (before, after) in enumerate(zip(indents, fitted, strict=True), start=start):
        lines[index] = after + lines[index][len(before) :]
    return "\n".join(lines)


def _to_tabs(indents: list[str]) -> list[str]:
    """Take four spaces, or two where four do not go into all of them, as one level.

    One space aligns the stars of a comment and is no indentation; a line that has a tab is as it should be.
    """
    widths = [len(indent) for indent in indents if "\t" not in indent and len(indent) > 1]
    unit = next((unit for unit in (4, 2) if all(width % unit == 0 for width in widths)), None)
    if unit is None:
        return indents
    return [indent if "\t" in indent or len(indent) < 2 else "\t" * (len(indent) // unit) for indent in indents]
