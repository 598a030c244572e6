"""Pieces that are kept from prompt to prompt."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from attrs import evolve
from hypothesis import example, given
from hypothesis import strategies as st

from fim_language_server.core.other_files.growing import (
    first_that_fit,
    grown,
    outside,
    size_of,
    standing,
)
from fim_language_server.core.values import Snippet, SnippetSource

FILES = {f"{name}.py": [f"{name}_{number} = {number}" for number in range(60)] for name in "abcd"}


def piece(path: str, first: int, end: int, source: SnippetSource = SnippetSource.WORKSPACE) -> Snippet:
    """The lines from `first` on and before `end` of a file."""
    return Snippet(path, "\n".join(FILES[path][first:end]), source=source, first_line=first)


PIECES = st.builds(
    lambda path, first, height: piece(path, first, min(60, first + height)),
    st.sampled_from(list(FILES)),
    st.integers(0, 58),
    st.integers(1, 24),
)


def lines_of(pieces: Sequence[Snippet]) -> list[tuple[str, int]]:
    """The lines that pieces have, each as often as it is sent."""
    return [(each.path, each.first_line + index) for each in pieces for index in range(each.text.count("\n") + 1)]


@example(
    choices=[[piece("a.py", 0, 5)], [piece("a.py", 10, 34), piece("b.py", 10, 20)]] * 2,
    most=2 * size_of([piece("a.py", 10, 34)]),
    best=2_000,
)
@given(
    choices=st.lists(st.lists(PIECES, max_size=6), min_size=1, max_size=30)
    | st.lists(PIECES, min_size=1, max_size=5).flatmap(
        lambda few: st.lists(st.lists(st.sampled_from(few), max_size=4), min_size=1, max_size=10)
    ),
    most=st.integers(200, 4_000),
    best=st.integers(50, 2_000),
)
def test_what_was_sent_stays_and_what_is_best_is_in(choices: list[list[Snippet]], most: int, best: int) -> None:
    """Whatever is chosen, line after line: order, limit, the best pieces, and the beginning of the prompt."""
    sent: tuple[Snippet, ...] = ()
    for choice in choices:
        wanted = first_that_fit(choice, min(best, most))
        after = grown(sent, wanted, most)
        assert size_of(after) <= most
        assert set(lines_of(wanted)) <= set(lines_of(after))
        if after[: len(sent)] != sent:
            assert size_of(sent) + size_of(wanted) > most, "nothing is left out below the limit"
            stayed = next(sent[n:] for n in range(len(sent) + 1) if after[: len(sent) - n] == sent[n:])
            # What is chosen again may come back right where it stood.
            is_wanted = set(lines_of(stayed)) <= set(lines_of(wanted))
            assert is_wanted or size_of(stayed) <= most // 2, "the older half goes at once, and the order stays"
        sent = after


@given(choice=st.lists(PIECES, max_size=6))
def test_a_piece_that_was_sent_is_not_sent_again(choice: list[Snippet]) -> None:
    """The same choice again changes nothing, and so costs nothing."""
    wanted = first_that_fit(choice, 2_000)
    sent = grown((), wanted, 4_000)
    assert grown(sent, wanted, 4_000) == sent


def test_the_older_half_goes_at_once() -> None:
    """So that the beginning changes once in many lines, not at each one."""
    sent = tuple(piece("a.py", first, first + 5) for first in range(0, 60, 5))
    most = size_of(sent)
    after = grown(sent, [piece("b.py", 0, 5)], most)
    assert after == (*sent[-5:], piece("b.py", 0, 5)), "the last six have more than half"


def test_of_an_overlapping_piece_only_the_new_lines_are_sent() -> None:
    """The others are there already; they are judged with it, for its secrets."""
    after = grown((piece("a.py", 10, 20),), [piece("a.py", 15, 25)], 4_000)
    assert [(each.first_line, each.text.count("\n") + 1) for each in after] == [(10, 10), (20, 5)]
    assert "a_19 = 19" in after[1].judged_above


@pytest.mark.parametrize("moved", [0, 1, -3, 150])
def test_a_piece_is_followed_to_where_it_stands_now(moved: int) -> None:
    """Lines that come above it move it; its text is the same, so the prompt is, too."""
    old = piece("a.py", 10, 20, SnippetSource.OWN_FILE)
    lines = ["new\n"] * moved + [f"{line}\n" for line in FILES["a.py"][max(0, -moved) :]]
    (found,) = standing([old], {"a.py": [lines]})
    assert (found.first_line, found.text) == (10 + moved, old.text)


@pytest.mark.parametrize(
    ("source", "texts", "expected"),
    [
        pytest.param(SnippetSource.OPEN_DOCUMENT, {"a.py": [["changed"] * 60]}, 0, id="edited where it stands"),
        pytest.param(SnippetSource.OPEN_DOCUMENT, {"a.py": []}, 0, id="a secret now, or excluded"),
        pytest.param(SnippetSource.OPEN_DOCUMENT, {}, 0, id="closed"),
        pytest.param(SnippetSource.RECENT_EDIT, {}, 0, id="edited, then closed"),
        pytest.param(SnippetSource.WORKSPACE, {"a.py": []}, 0, id="of a file that is open and excluded"),
        pytest.param(SnippetSource.WORKSPACE, {"b.py": [FILES["b.py"]]}, 1, id="of a file that is not open"),
        pytest.param(SnippetSource.WORKSPACE, {"a.py": [["other"], FILES["a.py"]]}, 1, id="two files of one name"),
    ],
)
def test_what_no_longer_stands_is_not_sent(
    source: SnippetSource, texts: dict[str, list[list[str]]], expected: int
) -> None:
    """An old text misleads the model, and a withheld one must not leave the machine."""
    assert len(standing([piece("a.py", 10, 20, source)], texts)) == expected


def test_a_piece_of_the_own_file_is_sent_only_from_outside_the_windows() -> None:
    """What the windows have is there already."""
    pieces = [piece("a.py", 0, 5), piece("a.py", 4, 9), piece("a.py", 30, 40), piece("b.py", 5, 10)]
    assert outside(pieces, "a.py", 5, 30) == (pieces[0], pieces[2], pieces[3])


def test_a_piece_that_is_cut_is_judged_with_what_was_cut_off() -> None:
    """A secret may be told by the lines below the cut."""
    whole = evolve(piece("a.py", 0, 10), judged_below="\nkind: Secret\n")
    (cut,) = first_that_fit([whole], 60)
    assert size_of([cut]) <= 60
    assert cut.text + cut.judged_below == whole.text + whole.judged_below
