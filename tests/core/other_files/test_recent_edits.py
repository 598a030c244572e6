"""The ranges of lines that were edited last."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from fim_language_server.core.other_files.recent_edits import MOST_RANGES, EditedRange, RecentEdits
from fim_language_server.core.values import Snippet, SnippetSource

URI = "file:///a.py"
NOWHERE = EditedRange("file:///other.py", 0, 0)


def ranges(edits: RecentEdits) -> list[tuple[int, int]]:
    return [(each.first, each.end) for each in edits.ranges]


def texts(edits: RecentEdits, lines: Sequence[str], shown: EditedRange = NOWHERE, most: int = 1_000) -> list[Snippet]:
    return list(edits.snippets(lambda uri: ("a.py", lines) if uri == URI else None, shown, most))


def test_edits_next_to_each_other_are_one_range_and_the_newest_is_first() -> None:
    """Typing on does not push the other places out."""
    edits = RecentEdits().after(URI, 10, 10, 10).after(URI, 50, 50, 50)
    for line in range(11, 15):
        edits = edits.after(URI, line - 1, line - 1, line).after(URI, line, line, line)
    assert ranges(edits) == [(10, 15), (54, 55)]


def test_a_key_in_the_newest_range_changes_nothing() -> None:
    """It is noted at each key."""
    edits = RecentEdits().after(URI, 10, 10, 12)
    assert edits.after(URI, 11, 11, 11) is edits


def test_only_so_many_places_are_kept() -> None:
    """The oldest are forgotten, and those of a document that is closed."""
    edits = RecentEdits()
    for place in range(20):
        edits = edits.after(URI if place % 2 else "file:///b.py", place * 100, place * 100, place * 100)
    assert len(edits.ranges) == MOST_RANGES
    assert edits.ranges[0].first == 1_900
    assert {each.uri for each in edits.without(URI).ranges} == {"file:///b.py"}


LINES = st.lists(
    st.tuples(st.integers(0, 300), st.integers(0, 5), st.integers(0, 5)),
    min_size=1,
    max_size=30,
)


@given(edits=LINES)
def test_ranges_follow_their_text(edits: list[tuple[int, int, int]]) -> None:
    """Each line that was written, and stands there still, is in a range, unless that was forgotten."""
    lines, noted, written, most = [f"old {n}" for n in range(400)], RecentEdits(), 0, 0
    for first, removed, added in edits:
        new = [f"new {(written := written + 1)}" for _ in range(added + 1)]
        lines[first : first + removed + 1] = new
        noted = noted.after(URI, first, first + removed, first + added)
        most = max(most, len(noted.ranges))
    assert all(0 <= each.first < each.end <= len(lines) for each in noted.ranges)
    if most < MOST_RANGES:
        covered = {line for each in noted.ranges for line in range(each.first, each.end)}
        assert {n for n, line in enumerate(lines) if line.startswith("new")} <= covered


def test_a_piece_is_the_text_as_it_is_now_with_some_lines_around() -> None:
    """It is read when it is needed; nothing of it is kept."""
    edits = RecentEdits().after(URI, 10, 10, 10)
    lines = [f"line {n}" for n in range(30)]
    (piece,) = texts(edits, lines)
    assert piece.text == "\n".join(lines[7:14])
    assert (piece.source, piece.first_line) == (SnippetSource.RECENT_EDIT, 7)
    (later,) = texts(edits, ["changed"] * 30)
    assert set(later.text.split("\n")) == {"changed"}


def test_what_the_windows_show_and_what_must_not_be_shown_is_left_out() -> None:
    """And all together have a limit."""
    lines = [f"a line with the number {n}" for n in range(300)]
    edits = RecentEdits().after("file:///secret", 1, 1, 1)
    for line in (200, 100, 10):
        edits = edits.after(URI, line, line, line)
    assert [piece.first_line for piece in texts(edits, lines)] == [7, 97, 197]
    assert [piece.first_line for piece in texts(edits, lines, EditedRange(URI, 103, 150))] == [7, 197]
    assert sum(len(piece.text) for piece in texts(edits, lines, most=250)) <= 250


def test_a_range_beyond_the_end_of_the_text_is_nothing() -> None:
    """A document may be replaced by a shorter one."""
    assert texts(RecentEdits().after(URI, 50, 50, 60), ["short"]) == []
