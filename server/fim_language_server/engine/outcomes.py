"""What became of the suggestions shown: how often they were accepted, and how the last guesses did.

One ghost text is one offer, however many requests showed it or its rest: every editor counts alike, whether it asks
at each key or once. How an edit is judged is `core.acceptance`'s business.

For the pacing a guess is right as long as what is typed agrees with it, and wrong once it does not. An answer that
says nothing counts for more than a wrong one: asking was in vain, and will be.
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

Tell = Callable[[Suggestion, Outcome, int], None]
"""Told what became of a suggestion: one more (1), or one less (-1) where it is corrected."""

REMEMBERED = 256
"""Ids of suggestions that may still be told to be accepted."""


@frozen
class OutcomeCounts:
    """How many ghost texts were shown, and what became of them. What is still open is in `shown` alone."""

    shown: int = 0
    accepted: int = 0
    partly_accepted: int = 0
    typed_through: int = 0
    dismissed: int = 0


@define(eq=False)
class _Offer:
    """One ghost text, or several to choose from, as shown last."""

    uri: str
    suggestions: tuple[Suggestion, ...]
    begun_at: CompletionRequest
    """Where it was shown first."""
    outcome: Outcome | None = None
    _progress: dict[str, AcceptanceProgress] = field(factory=dict)

    def progress(self, suggestion: Suggestion) -> AcceptanceProgress:
        return self._progress.get(suggestion.id, AcceptanceProgress())

    def observe(self, edit: Edit) -> Outcome | None:
        """Take an edit; return the outcome if it is the last word."""
        judged = {one.id: infer_outcome(one, edit, self.progress(one)) for one in self.suggestions}
        self._progress = judged
        over = [progress.outcome for progress in judged.values() if progress.is_over]
        taken = [outcome for outcome in over if outcome in (Outcome.ACCEPTED, Outcome.TYPED_THROUGH)]
        if taken:
            return taken[0]
        if len(over) < len(judged):
            return None
        return Outcome.PARTLY_ACCEPTED if Outcome.PARTLY_ACCEPTED in over else Outcome.DISMISSED

    def continue_with(self, suggestions: tuple[Suggestion, ...]) -> None:
        """Show the rest of the same text: what was accepted of it so far stays."""
        parts = {progress.outcome for progress in self._progress.values()} & {Outcome.PARTLY_ACCEPTED}
        part = next(iter(parts), None)
        self.suggestions = suggestions
        self._progress = {one.id: AcceptanceProgress(outcome=part) for one in suggestions}

    def outcome_of_replaced(self) -> Outcome:
        outcomes = {outcome_of_replaced(self.progress(one)) for one in self.suggestions}
        order = (Outcome.PARTLY_ACCEPTED, Outcome.TYPED_THROUGH, Outcome.DISMISSED)
        return next(outcome for outcome in order if outcome in outcomes)


@define
class OutcomeLog:
    """The offer last shown in each document, how many guesses failed in a row there, and the counts of all."""

    _tell: Tell = field(default=lambda _suggestion, _outcome, _n: None, repr=False)
    _offers: dict[str, _Offer] = field(factory=dict)
    _failures: dict[str, int] = field(factory=dict)
    _by_id: dict[str, _Offer] = field(factory=dict, repr=False)
    _shown: int = 0
    _counts: Counter[Outcome] = field(factory=Counter)

    def is_watching(self, uri: str) -> bool:
        """Is a suggestion of this document still to be judged?"""
        return uri in self._offers

    def failures(self, uri: str) -> int:
        """Return how many guesses in a row turned out wrong."""
        return self._failures.get(uri, 0)

    def shown(self, *suggestions: Suggestion) -> None:
        """Remember what the user sees, one text or several to choose from; the next edit judges it."""
        uri = suggestions[0].request.document.uri
        offer = self._offers.get(uri)
        if offer is not None and offer.outcome is None and _is_same(offer, suggestions):
            offer.continue_with(suggestions)
        else:
            if offer is not None and offer.outcome is None:
                self._settle(offer, offer.outcome_of_replaced())
            offer = self._offers[uri] = _Offer(uri, suggestions, suggestions[0].request)
            self._shown += 1
        for suggestion in suggestions:
            self._by_id[suggestion.id] = offer
        while len(self._by_id) > REMEMBERED:
            del self._by_id[next(iter(self._by_id))]

    def rest_of(self, request: CompletionRequest, model: str) -> str:
        """Return what is left of this model's text where the user is typing into it; "" where nobody is."""
        offer = self._offers.get(request.document.uri)
        if offer is None or (begun := relate(offer.begun_at, request)) is None or not begun.typed:
            return ""
        for shown in offer.suggestions:
            relation = relate(shown.request, request)
            if shown.model == model and relation is not None:
                return relation.remainder(shown.text) or ""
        return ""

    def failed(self, uri: str, weight: int = 1) -> None:
        """Count a guess that was in vain, as so many."""
        self._failures[uri] = self._failures.get(uri, 0) + weight

    def observe(self, edit: Edit) -> None:
        """Judge what was shown by what was typed; going back a little judges nothing."""
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
        """Note that a suggestion was taken, as the editor says itself: the model is with the user."""
        offer = self._by_id.get(suggestion_id)
        if offer is not None:
            self._settle(offer, Outcome.ACCEPTED)
            if self._offers.get(offer.uri) is offer:
                self._failures.pop(offer.uri, None)

    def forget(self, uri: str) -> None:
        """Drop what is known of a closed document."""
        offer = self._offers.pop(uri, None)
        if offer is not None and offer.outcome is None:
            self._settle(offer, offer.outcome_of_replaced())
        self._failures.pop(uri, None)

    def statistics(self) -> OutcomeCounts:
        """Return what became of all that was shown so far."""
        counts = {outcome.name.lower(): count for outcome, count in self._counts.items()}
        return OutcomeCounts(self._shown, **counts)

    def _settle(self, offer: _Offer, outcome: Outcome) -> None:
        """Count an outcome; what the editor itself says corrects what was inferred."""
        if offer.outcome is not None:
            self._counts[offer.outcome] -= 1
            self._tell(offer.suggestions[0], offer.outcome, -1)
        offer.outcome = outcome
        self._counts[outcome] += 1
        self._tell(offer.suggestions[0], outcome, 1)


def _is_same(offer: _Offer, suggestions: Sequence[Suggestion]) -> bool:
    return any(goes_on(old, new) for old in offer.suggestions for new in suggestions)


def _agrees(offer: _Offer, edit: Edit) -> bool | None:
    """Does what was typed agree with what is shown? None where nothing was typed, or some was deleted."""
    found = [
        (relation, with_plain_line_ends(one.text))
        for one in offer.suggestions
        for relation in edit.relations_to(one.request)
    ]
    if any(relation.deleted for relation, _ in found):
        return None
    agreeing = [relation for relation, text in found if relation.may_come_to_agree(text)]
    if not agreeing:
        return False
    return True if any(relation.typed for relation in agreeing) else None
