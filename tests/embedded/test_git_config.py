"""What git's configuration files say about ignored files."""

from collections.abc import Mapping

import pytest

from fim_language_server.embedded.git_config import GitConfig, parse_git_config, read_git_config


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
        ('[a "b]\n', {}),
        ("", {}),
    ],
)
def test_the_syntax_of_git_config_1(text: str, expected: Mapping[str, str]) -> None:
    """Sections, quotes, escapes, comments, lines that go on."""
    assert dict(parse_git_config(text)) == expected


def read(files: Mapping[str, str], **environ: str) -> GitConfig:
    return read_git_config("/w", ("/w/.git/config",), lambda path: files.get(path, ""), {"HOME": "/h", **environ})


@pytest.mark.parametrize(
    ("files", "environ", "expected"),
    [
        ({}, {}, "/h/.config/git/ignore"),
        ({}, {"XDG_CONFIG_HOME": "/c"}, "/c/git/ignore"),
        ({}, {"HOME": ""}, ""),
        ({"/h/.gitconfig": "~/ignored"}, {}, "/h/ignored"),
        ({"/h/.gitconfig": "one", "/h/.config/git/config": "two"}, {}, "/w/one"),
        ({"/h/.gitconfig": "/one", "/w/.git/config": "/two"}, {}, "/two"),
        ({"/etc/gitconfig": "/one"}, {}, "/one"),
        ({"/etc/gitconfig": "/one"}, {"GIT_CONFIG_NOSYSTEM": "1"}, "/h/.config/git/ignore"),
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
