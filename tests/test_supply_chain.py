"""What is installed on a user's machine: bounded, pinned, and known by its hash."""

from __future__ import annotations

import hashlib
import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
LOCKED = (ROOT / "locked-requirements.txt").read_text(encoding="utf-8")
ENVIRONMENT = (ROOT / "editors" / "vscode" / "src" / "environment.ts").read_text(encoding="utf-8")


def name_of(requirement: str) -> str:
    found = re.match(r"[A-Za-z0-9._-]+", requirement)
    assert found
    return re.sub(r"[-_.]+", "-", found[0]).lower()


def locked() -> dict[str, tuple[str, int]]:
    """Return version and number of hashes of every locked package."""
    entries = re.findall(r"^(\S+)==(\S+)((?:[^\n]*\\\n\s+--hash=sha256:[0-9a-f]{64})+)", LOCKED, re.MULTILINE)
    return {name_of(name): (version, hashes.count("--hash=")) for name, version, hashes in entries}


def test_every_dependency_is_bounded_below_and_above() -> None:
    """What a later major version breaks is found by us, not by users."""
    groups = [PROJECT["project"]["dependencies"], *PROJECT["project"]["optional-dependencies"].values()]
    groups.append(PROJECT["build-system"]["requires"])
    for requirement in (each for group in groups for each in group):
        if not requirement.startswith("fim-language-server"):
            version = requirement.partition(";")[0]
            assert re.fullmatch(r"[\w.-]+>=[\w.]+,<\d+\s*", version), requirement


def test_everything_that_is_needed_is_locked_as_it_is_pinned() -> None:
    """`make lock` follows constraints.txt; each version has a hash for every wheel there is of it."""
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pins = {name_of(line): line.partition("==")[2] for line in lines if not line.startswith("#")}
    known = locked()
    assert len(known) == LOCKED.count("==")
    assert {name_of(each) for each in PROJECT["project"]["dependencies"]} <= set(known)
    for name, (version, n_hashes) in known.items():
        assert pins[name] == version, f"{name}: run `make lock`"
        assert n_hashes >= 1
    # Compiled ones have wheels for VS Code's eight platforms and four versions of Python.
    for name in ("aiohttp", "numpy", "pydantic-core", "yarl"):
        assert known[name][1] >= 30, name


def test_nothing_locked_names_where_it_was_found() -> None:
    """The user's own index, or mirror, is asked; the hashes tell whether it has the right files."""
    assert "://" not in LOCKED
    assert "--index" not in LOCKED


def make_wheel(folder: Path, text: str) -> Path:
    """Make a wheel of one module."""
    path = folder / "locked_thing-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as wheel:
        wheel.writestr("locked_thing.py", text)
        wheel.writestr(
            "locked_thing-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: locked-thing\nVersion: 1.0\n"
        )
        wheel.writestr(
            "locked_thing-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        wheel.writestr("locked_thing-1.0.dist-info/RECORD", "")
    return path


@pytest.mark.parametrize("is_changed", [False, True])
def test_a_wheel_that_is_not_the_locked_one_is_refused(tmp_path: Path, is_changed: bool) -> None:
    """By the very options with which the extension has pip install, and pip itself."""
    written = re.search(r"const pinned = \[(.+)\];", ENVIRONMENT)
    assert written
    options = re.findall(r'"([^"]+)"', written[1])
    assert options == ["--require-hashes", "--only-binary", ":all:", "-r", "requirements.txt"]
    wheel = make_wheel(tmp_path, "ours = True\n")
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    if is_changed:
        make_wheel(tmp_path, "ours = False  # a mirror's\n")
    requirements = tmp_path / "requirements.txt"
    requirements.write_text(f"locked-thing==1.0 \\\n    --hash=sha256:{digest}\n", encoding="utf-8")
    pip = [sys.executable, "-I", "-m", "pip", "--disable-pip-version-check", "install", "--target", "out"]
    installed = subprocess.run(
        [*pip, "--no-index", "--find-links", ".", *options],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (installed.returncode == 0) != is_changed, installed.stderr
    assert (tmp_path / "out" / "locked_thing.py").exists() != is_changed
    if is_changed:
        assert "DO NOT MATCH THE HASHES" in installed.stderr
