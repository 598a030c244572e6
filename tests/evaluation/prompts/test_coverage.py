"""Words of a line that a prompt holds, and intervals by file."""

from __future__ import annotations

import pytest

from fim_language_server.evaluation.prompts.coverage import Held, LineCoverage, cover, mean, ratio_interval, share
from fim_language_server.evaluation.prompts.recorded import Piece, RecordedPrompt

WORDS = frozenset({"near", "distant", "foreign", "absent", "unknown"})
DOCUMENT = "near\n…\ndistant\n"
ELSEWHERE = frozenset({"near", "foreign", "absent"})


def prompt(*pieces: Piece) -> RecordedPrompt:
    return RecordedPrompt("near = ", "", pieces, b"near = ")


def test_words_are_told_by_where_else_they_stand() -> None:
    """`unknown` stands nowhere else: no prompt could hold it, and it counts as needed only of all words."""
    found = cover("a.py", WORDS, DOCUMENT, ELSEWHERE, prompt(Piece("b.py", "foreign(distant)")))
    assert found.cross == Held(1, 2)
    assert found.far == Held(1, 1)
    assert found.every == Held(3, 5)


def test_a_piece_of_the_own_file_holds_no_cross_word() -> None:
    """It could only hold it by reading the line itself from the disk."""
    found = cover("a.py", WORDS, DOCUMENT, ELSEWHERE, prompt(Piece("a.py", "foreign(distant)")))
    assert found.cross == Held(0, 2)
    assert found.far == Held(1, 1)


def line(name: str, held: int, wanted: int) -> LineCoverage:
    return LineCoverage(name, Held(held, wanted), Held(), Held(), size=10 * wanted, pieces_size=0)


def test_an_interval_holds_the_share_and_widens_with_the_difference_of_files() -> None:
    alike = [line(f"{number}.py", 1, 2) for number in range(20)]
    apart = [line(f"{number}.py", 2 * (number % 2), 2) for number in range(20)]
    same, different = (share(lines, lambda each: each.cross, seed=1) for lines in (alike, apart))
    assert same is not None
    assert different is not None
    assert (same.value, same.low, same.high) == (50, 50, 50)
    assert different.value == 50
    assert 20 < different.low < 45
    assert 55 < different.high < 80


def test_samples_are_of_files_not_of_lines() -> None:
    """A hundred lines of one file say no more about other files than one."""
    many = [line("a.py", 1, 1)] * 100 + [line("b.py", 0, 1)] * 100
    found = share(many, lambda each: each.cross, seed=1)
    assert found is not None
    assert (found.low, found.high) == (0, 100)


def test_nothing_wanted_has_no_share() -> None:
    assert share([line("a.py", 0, 0)], lambda each: each.cross, seed=1) is None
    assert mean([], lambda each: each.size, seed=1) is None


def test_a_mean_weighs_lines_alike() -> None:
    found = mean([line("a.py", 0, 1), line("a.py", 0, 1), line("b.py", 0, 4)], lambda each: each.size, seed=1)
    assert found is not None
    assert found.value == pytest.approx(20)


def test_the_seed_decides_the_interval() -> None:
    sums = {name: [float(place**3), 1.0 + place] for place, name in enumerate("abcdefghijklm")}
    assert ratio_interval(sums, 1) == ratio_interval(dict(reversed(sums.items())), 1)
    assert ratio_interval(sums, 1) != ratio_interval(sums, 2)
