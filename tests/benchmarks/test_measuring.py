"""The commands that say how good the embedded model is, on a repository so small that the figures are known."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT / "server")}
REPEATED = "".join(
    f"def handle_{name}(request):\n    request.check_permissions()\n    if request.is_empty():\n"
    f"        return Answer.empty(request)\n    return Answer.of(request.{name}_value)\n\n\n"
    for name in ("first", "second", "third", "fourth", "fifth", "sixth")
)


def measured(script: str, repository: Path, *arguments: str) -> dict[str, float]:
    """Return what a script says of all repositories, which is the last line."""
    command = [sys.executable, "-m", f"benchmarks.embedded_model.{script}", str(repository), "--json", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True, cwd=ROOT, env=ENVIRONMENT)
    said: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return said


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    for number in range(8):
        unlike = "".join(f"UNLIKE_{number}_{line} = compute_{number}({line})\n" for line in range(20))
        (tmp_path / f"handlers{number}.py").write_text(f"{unlike}\n\n{REPEATED}", encoding="utf-8")
    return tmp_path


def test_lines_that_were_written_before_save_keys(repository: Path) -> None:
    """Lines that stand in each file are finished with few keys; the lines that stand in no other file cost theirs."""
    said = measured("measure_typing", repository, "--lines", "12")
    assert said["lines"] == 12
    assert 10 < said["keys saved"] < 100
    assert 0 < said["ghosts accepted"] <= 100


def test_a_block_that_was_written_before_is_offered_whole(repository: Path) -> None:
    """And none where none is missing."""
    said = measured("measure_blocks", repository, "--files", "5")
    assert said["n"] > 5
    assert said["exact"] > 0
    assert said["blocks where none is missing"] == 0


def test_in_a_document_that_was_just_begun_there_is_less_to_go_by(repository: Path) -> None:
    """It has at most 16 lines, and none below; what the workspace says is still found."""
    whole, begun = (measured("measure", repository, *more)["EM"] for more in ((), ("--begun",)))
    assert 0 < begun < whole
