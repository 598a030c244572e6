"""A short text must be likelier than a long one."""

import pytest

from fim_language_server.embedded.answer.display_threshold import AVERAGE, least_probability


@pytest.mark.parametrize("least", [0.2, 0.5, 0.8])
def test_a_text_of_average_length_needs_what_the_setting_says(least: float) -> None:
    """More for a shorter one, less for a longer one, to a limit."""
    assert least_probability(least, AVERAGE) == pytest.approx(least)
    needed = [least_probability(least, length) for length in (1, 5, AVERAGE, 25, 40, 400)]
    assert needed == sorted(needed, reverse=True)
    assert needed[-1] == needed[-2]


def test_each_text_that_was_typed_past_asks_for_more() -> None:
    """A sure text is shown all the same."""
    needed = [least_probability(0.5, AVERAGE, typed_past) for typed_past in range(6)]
    assert needed == sorted(set(needed))
    assert needed[-1] < 0.8


@pytest.mark.parametrize("least", [0.0, 1.0])
def test_always_and_never_are_that_for_any_text(least: float) -> None:
    """The ends of the setting's range."""
    assert {least_probability(least, length, 3) for length in (0, 1, 100)} == {least}
