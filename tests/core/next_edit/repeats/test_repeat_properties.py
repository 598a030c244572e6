"""Properties of every offered edit, over random texts and random edits before it."""

from __future__ import annotations

import itertools
import re

from hypothesis import given
from hypothesis import strategies as st

from fim_language_server.core.next_edit.repeats import find_repeat
from fim_language_server.core.next_edit.repeats.source_text import SourceText
from tests.fakes.edited import question

NAMES = st.sampled_from(["alpha", "beta", "count", "item", "self", "value", "x"])
PIECES = st.one_of(
    NAMES,
    st.sampled_from(
        [
            *"()[]{}.,:;=+",
            "def ",
            "class ",
            "let ",
            "for ",
            " in ",
            "return ",
            "int ",
            "\n",
            "\n    ",
            "\n",
            "# ",
            "// ",
        ]
    ),
    st.sampled_from(['"alpha"', "'count", "/* item */", '"""value\n"""', "`x`", "42", "\r\n", "é", "=> "]),
)
LINES = st.lists(PIECES, min_size=1, max_size=9).map("".join)
TEXTS = st.lists(LINES, min_size=2, max_size=14).map("\n".join)
PATHS = st.sampled_from(["a.py", "a.ts", "a.java", "a.go", "a.rs", "a.c", "a.lua", "a.txt"])


@given(TEXTS, NAMES, NAMES, PATHS, st.integers(0, 200), st.booleans())
def test_offered_edits_are_whole_and_harmless(
    text: str, old: str, new: str, path: str, cursor: int, is_twice: bool
) -> None:
    """They lie in the text, change something, do not overlap, and a rename stays out of strings and comments."""
    once = re.sub(rf"\b{old}\b", new, text, count=1)
    steps = [text, once, re.sub(rf"\b{old}\b", new, once, count=1)] if is_twice else [text, once]
    asked = question(*steps, path=path)
    last = asked.document.text
    source = SourceText(asked.document)
    spans = []
    for edit in find_repeat(asked):
        part = edit.replacement
        assert 0 <= part.start <= part.end <= len(last)
        assert last[part.start : part.end] != part.text
        assert edit.uri == asked.document.uri
        if edit.source == "rename":
            assert (last[part.start : part.end], part.text) == (old, new)
            assert not source.is_hidden(part.start)
            assert not re.match(r"\w", last[part.end : part.end + 1])
            assert not re.search(r"\w$", last[: part.start])
        spans.append((part.start, part.end))
    spans.sort()
    assert all(first[1] <= second[0] and first != second for first, second in itertools.pairwise(spans))


@given(TEXTS, PATHS)
def test_a_document_without_edits_is_left_alone(text: str, path: str) -> None:
    """Nothing is offered before something was done."""
    assert find_repeat(question(text, path=path)) == ()


@given(st.lists(st.lists(PIECES, max_size=6).map("".join), min_size=3, max_size=3), PATHS)
def test_any_edits_are_read(texts: list[str], path: str) -> None:
    """No text makes the rules fail."""
    for edit in find_repeat(question(*texts, path=path)):
        assert edit.replacement.text != texts[-1][edit.replacement.start : edit.replacement.end]
