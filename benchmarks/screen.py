"""The screen that the user sees: ghost text that stays as long as typing agrees with it, as in VS Code. Pure.

(`InlineCompletionsSource`, `canBeReused`: a text on the screen that still agrees is kept, even if a later answer does
not have it. Neovim 0.12 removes it at each key.)
"""

from __future__ import annotations

from attrs import define

from benchmarks.traces import Edit


@define
class Screen:
    """The ghost text, which stands at a place of a document."""

    keeps: bool = True
    ghost: str = ""
    is_from_api: bool = False
    _document: str = ""
    _cursor: int = 0

    def edited(self, edit: Edit) -> None:
        """Take an edit: the ghost goes on where it agrees, and goes away where it does not."""
        change = edit.changes[0]
        is_typed = len(edit.changes) == 1 and change.start == change.end == self._cursor
        agrees = is_typed and edit.document == self._document and self.ghost.startswith(change.text)
        self.ghost = self.ghost[len(change.text) :] if self.keeps and agrees else ""
        self._document, self._cursor = edit.document, edit.cursor

    def answered(self, ghost: str, *, is_from_api: bool) -> bool:
        """Take the answer to the newest request; True where it is shown."""
        if self.ghost or not ghost.strip():
            return False  # what is there agrees, and is kept
        self.ghost, self.is_from_api = ghost, is_from_api
        return True


def is_right(ghost: str, comes: str) -> bool:
    """Does the first line that is shown agree with what comes? Blank lines before it belong to it."""
    head = first_line(ghost)
    return bool(head.strip()) and comes.startswith(head)


def first_line(ghost: str) -> str:
    """Return a text up to the end of its first line that is not blank."""
    blank = len(ghost) - len(ghost.lstrip())
    end = ghost.find("\n", blank)
    return ghost if end < 0 else ghost[:end]
