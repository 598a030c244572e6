"""A part of known limits, found by refusals alone."""

from __future__ import annotations

import pytest

from fim_language_server.spending.own_part import AT_THE_START, FORGOTTEN_S, SMALLEST, OwnPart
from fim_language_server.spending.shared_values import RefusedPart


def used_for(part: OwnPart, minutes: int, begin: float, *, share: float = 0.9) -> None:
    """Ask each 10 s, and use this share of what is allowed."""
    for n in range(minutes * 6 + 1):
        part.asked(share * part.part, begin + 10 * n)


@pytest.mark.parametrize(
    ("used", "left"),
    [
        pytest.param(0.3, 0.15, id="others had the rest"),
        pytest.param(0.9, 0.81, id="the limit was met"),
        pytest.param(0.0, SMALLEST, id="at the first request"),
    ],
)
def test_a_refusal_teaches_ones_own_part(used: float, left: float) -> None:
    """Half of what was spent where that is little, for others spent the rest."""
    part = OwnPart()
    part.asked(used, 0)
    part.refused(used, 1)
    assert part.part == pytest.approx(left)
    part.refused(used, 2)
    assert part.part == pytest.approx(left)  # a second refusal of the same moment is no news


def test_a_part_rises_slowly_after_a_refusal_and_faster_before_the_first() -> None:
    """Sixteen laptops that rose fast would be refused every minute."""
    fast, slow = OwnPart(is_of_workspace=True), OwnPart(is_of_workspace=True)
    slow.asked(0, 0)
    slow.refused(0.12, 0)
    used_for(fast, 2, 0)
    assert fast.part == pytest.approx(AT_THE_START * 1.5)
    used_for(fast, 6, 120)
    assert fast.part > 0.5
    before = slow.part
    used_for(slow, 8, 0)
    assert before * 1.3 < slow.part < before * 1.7


def test_what_is_not_used_does_not_rise_and_is_forgotten() -> None:
    """After a long break a workspace's limit is begun with anew; another's is believed again."""
    part, own = OwnPart(is_of_workspace=True), OwnPart()
    used_for(part, 10, 0, share=0.1)
    assert part.part == AT_THE_START
    used_for(part, 10, 600)
    part.asked(0, 1_200 + FORGOTTEN_S + 1)
    assert part.part == AT_THE_START
    own.asked(0, 0)
    own.refused(0.2, 1)
    own.asked(0, FORGOTTEN_S + 1)
    assert own.part == 1


def test_a_newer_lesson_of_another_process_is_believed() -> None:
    """It may lower a part, and never raises one."""
    part = OwnPart()
    part.asked(0, 0)
    part.refused(0.5, 10)
    assert part.lesson(15) == RefusedPart(0.25, 5)
    part.adopt(RefusedPart(0.1, 20), 20)
    assert part.part == 0.25
    part.adopt(RefusedPart(0.1, 2), 20)
    assert part.part == 0.1
    assert part.lesson(20) == RefusedPart(0.1, 2)
    assert part.lesson(20 + FORGOTTEN_S) is None
