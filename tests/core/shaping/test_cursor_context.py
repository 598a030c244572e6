"""The surroundings say what stands around the cursor, whatever the document's line ends."""

import pytest

from fim_language_server.core.shaping.cursor_context import ShapingOptions, read_cursor_context
from fim_language_server.core.values import CompletionRequest, Document, Position


def request(text: str) -> CompletionRequest:
    prefix, suffix = text.split("|")
    return CompletionRequest(Document("file:///f", "python"), Position(0, 0), prefix, suffix)


@pytest.mark.parametrize("eol", ["\n", "\r\n", "\r"])
def test_lines_are_cut_at_each_line_end_of_the_protocol(eol: str) -> None:
    around = read_cursor_context(request("a\n\nb\n  c|d\n\ne".replace("\n", eol)), ShapingOptions())
    assert (around.lines_above, around.line_before, around.rest, around.lines_below) == (
        ("a", "b"),
        "  c",
        "d",
        ("e",),
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a\n|b", ""),
        ("a\n  b\n|", "  "),
        ("a\n    b\n        c\n|", "    "),
        ("a\n|\n\tb", "\t"),
        ("a\n\tb\n  c\n|", ""),
        ("a\n             aligned\n  b\n|", "  "),
    ],
)
def test_the_unit_of_indentation_is_the_commonest_step(text: str, expected: str) -> None:
    assert read_cursor_context(request(text), ShapingOptions()).indent_unit == expected


@pytest.mark.parametrize(
    ("text", "fresh", "free", "only_closers"),
    [
        ("|", True, True, True),
        ("  |  ", True, True, True),
        ("f(|)", False, False, True),
        ('f("|");', False, False, True),
        ("f(|a)", False, False, False),
    ],
)
def test_what_kind_of_place_it_is(text: str, fresh: bool, free: bool, only_closers: bool) -> None:
    around = read_cursor_context(request(text), ShapingOptions())
    assert (around.is_fresh, around.is_free, around.has_only_closers_after) == (fresh, free, only_closers)


def test_the_surroundings_are_worked_out_once_for_a_request() -> None:
    place = request("x = |")
    assert read_cursor_context(place, ShapingOptions()) is read_cursor_context(place, ShapingOptions())
