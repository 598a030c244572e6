"""What git's configuration files say about ignored files."""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from fim_language_server.embedded.sources import git_config
from fim_language_server.embedded.sources.git_config import (
    GitConfig,
    RepositoryFolders,
    Settings,
    all_settings,
    parse_git_config,
    read_git_config,
)
from fim_language_server.embedded.sources.git_ignored import repository_of


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[core]\n\texcludesFile = /x/y\n", {"core.excludesfile": "/x/y"}),
        ("[CORE] ExcludesFile=~/a b  # comment\n", {"core.excludesfile": "~/a b"}),
        ('[core]\nexcludesfile = "/x ; y" ; z\n', {"core.excludesfile": "/x ; y"}),
        ('[core]\nexcludesfile = "C:\\\\a\\"b " \n', {"core.excludesfile": 'C:\\a"b '}),
        ("[core]\nexcludesfile = /a\\\n/b\r\nignorecase\n", {"core.excludesfile": "/a/b", "core.ignorecase": "true"}),
        ('[includeIf "gitdir:~/x/"]\npath = y\n[core]\n', {"includeif.gitdir:~/x/.path": "y"}),
        ("# c\n; d\n\n[a]\n# [core]\nb = c\nnonsense ?\n", {"a.b": "c", "a.nonsense": "true"}),
        ('[a "b.\\"\\\\C"]\nd\n', {'a.b."\\C.d': "true"}),
        ('[a "b]\n', {}),
        ("", {}),
    ],
)
def test_the_syntax_of_git_config_1(text: str, expected: Mapping[str, str]) -> None:
    """Sections, quotes, escapes, comments, lines that go on."""
    assert dict(parse_git_config(text)) == expected


@pytest.mark.parametrize(
    "text",
    [
        "\n" * 990_000,
        " " * 990_000 + "x",
        "[a]\n" + "\n" * 990_000,
        "[" + " " * 990_000,
        '[a "' + "\\\\" * 400_000,
        '[a "\n' * 190_000,
        "[a]\nb = " + "\\\n" * 400_000,
        '[a]\nb = "' + ";" * 900_000,
        "[a]\nb = " + '"' * 900_001,
        "[a]\nb = " + " " * 900_000 + "c",
        "[a]\n" + "a" * 900_000,
        "[a]\nb = " + "x\\n" * 300_000,
        "[" * 900_000,
    ],
    ids=range(13),
)
def test_a_megabyte_is_read_in_one_go(text: str) -> None:
    """Each of these once made the time grow with the square of the length: hours for a megabyte, so seconds here."""
    assert len(list(parse_git_config(text))) <= 1


def test_files_that_include_each_other_are_read_a_few_times() -> None:
    """Git stops at a depth of ten; eighty includes in each file would make that 80^10 readings."""
    asked: list[str] = []

    def read(path: str) -> Settings:
        asked.append(path)
        return parse_git_config("[include]\n" + "path = config\n" * 80 + "[core]\nexcludesfile = /x\n")

    assert read_git_config(RepositoryFolders("/w", "/w/.git", "/w/.git", ""), read, {}) == GitConfig("/x")
    assert len(asked) <= 70


