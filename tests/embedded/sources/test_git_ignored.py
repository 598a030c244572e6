"""What git ignores."""

from pathlib import Path

import pytest

from fim_language_server.core.patterns.gitignore import MOST_WILD
from fim_language_server.core.patterns.wildmatch import LONGEST_PATTERN
from fim_language_server.embedded.sources.git_ignored import LARGEST, IgnoreFiles, IgnoreRules

FILES = IgnoreFiles({})


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
    rules = FILES.rules_of_folder(root)
    if name.startswith("sub/"):
        rules = FILES.rules_of_directory(f"{root}/sub", rules)
    assert rules.ignore(f"{root}/{name}", is_directory=False) is expected


def test_a_folder_inside_a_work_tree_obeys_its_root(tmp_path: Path) -> None:
    """Its .gitignore and its .git/info/exclude, and those on the way."""
    write(tmp_path, {".git/info/exclude": "a\n", ".gitignore": "b\n", "x/.gitignore": "c\n", "x/y/.gitignore": "d\n"})
    folder = f"{tmp_path}/x/y"
    rules = FILES.rules_of_folder(folder)
    assert [rules.ignore(f"{folder}/{name}", is_directory=False) for name in "abcde"] == [True] * 4 + [False]


def test_patterns_for_directories_spare_files(tmp_path: Path) -> None:
    """A slash at the end means a directory."""
    write(tmp_path, {".gitignore": "out/\n"})
    rules = FILES.rules_of_folder(str(tmp_path))
    assert rules.ignore(f"{tmp_path}/out", is_directory=True)
    assert not rules.ignore(f"{tmp_path}/out", is_directory=False)


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
        assert FILES.rules_of_folder(folder).ignore(f"{folder}/secret.py", is_directory=False)
        assert not FILES.rules_of_folder(folder).ignore(f"{folder}/a.py", is_directory=False)


def test_a_submodule_obeys_what_it_excludes_itself(tmp_path: Path) -> None:
    """The way to its repository is written from where the work tree is."""
    write(tmp_path, {".git/modules/sub/info/exclude": "secret.py\n", "sub/.git": "gitdir: ../.git/modules/sub\n"})
    rules = FILES.rules_of_directory(f"{tmp_path}/sub", FILES.rules_of_folder(str(tmp_path)))
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
    rules = FILES.rules_of_directory(inner, FILES.rules_of_folder(str(tmp_path)))
    assert [rules.ignore(f"{inner}/{name}", is_directory=False) for name in "abc"] == [True, True, False]


def test_a_long_gitignore_is_read_and_one_too_long_hides_everything(tmp_path: Path) -> None:
    """A generated one may have many thousand lines; what it hides must not be shown because nobody reads it."""
    filler = "".join(f"no/such/path/{number}\n" for number in range(200_000))
    write(tmp_path, {"long/.gitignore": f"{filler}secret.py\n", "huge/.gitignore": "#" * (LARGEST + 1)})
    long, huge = FILES.rules_of_folder(f"{tmp_path}/long"), FILES.rules_of_folder(f"{tmp_path}/huge")
    assert long.ignore(f"{tmp_path}/long/secret.py", is_directory=False)
    assert not long.ignore(f"{tmp_path}/long/a.py", is_directory=False)
    assert huge.ignore(f"{tmp_path}/huge/a.py", is_directory=False)
    assert (long.hide_everything, huge.hide_everything) == (False, True)


@pytest.mark.parametrize(
    "text", ["*a*b\n" * (MOST_WILD + 1), "a" * (LONGEST_PATTERN + 1), f"[{'a-z' * LONGEST_PATTERN}]"]
)
def test_patterns_that_cost_too_much_to_judge_hide_everything(tmp_path: Path, text: str) -> None:
    """Too many that have to be tried one by one, or one too long; a long comment is none."""
    write(tmp_path, {"w/.gitignore": text, "v/.gitignore": "*a*b\n" * MOST_WILD + "#" * 20_000 + "\n!keep\n"})
    assert FILES.rules_of_folder(f"{tmp_path}/w").hide_everything
    assert FILES.rules_of_folder(f"{tmp_path}/w").ignore(f"{tmp_path}/w/x.py", is_directory=False)
    assert not FILES.rules_of_folder(f"{tmp_path}/v").hide_everything
    assert not FILES.rules_of_folder(f"{tmp_path}/v").ignore(f"{tmp_path}/v/x.py", is_directory=False)


