"""Lines to write, out of a repository's files."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from fim_language_server.errors import SettingsError
from fim_language_server.evaluation.prompts import places
from fim_language_server.evaluation.prompts.places import NEIGHBOURS, Subjects, choose_subjects

N_FILES = 6


def write_project(folder: Path) -> None:
    """Write files that use each other's names, in two directories, and what must not be read."""
    for number in range(N_FILES):
        lines = ["import other", '"""Text with prose_word."""', ""]
        for row in range(16):
            lines += [
                f"def made_{number}_{row}(value):",
                f"    return made_{(number + 1) % N_FILES}_{row}(value, only_{number}_{row})",
                "",
            ]
        path = folder / ("one" if number < 4 else "two") / f"file{number}.py"
        path.parent.mkdir(exist_ok=True)
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    (folder / "blob.py").write_bytes(b"\0\1\2" * 1_000)
    (folder / "huge.py").write_text("made_0_0 = 1\n" * 200_000, encoding="utf-8")
    (folder / ".env").write_text("SECRET=made_0_0\n", encoding="utf-8")


@pytest.fixture
def subjects(tmp_path: Path) -> Subjects:
    write_project(tmp_path)
    return choose_subjects(tmp_path, files=4, lines=5, seed=3)


def test_lines_are_code_without_imports_and_docstrings(subjects: Subjects) -> None:
    assert len(subjects.files) == 4
    for subject in subjects.files:
        assert len(subject.lines) == 5
        for line in subject.lines:
            assert subject.rows[line.row].lstrip().startswith(("def ", "return "))


def test_neighbours_are_other_files_of_the_directory(subjects: Subjects) -> None:
    for subject in subjects.files:
        folder = subject.path.rpartition("/")[0]
        others = [neighbour.path for neighbour in subject.neighbours]
        assert len(set(others)) == len(others) == min(NEIGHBOURS, {"one": 3, "two": 1}[folder])
        assert all(other.rpartition("/")[0] == folder != "" and other != subject.path for other in others)


def test_words_elsewhere_are_those_of_other_files(subjects: Subjects) -> None:
    """A word of one file alone stands nowhere else; the definition that a line calls stands in the next file."""
    for subject in subjects.files:
        number = int(subject.path[-4])
        elsewhere = subjects.elsewhere(subject.path)
        assert not {word for word in elsewhere if word.startswith(f"only_{number}_")}
        wanted = {word for line in subject.lines for word in line.words}
        assert {word for word in wanted if word.startswith(f"made_{(number + 1) % N_FILES}_")} <= elsewhere


def test_the_seed_decides_and_git_is_not_needed(tmp_path: Path) -> None:
    write_project(tmp_path)
    first, again, other = (choose_subjects(tmp_path, 3, 4, seed) for seed in (1, 1, 2))
    assert first.files == again.files != other.files
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True, capture_output=True)
    (tmp_path / ".gitignore").write_text("two/\n", encoding="utf-8")
    assert {subject.path[:3] for subject in choose_subjects(tmp_path, 9, 4, 1).files} == {"one"}


def test_a_run_lies_within_its_file(subjects: Subjects) -> None:
    for subject in subjects.files:
        assert subject.run_start is not None
        rows = range(subject.run_start, subject.run_start + places.RUN_LINES)
        assert rows.stop <= len(subject.rows)
        assert {line.row for line in subject.run} <= set(rows)


def test_reading_has_a_bound(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond MOST_SOURCE no file is read for its words, and the number says so."""
    write_project(tmp_path)
    monkeypatch.setattr(places, "MOST_SOURCE", 2_000)
    subjects = choose_subjects(tmp_path, 2, 2, 1)
    assert subjects.source_bytes <= 2_000
    assert subjects.n_read < subjects.n_sources


def test_a_folder_without_code_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "notes.md").write_text("text\n" * 100, encoding="utf-8")
    with pytest.raises(SettingsError, match="name another repository"):
        choose_subjects(tmp_path, 3, 3, 1)
