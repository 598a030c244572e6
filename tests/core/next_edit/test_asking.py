"""A model is asked for the next edit after edits of what stood there; seldom while new code is written."""

import pytest

from fim_language_server.core.next_edit.asking import AskingPace, changes_existing
from fim_language_server.core.next_edit.values import PastEdit


def edit(old: list[str], new: list[str]) -> PastEdit:
    return PastEdit("file:///a.py", "a.py", 0, tuple(old), tuple(new))


@pytest.mark.parametrize(
    ("old", "new", "changes"),
    [
        (["use(scanner)"], ["use(scan)"], True),
        (["f(a) + 1"], ["f(a, b) + 1"], True),
        (["a", "b"], ["a"], True),
        (["x = "], ["x = compute()"], False),
        (["f(a)"], ["f(a, b)"], False),
        ([], ["def f():", "    pass"], False),
        (["    "], ["    return 1"], False),
        (["a"], ["a", "b"], False),
    ],
)
def test_what_changes_something_that_stood_there(old: list[str], new: list[str], changes: bool) -> None:
    """Words replaced or removed, or put in before others; what is added at a line's end is new."""
    assert changes_existing(edit(old, new)) is changes


def test_new_code_is_asked_about_once_in_a_hundred_changes() -> None:
    """Whatever the pauses are: a typist of 1,000 keys that rests after each tenth pays for at most eleven questions."""
    pace, asked = AskingPace(), 0
    for key in range(1_000):
        pace = pace.after_change()
        if key % 10 == 9 and (after := pace.after_question(edit(["x"], ["x = 1"]), key * 2.0)) is not None:
            pace, asked = after, asked + 1
    assert 10 <= asked <= 11


def test_edits_of_what_stood_there_are_asked_about_each() -> None:
    """But not twice within a second, and not without an edit."""
    pace, changed = AskingPace(), edit(["scanner"], ["scan"])
    for now in (10.0, 12.0, 14.0):
        after = pace.after_question(changed, now)
        assert after is not None
        assert after.after_question(changed, now + 0.5) is None
        pace = after
    assert pace.after_question(None, 100.0) is None
