"""A text that begins with a line end is shown as after Enter where the client draws it, and held back elsewhere."""

from __future__ import annotations

from pathlib import Path

import aiohttp
import pytest
from attrs import evolve

from fim_language_server.core.shaping import ShapingOptions, is_complete, is_exhausted, shape
from fim_language_server.core.values import CompletionRequest
from tests.fakes.requests import request_at

OPTIONS = ShapingOptions()

FINISHED = [
    ("def f():|", "\n    return 1", "\n    return 1"),
    ("def f():|\n\ny = 2\n", "\n    return 1\n", "\n    return 1"),
    ("def f():|  \ny = 2\n", "\n    return 1\n", "\n    return 1"),
    ("x = 1|", "  \ny = 2", "\ny = 2"),
    ("def f():\n    return 1|", "\n\n\ndef g():\n    return 2\n\n\ndef h():\n", "\n\n\ndef g():\n    return 2"),
    ("def f():\n    x = 1|", "\n    y = 2\n    return x + y\n\nz = 1", "\n    y = 2\n    return x + y"),
    ("def f():\n    total = 1|", "    total = 1\n    return total", "\n    return total"),
    ("def f():\n\tx = 1\n\ty = 1|", "\n    z = 1", "\n\tz = 1"),
    ("def f():|\n    return 1\n", "\n    return 1\n", ""),
    ("def f():|\n    return compute(1)\n", "\n    x = 1\n    return compute(1)\n", "\n    x = 1"),
    ("x = 1|", "\n", ""),
    ("x = 1|", "\n  \n  ", ""),
    ("x = 1|", "\n\n\n\ny = 2", ""),
    ("x = 1|", "<|fim_middle|>", ""),
]


def drawn(place: str) -> CompletionRequest:
    """Return the request of a client that draws such texts."""
    return evolve(request_at(place), may_begin_with_line_end=True)


@pytest.mark.parametrize(("place", "said", "expected"), FINISHED)
def test_what_is_shown_below(place: str, said: str, expected: str) -> None:
    shaped = shape(drawn(place), said, OPTIONS, finished=True).text
    assert shaped == expected
    assert shape(drawn(place), shaped, OPTIONS, finished=True).text == shaped


@pytest.mark.parametrize(("place", "said", "expected"), FINISHED)
def test_other_clients_get_none_of_it(place: str, said: str, expected: str) -> None:
    assert shape(request_at(place), said, OPTIONS, finished=True).text == ""


@pytest.mark.parametrize("eol", ["\r\n", "\r"])
def test_line_ends_are_the_documents(eol: str) -> None:
    request = drawn("def f():|")
    request = evolve(request, document=evolve(request.document, eol=eol))
    shaped = shape(request, "\r\n\n    x = 1\n    return x", OPTIONS, finished=True).text
    assert shaped == f"{eol}{eol}    x = 1{eol}    return x"
    assert shape(request, shaped, OPTIONS, finished=True).text == shaped


@pytest.mark.parametrize("options", [ShapingOptions("never"), ShapingOptions(max_lines=1)])
def test_where_one_line_is_wanted_it_is_held_back(options: ShapingOptions) -> None:
    request = drawn("def f():|")
    assert shape(request, "\n    return 1", options, finished=True).text == ""
    assert is_complete(request, "\n", options)


@pytest.mark.parametrize(
    ("place", "said"),
    [
        ("foo(|)", "\n    a,\n"),
        ("fo|o = 1", "\n    a = 1\n"),
    ],
)
def test_before_code_it_is_held_back(place: str, said: str) -> None:
    assert shape(drawn(place), said, OPTIONS, finished=True).text == ""


@pytest.mark.parametrize("place", ["|", "def f():\n    |"])
def test_on_a_blank_line_blank_lines_are_left_out(place: str) -> None:
    assert shape(drawn(place), "\n    return 1", OPTIONS, finished=True).text.lstrip(" ") == "return 1"


def test_what_grows_is_complete_once_and_for_all() -> None:
    """Neither a line end alone nor half a line is an answer; a line behind the block ends it."""
    request = drawn("def f():\n    x = 1|")
    text = "\n    y = 2\n    return x + y\n\n\ndef g():\n    pass\n"
    complete = [is_complete(request, text[:length], OPTIONS) for length in range(len(text) + 1)]
    assert complete == sorted(complete)
    assert not is_complete(request, "\n    y = 2\n    retu", OPTIONS)
    assert is_complete(request, text, OPTIONS)
    shown = {shape(request, text[:length], OPTIONS, finished=False).text for length in range(complete.index(True), 50)}
    assert shown == {"\n    y = 2\n    return x + y"}


def test_too_many_line_ends_end_the_wait() -> None:
    request = drawn("x = 1|")
    assert not is_complete(request, "\n\n\n", OPTIONS)
    assert is_complete(request, "\n\n\n\n", OPTIONS)
    assert not is_exhausted(request, "\n    y = 2\n", OPTIONS)


LINES = (
    "import os\n\n\ndef f(a):\n    if a:\n        return os.name\n    for x in a:\n        print(x)\n    return None\n"
)


@pytest.mark.parametrize("row", range(LINES.count("\n")))
def test_the_same_as_after_enter(row: int) -> None:
    """From the end of each line on: what is shown is what would be shown at the start of the next line."""
    lines = LINES.split("\n")
    before, after = "\n".join(lines[: row + 1]), "\n" + "\n".join(lines[row + 1 :])
    if not lines[row] or not after.strip():
        return
    shown = shape(drawn(before + "|"), after, OPTIONS, finished=True).text
    line_ends = after[: len(after) - len(after.lstrip("\n"))]
    fresh = shape(request_at(before + line_ends + "|"), after[len(line_ends) :], OPTIONS, finished=True).text
    assert fresh
    assert shown == line_ends + fresh
    assert after.startswith(shown)


def test_the_truth_is_shown_undamaged() -> None:
    """From the ends of lines of real code on: the next four lines, or how they begin; hardly ever nothing."""
    lines = (Path(aiohttp.__file__).parent / "web_urldispatcher.py").read_text(encoding="utf-8").split("\n")
    rows = [row for row in range(0, len(lines) - 5, 7) if lines[row].strip()]
    silent = []
    for row in rows:
        before, said, after = lines[: row + 1], lines[row + 1 : row + 5], lines[row + 5 :]
        truth = "\n" + "\n".join(said)
        request = evolve(drawn("|"), prefix="\n".join(before), suffix="\n" + "\n".join(after))
        shown = shape(request, truth, OPTIONS, finished=True).text
        assert truth.startswith(shown)
        if not shown:
            silent.append(row)
    assert len(silent) * 100 <= len(rows), silent
