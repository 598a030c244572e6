"""The next edits that wait for the user: one group for each document, of which the first is offered."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Sequence

from attrs import define, field, frozen

from fim_language_server.core.acceptance import Outcome
from fim_language_server.core.next_edit.line_change import LineChange
from fim_language_server.core.next_edit.offers import RejectedOffers, is_wanted
from fim_language_server.core.next_edit.pending import OfferEnd, PlacedText, follow, place_of

MOST_SHOWINGS = 2
"""Edits after each of which an offer was shown and not taken, until it counts as rejected."""
MOST_IN_GROUP = 100

ReportNextEdit = Callable[[str, str, Outcome], object]
"""Receives what became of a next edit that was shown: the URI of its document, its source and the outcome."""


@frozen
class NextEditOffer:
    """An edit as it is offered: its id, its lines and place in the present text, its source, and how many more wait."""

    id: str
    uri: str
    change: LineChange = field(repr=False)
    place: PlacedText
    source: str
    others: int = 0


@define(eq=False)
class _WaitingEdit:
    id: str
    change: LineChange = field(repr=False)
    source: str
    shown_after: set[float | None] = field(factory=set)
    """The beginnings of the user's edits after which it was shown."""
    is_begun: bool = False
    """Whether the user has typed a part of it."""


@define(eq=False)
class _Group:
    """Edits found together. `derived_from` is when the edit began that they repeat; None for a model's."""

    edits: list[_WaitingEdit] = field(repr=False)
    derived_from: float | None
    is_fresh: bool = True
    """Whether nothing else has changed in the document since they were found."""


