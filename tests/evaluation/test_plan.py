"""What is asked is decided by repository and seed, and what is held out is not in the workspace."""

from __future__ import annotations

from pathlib import Path

import pytest

from fim_language_server.errors import SettingsError
from fim_language_server.evaluation.plan import Plan, Scope, make_plan


def write_repository(folder: Path, files: int = 8) -> None:
    """Write a small repository whose lines are all different."""
    for number in range(files):
        name = "abcdefghijkl"[number]
        body = "\n".join(
            f"def {name}_{row}(first_{row}, second):\n    return combine_{name}(first_{row}, {row}, [second, {row}])\n"
            for row in range(12)
        )
        (folder / f"{name}.py").write_text(body, encoding="utf-8")
    (folder / "README.md").write_text("# Title\n", encoding="utf-8")
    (folder / ".env").write_text("KEY=secret_value_of_the_user\n", encoding="utf-8")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_repository(tmp_path)
    return tmp_path


def read(plan: Plan, target: Path) -> dict[str, str]:
    """Return the files of the plan's first workspace."""
    plan.stages[0].write_workspace(target)
    return {path.name: path.read_text(encoding="utf-8") for path in target.rglob("*") if path.is_file()}


def test_held_out_files_are_not_in_the_workspace(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Nor are secrets; everything else is."""
    plan = make_plan(folder, Scope(files=3, holes=4, typing=5))
    files = read(plan, tmp_path_factory.mktemp("copy"))
    held_out = {hole.path for hole in plan.holes}
    assert len(held_out) == 3
    assert set(files) == {"README.md", *(f"{name}.py" for name in "abcdefgh")} - held_out
    assert {line.path for line in plan.lines} <= held_out
    for hole in plan.holes:
        assert all(hole.prefix not in text for text in files.values() if len(hole.prefix) > 40)


def test_how_much_is_asked(folder: Path) -> None:
    plan = make_plan(folder, Scope(files=3, holes=4, kinds=("line", "mid"), typing=7))
    assert len(plan.holes) == 12
    assert {hole.kind for hole in plan.holes} == {"line", "mid"}
    assert len(plan.lines) == 7
    assert {line.kind for line in plan.lines} == {"line"}
    assert len({line.path for line in plan.lines}) == 3, "from as many files as there are"


def test_the_same_seed_asks_the_same(folder: Path) -> None:
    names = [[hole.name for hole in make_plan(folder, Scope(seed=seed)).holes] for seed in (7, 7, 8)]
    assert names[0] == names[1]
    assert names[0] != names[2]


def test_where_a_repository_lies_does_not_matter(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    other = tmp_path_factory.mktemp("elsewhere")
    write_repository(other)
    assert make_plan(folder, Scope()).holes == make_plan(other, Scope()).holes


def test_nothing_to_ask_about_is_told(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="nothing to ask about"):
        make_plan(tmp_path, Scope())
