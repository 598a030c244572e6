"""Whether a model is asked for the next edit after an edit has settled. New code is ghost text's business.

A model is asked after an edit of what stood there already. While new code is written it is asked at most once for
every hundred changes: a typist would otherwise pay for a question at each pause.
"""

from __future__ import annotations

from typing import Final

from attrs import evolve, frozen

from fim_language_server.core.next_edit.minimal import minimal_replacements
from fim_language_server.core.next_edit.values import PastEdit

CHANGES_FOR_ONE: Final = 100
MOST_SAVED: Final = 3
LEAST_WAIT_S: Final = 1.0
"""Seconds between two questions that are asked by themselves."""
_CLOSERS: Final = " \t)]}>'\"`;,"


@frozen
class AskingPace:
    """The changes since the session began, as far as they are saved for questions; `last_s` is when one was asked."""

    saved: int = CHANGES_FOR_ONE
    last_s: float = -LEAST_WAIT_S

    def after_change(self) -> AskingPace:
        """Return the pace after one change more."""
        return self if self.saved >= MOST_SAVED * CHANGES_FOR_ONE else evolve(self, saved=self.saved + 1)

    def after_question(self, last: PastEdit | None, now: float) -> AskingPace | None:
        """Return the pace after a question about the edit `last` at `now`; None where it is not to be asked."""
        if last is None or now - self.last_s < LEAST_WAIT_S:
            return None
        if changes_existing(last):
            return evolve(self, last_s=now)
        if self.saved < CHANGES_FOR_ONE:
            return None
        return AskingPace(self.saved - CHANGES_FOR_ONE, now)


def changes_existing(edit: PastEdit) -> bool:
    """Did the edit change or remove words that stood there, or insert some in the middle of a line?"""
    old, new = "\n".join(edit.old_lines), "\n".join(edit.new_lines)
    for part in minimal_replacements(old, new):
        if old[part.start : part.end].strip():
            return True
        line_end = old.find("\n", part.end)
        behind = old[part.end : line_end if line_end >= 0 else len(old)]
        if part.text.strip() and behind.strip(_CLOSERS) and "\n" not in part.text:
            return True
    return False
