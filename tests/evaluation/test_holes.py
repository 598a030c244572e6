"""Holes are decided by repository and seed alone, and filling them in gives the file again."""

from __future__ import annotations

from collections import Counter

import pytest

from fim_language_server.evaluation.holes import KINDS, choose_files, is_ours, punch_holes

LINES = [f"value_{number} = compute(number_{number}, [other_{number}])" for number in range(40)]
TEXT = "\n".join(["# a comment that is long enough", "", *LINES]) + "\n"


def test_a_filled_hole_is_the_file() -> None:
    """But for trailing blanks, which nobody should be asked for."""
    for hole in punch_holes("a.py", TEXT, 24, 7):
        assert hole.prefix + hole.target + hole.suffix == TEXT
        assert hole.target.strip()
        before = TEXT.split("\n")[hole.row][: hole.column]
        assert hole.prefix.endswith(before)


def test_kinds_come_in_proportion() -> None:
    """1:2:1."""
    kinds = Counter(hole.kind for hole in punch_holes("a.py", TEXT, 24, 7))
    assert kinds == {"line": 6, "typed": 12, "mid": 6}


@pytest.mark.parametrize("kinds", [("line",), ("mid",), ("line", "typed")])
def test_only_kinds_that_are_wanted(kinds: tuple[str, ...]) -> None:
    assert {hole.kind for hole in punch_holes("a.py", TEXT, 12, 7, kinds)} == set(kinds)


def test_what_each_kind_is() -> None:
    for hole in punch_holes("a.py", TEXT, 24, 7):
        line = TEXT.split("\n")[hole.row]
        before, after = line[: hole.column], line[hole.column + len(hole.target) :]
        if hole.kind == "line":
            assert (before.strip(), after) == ("", "")
        elif hole.kind == "typed":
            assert before.strip()
            assert after == ""
        else:
            assert before[-1] + after[0] in {"()", "[]", "{}"}


def test_every_hole_has_a_line_of_its_own_and_no_comment() -> None:
    rows = [hole.row for hole in punch_holes("a.py", TEXT, 100, 7)]
    assert len(rows) == len(set(rows))
    assert min(rows) >= 2


def test_the_seed_decides() -> None:
    """The same seed gives the same holes, another one others."""
    first, again, other = ([hole.name for hole in punch_holes("a.py", TEXT, 12, seed)] for seed in (7, 7, 8))
    assert first == again
    assert first != other


def test_rows_can_be_limited() -> None:
    assert {hole.row for hole in punch_holes("a.py", TEXT, 12, 7, rows={5, 6})} <= {5, 6}


def test_windows_are_cut_and_say_so() -> None:
    """A file may be large; a hole keeps 20,000 characters on each side."""
    text = "x = compute(1)\n" * 4_000
    for hole in punch_holes("a.py", text, 8, 7):
        assert len(hole.prefix) <= 20_000
        assert hole.prefix_is_whole == (text.startswith(hole.prefix + hole.target) and len(hole.prefix) < 20_000)


def sources(**more: str) -> dict[str, str]:
    return {
        f"{name}.py": "\n".join(f"{name}_{number} = compute_something({number})" for number in range(20))
        for name in "abcdefgh"
    } | more


def test_files_that_are_nearly_copies_are_never_held_out() -> None:
    """What stands elsewhere would be found there: that is no question."""
    files = sources()
    files["copy.py"] = files["a.py"] + "\none_more_line = different_from_all()"
    chosen = choose_files(files, 100, 7)
    assert not {"copy.py", "a.py"} & set(chosen)
    assert chosen


def test_files_are_chosen_by_the_seed_and_few_enough_to_learn_from_the_rest() -> None:
    files = sources()
    assert choose_files(files, 3, 7) == choose_files(dict(reversed(files.items())), 3, 7)
    assert len(choose_files(files, 3, 7)) == 3
    assert len(choose_files(files, 100, 7)) == 5
    assert {tuple(choose_files(files, 3, seed)) for seed in range(5)} != {tuple(choose_files(files, 3, 7))}


def test_short_files_are_not_held_out() -> None:
    assert "short.py" not in choose_files(sources(**{"short.py": "a_long_enough_line = 1\n"}), 100, 7)


@pytest.mark.parametrize(
    ("path", "expected"),
    [("src/a.py", True), ("vendor/a.py", False), ("a/third_party/b.c", False), ("vendor.py", True), ("a.md", False)],
)
def test_other_peoples_code_is_not_asked_for(path: str, expected: bool) -> None:
    assert is_ours(path) is expected


def test_all_kinds_are_known() -> None:
    assert KINDS == ("line", "typed", "mid")
