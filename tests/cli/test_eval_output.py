"""An evaluation on a terminal: names as they are, and what goes on while nothing is asked yet."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from fim_language_server.cli.eval_output import print_report
from fim_language_server.evaluation.records import Record
from fim_language_server.evaluation.report import Side, make_report
from tests.evaluation.test_plan import write_repository


def test_a_models_name_is_no_emoji(capsys: pytest.CaptureFixture[str]) -> None:
    """`ollama:x: 0 of 4 holes` has a colon on each side of the x."""
    print_report(make_report(Record({}), [Side("ollama:x", "", None, "nothing listens")], 4))
    assert "ollama:x: 0 of 4 holes answered: nothing listens" in capsys.readouterr().out


@pytest.mark.skipif(sys.platform == "win32", reason="pseudo-terminals")
def test_a_terminal_is_told_what_goes_on(tmp_path: Path) -> None:
    """A large workspace takes seconds to index; then the bar moves."""
    write_repository(tmp_path)
    ours, theirs = os.openpty()
    command = [sys.executable, "-m", "fim_language_server", "eval", str(tmp_path), "--files", "2", "--holes", "4"]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2] / "server"), "TERM": "xterm"}
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=theirs, env=environment)
    os.close(theirs)
    drawn = b""
    try:
        while data := os.read(ours, 65_536):
            drawn += data
    except OSError:
        pass  # How Linux says that nobody has the other end any more.
    os.close(ours)
    assert process.wait() == 0
    assert b"indexing the workspace" in drawn
    assert b"100%" in drawn
