"""Asking again differently: another temperature, and another seed where one is fixed."""

from __future__ import annotations

import pytest

from fim_language_server.providers.base import RequestOptions
from fim_language_server.providers.variation import vary


@pytest.mark.parametrize(
    ("temperature", "seed", "variant", "expected"),
    [
        (None, None, 0, (None, None)),
        (0.2, 7, 0, (0.2, 7)),
        (None, None, 1, (0.7, None)),
        (0.2, 7, 2, (1.0, 9)),
        (1.3, None, 1, (1.3, None)),  # never less varied than what the user asked for
    ],
)
def test_the_first_answer_is_asked_for_as_set_and_the_others_differently(
    temperature: float | None, seed: int | None, variant: int, expected: tuple[float | None, int | None]
) -> None:
    options = vary(RequestOptions("m", temperature=temperature, random_seed=seed), variant)
    assert (options.temperature, options.random_seed) == expected
