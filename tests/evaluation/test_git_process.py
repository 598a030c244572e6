"""Nothing that a repository configures is run: a canary stands behind every key that may name a program."""

from __future__ import annotations

import functools
import hashlib
import os
import re
import subprocess
import sys
import tempfile
import zlib
from pathlib import Path

import pytest

from fim_language_server.errors import SettingsError
from fim_language_server.evaluation import git_process
from fim_language_server.evaluation.git import GitRepository
from fim_language_server.evaluation.history import workspace_at

pytestmark = pytest.mark.skipif(os.name == "nt", reason="the canaries are scripts for sh")

BY_NAME = re.compile(
    r"command|cmd|program|helper|editor|pager|hook|ssh|proxy|fsmonitor|textconv|driver|clean|smudge|process|external|tool"
    r"|pack$|vcs|askpass|gitproxy|alternate|alias|browser|\.path$|sendemail|instaweb|credential|gpg|attributes|file$|exec"
    r"|insteadof|url|trailer|interactive|sequence|filter|handler|mailmap|man\.|help\.",
    re.IGNORECASE,
)
"""Keys of `git help --config` whose name says that they may name a program, a file or an address."""


@functools.cache
def keys_of_git() -> tuple[str, ...]:
    """Return the keys that may name a program, as far as git takes any word for their value."""
    known = subprocess.run(["git", "help", "--config"], capture_output=True, text=True, check=True).stdout.split()
    known = [key for key in known if not key.lower().startswith("include") and not key.lower().endswith("version")]
    keys = [re.sub(r"<[^>]*>|\*", "x", key) for key in known if BY_NAME.search(key)]
    with tempfile.TemporaryDirectory() as empty:
        subprocess.run(["git", "init", "-q", empty], check=True)
        return tuple(
            key
            for key in keys
            if all(
                subprocess.run(["git", "-C", empty, "-c", f"{key}=word", *command], capture_output=True).returncode == 0
                for command in (["status"], ["rev-parse", "--git-dir"])
            )
        )


def git(folder: Path, *words: str, given: str | None = None) -> str:
    identity = ["-c", "user.name=n", "-c", "user.email=e@example.org", "-c", "commit.gpgsign=false"]
    environment = {**os.environ, "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": os.devnull}
    command = ["git", "-C", str(folder), *identity, *words]
    done = subprocess.run(command, check=True, capture_output=True, text=True, env=environment, input=given)
    return done.stdout.strip()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A repository with three commits that each write to a file of code."""
    folder = tmp_path / "r"
    git(tmp_path, "init", "-q", str(folder))
    for number in range(3):
        (folder / "a.py").write_text("".join(f"x{line} = {line * number}\n" for line in range(20)))
        git(folder, "add", "-A")
        git(folder, "commit", "-qm", str(number))
    return folder


@pytest.fixture
def canary(tmp_path: Path) -> Path:
    """A program that leaves a file beside it when it is run."""
    program = tmp_path / "canary.sh"
    program.write_text(f"#!/bin/sh\necho ran >> {tmp_path}/RAN\nexit 1\n")
    program.chmod(0o755)
    return program


def read_everything(folder: Path) -> int:
    """Do all that evaluation does with a repository; return how many files it found."""
    repository, found = GitRepository.at(folder), 0
    for commit in repository.recent_commits(10):
        found += len(workspace_at(repository, commit))
        for path, _, _ in repository.additions(commit):
            found += bool(repository.read(commit, path))
    return found


def has_run(canary: Path) -> bool:
    return (canary.parent / "RAN").exists()


def hostile_configuration(canary: Path) -> str:
    """Return a configuration in which every key that may name a program names the canary."""
    lines = []
    for key in keys_of_git():
        section, _, rest = key.partition(".")
        middle, _, name = rest.rpartition(".")
        head = f'[{section} "{middle}"]' if middle else f"[{section}]"
        lines.append(f"{head}\n\t{name} = {canary}\n")
    assert len(lines) > 100
    more = (
        f"[core]\n\tfsmonitor = {canary}\n\tsshCommand = {canary}\n\tpager = {canary}\n"
        f"\thooksPath = {canary.parent}/hooks\n"
        f"\tgitProxy = {canary}\n\taskPass = {canary}\n\tattributesFile = {canary.parent}/attributes\n"
        f'[diff "x"]\n\ttextconv = {canary}\n\tcommand = {canary}\n[diff]\n\texternal = {canary}\n'
        f'[filter "x"]\n\tclean = {canary}\n\tsmudge = {canary}\n\tprocess = {canary}\n\trequired = true\n'
        f'[merge "x"]\n\tdriver = {canary}\n[log]\n\tshowSignature = true\n[gpg]\n\tprogram = {canary}\n'
        + "".join(
            f"[alias]\n\t{name} = !{canary}\n"
            for name in ("log", "rev-list", "diff-tree", "cat-file", "ls-tree", "rev-parse")
        )
    )
    return "".join(lines) + more


def make_hostile(folder: Path, canary: Path) -> None:
    configuration = hostile_configuration(canary)
    (folder / ".git" / "more").write_text(configuration)
    with (folder / ".git" / "config").open("a") as config:
        config.write(configuration + "[include]\n\tpath = more\n")
    hooks = canary.parent / "hooks"
    hooks.mkdir()
    for name in ("post-index-change", "reference-transaction", "fsmonitor-watchman", "pre-auto-gc", "post-checkout"):
        for place in (hooks, folder / ".git" / "hooks"):
            place.mkdir(exist_ok=True)
            (place / name).write_bytes(canary.read_bytes())
            (place / name).chmod(0o755)
    for attributes in (
        folder / ".git" / "info" / "attributes",
        folder / ".gitattributes",
        canary.parent / "attributes",
    ):
        attributes.write_text("* diff=x filter=x merge=x\n")


def test_no_program_of_the_configuration_is_run(folder: Path, canary: Path) -> None:
    """By any of the keys that this git knows, by hooks or attributes; git's own commands do run some of them."""
    expected = read_everything(folder)
    make_hostile(folder, canary)
    assert read_everything(folder) == expected > 0
    assert not has_run(canary)
    subprocess.run(["git", "-C", str(folder), "status"], capture_output=True, check=False)
    assert has_run(canary), "the canary would not sing at all"


