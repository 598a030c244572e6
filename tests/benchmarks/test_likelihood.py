"""Lines for a model to judge: half need other files, and sides are compared line by line."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.language_model import Judgement
from benchmarks.likelihood import LineJudgement, as_text, choose_lines, difference, record, render
from benchmarks.servers import ours
from fim_language_server.evaluation.prompts.places import choose_subjects
from fim_language_server.evaluation.prompts.recorded import Piece, RecordedPrompt
from tests.evaluation.prompts.test_places import write_project


async def test_prompts_are_recorded_of_lines_half_of_which_need_other_files(tmp_path: Path) -> None:
    """The lines of the project need the file that defines what they call; those of `alone.py` need none."""
    write_project(tmp_path)
    (tmp_path / "alone.py").write_text("".join(f"own_{row} = None\n" for row in range(60)), encoding="utf-8")
    subjects = choose_subjects(tmp_path, 9, 8, 1)
    chosen, needing = choose_lines(subjects, 12, "written", 1)
    lines = {(subject.path, line.row): line for subject in chosen.files for line in subject.lines}
    assert len(lines) == 12
    assert len(needing) == 6
    assert needing < set(lines)
    for path, row in needing:
        assert lines[path, row].words & chosen.elsewhere(path)
    prompts = await record(tmp_path, chosen, ours(), "written")
    assert prompts.keys() == lines.keys()
    assert not any(prompt.suffix for prompt in prompts.values())


def test_the_model_reads_pieces_and_whole_lines_of_the_prefix() -> None:
    prompt = RecordedPrompt("x = 1\n" * 500 + "    ", "after", (Piece("b.py", "y = 2\n\n"),), b"")
    text = render(prompt, "a.py")
    assert text.startswith("+++++ b.py\ny = 2\n\n+++++ a.py\nx = 1\n")
    assert text.endswith("x = 1\n")
    assert 2_300 < len(text) < 2_500


def judged(path: str, base: float, other: float, needs: bool = False) -> LineJudgement:
    return LineJudgement("r", path, needs, {"a": Judgement(base, 4, 1), "b": Judgement(other, 4, 2)})


def test_sides_are_compared_line_by_line() -> None:
    lines = [judged("x.py", -10, -7), judged("y.py", -4, -3, needs=True), judged("z.py", -4, -2)]
    found = difference(lines, "b", "a")
    assert found is not None
    assert found.value == pytest.approx(2)
    assert 1 <= found.low < 2 < found.high <= 3
    text = as_text(lines, ["a", "b"])
    assert "3 lines, 1 of which need other files" in text
    assert "+0.00 [+0.00 +0.00]" in text
    assert "+1.00 [+1.00 +1.00]" in text
    assert "50.0" in text
