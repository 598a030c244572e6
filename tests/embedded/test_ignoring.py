"""What git ignores."""

from pathlib import Path

import pytest

from fim_language_server.embedded.ignoring import LARGEST, parse_patterns, rules_of_directory, rules_of_folder


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


def test_a_linked_work_tree_obeys_what_its_repository_excludes(tmp_path: Path) -> None:
    """Its `.git` is a file that leads to the repository, and `info` is shared by all work trees (git-worktree(1))."""
    write(
        tmp_path,
        {
            "main/.git/info/exclude": "secret.py\n",
            "main/.git/worktrees/linked/commondir": "../..\n",
            "linked/.git": f"gitdir: {tmp_path}/main/.git/worktrees/linked\n",
            "linked/sub/a.py": "",
        },
    )
    for folder in (f"{tmp_path}/linked", f"{tmp_path}/linked/sub"):
        assert rules_of_folder(folder).ignore(f"{folder}/secret.py", is_directory=False)
        assert not rules_of_folder(folder).ignore(f"{folder}/a.py", is_directory=False)


def test_a_submodule_obeys_what_it_excludes_itself(tmp_path: Path) -> None:
    """The way to its repository is written from where the work tree is."""
    write(tmp_path, {".git/modules/sub/info/exclude": "secret.py\n", "sub/.git": "gitdir: ../.git/modules/sub\n"})
    rules = rules_of_directory(f"{tmp_path}/sub", rules_of_folder(str(tmp_path)))
    assert rules.ignore(f"{tmp_path}/sub/secret.py", is_directory=False)
    assert not rules.ignore(f"{tmp_path}/secret.py", is_directory=False)


def test_a_repository_inside_another_obeys_both(tmp_path: Path) -> None:
    """What either hides is hidden; the .gitignore comes before the exclude file beside it."""
    write(
        tmp_path,
        {
            ".gitignore": "a\n",
            "inner/.git/info/exclude": "b\nc\n",
            "inner/.gitignore": "!c\n",
        },
    )
    inner = f"{tmp_path}/inner"
    rules = rules_of_directory(inner, rules_of_folder(str(tmp_path)))
    assert [rules.ignore(f"{inner}/{name}", is_directory=False) for name in "abc"] == [True, True, False]


def test_a_long_gitignore_is_read_and_one_too_long_hides_everything(tmp_path: Path) -> None:
    """A generated one may have many thousand lines; what it hides must not be shown because nobody reads it."""
    filler = "no/such/path/in/this/folder\n"
    write(tmp_path, {"long/.gitignore": filler * 10_000 + "secret.py\n", "huge/.gitignore": "#" * (LARGEST + 1)})
    long, huge = f"{tmp_path}/long", f"{tmp_path}/huge"
    assert rules_of_folder(long).ignore(f"{long}/secret.py", is_directory=False)
    assert not rules_of_folder(long).ignore(f"{long}/a.py", is_directory=False)
    assert rules_of_folder(huge).ignore(f"{huge}/a.py", is_directory=False)