def test_a_signature_is_not_checked(folder: Path, canary: Path) -> None:
    """`git log` with `log.showSignature` starts `gpg.program`."""
    head, _, body = git(folder, "cat-file", "commit", "HEAD").partition("\n\n")
    signed = f"{head}\ngpgsig -----BEGIN PGP SIGNATURE-----\n \n x\n -----END PGP SIGNATURE-----\n\n{body}\n"
    new = git(folder, "hash-object", "-t", "commit", "-w", "--stdin", given=signed)
    git(folder, "update-ref", "HEAD", new)
    make_hostile(folder, canary)
    assert read_everything(folder) > 0
    assert not has_run(canary)


@pytest.mark.parametrize("url", ["ssh://x.example/y", "ext::{canary}", "https://127.0.0.1:1/y", "{canary}", "x::y"])
def test_what_a_partial_clone_left_out_is_not_fetched(folder: Path, canary: Path, url: str) -> None:
    """A promisor remote is asked for what is missing, over a program that the repository names."""
    blob = git(folder, "rev-parse", "HEAD~1:a.py")
    (folder / ".git" / "objects" / blob[:2] / blob[2:]).unlink()
    make_hostile(folder, canary)
    with (folder / ".git" / "config").open("a") as config:
        config.write(
            "[core]\n\trepositoryFormatVersion = 1\n[extensions]\n\tpartialClone = o\n[protocol]\n\tallow = always\n"
            f'[remote "o"]\n\turl = {url.format(canary=canary)}\n\tpromisor = true\n'
            f"\tuploadpack = {canary}\n\tvcs = x\n"
        )
    with pytest.raises(SettingsError, match="is not fetched"):
        read_everything(folder)
    assert not has_run(canary)


