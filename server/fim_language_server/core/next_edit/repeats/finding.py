"""The rules one after the other, and the order in which their edits are wanted."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from fim_language_server.core.next_edit.repeats.added_argument import find_arguments
from fim_language_server.core.next_edit.repeats.history_lines import HistoryLines
from fim_language_server.core.next_edit.repeats.rename import edits_of, find_renames
from fim_language_server.core.next_edit.repeats.replaced_name import find_replaced
from fim_language_server.core.next_edit.repeats.same_substitution import find_substitutions
from fim_language_server.core.next_edit.repeats.source_text import SourceText
from fim_language_server.core.next_edit.values import DocumentText, NextEdit, NextEditQuestion

LARGEST: Final = 600_000
"""Code points of a document above which no rule looks at it."""
MOST_OTHERS: Final = 10
"""Other documents that the rules look at."""
MOST_EDITS: Final = 60
"""Edits that are returned at most."""


def find_repeat(question: NextEditQuestion) -> tuple[NextEdit, ...]:
    """Return the edits that do again what the user just did, the most wanted first; none where nothing is sure.

    Those of the question's document come first: the nearest below the cursor, then those above it. None of them
    overlaps another one, or changes nothing. Not to be asked while the user types on, or has undone something.
    """
    document = question.document
    if not question.history or len(document.text) > LARGEST:
        return ()
    source = SourceText(document)
    others = [each for each in question.others if each.uri != document.uri and len(each.text) <= LARGEST][:MOST_OTHERS]
    history = HistoryLines(question.history[::-1], [each.text for each in others])
    for found in _by_rule(source, history, question, others):
        edits = _in_order(found, question)
        if edits:
            return edits
    return ()


def _by_rule(
    source: SourceText, history: HistoryLines, question: NextEditQuestion, others: Sequence[DocumentText]
) -> Iterator[list[NextEdit]]:
    for rename, sites in find_renames(source, history, None if question.is_at_rest else question.cursor):
        yield edits_of(source, rename, sites)
    yield find_replaced(source, history)
    yield find_substitutions(source, history)
    yield find_arguments(source, history)
    for other in others:
        yield find_replaced(SourceText(other), history)


def _in_order(edits: Iterable[NextEdit], question: NextEditQuestion) -> tuple[NextEdit, ...]:
    """Return the edits in the order in which they are wanted, without those that overlap one before them."""
    uri, cursor, text = question.document.uri, question.cursor, question.document.text

    def rank(edit: NextEdit) -> tuple[bool, bool, int]:
        at = edit.replacement.start
        return edit.uri != uri, at < cursor, at if at >= cursor else -at

    kept = list[NextEdit]()
    for edit in sorted(edits, key=rank):
        new = edit.replacement
        if edit.uri == uri and text[new.start : new.end] == new.text:
            continue
        if not any(
            each.uri == edit.uri and new.start <= each.replacement.end and each.replacement.start <= new.end
            for each in kept
        ):
            kept.append(edit)
        if len(kept) >= MOST_EDITS:
            break
    return tuple(kept)
