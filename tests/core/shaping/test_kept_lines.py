"""A suggestion of several lines stays one while its lines are typed."""

from __future__ import annotations

import pytest

from fim_language_server.core.shaping import ShapingOptions
from fim_language_server.core.shaping.kept_lines import options_while_typing
from tests.fakes.requests import request_at


@pytest.mark.parametrize(
    ("asked_at", "typed", "multi_line", "expected"),
    [
        ("def f():\n    |\n", "a", "auto", "always"),
        ("x = |\n", "a", "auto", "auto"),
        ("if |\n", "a:\n    b", "auto", "always"),
        ("|x\n", "a", "auto", "auto"),
        ("|x\n", "a\n", "auto", "auto"),
        ("def f():\n    |\n", "a", "never", "never"),
        ("if |\n", "a:\n    b", "never", "never"),
        ("x = |\n", "a", "always", "always"),
    ],
)
def test_the_line_where_it_was_asked_decides(asked_at: str, typed: str, multi_line: str, expected: str) -> None:
    """Only where several lines were allowed, or are typed already, are they kept; settings win."""
    options = ShapingOptions(multi_line=multi_line)  # type: ignore[arg-type]
    assert options_while_typing(request_at(asked_at), typed, options).multi_line == expected
