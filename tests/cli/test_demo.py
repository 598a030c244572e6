"""The demo, on a small project, as a transcript."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from fim_language_server.cli import demo
from fim_language_server.evaluation.held_out import hold_out
from tests.cli.test_main import outcome

SHAPES = ("circle", "square", "hexagon", "ring", "spiral", "wave", "star", "cross")


def write_project(folder: Path) -> None:
    """Write files that are alike, as real projects' are."""
    for shape in SHAPES:
        lines = [f"class {shape.title()}:"]
        for size in range(12):
            lines += [
                f"    def grow_{size}(self, factor):",
                f"        self.size_{size} = self.size_{size} * factor",
                f"        self.canvas.redraw(self.size_{size}, factor)",
                f"        return self.size_{size}",
            ]
        (folder / f"{shape}.py").write_text("\n".join(lines) + "\n", encoding="utf-8")


def test_the_demo_types_held_out_lines_and_says_how_it_went(
    tmp_path: Path,
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """In a project that repeats itself the model is right often, and the figures add up; no index is left behind."""
    kept = tmp_path_factory.mktemp("cache")
    monkeypatch.setenv("XDG_CACHE_HOME", str(kept))
    write_project(tmp_path)
    assert outcome("demo", "--folder", str(tmp_path), "--regions", "3", "--pace", "0") == 0
    text = capsys.readouterr().out
    assert "indexed in" in text
    assert "«" in text
    keys, characters = map(int, re.search(r"\((\d+) keys for (\d+) characters\)", text).groups())
    assert 0 < keys < characters
    right, shown = map(int, re.search(r"of these right\s+(\d+) of (\d+)", text).groups())
    assert 0 < right <= shown
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(f"{shape}.py" for shape in SHAPES)
    assert list(kept.rglob("*.index")) == []


def test_the_sample_project_comes_along_and_its_tests_pass() -> None:
    """What people see first is code that works; in a clone it lies beside the package, in a wheel inside of it."""
    folder = demo.sample_project()
    assert len(demo.read_project(folder)) > 20
    # The program is this Python, and the arguments are named here.
    command = [
        sys.executable,
        "-B",
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "--rootdir=.",
        "-c",
        os.devnull,
        "tests",
    ]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    assert not [path for path in folder.rglob("*") if path.name == "__pycache__"]
    build = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["hatch"][
        "build"
    ]
    assert build["targets"]["wheel"]["force-include"] == {"server/sample": "fim_language_server/sample"}


def test_a_folder_without_code_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Instead of a summary of nothing."""
    assert outcome("demo", "--folder", str(tmp_path)) == 1
    assert "no source files" in capsys.readouterr().err
    assert outcome("demo", "--folder", str(tmp_path / "gone")) == 2
    assert "there is no folder" in capsys.readouterr().err


def test_the_seed_decides_what_is_held_out() -> None:
    """The same seed, the same lines; and they can be put back."""
    files = {f"{n}.py": "\n".join(["def f():"] + [f"    a{n} = {row}" for row in range(60)]) for n in range(9)}
    chosen = hold_out(files, regions=4, lines=3, seed=5)
    assert chosen == hold_out(files, regions=4, lines=3, seed=5)
    assert chosen != hold_out(files, regions=4, lines=3, seed=6)
    for region in chosen:
        assert "\n".join((*region.before, *region.lines, *region.after)) == files[region.path]
