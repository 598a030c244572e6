"""The surroundings say what stands around the cursor, whatever the document's line ends."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fim_language_server.core.shaping.cursor_context import ShapingOptions, read_cursor_context
from fim_language_server.core.shaping.lines_around import unit_of
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


_PIECES = st.sampled_from(["a", " ", "  ", "\t", "*", "/*", "*/", "=begin", "//", "#", "\f", "x = 1", "{"])


@pytest.mark.parametrize("language", ["python", "c", "ruby", "html", "go"])
@given(typed=st.lists(_PIECES, max_size=6), above=st.lists(_PIECES, max_size=8), below=st.lists(_PIECES, max_size=8))
def test_the_unit_of_indentation_is_that_of_all_lines_however_far_a_line_is_typed(
    language: str, typed: list[str], above: list[str], below: list[str]
) -> None:
    """The unit is remembered without what is typed behind the indentation, which may open or close a comment."""
    prefix = "\n".join([*above, "    b", "".join(typed)])
    place = CompletionRequest(Document("file:///f", language), Position(0, 0), prefix, "\n" + "\n  ".join(below))
    around = read_cursor_context(place, ShapingOptions())
    lines = [*prefix.split("\n"), *"\n  ".join(below).split("\n")]
    assert around.indent_unit == unit_of(lines, around.language)


def test_the_lines_around_are_read_once_for_all_keys_on_a_line() -> None:
    before = "".join(f"call({number})\n" for number in range(900)) + "if x:\n"
    first, second = (
        read_cursor_context(request(f"{before}    {typed}|\nmore()"), ShapingOptions()) for typed in ("y", "y = ")
    )
    assert first.lines_above is second.lines_above
    assert first.lines_below is second.lines_below
    assert first.open_far_above is second.open_far_above
