"""What is offered of a proposal: groups of lines, nothing unwanted, nothing that was rejected."""

import pytest

from fim_language_server.core.next_edit.line_change import change_of, first_offset
from fim_language_server.core.next_edit.offers import RejectedOffers, changes_in, is_wanted
from fim_language_server.core.next_edit.pending import place_of
from fim_language_server.core.next_edit.values import Replacement

TEXT = "a = scanner\nb = 1\nc = 2\nuse(scanner, scanner)\n"


def test_a_proposal_of_many_lines_is_cut_into_groups() -> None:
    """One for each group of changed lines; two words of one line belong together."""
    changes = changes_in(TEXT, Replacement(0, len(TEXT), TEXT.replace("scanner", "scan")))
    assert [(place_of(each).old, place_of(each).text) for each in changes] == [
        ("scanner", "scan"),
        ("scanner, scanner", "scan, scan"),
    ]


@pytest.mark.parametrize("part", [Replacement(-1, 2, "x"), Replacement(5, 3, "x"), Replacement(0, 999, "x")])
def test_a_place_outside_of_the_text_proposes_nothing(part: Replacement) -> None:
    """A model counts wrong, and nothing may be put anywhere else for it."""
    assert changes_in(TEXT, part) == ()


@pytest.mark.parametrize(
    ("made", "proposed", "wanted"),
    [
        (Replacement(4, 11, "scan"), Replacement(4, 8, "scanner"), False),
        (Replacement(0, 0, "import os\n"), Replacement(0, 10, ""), False),
        (Replacement(4, 11, ""), Replacement(4, 4, "scanner"), False),
        (Replacement(4, 11, "scan"), Replacement(25, 32, "scan"), True),
        (Replacement(4, 11, "scan"), Replacement(0, 1, "source"), True),
        (Replacement(4, 11, "scan"), Replacement(8, 8, "  "), False),
        (Replacement(4, 11, "scan"), Replacement(4, 8, "scan"), False),
        (Replacement(4, 11, "scan"), Replacement(8, 8, "\n\n"), False),
    ],
)
def test_nothing_is_offered_that_takes_back_or_changes_blanks(
    made: Replacement, proposed: Replacement, wanted: bool
) -> None:
    """Given one edit of the user, and a proposal for the text after it."""
    after = TEXT[: made.start] + made.text + TEXT[made.end :]
    past = [change_of(TEXT, made)]
    assert any(is_wanted(each, past) for each in changes_in(after, proposed)) is wanted


def test_a_rejected_offer_is_known_where_it_has_moved_to() -> None:
    """By its place and words; an edit of its words makes another offer of it."""
    rejected, offer = RejectedOffers(), change_of(TEXT, Replacement(28, 35, "scan"))
    rejected.add("file:///a.py", offer)
    assert rejected.has("file:///a.py", offer)
    assert not rejected.has("file:///b.py", offer)
    rejected.observe("file:///a.py", change_of(TEXT, Replacement(0, 0, "# new\n")))
    moved = "# new\n" + TEXT
    assert rejected.has("file:///a.py", change_of(moved, Replacement(34, 41, "scan")))
    rejected.observe("file:///a.py", change_of(moved, Replacement(34, 41, "other")))
    assert not rejected.has("file:///a.py", change_of(moved, Replacement(34, 41, "scan")))


@pytest.mark.parametrize("eol", ["\n", "\r\n", "\r"])
def test_a_change_far_below_is_placed_without_reading_each_line_above(eol: str) -> None:
    """Its first line is counted, and the rest of the text is not searched again for each line."""
    text = f"a = 1{eol}" * 20_000 + f"use(old){eol}"
    at = text.index("old")
    (change,) = changes_in(text, Replacement(at, at + 3, "new"))
    assert (change.first, change.new_lines[0]) == (20_000, f"use(new){eol}")
    assert first_offset(text, Replacement(at, at + 3, "new")) == at - 4
