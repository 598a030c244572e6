"""Made refactorings: what they repeat, and that they are the same for the same seed."""

from __future__ import annotations

import random

from benchmarks.refactorings import as_session, change_calls, change_copied_line, rename_declared
from fim_language_server.evaluation.next_edit.sessions import apply_step

ROWS = [
    "def load(path, count):",
    "    value = path.read(1)",
    "    value = use(value)",
    "    other.read(2)",
    "    return value",
    "",
    "",
    "def last():",
    "    path.read(3)",
    "    path.read(4)",
    "",
]


def text_after(edits: list[tuple[int, str]]) -> str:
    session = as_session("test", "a.py", ROWS, edits)
    text = session.documents["file:///a.py"]
    assert text == "\n".join(ROWS)
    for step in session.steps:
        text = apply_step(text, step)
    return text


def test_a_renamed_variable_is_renamed_in_all_its_lines() -> None:
    """The declaration comes first, and nothing of another name changes."""
    edits = rename_declared(ROWS, random.Random(1))
    names = {name for name in ("value", "path", "count") if f"_{name}" in text_after(edits)}
    assert len(names) == 1
    assert text_after(edits).replace("new_", "").replace("other_", "").replace("raw_", "").replace("current_", "") == (
        "\n".join(ROWS)
    )
    assert [line for line, _ in edits] == sorted(line for line, _ in edits)


def test_calls_change_wherever_they_have_the_receiver() -> None:
    """`other.read` is another one."""
    edits = change_calls(ROWS, random.Random(1))
    assert [line for line, _ in edits] == [1, 8, 9]
    assert "other.read(2)" in text_after(edits)


def test_a_copied_line_is_written_below_and_changed_there() -> None:
    """The first one stays."""
    edits = change_copied_line(ROWS, random.Random(1))
    after = text_after(edits)
    assert after.count("\n") == len(ROWS)
    assert after.count("another_one = ") == 1
    assert "value = path.read(1)" in after or "value = use(value)" in after
