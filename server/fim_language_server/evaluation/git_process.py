"""git, run on the objects of a repository without anything else of it: nothing that it configures is read.

A configuration can name programs in some hundred places (pagers, hooks, monitors, filters, signature checks, transports
for objects that are fetched when they are missed), and each version of git adds some. So no list of them is kept here:
git runs in an empty repository of ours, whose objects are those of the real one. The real one's configuration is read
only by the `rev-parse` that asks where these objects are; that command starts no program.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from attrs import field, frozen

from fim_language_server.core.invisible_characters import on_one_line
from fim_language_server.embedded.sources.source_files import read_regular_file
from fim_language_server.errors import SettingsError

MOST_SECONDS: Final = 120.0
MOST_BYTES: Final = 100_000_000
"""Limits of one run: time and output. A tree that contains itself ten times, ten levels deep, lists 10^10 files."""
_LONGEST_SENTENCE: Final = 300
_LARGEST_SHALLOW: Final = 10_000_000

_CONFIGURATION: Final = """\
[core]
	repositoryFormatVersion = 1
	bare = true
	quotePath = false
	commitGraph = false
	bigFileThreshold = 4m
[gc]
	auto = 0
[extensions]
	objectFormat = {}
"""


class TooMuchOutputError(SettingsError):
    """git printed more than is taken."""


@frozen
class Objects:
    """The objects of a repository, and the commit that is checked out."""

    head: str
    _folder: Path
    """The work tree, for messages."""
    _objects: str
    _quarantine: tempfile.TemporaryDirectory[str] = field(repr=False)
    """The repository of ours, which goes with this object."""

    @classmethod
    def of(cls, work_tree: Path) -> Objects:
        """Return those of a work tree. Raises SettingsError where git does not know them."""
        quarantine = tempfile.TemporaryDirectory(prefix="fim-language-server-git-")
        where = ("--git-path", "objects", "--git-path", "shallow", "--show-object-format", "HEAD")
        environment = {"HOME": quarantine.name, "GIT_DIR": str(work_tree / ".git")}
        printed = _run(work_tree, ("rev-parse", *where), environment)
        lines = os.fsdecode(printed).splitlines()
        if len(lines) != 4:
            raise SettingsError(f"git does not say where the objects of {on_one_line(str(work_tree), 200)} are")
        objects, shallow, object_format, head = lines
        ours = Path(quarantine.name)
        for name in ("objects", "refs"):
            (ours / name).mkdir()
        (ours / "HEAD").write_text("ref: refs/heads/none\n", encoding="ascii", newline="")
        (ours / "config").write_text(_CONFIGURATION.format(object_format), encoding="ascii", newline="")
        if boundary := read_regular_file(str(work_tree / shallow), _LARGEST_SHALLOW):
            (ours / "shallow").write_bytes(boundary)
        return cls(head, work_tree, str(work_tree / objects), quarantine)

    def run(self, *words: str, given: bytes = b"") -> bytes:
        """Return what a git command prints. Raises SettingsError with git's own sentence where it fails."""
        ours = self._quarantine.name
        environment = {"HOME": ours, "GIT_DIR": ours, "GIT_OBJECT_DIRECTORY": self._objects}
        return _run(self._folder, words, environment, given)


def _run(folder: Path, words: tuple[str, ...], environment: Mapping[str, str], given: bytes = b"") -> bytes:
    command = ["git", "--no-pager", *words]
    try:
        process = subprocess.Popen(  # noqa: S603 (no shell, and no word of it comes from the repository)
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**_inherited(), **_NEUTRAL, **environment},
            cwd=environment["HOME"],  # Windows looks for programs where a process stands.
        )
    except OSError as error:
        raise SettingsError(f"--history needs git, which cannot be run: {error.strerror}") from None
    with process:
        timer = threading.Timer(MOST_SECONDS, process.kill)
        timer.start()
        try:
            error_output, printed = _talk(process, given)
        finally:
            timer.cancel()
            if process.poll() is None:
                process.kill()
    name, where = words[0], on_one_line(str(folder), 200)
    if len(printed) > MOST_BYTES:
        raise TooMuchOutputError(f"git {name} printed more than {MOST_BYTES / 1e6:.0f} MB in {where}")
    if process.returncode:
        sentence = on_one_line(error_output.decode("utf-8", "replace").strip().partition("\n")[0], _LONGEST_SENTENCE)
        sentence = sentence or f"it ended with status {process.returncode}, or took more than {MOST_SECONDS:.0f} s"
        if "missing" in sentence or "unable to read" in sentence or "could not get" in sentence:
            sentence += " (what a partial clone left out is not fetched)"
        raise SettingsError(f"git {name} failed in {where}: {sentence}")
    return printed


def _talk(process: subprocess.Popen[bytes], given: bytes) -> tuple[bytes, bytes]:
    """Return what a process says and prints, as far as it is taken, having given it its input."""
    assert process.stdin is not None
    assert process.stdout is not None
    assert process.stderr is not None
    stdin, stderr, error_output = process.stdin, process.stderr, [b""]

    def give() -> None:
        try:
            stdin.write(given)
            stdin.close()
        except OSError:
            pass  # It has ended; its status says how.

    def listen() -> None:
        error_output[0] = stderr.read(10_000)
        while stderr.read(65_536):
            pass

    threads = [threading.Thread(target=give, daemon=True), threading.Thread(target=listen, daemon=True)]
    for thread in threads:
        thread.start()
    printed = process.stdout.read(MOST_BYTES + 1)
    if len(printed) > MOST_BYTES:
        process.kill()
    process.wait()
    for thread in threads:
        thread.join()
    return error_output[0], printed


def _inherited() -> dict[str, str]:
    """Return the environment without what speaks to git: GIT_EXTERNAL_DIFF, GIT_CONFIG_PARAMETERS and their like."""
    return {name: value for name, value in os.environ.items() if not name.upper().startswith(("GIT_", "XDG_"))}


_NEUTRAL: Final = {
    "LC_ALL": "C",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_SYSTEM": os.devnull,
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_ATTR_NOSYSTEM": "1",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_ALLOW_PROTOCOL": "",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_SSH_COMMAND": "false",
    "GIT_ASKPASS": "false",
    "SSH_ASKPASS": "false",
    "GIT_EDITOR": "false",
    "GIT_PAGER": "",
}
"""Besides the empty repository: so that a git which fetches what it misses, or asks, cannot."""
