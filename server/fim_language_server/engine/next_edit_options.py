"""Types that next edits are made with: their sources, the documents, and the options. No behaviour."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from attrs import frozen

from fim_language_server.core.next_edit.values import NextEdit, NextEditQuestion, PastEdit
from fim_language_server.core.values import Position

FindRepeat = Callable[[NextEditQuestion], Sequence[NextEdit]]


class NextEditModel(Protocol):
    """A model of next edits."""

    async def next_edits(self, question: NextEditQuestion) -> Sequence[NextEdit]:
        """Return the edits that a model proposes, the most wanted first; none where it fails or may not be asked."""
        ...


class NextEditDocuments(Protocol):
    """The open documents, as far as they may be shown."""

    def question(self, uri: str, place: Position | None, history: Sequence[PastEdit]) -> NextEditQuestion | None:
        """Return the question about a document; None where it is closed, hidden, switched off or too large.

        Without a `place` the cursor is where the last change ended.
        """
        ...


@frozen
class NextEditOptions:
    """Sources of next edits, as the settings and the client's features say.

    `offer` receives the document for which something is offered without the client having asked, or no longer
    offered; None where the client does not take that. `is_busy` says whether ghost text is being waited for.
    """

    is_on: bool = True
    find_repeat: FindRepeat | None = None
    model: NextEditModel | None = None
    offer: Callable[[str], object] | None = None
    is_busy: Callable[[], bool] = lambda: False
