"""What a filter takes and what it must let be: every case of tests/golden/shaping, and shaping it again."""

import tomllib
from pathlib import Path
from typing import Any

import pytest

from fim_language_server.core.shaping import ShapingOptions, shape
from fim_language_server.core.values import CompletionRequest, Document, Position

GOLDEN = Path(__file__).parents[2] / "golden" / "shaping"
KEYS = {
    "description",
    "language",
    "text",
    "finished",
    "multi_line",
    "max_lines",
    "eol",
    "expected",
    "dropped_by",
    "why",
    "again",
}


def cases() -> list[Any]:
    return [
        pytest.param(case, id=f"{path.stem}: {case['description']}")
        for path in sorted(GOLDEN.glob("*.toml"))
        for case in tomllib.loads(path.read_text(encoding="utf-8"))["case"]
    ]


@pytest.mark.parametrize("case", cases())
def test_golden(case: dict[str, Any]) -> None:
    assert case.keys() <= KEYS, "a golden has a key that says nothing"
    prefix, _, rest = case["text"].partition("├")
    said, _, suffix = rest.partition("┤")
    document = Document("file:///f", case["language"], eol=case.get("eol", "\n"))
    request = CompletionRequest(document, Position(0, 0), prefix, suffix)
    options = ShapingOptions(case.get("multi_line", "auto"), case.get("max_lines", 12))

    shaped = shape(request, said, options, case.get("finished", True))

    assert (shaped.text, shaped.dropped_by) == (case.get("expected", ""), case.get("dropped_by"))
    if shaped.text and "again" not in case:
        assert shape(request, shaped.text, options, finished=True).text == shaped.text
