"""Sweep's next-edit models, of which both generations continue a file of three windows: original, current, updated.

The first generation (0.5B, 1.5B; the vendor's run_model.py) shows changes as `PATH.diff` and names no lines. The second
one (7B; inference.py) names the lines of each part, begins with a large part of the file, marks the cursor, and gets
the lines above the cursor as the beginning of its answer.
"""

from __future__ import annotations

import re
from typing import Final

from attrs import frozen

from fim_language_server.core.next_edit.values import NextEditQuestion, PastEdit
from fim_language_server.providers.next_edits.history_text import before_and_after, path_of
from fim_language_server.providers.next_edits.profile import EditProfile, without_last_line_end
from fim_language_server.providers.next_edits.windows import EditWindow, earlier_lines

FILE: Final = "<|file_sep|>"
_WORD: Final = re.compile(r"[^\W\d]\w{2,}")


@frozen
class SweepFirst(EditProfile):
    """The first generation."""

    def render(self, question: NextEditQuestion, window: EditWindow) -> str:
        """Return other files, changes, and the window before the changes and now."""
        path = path_of(question.document.path)
        original = "\n".join(earlier_lines(window, question.document, question.history))
        parts = [
            *(f"{path_of(other.path)}\n{other.text}" for other in reversed(question.others)),
            *(f"{path_of(edit.path)}.diff\n{before_and_after(edit)}" for edit in question.history),
            f"original/{path}\n{original}",
            f"current/{path}\n{window.text}",
            f"updated/{path}\n",
        ]
        return "\n".join(f"{FILE}{part}" for part in parts)

    def new_text(self, answer: str, question: NextEditQuestion, window: EditWindow) -> str | None:
        """Return the answer, which is the whole window."""
        return without_last_line_end(answer)


@frozen
class SweepSecond(EditProfile):
    """The second generation."""

    def render(self, question: NextEditQuestion, window: EditWindow) -> str:
        """Return file, other files, changes, the window before the last change and now, and the answer's beginning."""
        document, first = question.document, window.first + 1
        place = f"{path_of(document.path)}:{first}:{window.first + len(window.lines)}"
        original = earlier_lines(window, document, question.history[-1:])
        parts = [
            f"{path_of(document.path)}\n{without_last_line_end(document.text)}",
            *(f"{path_of(other.path)}\n{other.text}" for other in reversed(question.others)),
            *(f"{_place_of(edit)}\n{before_and_after(edit)}" for edit in question.history),
            f"original/{place}\n" + "\n".join(original),
            f"current/{place}\n{window.with_mark(self.cursor_mark)}",
            f"updated/{place}\n{answer_beginning(question, window)}",
        ]
        return "\n".join(f"{FILE}{part}" for part in parts)

    def new_text(self, answer: str, question: NextEditQuestion, window: EditWindow) -> str | None:
        """Return the answer behind its beginning, which the prompt has."""
        return answer_beginning(question, window) + without_last_line_end(answer)


def answer_beginning(question: NextEditQuestion, window: EditWindow) -> str:
    """Return the window's lines that an answer begins with: those above the cursor's line.

    Where they are likely to be changed as well, it is the window's first line only, with the blank lines behind it: the
    last edit added lines above the cursor, or an edit replaced a word that still stands there.
    """
    above = window.text[: window.text.rfind("\n", 0, window.cursor) + 1]
    first, line_end, rest = above.partition("\n")
    if not _added_above(question, window) and not (_replaced_words(question) & set(_WORD.findall(above))):
        return above
    blank = rest[: len(rest) - len(rest.lstrip("\n"))]
    beginning = f"{first}{line_end}{blank}"
    return beginning if not _replaced_words(question) & set(_WORD.findall(first)) else ""


def _place_of(edit: PastEdit) -> str:
    """Return path and lines of an edit, counted from 1, both ends included."""
    return f"{path_of(edit.path)}:{edit.line + 1}:{edit.line + max(1, len(edit.new_lines))}"


def _added_above(question: NextEditQuestion, window: EditWindow) -> bool:
    if not question.history or question.history[-1].uri != question.document.uri:
        return False
    edit = question.history[-1]
    cursor_line = window.first + window.text.count("\n", 0, window.cursor)
    return not edit.old_lines and bool(edit.new_lines) and edit.line + len(edit.new_lines) <= cursor_line


def _replaced_words(question: NextEditQuestion) -> set[str]:
    """Return the words that edits of the past have taken away."""
    words: set[str] = set()
    for edit in question.history:
        words |= set(_WORD.findall("\n".join(edit.old_lines))) - set(_WORD.findall("\n".join(edit.new_lines)))
    return words
