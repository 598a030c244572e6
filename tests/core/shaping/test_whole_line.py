"""A client that replaces closers as it should gets the whole text over them; every other one an insertion."""

from __future__ import annotations

import pytest
from attrs import evolve

from fim_language_server.core.shaping import ShapingOptions, is_complete, replaced_length, shape
from tests.fakes.requests import request_at

OPTIONS = ShapingOptions()


@pytest.mark.parametrize(
    ("place", "said", "expected", "replaced"),
    [
        ("if (|)", "x > 0) {", "x > 0) {", 1),
        ("if (|)", "x > 0) {\n  a();\n}", "x > 0) {", 1),
        ("foo([|])", "1, 2]);", "1, 2]);", 2),
        ('print("|")', 'a", b)', 'a", b)', 2),
        ("def f(|)", "a, b):", "a, b):", 1),
        ("if (|)", "x > 0)", "x > 0", 0),
        ("if (|)", "x > 0", "x > 0", 0),
        ("foo(|)", "bar(1)", "bar(1)", 0),
        ("foo(|)", "bar(1))", "bar(1)", 0),
        ("if (|) {", "x > 0) {", "x > 0", 0),
        ("foo(|, b)", "a, c) {", "a, c", 0),
        ("foo(|)", "a).bar(b", "a).bar(b", 0),
        ("if (|)", "x > 0) (", "x > 0", 0),
    ],
)
def test_what_is_put_over_closers(place: str, said: str, expected: str, replaced: int) -> None:
    request = evolve(request_at(place), may_replace=True)
    shaped = shape(request, said, OPTIONS, finished=True).text
    assert (shaped, replaced_length(request, shaped, OPTIONS)) == (expected, replaced)
    assert shape(request, shaped, OPTIONS, finished=True).text == shaped


@pytest.mark.parametrize("place", ["if (|)", "foo([|])"])
def test_others_get_an_insertion(place: str) -> None:
    request = request_at(place)
    shaped = shape(request, "a]) {", OPTIONS, finished=True).text
    assert replaced_length(request, shaped, OPTIONS) == 0
    assert not shaped.endswith("{")


def test_the_end_of_the_line_is_waited_for() -> None:
    request = evolve(request_at("foo(|);"), may_replace=True)
    assert not is_complete(request, "a);", OPTIONS)
    assert is_complete(request, "a);\n", OPTIONS)