@pytest.mark.parametrize("kind", ["gitdir:**/a", "onbranch:*a*a*a*a*a*a*a*a*a*a*a*a*b", "hasconfig:remote.*.url:*a*b"])
def test_no_more_than_some_conditions_are_judged(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Thousands of conditions times thousands of remotes would take minutes."""
    judged: list[str] = []
    monkeypatch.setattr(git_config, "wildmatch", lambda pattern, _text, **_: judged.append(pattern))
    text = "".join(f'[remote "{n}"]\nurl = {"a" * 50}\n[includeIf "{kind}"]\npath = x\n' for n in range(2_000))
    repository = RepositoryFolders("/w", "/w/.git", "/w/.git", f"ref: refs/heads/{'a' * 200}")
    read_git_config(repository, lambda path: parse_git_config(text if path == "/w/.git/config" else ""), {})
    assert 0 < len(judged) <= 20_000


SYSTEM_FILE = "/p/Git/etc/gitconfig" if sys.platform == "win32" else "/etc/gitconfig"


def read(files: Mapping[str, str], **environ: str) -> GitConfig:
    repository = RepositoryFolders("/w", "/w/.git", "/w/.git", "ref: refs/heads/main\n")
    environ = {"HOME": "/h", "PROGRAMFILES": "/p", **environ}
    return read_git_config(repository, lambda path: parse_git_config(files.get(path, "")), environ)


@pytest.mark.parametrize(
    ("files", "environ", "expected"),
    [
        ({}, {}, "/h/.config/git/ignore"),
        ({}, {"XDG_CONFIG_HOME": "/c"}, "/c/git/ignore"),
        ({}, {"HOME": ""}, ""),
        ({"/h/.gitconfig": "~/ignored"}, {}, "/h/ignored"),
        ({"/h/.gitconfig": "one", "/h/.config/git/config": "two"}, {}, "/w/one"),
        ({"/h/.gitconfig": "/one", "/w/.git/config": "/two"}, {}, "/two"),
        ({SYSTEM_FILE: "/one"}, {}, "/one"),
        ({"/s": "/one"}, {"GIT_CONFIG_SYSTEM": "/s"}, "/one"),
        ({SYSTEM_FILE: "/one"}, {"GIT_CONFIG_NOSYSTEM": "1"}, "/h/.config/git/ignore"),
        ({"/g": "/one", "/h/.gitconfig": "/two"}, {"GIT_CONFIG_GLOBAL": "/g"}, "/one"),
        ({"/h/.gitconfig": ""}, {}, ""),
    ],
)
def test_where_the_users_own_patterns_lie(files: Mapping[str, str], environ: Mapping[str, str], expected: str) -> None:
    """The last file that says anything about it decides; where none does there is a default; empty means none."""
    texts = {path: f"[core]\nexcludesFile = {value}\n" for path, value in files.items()}
    assert read(texts, **environ).excludes_file == expected


def test_included_files_are_read_and_a_circle_ends() -> None:
    files = {
        "/h/.gitconfig": "[core]\nexcludesFile = /a\n[include]\npath = more\n",
        "/h/more": "[core]\nexcludesFile = /b\nignoreCase = yes\n[include]\npath = ~/.gitconfig\n",
    }
    assert read(files).ignore_case
    assert read({**files, "/h/more": "[core]\nexcludesFile = /b\n"}).excludes_file == "/b"


CONDITIONS = [
    "gitdir:~/code/",
    "gitdir:~/code",
    "gitdir:~/code/project/.git",
    "gitdir:~/CODE/",
    "gitdir/i:~/CODE/",
    "gitdir:code/",
    "gitdir:project/.git",
    "gitdir:project",
    "gitdir:**/project/**",
    "gitdir:cod?/",
    "gitdir:~/co**/.git",
    "gitdir:~/[b-d]ode/*/.git",
    "gitdir:./code/",
    "gitdir:./elsewhere/",
    "gitdir:/",
    "gitdir:",
    "gitdir:{home}/code/**",
    "gitdir/i:{HOME}/code/**",
    "gitdir:other/",
    "onbranch:main",
    "onbranch:feature/",
    "onbranch:feature/**",
    "onbranch:*",
    "onbranch:feat*/x",
    "onbranch:",
    "hasconfig:remote.*.url:https://example.com/**",
    "hasconfig:remote.*.url:https://*/team/x.git",
    "hasconfig:remote.*.url:https://*/x.git",
    "hasconfig:remote.origin.url:https://example.com/**",
    "unheard:of",
    "Gitdir:~/code/",
]


def read_from_disk(path: str) -> Settings:
    return parse_git_config(Path(path).read_text() if Path(path).is_file() else "")


@pytest.mark.skipif(shutil.which("git") is None, reason="asks git")
@pytest.mark.parametrize("head", ["refs/heads/main", "refs/heads/feature/x", None], ids=["main", "branch", "detached"])
@pytest.mark.parametrize("place", ["repository", "linked work tree", "no repository"])
def test_a_condition_is_met_where_git_says_so(tmp_path: Path, place: str, head: str | None) -> None:
    """Each `includeIf` sets a value of its own; git is asked for all of them at once."""
    home = (tmp_path / "home").resolve()
    project = home / "code" / "project"
    project.mkdir(parents=True)
    environ = {**os.environ, "HOME": str(home), "GIT_CONFIG_NOSYSTEM": "1", "LC_ALL": "C"}
    for name in ("XDG_CONFIG_HOME", "GIT_CONFIG_GLOBAL", "GIT_DIR", "GIT_CODE_TREE"):
        environ.pop(name, None)

    def git(*words: str, folder: Path = project) -> str:
        command = ["git", "-c", "user.name=a", "-c", "user.email=a@b", *words]
        done = subprocess.run(command, cwd=folder, env=environ, capture_output=True, text=True, check=False)
        assert done.returncode == 0 or words[0] == "config", done.stderr
        return done.stdout

    if place != "no repository":
        git("init", "-q")
        git("remote", "add", "origin", "https://example.com/team/x.git")
        git("commit", "-q", "--allow-empty", "-m", "x")
        if place == "linked work tree":
            git("worktree", "add", "-q", "--detach", str(home / "elsewhere" / "linked"))
            project = home / "elsewhere" / "linked"
        if head is None:
            git("checkout", "-q", "--detach", folder=project)
        else:
            git("checkout", "-q", "--ignore-other-worktrees", "-B", head.removeprefix("refs/heads/"), folder=project)
    config = ""
    for number, condition in enumerate(CONDITIONS):
        condition = condition.replace("{home}", str(home)).replace("{HOME}", str(home).upper())
        config += f'[includeIf "{condition}"]\n\tpath = included{number}\n'
        (home / f"included{number}").write_text(f"[met]\n\tc{number} = yes\n[core]\n\texcludesFile = /{number}\n")
    (home / ".gitconfig").write_text(config)
    listed = git("config", "--list", "--includes", folder=project).splitlines()
    met = [CONDITIONS[int(line[5:-4])] for line in listed if line.startswith("met.c")]
    said = list(all_settings(repository_of(str(project)), read_from_disk, environ))
    assert [CONDITIONS[int(name[5:])] for name, _ in said if name.startswith("met.c")] == met
    assert dict(said).get("core.excludesfile") == next(
        (line.partition("=")[2] for line in reversed(listed) if line.startswith("core.excludesfile=")), None
    )


@pytest.mark.parametrize(
    ("system", "environ", "expected"),
    [
        ("linux", {}, "/etc/gitconfig"),
        ("win32", {"PROGRAMFILES": "C:\\Program Files"}, "C:/Program Files/Git/etc/gitconfig"),
        ("win32", {}, ""),  # "/etc" would be one of the current drive, where others may write
        ("win32", {"GIT_CONFIG_SYSTEM": "D:/g", "PROGRAMFILES": "C:\\Program Files"}, "D:/g"),
    ],
)
def test_the_file_of_all_users_lies_where_the_system_has_it(
    system: str, environ: Mapping[str, str], expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.platform", system)
    asked: list[str] = []

    def note(path: str) -> Settings:
        asked.append(path)
        return ()

    read_git_config(RepositoryFolders("/w"), note, environ)
    assert asked == ([expected] if expected else [])
