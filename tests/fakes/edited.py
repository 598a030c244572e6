"""Questions for a next edit, made of texts before and after what a user did."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from fim_language_server.core.next_edit.history import EditHistory
from fim_language_server.core.next_edit.line_change import change_of
from fim_language_server.core.next_edit.minimal import minimal_span
from fim_language_server.core.next_edit.repeats import find_repeat
from fim_language_server.core.next_edit.values import DocumentText, NextEditQuestion

URI = "file:///w/"


def question(
    *texts: str, path: str = "a.py", cursor: str | None = None, others: Sequence[tuple[str, str]] = ()
) -> NextEditQuestion:
    """Return the question after a document had these texts one after the other, ten seconds apart.

    The cursor stands behind the first place of `cursor` in the last text; without it at the document's start. `others`
    are paths and texts of the other open documents.
    """
    history = EditHistory()
    for number, (before, after) in enumerate(itertools.pairwise(texts)):
        history.record(URI + path, path, change_of(before, minimal_span(before, after)), number * 10.0)
    last = texts[-1]
    return NextEditQuestion(
        DocumentText(URI + path, path, "", last),
        1,
        0 if cursor is None else last.index(cursor) + len(cursor),
        history.edits(len(texts) * 10.0),
        tuple(DocumentText(URI + name, name, "", text) for name, text in others),
    )


def offered(*texts: str, path: str = "a.py", cursor: str | None = None, others: Sequence[tuple[str, str]] = ()) -> str:
    """Return the last text with all offered edits of its document made."""
    asked = question(*texts, path=path, cursor=cursor, others=others)
    text = asked.document.text
    edits = [edit.replacement for edit in find_repeat(asked) if edit.uri == asked.document.uri]
    for each in sorted(edits, key=lambda each: -each.start):
        text = text[: each.start] + each.text + text[each.end :]
    return text


def first_line(*texts: str, path: str = "a.py", cursor: str | None = None) -> int | None:
    """Return the line of the first offered edit, from zero; None where nothing is offered."""
    asked = question(*texts, path=path, cursor=cursor)
    found = find_repeat(asked)
    return asked.document.text.count("\n", 0, found[0].replacement.start) if found else None
