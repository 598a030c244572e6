"""What git prints is read right, whatever stands in the files."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from fim_language_server.errors import SettingsError
from fim_language_server.evaluation.git import GitRepository, Hunk, read_diff


def commit(folder: Path, **files: str) -> None:
    """Write these files (`_` stands for the dot of an extension) and commit them: always with the same hash."""
    dates = {"GIT_AUTHOR_DATE": "1700000000 +0000", "GIT_COMMITTER_DATE": "1700000000 +0000"}
    for name, text in files.items():
        (folder / name.replace("_py", ".py")).write_text(text, encoding="utf-8")
    identity = ["-c", "user.name=n", "-c", "user.email=e@example.org", "-c", "commit.gpgsign=false"]
    for words in (["add", "-A"], [*identity, "commit", "-q", "-m", "m", "--no-verify"]):
        subprocess.run(["git", "-C", str(folder), *words], check=True, capture_output=True, env={**os.environ, **dates})


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A repository with three commits."""
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True, capture_output=True)
    commit(tmp_path, a_py="one\ntwo\nthree\n")
    commit(tmp_path, a_py="one\n2\nmore\nthree\nfour\n", b_py="new\n")
    commit(tmp_path, a_py="one\nthree\nfour\n")
    return tmp_path


def test_recent_commits_have_a_parent_and_are_newest_first(folder: Path) -> None:
    commits = GitRepository.at(folder).recent_commits(10)
    assert len(commits) == 2
    assert GitRepository.at(folder).recent_commits(1) == commits[:1]


def test_what_a_commit_added(folder: Path) -> None:
    repository = GitRepository.at(folder)
    newest, older = repository.recent_commits(10)
    assert list(repository.additions(older)) == [
        ("a.py", [Hunk(1, 1, 1, 2), Hunk(3, 0, 4, 1)], {"two"}),
        ("b.py", [Hunk(0, 0, 0, 1)], set()),
    ]
    assert list(repository.additions(newest)) == [("a.py", [Hunk(1, 2, 1, 0)], {"2", "more"})]


def test_files_of_the_past(folder: Path) -> None:
    repository = GitRepository.at(folder)
    _, older = repository.recent_commits(10)
    entries = repository.files(older)
    assert [(entry.path, entry.size) for entry in entries] == [("a.py", 22), ("b.py", 4)]
    assert list(repository.contents(entries)) == [b"one\n2\nmore\nthree\nfour\n", b"new\n"]
    assert repository.read(older, "b.py") == b"new\n"
    assert repository.read(f"{older}^", "b.py") == b""


def test_lines_that_look_like_heads_are_lines() -> None:
    """An added line `++ b/x` is printed as `+++ b/x`, and a removed one `-- a/x` as `--- a/x`."""
    diff = b"""diff --git a/a.py b/a.py
--- a/a.py
+++ b/a.py
@@ -1,2 +1,2 @@ def f():
--- a/gone.py
-@@ -1 +1 @@
\\ No newline at end of file
+++ b/other.py
+@@ -9 +9 @@
\\ No newline at end of file
@@ -5 +5 @@
-x
+y
"""
    assert list(read_diff(diff)) == [
        ("a.py", [Hunk(0, 2, 0, 2), Hunk(4, 1, 4, 1)], {"-- a/gone.py", "@@ -1 +1 @@", "x"})
    ]


def test_what_is_no_repository_is_told(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="not a git repository"):
        GitRepository.at(tmp_path)


def test_a_repository_cannot_run_programs(folder: Path) -> None:
    """Not by attributes and configuration of its own: no external diff, no conversion for display."""
    (folder / ".gitattributes").write_text("*.py diff=evil\n", encoding="utf-8")
    for name, value in (("diff.evil.command", "touch ran"), ("diff.evil.textconv", "touch ran; cat"),
                        ("diff.external", "touch ran"), ("core.fsmonitor", "touch ran")):  # fmt: skip
        subprocess.run(["git", "-C", str(folder), "config", name, value], check=True)
    repository = GitRepository.at(folder)
    for commit_name in repository.recent_commits(10):
        assert list(repository.additions(commit_name))
    assert not (folder / "ran").exists()
