"""What became of a suggestion is told by the edits that follow it."""

from __future__ import annotations

import pytest

from fim_language_server.core.acceptance import AcceptanceProgress, Outcome, goes_on, infer_outcome
from fim_language_server.core.edit import Edit
from fim_language_server.core.values import Source, Suggestion
from tests.fakes.requests import request_at


def suggestion(drawn: str, text: str) -> Suggestion:
    return Suggestion("1", text, request_at(drawn), Source.PROVIDER)


def after(drawn: str, text: str, *edits: str) -> Outcome | None:
    """Return the outcome of a text suggested at a place, after edits drawn with their end as the cursor."""
    progress, shown = AcceptanceProgress(), suggestion(drawn, text)
    for edit in edits:
        progress = infer_outcome(shown, Edit([request_at(view) for view in edit.split(" & ")]), progress)
    return progress.outcome


@pytest.mark.parametrize(
    ("edits", "expected"),
    [
        (["x = foo(a)|"], Outcome.ACCEPTED),
        (["x = f|", "x = foo(a)|"], Outcome.ACCEPTED),  # typed into, then accepted
        (["x = foo(a)|", "x = foo(a)\ny|"], Outcome.ACCEPTED),  # what comes later takes nothing back
        (["x = foo|"], Outcome.PARTLY_ACCEPTED),
        (["x = foo|", "x = foo(a)|"], Outcome.ACCEPTED),  # word by word
        (["x = foo|", "x = foo.|"], Outcome.PARTLY_ACCEPTED),
        (["x = foo|", "x = foo(|", "x = foo(a|", "x = foo(a)|"], Outcome.PARTLY_ACCEPTED),
        (["x = f|", "x = fo|", "x = foo|"], None),  # it may still be accepted
        (["x = f|", "x = fo|", "x = foo|", "x = foo(|", "x = foo(a|", "x = foo(a)|"], Outcome.TYPED_THROUGH),
        (["x = g|"], Outcome.DISMISSED),
        (["x = f|", "x = fi|"], Outcome.DISMISSED),
        (["x = bar(a)|"], Outcome.DISMISSED),
        (["x =|"], None),  # going back a little decides nothing
        (["x =|", "x = |", "x = foo(a)|"], Outcome.ACCEPTED),
        (["a|\nx = "], Outcome.DISMISSED),  # typing elsewhere
    ],
)
def test_what_is_inserted_at_once_is_accepted_and_what_is_typed_is_not(
    edits: list[str], expected: Outcome | None
) -> None:
    assert after("x = |", "foo(a)", *edits) is expected


def test_a_text_put_over_closers_is_accepted() -> None:
    assert after("if (|)\nb", "a) {", "if (a) {|\nb") is Outcome.ACCEPTED
    assert after("if (|)\nb", "a) {", "if (a|)\nb", "if (a)|\nb") is None


@pytest.mark.parametrize(
    ("drawn", "text", "edits"),
    [
        ("f|", "(a)", ["f()|"]),  # the editor closed the bracket; the cursor is inside
        ("if x:|", "\n    return\n", ["if x:\n    |"]),  # Enter indents
        ("|", "        return", ["    |"]),  # so does Tab
        ("x = |", "foo", ["x = fo| & x = fo|"]),  # two keys in one notification
    ],
)
def test_one_key_may_insert_several_characters(drawn: str, text: str, edits: list[str]) -> None:
    """An editor that closes, indents, or gathers changes must not count as one that accepts."""
    assert after(drawn, text, *edits) is None


def test_line_ends_of_the_document_are_no_difference() -> None:
    assert after("x\r\n|", "a\r\nb", "x\r\na\r\nb|") is Outcome.ACCEPTED


def test_one_of_several_changes_decides() -> None:
    """Accepting may come with an edit elsewhere, such as an import added above."""
    assert after("x = |", "foo(a)", "import foo|\nx = & x = foo(a)|") is Outcome.ACCEPTED


@pytest.mark.parametrize(
    ("shown", "new", "expected"),
    [
        (("x = |", "foo(a)"), ("x = foo|", "(a)"), True),
        (("x = |", "foo"), ("x = f|", "oo(a)"), True),  # now longer
        (("x = |", "foo(a)\nb"), ("x = foo|", "(a)"), True),  # now shorter
        (("x = |", "foo(a)"), ("x = |", "bar"), False),
        (("x = |", "foo(a)"), ("x = foo(a)|", " + 1"), False),  # after its end a new one begins
        (("x = |", "foo(a)"), ("x = foo(a)\n|", "y"), False),
    ],
)
def test_the_rest_of_a_text_is_the_same_ghost_text(
    shown: tuple[str, str], new: tuple[str, str], expected: bool
) -> None:
    assert goes_on(suggestion(*shown), suggestion(*new)) is expected
