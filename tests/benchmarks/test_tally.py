"""The figures made of what was counted."""

from __future__ import annotations

from typing import Any

import pytest
from attrs import define

from benchmarks.tally import Pause, Tally, added_ms, figures, is_of, merged, text_at

ABOVE = "".join(f"line_{n} = {n}\n" for n in range(40))


@define
class Request:
    body: Any
    tokens: list[str]
    n_sent: int
    arrived_at: float = 0.0
    finished_at: float | None = 1.0
    hung_up_at: float | None = None


def request(prompt: str, *tokens: str, n_sent: int | None = None, **times: Any) -> Request:
    return Request({"prompt": prompt, "suffix": ""}, list(tokens), len(tokens) if n_sent is None else n_sent, **times)


def test_a_text_is_followed_while_it_is_typed() -> None:
    """What a request said is known for the place it was asked at, and for those typed from there."""
    asked = request(ABOVE + "x = ", "one", "(1)", "\ny")
    assert text_at(asked, ABOVE + "x = ") == "one(1)\ny"
    assert text_at(asked, ABOVE + "x = on") == "e(1)\ny"
    assert text_at(asked, ABOVE + "x = tw") == ""
    assert text_at(asked, "elsewhere") == ""


def test_only_what_was_sent_was_said() -> None:
    """Tokens that the API never wrote were seen by nobody."""
    assert text_at(request(ABOVE, "one", "(1)", n_sent=1), ABOVE) == "one"


def test_a_ghost_belongs_to_the_request_that_said_its_first_line() -> None:
    """Not to one that said something else there."""
    assert is_of(request(ABOVE, "one", "(1)", "\ny"), ABOVE, "one(1)")
    assert is_of(request(ABOVE, "one"), ABOVE, "one")
    assert not is_of(request(ABOVE, "two"), ABOVE, "one(1)")


def test_latency_is_added_while_no_request_runs() -> None:
    """From the key to the text, less the time in which the API was at work."""
    pause = Pause(10.0, 10.5, was_there=False, is_completable=True, is_right=True)
    assert added_ms(pause, [(10.1, 10.3), (10.2, 10.4)]) == pytest.approx(200)
    assert added_ms(pause, [(9.0, 11.0)]) == pytest.approx(0)
    assert added_ms(Pause(10.0, 10.5, was_there=True, is_completable=True, is_right=True), []) is None
    assert added_ms(Pause(10.0, None, was_there=False, is_completable=True, is_right=False), []) is None


def test_intervals_are_united() -> None:
    """What overlaps is counted once."""
    assert merged([(3, 4), (0, 1), (0.5, 2)]) == [(0, 2), (3, 4)]


def test_tokens_of_requests_that_nobody_saw_are_thrown_away() -> None:
    """All of them count as generated; requests are counted per 100 keys."""
    tally = Tally(keys=50, shown=25, right=20, used={0}, asked=50, answered=49)
    requests = [request("abc", "a", "b", "c"), request("abcd", "x", hung_up_at=0.5, finished_at=None)]
    made = figures(tally, requests, {200: 2, 429: 1}, recorded=False)
    assert made["API requests / 100 keys"] == 4.0
    assert made["tokens generated / 100 keys"] == 8
    assert made["tokens thrown away"] == 0.25
    assert made["requests hung up"] == 0.5
    assert made["keys with a suggestion"] == 0.5
    assert made["keys with a right one"] == 0.4
    assert made["LSP requests never answered"] == 1
    assert made["API refusals"] == "1 x 429"


def test_recorded_pauses_count_where_there_was_something_to_complete() -> None:
    """A person who has finished needs no suggestion."""
    pauses = [
        Pause(0.0, 0.5, was_there=False, is_completable=True, is_right=True),
        Pause(1.0, None, was_there=False, is_completable=False, is_right=False),
    ]
    assert figures(Tally(pauses=pauses), [], {}, recorded=True)["pauses with a suggestion"] == 1.0
    assert figures(Tally(pauses=pauses), [], {}, recorded=False)["pauses with a suggestion"] == 0.5


def test_what_never_happened_has_no_share() -> None:
    """No division by nothing; such figures are left open."""
    made = figures(Tally(), [], {}, recorded=False)
    assert made["keys with a right one"] is None
    assert made["added latency at a pause, median ms"] is None
