"""The comparison of shaping with a parser judges rightly, and finds places where the parser is installed."""

import random
from pathlib import Path

import pytest

from benchmarks.syntax.block_ends import judge, measure
from benchmarks.syntax.grammars import block_end, count_errors, is_installed
from benchmarks.syntax.places import KINDS, read_places, say

needs_grammars = pytest.mark.skipif(not is_installed(), reason="tree-sitter is not installed: pip install -e .[syntax]")

CODE = """\
import a


def f(x):
    if x:
        a.g(
            x,
            1,
        )
        return 2
    b = 1
    c = 2
    return b
"""


@pytest.mark.parametrize(
    ("shown", "expected"),
    [
        ("a\nb", "exact"),
        ("a\nb  \n", "exact"),
        ("a\nb\n}", "exact"),
        ("a\nb\nc", "more"),
        ("a", "less"),
        ("", "nothing"),
        ("x", "other"),
    ],
)
def test_how_right_a_shown_text_is(shown: str, expected: str) -> None:
    assert judge(shown, frozenset(["a\nb", "a\nb\n}"])) == expected


@needs_grammars
@pytest.mark.parametrize(
    ("prefix", "text", "expected"),
    [
        ("def f():\n    ", "a()\n    b()\nc()\n", "a()\n    b()"),
        ("x = [", "1,\n    2]\ny = 1\n", "1,\n    2]"),
        ("def f():\n    é = a(", "b)\n    c()\n", "b)"),
    ],
)
def test_a_parser_sees_where_the_block_ends(prefix: str, text: str, expected: str) -> None:
    assert text[: block_end("python", prefix, text)] == expected


@needs_grammars
def test_errors_are_counted() -> None:
    assert count_errors("python", CODE) == 0
    assert count_errors("python", CODE + "def (:\n") > 0


@needs_grammars
def test_blocks_lists_statements_and_lines_are_found_and_said(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(CODE * 4)
    found = list(read_places(1, 9, [tmp_path]))
    assert {place.kind for place, _ in found} == set(KINDS)
    for place, others in found:
        assert place.prefix + place.truth + place.suffix == CODE * 4
        assert all(said.text.startswith(min(said.right, key=len)) for said in say(place, others, random.Random(1)))


@needs_grammars
def test_shaping_ends_where_the_blocks_of_plain_code_do(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(CODE * 4)
    assert measure(1, 9, [tmp_path])["blocks, shaping: exact, %"] == 100
