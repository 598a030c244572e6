"""Files of recordings, as they are found: whole, cut off, broken, of another kind."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from fim_language_server.core.recordings.parsing import RecordingError
from fim_language_server.evaluation.recordings import reading
from fim_language_server.evaluation.recordings.moments import moments
from fim_language_server.evaluation.recordings.reading import read_recording

HEADER: dict[str, Any] = {"format": "fim-recording", "version": 1, "server": "1.0", "texts": True}
OPENED = {"kind": "opened", "ms": 1, "document": 1, "path": "a.py", "language": "python", "version": 1, "text": "x\ny"}
TYPED = {"kind": "changed", "ms": 20, "document": 1, "version": 2, "edits": [[1, 1, 1, 1, "z"]]}
ASKED = {"kind": "request", "ms": 21, "request": 1, "method": "m", "document": 1, "line": 1, "column": 2}


def write(path: Path, *records: dict[str, Any]) -> Path:
    file = path / "session.jsonl"
    file.write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")
    return file


def test_moments_follow_the_texts(tmp_path: Path) -> None:
    """One for the opening, one for each edit, one for each request, with the text after it."""
    found = list(moments(read_recording(write(tmp_path, HEADER, OPENED, TYPED, ASKED))))
    assert [(moment.text, moment.cursor, moment.is_request) for moment in found] == [
        ("x\ny", 0, False),
        ("x\nyz", 4, False),
        ("x\nyz", 4, True),
    ]
    assert [(edit.start, edit.end, edit.text) for edit in found[1].edits] == [(3, 3, "z")]
    assert (found[1].seconds, found[1].path, found[1].version) == (0.02, "a.py", 2)


@pytest.mark.parametrize("cut", [1, 10, 40])
def test_a_file_that_is_cut_off_is_read_up_to_there(tmp_path: Path, cut: int) -> None:
    """A crash may leave half a line."""
    file = write(tmp_path, HEADER, OPENED, TYPED, ASKED)
    file.write_bytes(file.read_bytes()[: -cut - 1])
    recording = read_recording(file)
    assert (len(recording.records), recording.unreadable) == (2, 1)


def test_lines_that_cannot_be_read_are_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No UTF-8, no JSON, too long, an unknown kind; what stands between them is read."""
    file = write(tmp_path, HEADER, OPENED)
    monkeypatch.setattr(reading, "LONGEST_LINE", 4_000)
    with file.open("ab") as out:
        out.write(
            b"\xff\xfe\n\n{]\n" + b"[" * 9_000 + b"\n" + json.dumps(TYPED).encode() + b'\n{"kind":"new","ms":1}\n'
        )
    recording = read_recording(file)
    assert (len(recording.records), recording.unreadable, recording.unknown) == (2, 3, 1)


def test_an_edit_that_does_not_fit_ends_its_document(tmp_path: Path) -> None:
    """The lines between are missing; other documents go on."""
    beyond = TYPED | {"edits": [[9, 0, 9, 0, "z"]]}
    other = OPENED | {"document": 2}
    found = list(
        moments(
            read_recording(write(tmp_path, HEADER, OPENED, other, beyond, ASKED, ASKED | {"document": 2, "column": 1}))
        )
    )
    assert [moment.document for moment in found] == [1, 2, 2]


@pytest.mark.parametrize("content", [b"", b"\n", b"{}\n", b"#!/bin/sh\n", b"\x89PNG\r\n", b'{"log":[]}', b"\0" * 100])
def test_a_file_of_another_kind_is_refused(tmp_path: Path, content: bytes) -> None:
    """One sentence that says what a recording is."""
    file = tmp_path / "other"
    file.write_bytes(content)
    with pytest.raises(RecordingError, match="no recording of fim-language-server"):
        read_recording(file)


def test_a_missing_file_and_a_folder_are_refused(tmp_path: Path) -> None:
    """The sentence names the path."""
    with pytest.raises(RecordingError, match="gone cannot be read"):
        read_recording(tmp_path / "gone")
    with pytest.raises(RecordingError, match="is a folder"):
        read_recording(tmp_path)
