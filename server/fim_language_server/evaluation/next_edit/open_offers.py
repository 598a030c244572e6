"""Offered edits, followed through the edits that the person makes then, until they are made."""

from __future__ import annotations

from attrs import define, field

from fim_language_server.core.next_edit.values import NextEdit, Replacement
from fim_language_server.evaluation.next_edit.sessions import EditStep


@define(eq=False)
class _Span:
    """A range of a text that follows edits; `grows` says whether it takes in text that is inserted beside it."""

    start: int
    end: int
    grows: bool
    is_touched: bool = False

    def follow(self, each: Replacement, added: int) -> bool:
        """Take in one replacement; return whether it reached beyond the range on both sides."""
        takes_beside = self.grows or self.is_touched or self.start == self.end
        if each.end < self.start or (each.end == self.start and not takes_beside):
            self.start += added
            self.end += added
        elif each.start < self.end or (each.start == self.end and takes_beside):
            is_over = each.start < self.start and each.end > self.end
            self.start, self.end = min(self.start, each.start), max(self.end, each.end) + added
            self.is_touched = True
            return is_over
        return False


@define(eq=False)
class OpenOffer:
    """An offered edit, followed from step to step.

    It is made once its place has its text. The place is what was to be replaced, with or without what the person put
    in directly before and behind it: `a` may become `f(a)` by two insertions.
    """

    edit: NextEdit
    offered_at: int
    """The number of the edit after which it was offered first."""
    made_at: int | None = field(default=None, init=False)
    """The number of the edit that made it; None where it is not made."""
    _is_gone: bool = field(default=False, init=False)
    _inner: _Span = field(init=False)
    _outer: _Span = field(init=False)

    def __attrs_post_init__(self) -> None:
        place = self.edit.replacement
        self._inner = _Span(place.start, place.end, grows=False)
        self._outer = _Span(place.start, place.end, grows=True)

    def is_same(self, edit: NextEdit) -> bool:
        """Say whether another offer is this one: the same text at the same place, for all that was edited since."""
        new, place = edit.replacement, self._inner
        return (edit.uri, new.start, new.end, new.text) == (
            self.edit.uri,
            place.start,
            place.end,
            self.edit.replacement.text,
        )

    def follow(self, step: EditStep, text_after: str, number: int) -> None:
        """Take in a step of the person in the edit with a number; `text_after` is the document then."""
        if step.uri != self.edit.uri or self.made_at is not None or self._is_gone:
            return
        shift = 0
        for each in step.replacements:
            placed = Replacement(each.start + shift, each.end + shift, each.text)
            added = len(each.text) - (each.end - each.start)
            self._is_gone |= self._inner.follow(placed, added)
            self._outer.follow(placed, added)
            shift += added
        if not self._is_gone and self._outer.is_touched and self._has_text(text_after):
            self.made_at = number

    def _has_text(self, text: str) -> bool:
        inner, outer, wanted = self._inner, self._outer, self.edit.replacement.text
        starts, ends = {inner.start, outer.start}, {inner.end, outer.end}
        if not inner.is_touched:
            # Untouched, the old text stands there: only what was put in beside it can have made the edit.
            return any(
                text[start:end] == wanted
                for start in starts
                for end in ends
                if (start, end) != (inner.start, inner.end)
            )
        return any(text[start:end] == wanted for start in starts for end in ends)
