"""An interrupted evaluation goes on where it was, and never mixes with another one."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from fim_language_server.errors import SettingsError
from fim_language_server.evaluation.records import Answered, Record, Typed

SETUP = {"seed": 7, "kinds": ["line"]}
ANSWER = Answered("embedded", "a.py:1:1", "line", "x = 1", "x = 1", "", 0.4, total_ms=2.0, prompt_tokens=3)
TYPED = Typed("embedded", "a.py:2:1", 10, 4, 2, True, 3)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "answers.jsonl"
    record = Record.open(SETUP, path)
    record.add(ANSWER)
    record.add(TYPED)
    return path


def test_what_was_answered_is_known_again(path: Path) -> None:
    record = Record.open(SETUP, path)
    assert (record.answers, record.typed) == ([ANSWER], [TYPED])
    assert record.has(Answered, "embedded", "a.py:1:1")
    assert not record.has(Typed, "embedded", "a.py:1:1")
    assert not record.has(Answered, "mistral", "a.py:1:1")


def test_a_line_that_was_cut_off_is_asked_again(path: Path) -> None:
    """The process may have been killed while it wrote; what is added later starts on a line of its own."""
    text = path.read_text(encoding="utf-8")
    path.write_text(text[:-10], encoding="utf-8")
    record = Record.open(SETUP, path)
    assert (record.answers, record.typed) == ([ANSWER], [])
    record.add(TYPED)
    assert Record.open(SETUP, path).typed == [TYPED]


@pytest.mark.parametrize("line", ["", "nonsense", "[]", '{"type": "other"}', '{"type": "answered"}'])
def test_lines_that_are_none_are_passed_over(path: Path, line: str) -> None:
    with path.open("a", encoding="utf-8") as file:
        file.write(line + "\n")
    assert Record.open(SETUP, path).answers == [ANSWER]


def test_another_evaluation_is_refused_by_what_differs(path: Path) -> None:
    with pytest.raises(SettingsError, match="other seed"):
        Record.open({**SETUP, "seed": 8}, path)


@pytest.mark.parametrize("text", ["hello\n", "[]\n", '{"seed": 7}\n', '{"eval": 99}\n'])
def test_a_file_of_something_else_is_refused_and_left_alone(tmp_path: Path, text: str) -> None:
    path = tmp_path / "notes.txt"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(SettingsError, match="name another file"):
        Record.open(SETUP, path)
    assert path.read_text(encoding="utf-8") == text


def test_each_answer_is_one_line_at_once(path: Path) -> None:
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    assert lines[0] == {"eval": 1, **SETUP}
    assert [line["type"] for line in lines[1:]] == ["answered", "typed"]


def test_where_it_cannot_be_kept_it_is_said(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="cannot keep answers"):
        Record.open(SETUP, tmp_path / "no" / "such" / "folder")


def test_without_a_file_nothing_is_written() -> None:
    record = Record.open(SETUP, None)
    record.add(ANSWER)
    assert record.answers == [ANSWER]


def test_texts_are_in_no_repr() -> None:
    """An answer may be logged; code must not be."""
    assert "x = 1" not in repr(ANSWER)


def test_only_its_owner_can_read_the_file(path: Path) -> None:
    """It holds code; also where the file was there already, for all to read."""
    assert path.stat().st_mode & 0o077 == 0
    path.chmod(0o644)
    record = Record.open(SETUP, path)
    record.add(Typed("embedded", "a.py:3:1", 10, 4, 2, True, 3))
    assert path.stat().st_mode & 0o077 == 0
