"""Commits as sessions of editing."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from fim_language_server.cli import main
from fim_language_server.evaluation.git import GitRepository
from fim_language_server.evaluation.next_edit.git_sessions import git_sessions
from fim_language_server.evaluation.next_edit.sessions import apply_step
from tests.evaluation.test_git import commit

OLD = "x = load(1)\n\n\ndef load(path):\n    return path\n\n\ndef other():\n    a = 1\n    return load(2)\n"
NEW = "x = fetch(1)\n\n\ndef fetch(path):\n    return path\n\n\ndef other():\n    return fetch(2)\n\n\nlast = 3\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True, capture_output=True)
    commit(tmp_path, a_py=OLD, b_py="from a import load\n\n\ny = load(3)\n")
    commit(tmp_path, a_py=NEW, b_py="from a import fetch\n\n\ny = fetch(3)\n")
    return tmp_path


def test_a_commits_lines_are_edited_one_after_the_other_with_the_declaration_first(folder: Path) -> None:
    """In the end the files are as the commit left them."""
    (session,) = git_sessions(GitRepository.at(folder), 10)
    texts = dict(session.documents)
    places = []
    for step in session.steps:
        before = texts[step.uri]
        texts[step.uri] = apply_step(before, step)
        places.append((step.uri, before.count("\n", 0, step.replacements[0].start)))
    assert texts == {"file:///a.py": NEW, "file:///b.py": "from a import fetch\n\n\ny = fetch(3)\n"}
    assert places[0] == ("file:///a.py", 3)
    assert [uri for uri, _ in places][-1] == "file:///b.py"


def status(*words: str) -> object:
    """Run a command and return its exit status."""
    with pytest.raises(SystemExit) as left:
        main(list(words))
    return left.value.code


def test_eval_prints_figures_of_the_users_own_commits(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The uses of the renamed function are offered and made."""
    assert status("eval", "--next-edit", str(folder)) == 0
    assert "rename" in capsys.readouterr().out
    assert status("eval", "--next-edit", str(folder), "--json") == 0
    figures = json.loads(capsys.readouterr().out)
    assert figures["sessions"] == 1
    assert figures["reach_repeated"]["percent"] > 0


def test_eval_without_a_repository_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """In one sentence, with the status of misuse."""
    assert status("eval", "--next-edit", str(tmp_path)) == 2
    assert "git repository" in capsys.readouterr().err
