"""How the last guesses turned out, per document: what the pacing goes by.

A guess is right as long as what is typed agrees with it, and wrong once it does not. An answer that says nothing
counts as wrong: asking was in vain.
"""

from __future__ import annotations

from collections.abc import Sequence

from attrs import define, field

from fim_language_server.core.typing_through import relate, with_plain_line_ends
from fim_language_server.core.values import CompletionRequest, Suggestion


@define
class Guesses:
    """The suggestion last shown in each document, and how many failed in a row."""

    _shown: dict[str, Suggestion] = field(factory=dict)
    _failures: dict[str, int] = field(factory=dict)

    def is_watching(self, uri: str) -> bool:
        """Is a suggestion of this document still to be judged?"""
        return uri in self._shown

    def failures(self, uri: str) -> int:
        """Return how many guesses in a row turned out wrong."""
        return self._failures.get(uri, 0)

    def shown(self, suggestion: Suggestion) -> None:
        """Remember what the user sees; the next edit judges it."""
        self._shown[suggestion.request.document.uri] = suggestion

    def failed(self, uri: str) -> None:
        """Count a guess that was in vain."""
        self._failures[uri] = self._failures.get(uri, 0) + 1

    def observe(self, uri: str, views: Sequence[CompletionRequest]) -> None:
        """Judge the shown suggestion by what was typed; going back a little judges nothing."""
        suggestion = self._shown.get(uri)
        if suggestion is None:
            return
        relations = [relation for view in views if (relation := relate(suggestion.request, view)) is not None]
        text = with_plain_line_ends(suggestion.text)
        if any(relation.deleted for relation in relations):
            return
        if any(relation.may_come_to_agree(text) for relation in relations):
            if any(relation.typed for relation in relations):
                self._failures.pop(uri, None)
        else:
            del self._shown[uri]
            self.failed(uri)

    def accepted(self, suggestion_id: str) -> None:
        """Note that a suggestion was taken: the model is with the user."""
        for uri, suggestion in self._shown.items():
            if suggestion.id == suggestion_id:
                self._failures.pop(uri, None)

    def forget(self, uri: str) -> None:
        """Drop what is known of a closed document."""
        self._shown.pop(uri, None)
        self._failures.pop(uri, None)
