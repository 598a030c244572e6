"""The pieces of other files in one model's prompts, from prompt to prompt."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Final

from attrs import define, field

from fim_language_server.core.other_files.growing import (
    PieceLimits,
    Texts,
    first_that_fit,
    grown,
    outside,
    standing,
    without_files,
)
from fim_language_server.core.values import CompletionRequest, Snippet
from fim_language_server.engine.snippet_choice import ChosenSnippets, SnippetChoice

FARTHEST_LINES: Final = 40
"""Lines between two requests of a document up to which the pieces of the first are kept for the second."""


@define(eq=False)
class SentSnippets:
    """The pieces that a model got last, and those that it gets next. `read_texts` returns what stands where now."""

    _choice: SnippetChoice
    _read_texts: Callable[[], Texts] = field(default=dict, repr=False)
    _sent: tuple[Snippet, ...] = field(default=(), init=False, repr=False)
    _place: tuple[str, int] | None = field(default=None, init=False)
    _made_of: tuple[ChosenSnippets, PieceLimits, int] | None = field(default=None, init=False, repr=False)

    def choose(self, request: CompletionRequest, limits: PieceLimits, own: tuple[int, int]) -> tuple[Snippet, ...]:
        """Return the pieces for a prompt. `own` are the first line of its windows and the line behind them.

        Where the request is near the last one, its pieces stay and new ones come behind them; else all are new.
        """
        chosen = self._choice.newest_for(request)
        if chosen is None or limits.most_chars <= 0:
            return ()
        is_near = self._is_near(request)
        if is_near and self._made_of == (chosen, limits, self._choice.n_changes):
            return self._sent
        texts, path = self._read_texts(), request.document.path
        kept = outside(standing(self._sent, texts), path, *own) if is_near else ()
        new = outside(standing(chosen.snippets, texts), path, *own)
        best = first_that_fit(new, limits.best_chars if kept else limits.first_chars)
        return grown(kept, best, limits.most_chars, limits.least_new_chars)

    def note_sent(self, request: CompletionRequest, limits: PieceLimits, snippets: tuple[Snippet, ...]) -> None:
        """Note that these pieces, as `choose` returned them, are sent."""
        if (chosen := self._choice.newest_for(request)) is not None:
            self._sent, self._place = snippets, (request.document.uri, request.position.line)
            self._made_of = chosen, limits, self._choice.n_changes

    def files_changed(self, names: Collection[str] | None) -> None:
        """Drop the pieces of closed files that changed on the disk, as `SnippetChoice.files_changed` does."""
        self._sent, self._made_of = without_files(self._sent, names), None

    def _is_near(self, request: CompletionRequest) -> bool:
        if self._place is None or self._place[0] != request.document.uri:
            return False
        return abs(self._place[1] - request.position.line) <= FARTHEST_LINES
