"""Recorded sessions, read as traces."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from benchmarks.recordings import read_recording, trace_of
from benchmarks.traces import Change, apply

OPENED = [
    {"kind": "documentEncountered", "id": 1, "time": 0, "relativePath": "src\\a.ts"},
    {"kind": "setContent", "id": 1, "time": 0, "content": "let x = \nend\n"},
]


def changed(time: int, *edit: tuple[int, int, str]) -> dict[str, Any]:
    return {"kind": "changed", "id": 1, "time": time, "edit": [list(one) for one in edit]}


def test_what_comes_is_what_stands_there_45_seconds_later() -> None:
    """Later edits count up to 45 s after an edit, and none after that."""
    log = [*OPENED, changed(1_000, (8, 8, "f")), changed(2_000, (9, 9, "oo")), changed(60_000, (11, 11, "(1)"))]
    edits = trace_of("r", log).edits
    assert [edit.missing for edit in edits] == ["oo", "", ""]
    assert edits[0].comes == "oo\nend\n"


def test_edits_elsewhere_move_the_place() -> None:
    """An import added above does not make the text at the cursor unknown."""
    log = [*OPENED, changed(1_000, (8, 8, "f")), changed(2_000, (0, 0, "import y\n")), changed(3_000, (18, 18, "oo"))]
    assert trace_of("r", log).edits[0].missing == "oo"


def test_nothing_comes_where_the_text_before_the_cursor_is_changed() -> None:
    """What was typed and removed again cannot be completed."""
    log = [*OPENED, changed(1_000, (8, 8, "f")), changed(2_000, (8, 9, "bar"))]
    assert trace_of("r", log).edits[0].comes == ""


def test_characters_removed_and_typed_again_are_there() -> None:
    """A backspace and the same key again leave the place as it was."""
    log = [*OPENED, changed(1_000, (8, 8, "fo")), changed(2_000, (9, 10, "")), changed(3_000, (9, 9, "oo"))]
    assert trace_of("r", log).edits[0].missing == "o"


def test_text_behind_the_cursor_that_is_replaced_counts_as_written() -> None:
    """The rest of the line was written anew: that is what comes."""
    log = [*OPENED, changed(1_000, (8, 8, "f")), changed(2_000, (9, 13, "oo()"))]
    assert trace_of("r", log).edits[0].comes == "oo()\n"


def test_idle_gaps_are_cut() -> None:
    """To two seconds; shorter ones stay."""
    log = [*OPENED, changed(1_000, (0, 0, "a")), changed(1_300, (1, 1, "b")), changed(99_000, (2, 2, "c"))]
    assert [edit.gap_s for edit in trace_of("r", log).edits] == [0.0, pytest.approx(0.3), 2.0]


def test_a_part_begins_with_the_text_as_it_is_then() -> None:
    """Edits before the first one are made already."""
    log = [*OPENED, changed(1_000, (0, 0, "a")), changed(1_300, (1, 1, "b")), changed(1_600, (2, 2, "c"))]
    part = trace_of("r", log, first=1, last=2)
    assert part.documents == {"src/a.ts": "alet x = \nend\n"}
    assert [edit.changes for edit in part.edits] == [(Change(1, 1, "b"),)]


def test_several_changes_at_once_are_one_edit() -> None:
    """They refer to the text before the edit, and the cursor is behind the last of them."""
    edit = trace_of("r", [*OPENED, changed(1_000, (9, 12, "stop"), (0, 3, "const"))]).edits[0]
    assert apply("let x = \nend\n", edit.changes) == "const x = \nstop\n"
    assert edit.cursor == len("const x = \nstop")


def test_offsets_count_utf16_units() -> None:
    """Characters outside of the first plane are two, as the editor counts them."""
    log = [OPENED[0], {**OPENED[1], "content": "\U0001f600 "}, changed(1_000, (3, 3, "x"))]
    trace = trace_of("r", log)
    assert apply(trace.documents["src/a.ts"], trace.edits[0].changes) == "\ufffd\ufffd x"


def test_a_file_that_is_no_recording_is_refused(tmp_path: Path) -> None:
    """With a sentence that says why."""
    path = tmp_path / "a.json"
    path.write_text(json.dumps({"events": []}))
    with pytest.raises(ValueError, match="no list `log`"):
        read_recording(path)