@define(eq=False)
class WaitingEdits:
    """The groups of all documents, and what was rejected. `tells_shown`: the client says which edits it shows."""

    _report: ReportNextEdit = field(default=lambda _uri, _source, _outcome: None, repr=False)
    tells_shown: bool = field(default=False, init=False)
    _groups: dict[str, _Group] = field(factory=dict, init=False, repr=False)
    _rejected: RejectedOffers = field(factory=RejectedOffers, init=False, repr=False)
    _ids: itertools.count[int] = field(factory=lambda: itertools.count(1), init=False, repr=False)

    def has(self, uri: str) -> bool:
        """Does an edit wait in a document?"""
        return uri in self._groups

    def is_fresh(self, uri: str) -> bool:
        """Does an edit wait in a document in which nothing else has changed since it was found?"""
        group = self._groups.get(uri)
        return group is not None and group.is_fresh

    def documents(self) -> Sequence[str]:
        """Return the URIs of the documents in which edits wait."""
        return tuple(self._groups)

    def offers(self, uri: str) -> tuple[NextEditOffer, ...]:
        """Return the edits that wait in a document, the most wanted first."""
        edits = self._groups[uri].edits if uri in self._groups else []
        return tuple(
            NextEditOffer(each.id, uri, each.change, place_of(each.change), each.source, len(edits) - 1)
            for each in edits
        )

    def take(
        self,
        uri: str,
        proposals: Iterable[tuple[LineChange, str]],
        since: Sequence[LineChange],
        past: Sequence[LineChange],
        derived_from: float | None,
    ) -> bool:
        """Let the wanted ones of proposals wait in place of those before; return whether there are any.

        `since` are the changes of the document since the proposals were made, `past` its edits, the newest first.
        Proposals that wait already keep their ids.
        """
        known = self._groups.get(uri)
        places = {place_of(edit.change): edit for edit in reversed(known.edits)} if known is not None else {}
        edits: list[_WaitingEdit] = []
        taken: list[tuple[LineChange, PlacedText]] = []
        for proposal, source in itertools.islice(proposals, MOST_IN_GROUP):
            change = _followed(proposal, since)
            if change is None or not is_wanted(change, past) or self._rejected.has(uri, change):
                continue
            place = place_of(change)
            if any(_overlap(change, place, *other) for other in taken):
                continue
            same = places.get(place)
            taken.append((change, place))
            edits.append(same or _WaitingEdit(f"next-{next(self._ids)}", change, source))
        if edits:
            for each in known.edits if known is not None else ():
                if each not in edits:
                    self._end(uri, each, Outcome.DISMISSED)
            self._groups[uri] = _Group(edits, derived_from)
        return bool(edits)

    def observe(self, uri: str, change: LineChange) -> bool:
        """Move what waits in a document by a change of it; return whether the change made an offered edit at once.

        Where the change contradicts the offered edit, all that were found with it are dropped.
        """
        self._rejected.observe(uri, change)
        group = self._groups.get(uri)
        if group is None:
            return False
        kept, was_taken, is_over = list[_WaitingEdit](), False, False
        for index, each in enumerate(group.edits):
            moved = follow(each.change, change)
            if moved is OfferEnd.TAKEN:
                is_over, was_taken = True, was_taken or not each.is_begun
                self._end(uri, each, Outcome.TYPED_THROUGH if each.is_begun else Outcome.ACCEPTED)
            elif isinstance(moved, LineChange):
                each.is_begun = each.is_begun or _is_smaller(moved, each.change)
                each.change = moved
                kept.append(each)
            elif index == 0:
                self.drop(uri)
                return False
            else:
                self._end(uri, each, Outcome.DISMISSED)
        group.edits, group.is_fresh = kept, is_over
        if not kept:
            del self._groups[uri]
        return was_taken

    def presented(self, uri: str, began: float | None) -> None:
        """Note that the edits of a document are offered, after the user's edit that began at `began`.

        The first is dropped, and remembered as rejected, where it was shown after two edits and not taken.
        """
        group = self._groups.get(uri)
        while group is not None and group.edits:
            first = group.edits[0]
            if began in first.shown_after or len(first.shown_after) < MOST_SHOWINGS:
                if not self.tells_shown:
                    first.shown_after.add(began)
                return
            self._reject(uri, group.edits.pop(0))
        self._groups.pop(uri, None)

    def shown(self, offer_id: str, began: float | None) -> None:
        """Note that the client shows an edit, after the user's edit that began at `began`."""
        self.tells_shown = True
        if (found := self._find_id(offer_id)) is not None:
            found[1].shown_after.add(began)

    def accepted(self, offer_id: str) -> str | None:
        """Note that an edit was applied; return its document, or None where the id is not known.

        The change of the text has mostly come before, and has said so already.
        """
        found = self._find_id(offer_id)
        if found is None:
            return None
        uri, edit = found
        group = self._groups[uri]
        group.edits.remove(edit)
        self._end(uri, edit, Outcome.ACCEPTED)
        if not group.edits:
            del self._groups[uri]
        return uri

    def dismissed(self, offer_id: str) -> str | None:
        """Drop an edit and those found with it, and remember them as rejected; return their document, if known."""
        found = self._find_id(offer_id)
        if found is None:
            return None
        for each in self._groups.pop(found[0]).edits:
            self._reject(found[0], each)
        return found[0]

    def reject_again(self, uri: str, change: LineChange) -> None:
        """Remember that the user has just taken back an edit: `change` of the present text is not to be offered."""
        self._rejected.add(uri, change)

    def drop_derived(self, uri: str, began: float | None) -> None:
        """Drop the edits that repeat the edit that began at `began`, for it has been changed again."""
        group = self._groups.get(uri)
        if group is not None and not group.is_fresh and group.derived_from is not None and group.derived_from == began:
            self.drop(uri)

    def drop(self, uri: str) -> None:
        """Drop what waits in a document."""
        group = self._groups.pop(uri, None)
        for each in group.edits if group is not None else ():
            self._end(uri, each, Outcome.DISMISSED)

    def close(self, uri: str) -> None:
        """Drop what waits in a document, and what is known to be rejected there."""
        self.drop(uri)
        self._rejected.forget(uri)

    def _reject(self, uri: str, edit: _WaitingEdit) -> None:
        self._rejected.add(uri, edit.change)
        self._end(uri, edit, Outcome.DISMISSED)

    def _end(self, uri: str, edit: _WaitingEdit, outcome: Outcome) -> None:
        """Report what became of an edit; one that was neither seen nor made was no offer."""
        if edit.shown_after or outcome is Outcome.ACCEPTED:
            self._report(uri, edit.source, outcome)

    def _find_id(self, offer_id: str) -> tuple[str, _WaitingEdit] | None:
        edits = ((uri, edit) for uri, group in self._groups.items() for edit in group.edits)
        return next((found for found in edits if found[1].id == offer_id), None)


def _is_smaller(offer: LineChange, before: LineChange) -> bool:
    """Say whether an offer replaces another text than before, or puts in another one: the user did a part of it."""
    if offer is before or (offer.old_lines, offer.new_lines) == (before.old_lines, before.new_lines):
        return False
    now, then = place_of(offer), place_of(before)
    return (now.old, now.text) != (then.old, then.text)


def _followed(proposal: LineChange, since: Sequence[LineChange]) -> LineChange | None:
    """Return a proposal moved past changes; None where one has taken or contradicted it."""
    moved: LineChange | OfferEnd = proposal
    for change in since:
        if isinstance(moved, OfferEnd):
            return None
        moved = follow(moved, change)
    return None if isinstance(moved, OfferEnd) else moved


def _overlap(one: LineChange, a: PlacedText, other: LineChange, b: PlacedText) -> bool:
    """Say whether two changes, with their places, cannot both be made: their smallest ranges overlap or touch."""
    if one.old_end <= other.first or other.old_end <= one.first:
        return False
    return (a.start.line, a.start.column) <= (b.end.line, b.end.column) and (b.start.line, b.start.column) <= (
        a.end.line,
        a.end.column,
    )
