"""The oracle answers with what stands between prompt and suffix, ends at the suffix, and errs where it is told to."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.fake_api.answers import Oracle, without_snippets
from benchmarks.fake_api.mistral_dialect import split_tokens

FILE = "import os\n\n\ndef first():\n    return 1\n\n\ndef second():\n    return 2\n"


def ask(prompt: str, suffix: str, **more: float) -> str:
    return Oracle((FILE, "another file\n"), **more)({"prompt": prompt, "suffix": suffix})  # type: ignore[arg-type]


@given(st.integers(0, len(FILE)), st.integers(0, len(FILE)))
def test_any_hole_is_filled(start: int, end: int) -> None:
    """Whatever is left out of a file it knows, the oracle knows (or something shorter that fits as well)."""
    start, end = sorted((start, end))
    answer = ask(FILE[:start], FILE[end:])
    assert FILE.startswith(FILE[:start] + answer)
    assert len(answer) <= end - start or not FILE[end:]


@pytest.mark.parametrize(
    ("prompt", "suffix", "expected"),
    [
        ("def first():\n    ret", "\n\n\ndef second", "urn 1"),
        ("def second():\n", "", "    return 2\n"),
        ("+++++ a.py\nx = 1\n\n+++++ b.py\nimport os\n\n\ndef fir", "():", "st"),
        ("nothing of the kind here", "", ""),
        ("def first():", "a suffix that is nowhere", ""),
    ],
)
def test_windows_of_a_file(prompt: str, suffix: str, expected: str) -> None:
    """The prompt may begin anywhere, and may show other files before."""
    assert ask(prompt, suffix) == expected


def test_snippets_are_no_part_of_the_file() -> None:
    """Only what follows the last head is the text before the cursor."""
    assert without_snippets("plain +++++ x") == "plain +++++ x"
    assert without_snippets("+++++ a\n1\n\n+++++ b\ntext") == "text"


def test_misses_are_the_same_every_time() -> None:
    """The seed decides which lines go wrong, and every request of a line gets the same kind of answer."""
    right, wrong = ask("import os\n", "\n\ndef second"), ask("import os\n", "\n\ndef second", miss_rate=1.0)
    assert right != wrong
    assert wrong == ask("import os\n", "\n\ndef second", miss_rate=1.0)
    verdicts = {ask("import os\n", "\n\ndef second", miss_rate=0.5, seed=seed) == right for seed in range(20)}
    assert verdicts == {True, False}


@given(st.text())
def test_tokens_are_the_text(text: str) -> None:
    """Cutting a text into tokens loses nothing."""
    assert "".join(split_tokens(text)) == text
