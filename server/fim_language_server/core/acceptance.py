"""Outcome of a suggestion, inferred from the edits that follow it, in every editor alike.

An item's command tells of an acceptance, but LSP4IJ never runs it, and no editor does for a part of a suggestion
(accept word, accept line). The text tells it everywhere. Counting is the engine's business.
"""

from __future__ import annotations

import enum
import re
from typing import Final

from attrs import evolve, frozen

from fim_language_server.core.edit import Edit
from fim_language_server.core.typing_through import relate, with_plain_line_ends
from fim_language_server.core.values import Suggestion


class Outcome(enum.Enum):
    """Outcome of a suggestion."""

    ACCEPTED = "accepted"  # inserted up to its end
    PARTLY_ACCEPTED = "partly accepted"  # a part was inserted, the rest was typed or not wanted
    TYPED_THROUGH = "typed through"  # the user wrote it by hand, as far as it was looked at
    DISMISSED = "dismissed"  # something else was written, or nothing


_ONE_KEY: Final = re.compile(r"\s+|\(\)|\[\]|\{\}|<>|\"\"|''|``|.", re.DOTALL)
"""Texts that one key may insert: a character, an opened and closed pair, a line end or tab with its indentation."""


@frozen
class AcceptanceProgress:
    """Progress of a suggestion towards its outcome.

    `seen` is what of it stands in the document, with plain line ends. `outcome` is what is known so far; it is the
    last word where `is_over`.
    """

    seen: str = ""
    outcome: Outcome | None = None
    is_over: bool = False


def infer_outcome(suggestion: Suggestion, edit: Edit, before: AcceptanceProgress) -> AcceptanceProgress:
    """Return how far a suggestion has come after an edit, given how far it had come `before`.

    Several characters at once that agree with the suggestion are accepted, whole or in part; as many as there were
    changes are typed. Going back before the suggestion's place decides nothing.
    """
    if before.is_over:
        return before
    text = with_plain_line_ends(suggestion.text)
    relations = edit.relations_to(suggestion.request)
    agreeing = [relation for relation in relations if not relation.deleted and relation.may_come_to_agree(text)]
    if agreeing:
        typed = max((relation.typed for relation in agreeing), key=len)
        return _judge(text, typed, len(edit.views), before)
    if any(relation.deleted for relation in relations):
        return evolve(before, seen="")
    return AcceptanceProgress(before.seen, before.outcome or Outcome.DISMISSED, is_over=True)


def outcome_of_replaced(progress: AcceptanceProgress) -> Outcome:
    """Return what became of a suggestion that nothing contradicted until another text was shown."""
    return progress.outcome or (Outcome.TYPED_THROUGH if progress.seen else Outcome.DISMISSED)


def goes_on(shown: Suggestion, new: Suggestion) -> bool:
    """Is `new` the rest of what `shown` offered, perhaps longer or shorter: one ghost text in the user's eyes?"""
    rest = None
    if (relation := relate(shown.request, new.request)) is not None:
        rest = relation.remainder(with_plain_line_ends(shown.text))
    text = with_plain_line_ends(new.text)
    return bool(rest) and rest is not None and (rest.startswith(text) or text.startswith(rest))


def _judge(text: str, typed: str, changes: int, before: AcceptanceProgress) -> AcceptanceProgress:
    inserted = typed[len(before.seen) :]
    at_once = len(_ONE_KEY.findall(inserted)) > changes
    if typed.startswith(text):
        by_hand = Outcome.TYPED_THROUGH if before.outcome is None else before.outcome
        return AcceptanceProgress(text, Outcome.ACCEPTED if at_once else by_hand, is_over=True)
    return AcceptanceProgress(typed, Outcome.PARTLY_ACCEPTED if at_once else before.outcome)
