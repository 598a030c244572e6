"""What holds for every text and every place: properties of `shape`, `is_complete` and `is_exhausted`."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from fim_language_server.core.shaping import ShapingOptions, is_complete, is_exhausted, shape
from fim_language_server.core.typing_through import with_plain_line_ends
from fim_language_server.core.values import CompletionRequest, Document, Position

WORDS = [
    "x",
    "foo",
    "return",
    "else",
    "if ",
    "compute(a)",
    "value = compute(a)",
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    '"',
    "'",
    '"""',
    " ",
    "    ",
    "\t",
    "\n",
    "\n    ",
    "\n\n",
    "\r\n",
    ":",
    ",",
    ";",
    " = ",
    "# ",
    "//",
    "0, ",
    "end",
    "```",
    "<|endoftext|>",
    "\u2028",
    "é",
    "\0",
]
texts = st.lists(st.sampled_from(WORDS), max_size=14).map("".join)
languages = st.sampled_from(["python", "typescript", "go", "ruby", "markdown", "html", ""])
options = st.builds(ShapingOptions, st.sampled_from(["auto", "always", "never"]), st.integers(1, 6))
requests = st.builds(
    lambda language, prefix, suffix, eol: CompletionRequest(
        Document("file:///f", language, eol=eol), Position(0, 0), prefix, suffix
    ),
    languages,
    texts,
    texts,
    st.sampled_from(["\n", "\r\n", "\r"]),
)


def at_cursor(text: str, language: str = "python") -> CompletionRequest:
    prefix, suffix = text.split("|")
    return CompletionRequest(Document("file:///f", language), Position(0, 0), prefix, suffix)


@given(requests, texts, options, st.booleans())
def test_a_shaped_text_is_shaped_already(
    request: CompletionRequest, text: str, options: ShapingOptions, finished: bool
) -> None:
    shaped = shape(request, text, options, finished)
    again = shape(request, shaped.text, options, finished=True)
    # The later lines of a text may tell that its first line is another one than that below, or above; alone it is that.
    assert again.text == shaped.text or again.dropped_by in ("lines below", "restated lines")


@given(requests, texts, options, st.booleans())
def test_only_white_space_is_put_in_and_nothing_is_moved(
    request: CompletionRequest, text: str, options: ShapingOptions, finished: bool
) -> None:
    said = iter("".join(text.split()))
    shown = "".join(shape(request, text, options, finished).text.split())
    assert all(character in said for character in shown)


@given(requests, texts, options, st.booleans())
def test_line_ends_are_the_document_s_and_never_first(
    request: CompletionRequest, text: str, options: ShapingOptions, finished: bool
) -> None:
    shown = shape(request, text, options, finished).text
    assert not {"\n", "\r"} & set(shown.replace(request.document.eol, ""))
    assert shown.lstrip(" \t")[:1] not in ("\n", "\r")


@given(requests, texts, options, st.booleans())
def test_what_is_dropped_names_who_did_it(
    request: CompletionRequest, text: str, options: ShapingOptions, finished: bool
) -> None:
    shaped = shape(request, text, options, finished)
    assert (shaped.dropped_by is None) == bool(shaped.text)
    assert shaped.text == "" or shaped.text.strip()


@given(requests, texts, options)
def test_no_more_lines_than_allowed(request: CompletionRequest, text: str, options: ShapingOptions) -> None:
    shown = with_plain_line_ends(shape(request, text, options, finished=True).text)
    assert shown.count("\n") < (1 if options.multi_line == "never" else options.max_lines)


@given(requests, texts, options)
def test_the_rest_of_the_line_is_not_repeated(request: CompletionRequest, text: str, options: ShapingOptions) -> None:
    """Unless it ends with a bracket or a quote, which may be the text's own."""
    rest = request.line_after.strip()
    shown = shape(request, text, options, finished=True).text
    if rest.isalpha() and not request.line_before.strip():
        assert shown != rest
        assert not shown.endswith(f" {rest}")


@given(requests, texts, options)
def test_the_next_line_is_not_repeated(request: CompletionRequest, text: str, options: ShapingOptions) -> None:
    after = with_plain_line_ends(request.suffix).split("\n")[1:]
    below = next((line.rstrip() for line in after if line.strip()), None)
    shown = with_plain_line_ends(shape(request, text, options, finished=True).text).split("\n")
    if below is not None and any(character.isalnum() for character in below) and len(shown) > 1:
        assert shown[-1] != below


