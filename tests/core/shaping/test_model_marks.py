"""No mark of any family, role or reasoning reaches a document, whole or in part, however it arrives."""

from __future__ import annotations

import pytest

from fim_language_server.core.prompt import FIM_TEMPLATES
from fim_language_server.core.shaping import _MAY_BE_WRAPPED as MAY_BE_WRAPPED
from fim_language_server.core.shaping import ShapingOptions, is_complete, shape
from fim_language_server.core.shaping.mark_table import (
    BYTES,
    ECHO_MARKS,
    END_MARKS,
    INDEX_LIKE,
    LINE_MARKS,
    MIDDLE_MARKS,
    REASONING,
    ROLE_STARTS,
    SPACES,
    TAG_LIKE,
)
from tests.fakes.requests import request_at

PLACE = "def add(a, b):\n    return |\n"
STOPS = sorted({mark.strip() for template in FIM_TEMPLATES for mark in (*template.stops, *template.marks)})


def shown(said: str, finished: bool = True) -> str:
    return shape(request_at(PLACE), said, ShapingOptions(), finished).text


@pytest.mark.parametrize("mark", [*STOPS, *END_MARKS])
def test_a_text_ends_before_every_mark(mark: str) -> None:
    assert shown(f"a + b\n{mark} c\nd = 1") == "a + b"


@pytest.mark.parametrize("mark", [mark for mark in STOPS if mark.startswith(("<|", "<｜"))])
def test_a_mark_that_has_half_arrived_is_not_shown(mark: str) -> None:
    for length in range(3, len(mark)):
        assert shown(f"a + b{mark[:length]}") == "a + b"


@pytest.mark.parametrize(("opening", "closing"), REASONING)
def test_reasoning_is_never_shown_while_it_arrives(opening: str, closing: str) -> None:
    text = f"{opening}\nThe user adds.\n{closing}\n\na + b\n"
    for length in range(len(text)):
        so_far = text[:length]
        assert not is_complete(request_at(PLACE), so_far, ShapingOptions())
        assert shown(so_far, finished=False) == ""
    assert shown(text) == "a + b"


@pytest.mark.parametrize("fence", ["```", "````", "~~~", "~~~~~"])
@pytest.mark.parametrize("info", ["", "python", " python", "{.python}", 'python title="a.py"', "12:15:src/a.py", "c++"])
@pytest.mark.parametrize("before", ["", " ", "   ", "Here is the code:\n\n", "Sure! Here you are:\n"])
@pytest.mark.parametrize("after", ["", "\n", "\n\nThis adds them.", "\nHope that helps!\n"])
def test_every_fence_is_taken_off(fence: str, info: str, before: str, after: str) -> None:
    text = f"{before}{fence}{info}\na + b\n{fence}{after}"
    assert shown(text) == "a + b"
    place = request_at(PLACE)
    beginnings = [text[:length] for length in range(len(text))]
    early = [one for one in beginnings if is_complete(place, one, ShapingOptions())]
    assert {shown(one, finished=False) for one in early} <= {"a + b"}


@pytest.mark.parametrize(
    "mark",
    [
        *(*STOPS, *END_MARKS, *INDEX_LIKE, *TAG_LIKE, *ECHO_MARKS, *MIDDLE_MARKS, *ROLE_STARTS, *LINE_MARKS),
        *(*BYTES, *SPACES, *(mark for pair in REASONING for mark in pair), "```", "~~~", "`x`", "<code>", "<|any|>"),
    ],
)
def test_the_quick_look_for_marks_misses_none(mark: str) -> None:
    assert MAY_BE_WRAPPED.search(f"a + b\n{mark} ")
