"""What git ignores."""

from pathlib import Path

import pytest

from fim_language_server.embedded.ignoring import parse_patterns, rules_of_directory, rules_of_folder


def write(root: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("a.log", True),
        ("keep.log", False),
        ("top", True),
        ("sub/top", False),
        ("sub/a.tmp", True),
        ("sub/a.log", False),
    ],
)
def test_the_innermost_file_that_says_anything_decides(tmp_path: Path, name: str, expected: bool) -> None:
    """Negation and anchors hold as in gitignore(5)."""
    write(tmp_path, {".gitignore": "*.log\n!keep.log\n/top\n", "sub/.gitignore": "!*.log\n*.tmp\n"})
    root = str(tmp_path)
    rules = rules_of_folder(root)
    if name.startswith("sub/"):
        rules = rules_of_directory(f"{root}/sub", rules)
    assert rules.ignore(f"{root}/{name}", is_directory=False) is expected


def test_a_folder_inside_a_work_tree_obeys_its_root(tmp_path: Path) -> None:
    """Its .gitignore and its .git/info/exclude, and those on the way."""
    write(tmp_path, {".git/info/exclude": "a\n", ".gitignore": "b\n", "x/.gitignore": "c\n", "x/y/.gitignore": "d\n"})
    folder = f"{tmp_path}/x/y"
    rules = rules_of_folder(folder)
    assert [rules.ignore(f"{folder}/{name}", is_directory=False) for name in "abcde"] == [True] * 4 + [False]


def test_patterns_for_directories_spare_files(tmp_path: Path) -> None:
    """A slash at the end means a directory."""
    write(tmp_path, {".gitignore": "out/\n"})
    rules = rules_of_folder(str(tmp_path))
    assert rules.ignore(f"{tmp_path}/out", is_directory=True)
    assert not rules.ignore(f"{tmp_path}/out", is_directory=False)


def test_a_bad_pattern_costs_only_itself() -> None:
    """As git does, the others hold."""
    patterns = parse_patterns(["*.a", "\\", "!", "*.b"])
    assert [patterns.match_file(name) for name in ("x.a", "x.b", "x.c")] == [True, True, False]