@given(requests, texts, texts, options)
@example(at_cursor("foo(|)"), "a)", " + (b", ShapingOptions())
@example(at_cursor("|"), "a\n", "\n\nb", ShapingOptions())
def test_what_is_complete_stays_complete(
    request: CompletionRequest, text: str, more: str, options: ShapingOptions
) -> None:
    if is_complete(request, text, options):
        assert is_complete(request, text + more, options)


@given(requests, texts, texts, options)
def test_what_is_shown_of_a_complete_text_is_not_changed_by_more(
    request: CompletionRequest, text: str, more: str, options: ShapingOptions
) -> None:
    """A reader answered early sees what it would have seen in the end, or a beginning of it."""
    if is_complete(request, text, options):
        early = shape(request, text, options, finished=False).text
        late = shape(request, text + more, options, finished=True).text
        assert late.startswith(early) or early.startswith(late) or not late


@given(requests, texts, options)
def test_what_is_exhausted_is_complete(request: CompletionRequest, text: str, options: ShapingOptions) -> None:
    if is_exhausted(request, text, options):
        assert is_complete(request, text, options)


@pytest.mark.parametrize(
    ("place", "text", "expected"),
    [
        ("x = |", "compute(a", False),
        ("x = |", "compute(a)\n", True),
        ("x = |", "foo(\n", False),
        ("if (|) {", "a) {\n", True),
        ("@|\n\n@property\ndef b(): ...", "property\n", False),
        ("@|\n\n@property\ndef b(): ...", "property\ndef a(): ...\n", False),
        ("@|\n\n@property\ndef b(): ...", "property\ndef a(): ...\n\nb", True),
        ("x = |", "foo(\n    a,\n)\n", True),
        ("foo(|)", "a, b", False),
        ("foo(|)", "a, b)", False),
        ("if foo(|):", "a, b):", True),
        ("foo(|)", "bar(a)", False),
        ("if x:|", "\n", True),
        ("|", "x = 1\n", False),
        ("|", "x = 1\n\n\n", True),
        ("|", "x = 1<|endoftext|>", True),
        ("def f():\n    |", "return 1\n", False),
        ("def f():\n    |", "return 1\nd", True),
        ("|\nresult = compute(a)\nb = 1", "x = 1\nresult = compute(a)\n", False),
        ("|\nresult = compute(a)\nb = 1", "x = 1\nresult = compute(a)\nb = 1\n", True),
        ("|\nresult = compute_result(a)", "x = 1\nresult = compute_result(a)\n", True),
        ("try|", ":\n    a()\ne", False),
        ("try|", ":\n    a()\nexcept", False),
        ("try|", ":\n    a()\nb", True),
        ("|", "print(counter)\n" * 3, True),
        ("|", "".join(f"x{i} = {i}\n" for i in range(12)), True),
    ],
)
def test_a_reader_is_answered_as_soon_as_all_is_there(place: str, text: str, expected: bool) -> None:
    assert is_complete(at_cursor(place), text, ShapingOptions()) is expected


@pytest.mark.parametrize(
    ("place", "text", "expected"),
    [
        ("x = |", "1\n", False),
        ("x = |", "1\ny = 2\nz = 3\n", False),
        ("x = |", "1\n" + "".join(f"y{n} = 2\n" for n in range(7)), False),
        ("x = |", "1\n" + "".join(f"y{n} = 2\n" for n in range(8)), True),
        ("if x:|", "\n    return\n", False),
        ("if x:|", "\n    a()" * 20 + "\n", True),
        ("x = |", "1<|endoftext|>", True),
        ("def f():\n    if a:\n        |", "return 1\nx", True),
        ("def f():\n    |", "return 1\nx", False),
        ("|\nresult = compute_result(a)", "a = 1\nresult = compute_result(a)\n", True),
        ("|", "print(counter)\n" * 3, True),
        ("x = |", "a and b or " * 8, True),
        ("foo(|)", "a) + ", False),
    ],
)
def test_a_stream_is_hung_up_when_nothing_more_is_wanted(place: str, text: str, expected: bool) -> None:
    assert is_exhausted(at_cursor(place), text, ShapingOptions()) is expected
