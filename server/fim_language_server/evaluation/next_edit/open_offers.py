"""Offered edits, followed through the edits that the person makes then, until they are made or given up."""

from __future__ import annotations

from attrs import define, field

from fim_language_server.core.next_edit.values import NextEdit, Replacement
from fim_language_server.evaluation.next_edit.sessions import EditStep


@define(eq=False)
class OpenOffer:
    """An offered edit at its present place; `start` and `end` follow the edits of its document."""

    edit: NextEdit
    offered_at: int
    """The number of the edit after which it was offered first."""
    start: int = field(init=False)
    end: int = field(init=False)
    made_at: int | None = field(default=None, init=False)
    """The number of the edit that made it; None where it is not made."""
    is_gone: bool = field(default=False, init=False)
    _is_touched: bool = field(default=False, init=False)

    def __attrs_post_init__(self) -> None:
        self.start, self.end = self.edit.replacement.start, self.edit.replacement.end

    def is_same(self, edit: NextEdit) -> bool:
        """Say whether another offer is this one: the same text at the same place, for all that was edited since."""
        new = edit.replacement
        return (edit.uri, new.start, new.end, new.text) == (
            self.edit.uri,
            self.start,
            self.end,
            self.edit.replacement.text,
        )

    def follow(self, step: EditStep, text_after: str, number: int) -> None:
        """Take in a step of the person, of which `text_after` is the result; it may make this edit."""
        if step.uri != self.edit.uri or self.made_at is not None or self.is_gone:
            return
        shift = 0
        for each in step.replacements:
            shift += self._follow_one(Replacement(each.start + shift, each.end + shift, each.text))
        if self._is_touched and not self.is_gone and text_after[self.start : self.end] == self.edit.replacement.text:
            self.made_at = number

    def _follow_one(self, each: Replacement) -> int:
        """Take in one replacement, in coordinates of the text before it, and return the characters that it adds."""
        added = len(each.text) - (each.end - each.start)
        if each.end < self.start or (each.end == self.start and not self._takes_insertion()):
            self.start += added
            self.end += added
        elif each.start > self.end or (each.start == self.end and not self._takes_insertion()):
            pass
        else:
            if each.start < self.start and each.end > self.end:
                self.is_gone = True
            self._is_touched = True
            start = min(self.start, each.start)
            self.end = max(self.end, each.end) + added
            self.start = start
        return added

    def _takes_insertion(self) -> bool:
        """Say whether text that is inserted beside it may be a part of it."""
        return self._is_touched or self.start == self.end
