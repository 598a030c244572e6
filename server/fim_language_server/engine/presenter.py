"""Suggestions on their way to the editor: numbered, and announced to the outcome log and the prefetcher."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from attrs import define, field

from fim_language_server.core.shaping import ShapingOptions, replaced_length
from fim_language_server.core.values import CompletionRequest, Skip, Source, Suggestion
from fim_language_server.engine.cache_lookup import Known
from fim_language_server.engine.outcomes import OutcomeLog
from fim_language_server.engine.prefetch import Prefetcher


@define(eq=False)
class Presenter:
    """Makes suggestions out of texts; each gets an id of its own."""

    outcomes: OutcomeLog
    _prefetcher: Prefetcher = field(repr=False)
    _shaping: ShapingOptions
    _ids: itertools.count[int] = field(factory=lambda: itertools.count(1), init=False, repr=False)

    def show(self, request: CompletionRequest, text: str, source: Source, model: str) -> Suggestion:
        """Return the suggestion of `text`; the outcome log and the prefetcher are notified of it."""
        suggestion = self._suggestion(request, text, source, model)
        self.outcomes.shown(suggestion)
        self._prefetcher.shown(suggestion)
        return suggestion

    def offer(
        self, request: CompletionRequest, first: Suggestion | Skip, others: Sequence[Known]
    ) -> Sequence[Suggestion]:
        """Return the suggestions to choose from: `first`, unless it is a reason, and one for each of `others`."""
        offered = [self._suggestion(request, known.text, Source.PROVIDER, known.model) for known in others]
        offered = [first, *offered] if isinstance(first, Suggestion) else offered
        self.outcomes.shown(*offered)
        return offered

    def _suggestion(self, request: CompletionRequest, text: str, source: Source, model: str) -> Suggestion:
        replaced = replaced_length(request, text, self._shaping)
        return Suggestion(str(next(self._ids)), text, request, source, model, replaced)
