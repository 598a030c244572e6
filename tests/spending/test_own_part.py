"""A part of known limits, found by refusals alone."""

from __future__ import annotations

import pytest

from fim_language_server.spending.own_part import AT_THE_START, FAST, FORGOTTEN_S, LESS, SMALLEST, OwnPart
from fim_language_server.spending.shared_values import RefusedPart


def used_for(part: OwnPart, minutes: int, begin: float, *, share: float = 0.9, finds_room: bool = False) -> None:
    """Ask each 10 s for some minutes, and use this share of what is allowed."""
    for n in range(minutes * 6):
        part.asked(share * part.part, begin + 10 * n, finds_room=finds_room)


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


def test_a_part_rises_where_requests_find_no_room_and_faster_before_the_first_refusal() -> None:
    """Sixteen laptops that rose fast would be refused every minute."""
    part = OwnPart(is_of_workspace=True)
    used_for(part, 2, 0)
    assert part.part == AT_THE_START  # two minutes of quiet first
    used_for(part, 3, 120)
    assert part.part == pytest.approx(AT_THE_START * FAST**6)
    served = OwnPart(is_of_workspace=True)
    used_for(served, 10, 0, finds_room=True)
    assert served.part == AT_THE_START  # all that is wanted is sent: more would be taken from others


def test_after_a_refusal_a_part_comes_back_to_less_than_it_was_and_then_rises_slowly() -> None:
    """So the same refusal is not met again within minutes, and a chance refusal costs a minute."""
    part = OwnPart(is_of_workspace=True)
    part.asked(0, 0)
    part.refused(0.05, 1)
    assert part.part == pytest.approx(0.025)
    used_for(part, 5, 1)
    lasting = LESS * AT_THE_START
    assert lasting <= part.part < 1.1 * lasting
    used_for(part, 5, 301)
    assert part.part < 1.2 * lasting
    used_for(part, 60, 601)
    assert part.part > 2 * lasting  # an hour of quiet: the others are gone


def test_refusals_that_follow_each_other_teach_more_than_one_alone() -> None:
    """Forty laptops that began at once have to find out quickly."""
    part = OwnPart(is_of_workspace=True)
    part.asked(0, 0)
    part.refused(0.06, 1)
    part.refused(0.03, 40)
    used_for(part, 4, 40)
    assert part.part < 0.4 * AT_THE_START


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
