"""Brackets without a partner are found, those in strings are not, and a line that begins something is seen."""

import pytest

from fim_language_server.core.languages import language_of
from fim_language_server.core.shaping.brackets import count_left_open, opens_block, unmatched_closers
from fim_language_server.core.values import Document


@pytest.mark.parametrize(
    ("text", "language", "closed", "left_open"),
    [
        ("f(a)", "python", [], 0),
        ("b)", "python", [1], 0),
        ("a), f(b", "python", [1], 1),
        ("'(' + \")\"", "python", [], 0),
        ("don't (", "python", [], 1),
        ('"unclosed (\n)', "python", [12], 0),
        ("`a (\n(`)", "typescript", [7], 0),
        ("'(' => '\\''", "rust", [], 0),
        ("['ab','cd')", "python", [10], 1),
        ("(]", "python", [1], 1),
    ],
)
def test_brackets_without_a_partner(text: str, language: str, closed: list[int], left_open: int) -> None:
    facts = language_of(Document("file:///f", language))
    assert unmatched_closers(text, facts) == closed
    assert count_left_open(text, facts) == left_open


def test_plain_text_has_no_quotes() -> None:
    facts = language_of(Document("file:///f", "python"))
    assert unmatched_closers("')'", facts, plain=True) == [1]


@pytest.mark.parametrize(
    ("line", "language"),
    [
        ("def f():", "python"),
        ("def f():  # why", "python"),
        ("x = foo(", "python"),
        ("x = foo(a,", "python"),
        ('x = """', "python"),
        ("total =", "typescript"),
        ("a &&", "typescript"),
        ("xs.map((x) =>", "typescript"),
        ("case 1:", "go"),
        ("func f() {", "go"),
        ("if x then", "lua"),
        ("def foo", "ruby"),
        ("xs.each do", "ruby"),
        ("for x in y; do", "shellscript"),
        ('<div class="a">', "html"),
        ("key:", "yaml"),
    ],
)
def test_more_lines_belong_to_it(line: str, language: str) -> None:
    assert opens_block(line, language_of(Document("file:///f", language)))


@pytest.mark.parametrize(
    ("line", "language"),
    [
        ("", "python"),
        ("# see:", "python"),
        ("return x", "python"),
        ("i++", "go"),
        ("x = foo(a)", "python"),
        ("const o = { a: 1 };", "typescript"),
        ("def foo; end", "ruby"),
        ("</div>", "html"),
        ("<br/>", "html"),
        ("As follows:", "markdown"),
    ],
)
def test_nothing_more_belongs_to_it(line: str, language: str) -> None:
    assert not opens_block(line, language_of(Document("file:///f", language)))
