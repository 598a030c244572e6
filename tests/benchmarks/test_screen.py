"""What stays on the screen, and what counts as right."""

from __future__ import annotations

import pytest

from benchmarks.screen import Screen, is_right
from benchmarks.traces import Change, Edit


def typed(text: str, at: int, document: str = "a.py") -> Edit:
    return Edit(0.1, document, (Change(at, at, text),), at + len(text), "")


def screen_with(ghost: str, *, keeps: bool = True) -> Screen:
    screen = Screen(keeps)
    screen.edited(typed("x", 0))
    screen.answered(ghost, is_from_api=True)
    return screen


def test_text_stays_while_typing_agrees_with_it() -> None:
    """What was typed is no ghost any more; what differs takes the rest away."""
    screen = screen_with("abc")
    screen.edited(typed("a", 1))
    assert screen.ghost == "bc"
    screen.edited(typed("q", 2))
    assert screen.ghost == ""


@pytest.mark.parametrize("edit", [typed("a", 7), typed("a", 1, "b.py"), Edit(0.1, "a.py", (Change(0, 1, ""),), 0, "")])
def test_text_goes_with_an_edit_elsewhere(edit: Edit) -> None:
    """At another place, in another document, or one that removes something."""
    screen = screen_with("abc")
    screen.edited(edit)
    assert screen.ghost == ""


def test_text_that_agrees_is_kept_whatever_the_answer() -> None:
    """As VS Code does: an empty answer does not remove it, another one does not replace it."""
    screen = screen_with("abc")
    assert not screen.answered("", is_from_api=True)
    assert not screen.answered("other", is_from_api=True)
    assert screen.ghost == "abc"


def test_an_editor_that_keeps_nothing_clears_at_each_key() -> None:
    """As Neovim 0.12 does."""
    screen = screen_with("abc", keeps=False)
    screen.edited(typed("a", 1))
    assert screen.ghost == ""


@pytest.mark.parametrize(
    ("ghost", "comes", "right"),
    [
        ("one()", "one()\ntwo", True),
        ("one()\nwrong", "one()\ntwo", True),
        ("on", "one()", True),
        ("one(2)", "one()\n", False),
        ("\n\n    two", "\n\n    two\n", True),
        ("\n    two", "\n    three", False),
        ("\n", "\n", False),
        ("", "one", False),
    ],
)
def test_right_is_a_first_line_that_agrees_with_what_comes(ghost: str, comes: str, right: bool) -> None:
    """Blank lines before the first line belong to it; blank text is never right."""
    assert is_right(ghost, comes) is right