def test_the_environment_names_no_program(folder: Path, canary: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor another repository."""
    expected = read_everything(folder)
    for name in ("EXTERNAL_DIFF", "SSH", "SSH_COMMAND", "PAGER", "EDITOR", "ASKPASS", "PROXY_COMMAND"):
        monkeypatch.setenv(f"GIT_{name}", str(canary))
    monkeypatch.setenv("GIT_DIR", "/nowhere")
    monkeypatch.setenv("GIT_CONFIG_COUNT", "1")
    monkeypatch.setenv("GIT_CONFIG_KEY_0", "core.fsmonitor")
    monkeypatch.setenv("GIT_CONFIG_VALUE_0", str(canary))
    assert read_everything(folder) == expected
    assert not has_run(canary)


def test_replaced_and_grafted_commits_are_as_they_were_made(folder: Path) -> None:
    """refs/replace would put other content in the place of a commit's."""
    first, last = git(folder, "rev-parse", "HEAD~2"), git(folder, "rev-parse", "HEAD")
    git(folder, "replace", last, first)
    assert GitRepository.at(folder).recent_commits(10)[0] == last


def test_linked_work_trees_submodules_and_shallow_clones_are_read(folder: Path, tmp_path: Path) -> None:
    """Their `.git` is a file; the last one's oldest commit has a parent that is not there."""
    git(folder, "worktree", "add", "-q", str(tmp_path / "linked"))
    assert len(GitRepository.at(tmp_path / "linked").recent_commits(10)) == 2
    git(tmp_path, "clone", "-q", "--depth", "2", f"file://{folder}", str(tmp_path / "shallow"))
    assert len(GitRepository.at(tmp_path / "shallow").recent_commits(10)) == 1
    git(tmp_path, "clone", "-q", "--shared", str(folder), str(tmp_path / "shared"))
    assert len(GitRepository.at(tmp_path / "shared" / "sub").recent_commits(10)) == 2


def test_a_core_worktree_of_the_repository_leads_nowhere(folder: Path, tmp_path: Path) -> None:
    """The folder that was named is the one that is read."""
    git(folder, "config", "core.worktree", str(tmp_path / "elsewhere"))
    assert GitRepository.at(folder).folder == folder


def test_names_that_lead_out_of_the_folder_are_left_out(folder: Path) -> None:
    """Git's trees may hold any name but NUL, and `eval --write-workspace` writes what they hold."""
    blob = git(folder, "rev-parse", "HEAD:a.py")
    names = [
        "../evil.py",
        "/tmp/evil.py",
        "..",
        ".git/x.py",
        ".GIT",
        "a//b.py",
        "C:\\evil.py",
        "..\\evil.py",
        "good.py",
    ]
    entries = [b"100644 " + name.encode() + b"\0" + bytes.fromhex(blob) for name in sorted(names)]
    body = b"".join(entries)
    raw = b"tree %d\0" % len(body) + body
    tree = hashlib.new("sha1", raw, usedforsecurity=False).hexdigest()
    place = folder / ".git" / "objects" / tree[:2] / tree[2:]
    place.parent.mkdir(exist_ok=True)
    place.write_bytes(zlib.compress(raw))
    commit = git(folder, "commit-tree", tree, "-p", "HEAD", "-m", "m")
    assert list(workspace_at(GitRepository.at(folder), commit)) == ["good.py"]


def test_a_tree_that_holds_itself_ten_times_ends(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A "git bomb" of a few kilobytes lists 10^10 files."""
    monkeypatch.setattr(git_process, "MOST_BYTES", 1_000_000)
    kind, name = "blob", git(folder, "rev-parse", "HEAD:a.py")
    for _ in range(10):
        mode = "100644" if kind == "blob" else "040000"
        listing = "".join(f"{mode} {kind} {name}\tf{number}.py\n" for number in range(10))
        kind, name = "tree", git(folder, "mktree", given=listing)
    commit = git(folder, "commit-tree", name, "-p", "HEAD", "-m", "m")
    with pytest.raises(SettingsError, match="printed more than 1 MB"):
        workspace_at(GitRepository.at(folder), commit)


def test_what_takes_too_long_is_ended(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A named pipe where git expects a file keeps it waiting for ever."""
    repository = GitRepository.at(folder)
    os.mkfifo(folder / ".git" / "objects" / "info" / "alternates")
    monkeypatch.setattr(git_process, "MOST_SECONDS", 0.2)
    with pytest.raises(SettingsError, match="took more than"):
        repository.recent_commits(3)


@pytest.mark.skipif(sys.platform == "darwin", reason="its file systems take no such name")
def test_messages_show_no_control_characters(folder: Path) -> None:
    """Neither a folder's, nor those in git's words."""
    odd = folder / "x\x1b[31m\udcff"
    (odd / ".git").mkdir(parents=True)
    with pytest.raises(SettingsError) as caught:
        GitRepository.at(odd)
    assert str(caught.value).isprintable()
