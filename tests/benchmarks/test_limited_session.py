"""The sessions against limited APIs count what the API counts."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from benchmarks.limited_session import most_tokens_a_minute


def sent(at: float, n_bytes: int, n_sent: int) -> Any:
    return SimpleNamespace(arrived_at=at, body={"prompt": "x" * n_bytes, "suffix": ""}, n_sent=n_sent)


def test_the_fullest_minute_is_found_wherever_it_begins() -> None:
    """Prompts and answers count, as the API's usage has them."""
    requests = [sent(0, 320, 7), sent(50, 640, 7), sent(61, 640, 7), sent(200, 320, 7)]
    assert most_tokens_a_minute(requests) == 2 * (200 + 3 + 7)
    assert most_tokens_a_minute([]) == 0