def test_the_users_own_patterns_hold_where_no_other_file_says_anything(tmp_path: Path) -> None:
    """core.excludesFile, by default ~/.config/git/ignore; `info/exclude` comes before it, and a .gitignore first."""
    write(
        tmp_path,
        {
            "home/.config/git/ignore": "/a\nb\nc\nd\n",
            "w/.git/info/exclude": "!c\n",
            "w/.gitignore": "!d\n",
            "w/sub/x": "",
        },
    )
    root = f"{tmp_path}/w"
    rules = IgnoreFiles({"HOME": f"{tmp_path}/home"}).rules_of_folder(f"{root}/sub")

    def ignored(*names: str) -> list[str]:
        return [name for name in names if rules.ignore(f"{root}/{name}", is_directory=False)]

    assert ignored("a", "sub/a", "b", "sub/b", "c", "d") == ["a", "b", "sub/b"]
    write(tmp_path, {"mine": "e\n", "w/.git/config": f"[core]\nexcludesFile = {tmp_path}/mine\nignoreCase = true\n"})
    rules = IgnoreFiles({"HOME": f"{tmp_path}/home"}).rules_of_folder(root)
    assert ignored("a", "b", "e", "sub/E") == ["e", "sub/E"]


def test_what_git_includes_for_this_repository_names_them_too(tmp_path: Path) -> None:
    """`includeIf`, in the user's own configuration; it is read anew once it was written."""
    config = '[includeIf "gitdir:{}/"]\n\tpath = more\n'
    write(tmp_path, {"home/more": "[core]\nexcludesFile = ~/mine\n", "home/mine": "a\n", "w/.git/HEAD": "", "v/x": ""})
    write(tmp_path, {"home/.gitconfig": config.format("w")})
    files = IgnoreFiles({"HOME": f"{tmp_path}/home"})
    for folder, is_ignored in (("w", True), ("v", False)):
        rules = files.rules_of_folder(f"{tmp_path}/{folder}")
        assert rules.ignore(f"{tmp_path}/{folder}/a", is_directory=False) is is_ignored
    write(tmp_path, {"home/.gitconfig": config.format("elsewhere")})
    assert not files.rules_of_folder(f"{tmp_path}/w").ignore(f"{tmp_path}/w/a", is_directory=False)


def test_they_hold_in_a_folder_without_a_repository_too(tmp_path: Path) -> None:
    """What somebody never wants to see in any repository is not for the model either."""
    write(tmp_path, {"home/.config/git/ignore": "a\n"})
    rules = IgnoreFiles({"HOME": f"{tmp_path}/home"}).rules_of_folder(f"{tmp_path}/w")
    assert rules.ignore(f"{tmp_path}/w/x/a", is_directory=False)


@pytest.mark.parametrize("written", [".gitignore", ".git/info/exclude", "../home/.config/git/ignore", "sub/.gitignore"])
def test_rules_differ_once_a_file_is_written(tmp_path: Path, written: str) -> None:
    """So that whoever follows them need not be told of each file; what is not written is not read again."""
    write(tmp_path, {"w/.git/info/exclude": "", "w/.gitignore": "a\n", "w/sub/x": "", "home/.config/git/ignore": ""})
    files = IgnoreFiles({"HOME": f"{tmp_path}/home"})

    def rules() -> IgnoreRules:
        return files.rules_of_folder(f"{tmp_path}/w/sub")

    before = rules()
    assert rules() == before
    write(tmp_path / "w", {written: "secret.py\n"})
    assert rules() != before
    assert rules().ignore(f"{tmp_path}/w/sub/secret.py", is_directory=False)


def test_a_gitignore_is_read_as_git_reads_it(tmp_path: Path) -> None:
    """Line ends of Windows, a byte order mark, bytes that are no UTF-8; and UTF-16, which git cannot read."""
    (tmp_path / ".gitignore").write_bytes(b"\xef\xbb\xbfa\r\nb\x0cc\n\xff.py\nd\0e\n")
    rules = FILES.rules_of_folder(str(tmp_path))
    names = ["a", "b\x0cc", "\udcff.py", "d"]
    assert [name for name in names if rules.ignore(f"{tmp_path}/{name}", is_directory=False)] == names
    (tmp_path / ".gitignore").write_text("wide.py\n", "utf-16")
    assert FILES.rules_of_folder(str(tmp_path)).ignore(f"{tmp_path}/wide.py", is_directory=False)
