"""Proposals of a model or a rule, cut into the next edits that are worth offering, without the unwanted ones."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from attrs import define, field

from fim_language_server.core.next_edit.line_change import LineChange, change_of, first_offset
from fim_language_server.core.next_edit.minimal import apply, minimal_replacements
from fim_language_server.core.next_edit.pending import OfferEnd, PlacedText, follow, place_of
from fim_language_server.core.next_edit.values import Replacement

LONGEST: Final = 4_000
"""Code points that an offered edit may remove or insert; a longer one is nothing that a person reads and accepts."""
MOST_REJECTED: Final = 50


def changes_in(text: str, replacement: Replacement) -> tuple[LineChange, ...]:
    """Return a proposed replacement as changes apart from each other, in order: one for each group of changed lines.

    A replacement that does not lie within the text proposes nothing.
    """
    if not 0 <= replacement.start <= replacement.end <= len(text):
        return ()
    whole = change_of(text, replacement)
    old, new = whole.old_text, whole.new_text
    begin = first_offset(text, replacement)
    found = []
    for group in _groups(old, minimal_replacements(old, new)):
        start, end = group[0].start, group[-1].end
        inner = apply(old[start:end], [Replacement(it.start - start, it.end - start, it.text) for it in group])
        found.append(change_of(text, Replacement(begin + start, begin + end, inner)))
    return tuple(found)


def _groups(text: str, replacements: Iterable[Replacement]) -> Iterator[list[Replacement]]:
    """Yield the replacements in groups; a whole unchanged line, that is two line ends, lies between two groups."""
    group: list[Replacement] = []
    for each in replacements:
        if group and text.count("\n", group[-1].end, each.start) + _lone_returns(text, group[-1].end, each.start) > 1:
            yield group
            group = []
        group.append(each)
    if group:
        yield group


def _lone_returns(text: str, start: int, end: int) -> int:
    return text.count("\r", start, end) - text.count("\r\n", start, end)


def is_wanted(offer: LineChange, past: Sequence[LineChange]) -> bool:
    """Say whether an offer is worth showing, given the document's edits, the newest first.

    It changes more than blanks, is not too long, and undoes no edit or part of one.
    """
    place = place_of(offer)
    if place.text.split() == place.old.split() and _is_blank_change(place):
        return False
    if len(place.text) > LONGEST or len(place.old) > LONGEST or offer.old_text == offer.new_text:
        return False
    return not any(_undoes(offer, place, edit) for edit in past)


def _is_blank_change(place: PlacedText) -> bool:
    """Say whether only blanks differ: none is put between letters that were one word, or taken from between two."""
    return "".join(place.text.split()) == "".join(place.old.split())


def _undoes(offer: LineChange, place: PlacedText, edit: LineChange) -> bool:
    """Say whether an offer brings back what an edit replaced, as a whole or in one of its parts."""
    if offer.old_end < edit.first or offer.first > edit.new_end:
        return False
    old, new = edit.old_text, edit.new_text
    offset = 0
    for part in minimal_replacements(old, new):
        begin = part.start + offset
        offset += len(part.text) - (part.end - part.start)
        removed = old[part.start : part.end]
        if not _meet(place, edit.first, new, begin, begin + len(part.text)):
            continue
        if place.old.strip() == part.text.strip() and place.text.strip() == removed.strip():
            return True
        if not place.text.strip() and not removed.strip() and place.old.strip() in part.text:
            return True  # It deletes a part of what was just inserted.
    return False


def _meet(place: PlacedText, first: int, text: str, start: int, end: int) -> bool:
    """Say whether a place overlaps or touches a part of a text that begins at the line `first`."""
    begin = first + text.count("\n", 0, start), start - (text.rfind("\n", 0, start) + 1)
    stop = first + text.count("\n", 0, end), end - (text.rfind("\n", 0, end) + 1)
    return (place.start.line, place.start.column) <= stop and begin <= (place.end.line, place.end.column)


@define(eq=False)
class RejectedOffers:
    """The edits that the user did not want, moved with the text that they are in."""

    _changes: list[tuple[str, LineChange]] = field(factory=list, init=False, repr=False)

    def add(self, uri: str, offer: LineChange) -> None:
        """Remember an offer of the present text of a document."""
        self._changes.append((uri, offer))
        del self._changes[:-MOST_REJECTED]

    def observe(self, uri: str, change: LineChange) -> None:
        """Move what is remembered of a document by a change of it; what the change touches is forgotten."""
        kept = []
        for known, offer in self._changes:
            moved = follow(offer, change) if known == uri else offer
            if not isinstance(moved, OfferEnd):
                kept.append((known, moved))
        self._changes = kept

    def has(self, uri: str, offer: LineChange) -> bool:
        """Was this edit rejected?"""
        place = place_of(offer)
        return any(
            known == uri and each.first <= place.start.line <= each.old_end and place_of(each) == place
            for known, each in self._changes
        )

    def forget(self, uri: str) -> None:
        """Drop what is remembered of a closed document."""
        self._changes = [entry for entry in self._changes if entry[0] != uri]
