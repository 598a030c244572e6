"""A suggestion of several lines stays one while its first line is typed."""

from __future__ import annotations

import pytest

from fim_language_server.core.shaping import ShapingOptions
from fim_language_server.core.shaping.kept_lines import options_while_typing
from tests.fakes.requests import request_at


@pytest.mark.parametrize(
    ("asked_at", "multi_line", "expected"),
    [
        ("def f():\n    |\n", "auto", "always"),
        ("x = |\n", "auto", "auto"),
        ("|x\n", "auto", "auto"),
        ("def f():\n    |\n", "never", "never"),
        ("x = |\n", "always", "always"),
    ],
)
def test_the_line_where_it_was_asked_decides(asked_at: str, multi_line: str, expected: str) -> None:
    """Only where several lines were allowed at first are they kept; settings win."""
    options = ShapingOptions(multi_line=multi_line)  # type: ignore[arg-type]
    assert options_while_typing(request_at(asked_at), options).multi_line == expected
