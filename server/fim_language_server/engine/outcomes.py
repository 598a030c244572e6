"""Outcomes of the shown suggestions: how often they were accepted, and how many in a row were wrong.

One ghost text is one offer, however many requests showed it or its rest: all editors count alike, whether they request
at each key or once. `core.acceptance` infers an outcome from an edit.

For the pacing a suggestion is right as long as the typed text agrees with it, and wrong once it does not. An answer
without text counts for more than a wrong one: the next request there will probably have no result either.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

from attrs import define, field, frozen

from fim_language_server.core.acceptance import (
    AcceptanceProgress,
    Outcome,
    goes_on,
    infer_outcome,
    outcome_of_replaced,
)
from fim_language_server.core.edit import Edit
from fim_language_server.core.typing_through import relate, with_plain_line_ends
from fim_language_server.core.values import CompletionRequest, Suggestion

ReportOutcome = Callable[[Suggestion, Outcome, int], None]
"""Receives the outcome of a suggestion and what to add to its count: 1, or -1 where an earlier report was wrong."""

REMEMBERED = 256
"""Ids of suggestions that the editor may still report as accepted."""


@frozen
class OutcomeCounts:
    """Counts of ghost texts by their outcome. Those without an outcome yet are counted in `shown` alone."""

    shown: int = 0
    accepted: int = 0
    partly_accepted: int = 0
    typed_through: int = 0
    dismissed: int = 0


@define(eq=False)
class _Offer:
    """One ghost text, or several alternatives, as shown last."""

    uri: str
    suggestions: tuple[Suggestion, ...]
    first_request: CompletionRequest
    """The request for which it was shown first."""
    is_seen: bool = True
    """False while the editor has not shown it, because it came too late: it counts for the pacing, but not as shown."""
    outcome: Outcome | None = None
    _progress: dict[str, AcceptanceProgress] = field(factory=dict)

    def progress(self, suggestion: Suggestion) -> AcceptanceProgress:
        return self._progress.get(suggestion.id, AcceptanceProgress())

    def observe(self, edit: Edit) -> Outcome | None:
        """Update the progress by an edit; return the outcome if the edit decides it."""
        self._progress = {shown.id: infer_outcome(shown, edit, self.progress(shown)) for shown in self.suggestions}
        over = [progress.outcome for progress in self._progress.values() if progress.is_over]
        taken = [outcome for outcome in over if outcome in (Outcome.ACCEPTED, Outcome.TYPED_THROUGH)]
        if taken:
            return taken[0]
        if len(over) < len(self._progress):
            return None
        return Outcome.PARTLY_ACCEPTED if Outcome.PARTLY_ACCEPTED in over else Outcome.DISMISSED

    def continue_with(self, suggestions: tuple[Suggestion, ...]) -> None:
        """Replace the suggestions by the rests of their texts; keep whether a part was accepted."""
        parts = {progress.outcome for progress in self._progress.values()} & {Outcome.PARTLY_ACCEPTED}
        part = next(iter(parts), None)
        self.suggestions = suggestions
        self._progress = {shown.id: AcceptanceProgress(outcome=part) for shown in suggestions}

    def outcome_of_replaced(self) -> Outcome:
        """Return the outcome of an offer that another one takes the place of."""
        outcomes = {outcome_of_replaced(self.progress(shown)) for shown in self.suggestions}
        order = (Outcome.PARTLY_ACCEPTED, Outcome.TYPED_THROUGH, Outcome.DISMISSED)
        return next(outcome for outcome in order if outcome in outcomes)


@define
class OutcomeLog:
    """The last offer and the number of wrong suggestions in a row of each document, and the counts of all outcomes."""

    _report: ReportOutcome = field(default=lambda _suggestion, _outcome, _n: None, repr=False)
    _offers: dict[str, _Offer] = field(factory=dict)
    _failures: dict[str, int] = field(factory=dict)
    _by_id: dict[str, _Offer] = field(factory=dict, repr=False)
    _shown: int = 0
    _counts: Counter[Outcome] = field(factory=Counter)

    def is_watching(self, uri: str) -> bool:
        """Is a suggestion of this document shown that an edit may accept or contradict?"""
        return uri in self._offers

    def failures(self, uri: str) -> int:
        """Return the number of wrong suggestions in a row in this document."""
        return self._failures.get(uri, 0)

    def shown(self, *suggestions: Suggestion) -> None:
        """Note the suggestions that the user sees now, one or several alternatives; the next edit decides on them."""
        uri = suggestions[0].request.document.uri
        offer = self._offers.get(uri)
        if offer is not None and offer.outcome is None and _is_same(offer, suggestions):
            offer.continue_with(suggestions)
            self._shown += not offer.is_seen
            offer.is_seen = True
        else:
            if offer is not None and offer.outcome is None:
                self._settle(offer, offer.outcome_of_replaced())
            offer = self._offers[uri] = _Offer(uri, suggestions, suggestions[0].request)
            self._shown += 1
        for suggestion in suggestions:
            self._by_id[suggestion.id] = offer
        while len(self._by_id) > REMEMBERED:
            del self._by_id[next(iter(self._by_id))]

    def unseen(self, suggestions: Sequence[Suggestion]) -> None:
        """Note that suggestions which were just noted as shown came too late for that.

        If the user types what they say, the next request shows the rest, and they count from then on.
        """
        offer = self._by_id.get(suggestions[0].id) if suggestions else None
        if offer is not None and offer.is_seen and offer.first_request is suggestions[0].request:
            offer.is_seen = False
            self._shown -= 1

    def rest_of(self, request: CompletionRequest, model: str) -> str:
        """Return the rest of the shown text of `model` at `request`; "" unless the user is typing through it."""
        offer = self._offers.get(request.document.uri)
        if offer is None or (since := relate(offer.first_request, request)) is None or not since.typed:
            return ""
        for shown in offer.suggestions:
            relation = relate(shown.request, request)
            if shown.model == model and relation is not None:
                return relation.remainder(shown.text) or ""
        return ""

    def failed(self, uri: str, weight: int = 1) -> None:
        """Count a request without a right suggestion, as `weight` wrong ones."""
        self._failures[uri] = self._failures.get(uri, 0) + weight

    def observe(self, edit: Edit) -> None:
        """Compare the shown suggestions with an edit. Deleting a little changes nothing."""
        uri = edit.uri
        offer = self._offers.get(uri)
        if offer is None:
            return
        if offer.outcome is None and (outcome := offer.observe(edit)) is not None:
            self._settle(offer, outcome)
        agrees = _agrees(offer, edit)
        if agrees:
            self._failures.pop(uri, None)
        elif agrees is False:
            del self._offers[uri]
            self.failed(uri)

    def accepted(self, suggestion_id: str) -> None:
        """Note that the editor reports a suggestion as accepted; the wrong ones before it no longer count."""
        offer = self._by_id.get(suggestion_id)
        if offer is not None:
            self._settle(offer, Outcome.ACCEPTED)
            if self._offers.get(offer.uri) is offer:
                self._failures.pop(offer.uri, None)

    def forget(self, uri: str) -> None:
        """Drop the offer and the count of wrong suggestions of a closed document."""
        offer = self._offers.pop(uri, None)
        if offer is not None and offer.outcome is None:
            self._settle(offer, offer.outcome_of_replaced())
        self._failures.pop(uri, None)

    def statistics(self) -> OutcomeCounts:
        """Return the counts of all outcomes so far."""
        counts = {outcome.name.lower(): count for outcome, count in self._counts.items()}
        return OutcomeCounts(self._shown, **counts)

    def _settle(self, offer: _Offer, outcome: Outcome) -> None:
        """Count an outcome. One that the editor reports replaces one that was inferred before."""
        if not offer.is_seen:
            return
        if offer.outcome is not None:
            self._counts[offer.outcome] -= 1
            self._report(offer.suggestions[0], offer.outcome, -1)
        offer.outcome = outcome
        self._counts[outcome] += 1
        self._report(offer.suggestions[0], outcome, 1)


def _is_same(offer: _Offer, suggestions: Sequence[Suggestion]) -> bool:
    return any(goes_on(old, new) for old in offer.suggestions for new in suggestions)


def _agrees(offer: _Offer, edit: Edit) -> bool | None:
    """Does the typed text agree with the shown one? None where nothing was typed, or some was deleted."""
    found = [
        (relation, with_plain_line_ends(shown.text))
        for shown in offer.suggestions
        for relation in edit.relations_to(shown.request)
    ]
    if any(relation.deleted for relation, _ in found):
        return None
    agreeing = [relation for relation, text in found if relation.may_come_to_agree(text)]
    if not agreeing:
        return False
    return True if any(relation.typed for relation in agreeing) else None
