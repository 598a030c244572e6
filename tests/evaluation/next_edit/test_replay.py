"""Sessions played again: which offers count as right, and what the figures are made of."""

from __future__ import annotations

import itertools
import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from fim_language_server.core.next_edit.minimal import minimal_replacements
from fim_language_server.core.next_edit.repeats import find_repeat
from fim_language_server.core.next_edit.values import NextEdit, NextEditQuestion, Replacement
from fim_language_server.errors import SettingsError
from fim_language_server.evaluation.next_edit.figures import figures_of
from fim_language_server.evaluation.next_edit.recordings import read_recording
from fim_language_server.evaluation.next_edit.replay import SessionResult, replay
from fim_language_server.evaluation.next_edit.report import as_text
from fim_language_server.evaluation.next_edit.sessions import EditSession, EditStep, apply_step

TEXT = "def load(path):\n    return path\n\n\nfirst = load(1)\nsecond = load(2)\n"
URI = "file:///a.py"


def session(*texts: str) -> EditSession:
    steps = [
        EditStep(URI, minimal_replacements(before, after), number * 5.0, 0)
        for number, (before, after) in enumerate(itertools.pairwise(texts))
    ]
    return EditSession("test", {URI: texts[0]}, tuple(steps))


def renamed(count: int) -> str:
    return TEXT.replace("load", "fetch", count)


def played(*texts: str) -> SessionResult:
    return replay(session(*texts), find_repeat, lambda: 0.0)


def test_an_edit_that_was_offered_and_made_is_reached() -> None:
    """The name's uses are offered one after the other, and made."""
    result = played(TEXT, renamed(1), renamed(2), renamed(3))
    assert (result.edits, result.repeated, result.reached, result.reached_repeated) == (3, 2, 2, 2)
    assert [offer.is_right for offer in result.offers] == [True, True]
    assert all(offer.source == "rename" for offer in result.offers)


def test_an_offer_that_is_not_made_is_wrong_and_counts_once() -> None:
    """It stays where it is while the person edits something else."""
    other = renamed(1).replace("return path", "return str(path)")
    result = played(TEXT, renamed(1), other, other.replace("(2)", "(3)"))
    assert (result.edits, result.reached) == (3, 0)
    assert [offer.is_right for offer in result.offers] == [False]


def test_questions_without_a_repeat_to_come_are_counted_as_quiet() -> None:
    """Silence is right there."""
    result = played(TEXT, TEXT.replace("return path", "return 1"), TEXT.replace("return path", "return 1") + "x = 1\n")
    assert (result.quiet_asked, result.quiet_silent) == (2, 2)
    assert result.offers == ()


def test_an_offer_follows_the_edits_above_it_and_may_be_typed_letter_by_letter() -> None:
    """It is the same offer then, and it is made with its last letter."""
    offered = [NextEdit(URI, Replacement(TEXT.index("second"), TEXT.index("second") + 6, "other"), "test")]

    def find(question: NextEditQuestion) -> Sequence[NextEdit]:
        return offered if question.document.text.startswith("def loa(") else ()

    shorter = TEXT.replace("load(path)", "loa(path)", 1)
    offered = [NextEdit(URI, Replacement(shorter.index("second"), shorter.index("second") + 6, "other"), "test")]
    line = "# a new line\n" + shorter
    typed = [line.replace("second", "other"[:count]) for count in range(6)]
    texts = [TEXT, shorter, line, *typed]
    result = replay(session(*texts), find, lambda: 0.0)
    assert [offer.is_right for offer in result.offers] == [True]


def test_the_figures_are_shares_with_intervals() -> None:
    """Of nothing there is no share."""
    results = [played(TEXT, renamed(1), renamed(2), renamed(3)), played(TEXT, renamed(1), renamed(1) + "x = 1\n")]
    figures = figures_of(results)
    assert figures.precision.percent == pytest.approx(200 / 3)
    assert figures.precision.low is not None
    assert figures.precision.low <= 67 <= (figures.precision.high or 0)
    assert figures.wrong_per_100.percent == pytest.approx(20)
    assert figures_of([]).reach.percent is None
    assert "66.7 %" in as_text(["test"], figures)
    assert max(map(len, as_text(["test"], figures).split("\n"))) <= 100


def test_a_recording_of_copilot_is_read(tmp_path: Path) -> None:
    """Offsets count UTF-16 units; what the person did next comes last; a program's text is an edit."""
    text = "# \N{GRINNING FACE}\n" + TEXT
    start = text.index("load") + 1  # One unit more than code points.
    log = [
        {"kind": "header", "time": 1_000},
        {"kind": "documentEncountered", "id": 1, "relativePath": "src\\a.py", "time": 1_000},
        {"kind": "setContent", "id": 1, "content": text, "time": 1_000},
        {"kind": "changed", "id": 1, "edit": [[start, start + 4, "fetch"]], "time": 2_000},
        {"kind": "selectionChanged", "id": 1, "selection": [[3, 3]], "time": 2_100},
        {"kind": "opened", "id": 1},
    ]
    use = text.index("= load") + 2 + 1 + 1
    recording = {
        "log": log,
        "nextUserEdit": {"edit": [[use, use + 4, "fetch"]], "relativePath": "src\\a.py", "originalOpIdx": 1},
    }
    file = tmp_path / "recording.w.json"
    file.write_text(json.dumps(recording), encoding="utf-8")
    read = read_recording(file)
    last = read.documents["file:///src/a.py"]
    for step in read.steps:
        last = apply_step(last, step)
    assert last == text.replace("load", "fetch", 2)
    assert [offer.is_right for offer in replay(read, find_repeat, lambda: 0.0).offers] == [True, False]


def test_a_recording_of_this_server_is_read(tmp_path: Path) -> None:
    """Lines and columns count code points, and a letter after the other is one edit."""
    records = [
        {"format": "fim-recording", "version": 1, "texts": True},
        {"kind": "opened", "ms": 1, "document": 1, "path": "a.py", "language": "python", "version": 1, "text": TEXT},
        *(
            {
                "kind": "changed",
                "ms": 1_000 + 100 * number,
                "document": 1,
                "version": number + 2,
                "edits": [[0, 4 + number, 0, 8 if number == 0 else 4 + number, letter]],
            }
            for number, letter in enumerate("fetch")
        ),
    ]
    file = tmp_path / "session.jsonl"
    file.write_text("\n".join(json.dumps(each) for each in records), encoding="utf-8")
    result = replay(read_recording(file), find_repeat, lambda: 0.0)
    assert result.edits == 1
    assert [offer.source for offer in result.offers] == ["rename"]


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"log": [{"kind": "changed"}]}', '{"format": "fim-recording"}'])
def test_another_file_is_refused_in_a_sentence(tmp_path: Path, text: str) -> None:
    """It says which file."""
    file = tmp_path / "recording.w.json"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(SettingsError, match="recording"):
        read_recording(file)
