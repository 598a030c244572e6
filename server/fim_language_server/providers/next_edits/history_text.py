"""Edits of the past as a model reads them: unified diffs, or lines before and after. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from fim_language_server.core.next_edit.values import PastEdit

LONGEST_BLOCK = 40
"""Lines of one side of an edit that Sweep's models are shown; of more, the first and the last ones."""


def path_of(path: str) -> str:
    """Return a path as it may stand in a line of a prompt: on one line; a document without one is `untitled`."""
    return " ".join(path.split()) or "untitled"


def hunk(edit: PastEdit) -> str:
    """Return an edit as a hunk of a unified diff, with the unchanged lines that it has; no line end after it."""
    first = edit.line + 1 - len(edit.above)
    around = len(edit.above) + len(edit.below)
    n_old, n_new = around + len(edit.old_lines), around + len(edit.new_lines)
    lines = [
        f"@@ -{first if n_old else max(0, first - 1)},{n_old} +{first if n_new else max(0, first - 1)},{n_new} @@",
        *_marked(" ", edit.above),
        *_marked("-", edit.old_lines),
        *_marked("+", edit.new_lines),
        *_marked(" ", edit.below),
    ]
    return "\n".join(lines)


def unified_diff(edit: PastEdit) -> str:
    """Return an edit as a unified diff with its two headers; no line end after it."""
    path = path_of(edit.path)
    return f"--- a/{path}\n+++ b/{path}\n{hunk(edit)}"


def before_and_after(edit: PastEdit) -> str:
    """Return the changed lines of an edit before it and after it, as Sweep's models read them; no line end after it."""
    return "\n".join(["original:", *_shortened(edit.old_lines), "updated:", *_shortened(edit.new_lines)])


def _marked(mark: str, lines: Iterable[str]) -> Iterable[str]:
    return (f"{mark}{line}" for line in lines)


def _shortened(lines: tuple[str, ...]) -> tuple[str, ...]:
    if len(lines) <= LONGEST_BLOCK:
        return lines
    half = LONGEST_BLOCK // 2
    return (*lines[:half], "...", *lines[len(lines) - half + 1 :])
