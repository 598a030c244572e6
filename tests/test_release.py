"""A release's parts: versions that agree, archives that are equal whenever they are built, notes and checksums."""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
import tarfile
import tomllib
import zipfile
from pathlib import Path

import pytest
import release

from fim_language_server import __version__

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
CHANGELOG = """# Changelog

<!-- released -->

## 1.2.3 (2026-11-29)

### Added

- It flies.

## 1.2.2 (2026-10-01)

- Old.
"""


def test_the_version_stands_in_one_place() -> None:
    """The package and VS Code's manifest have it from there."""
    assert release.read_version() == __version__
    assert json.loads((ROOT / "editors/vscode/package.json").read_text(encoding="utf-8"))["version"] == __version__
    assert PROJECT["tool"]["hatch"]["version"]["path"] == "server/fim_language_server/__init__.py"


def test_a_tag_is_published_only_if_version_and_changelog_agree() -> None:
    """Each of the three things that can be wrong is named, with what to do."""
    assert release.problems_of_tag("v1.2.3", "1.2.3", CHANGELOG, []) == []
    assert "set __version__" in release.problems_of_tag("v1.2.4", "1.2.3", CHANGELOG, [])[0]
    assert "make changelog" in release.problems_of_tag("v1.2.2", "1.2.2", CHANGELOG, [])[0]
    assert "no dated part" in release.problems_of_tag("v1.0.0", "1.0.0", "# Changelog\n\n## Unreleased\n", [])[0]
    assert "2 change fragments" in release.problems_of_tag("v1.2.3", "1.2.3", CHANGELOG, ["a", "b"])[0]


def test_the_notes_are_the_changelogs_part_about_the_version() -> None:
    """The next heading of the same rank ends them."""
    assert release.notes_of(CHANGELOG, "1.2.3") == "### Added\n\n- It flies.\n"
    assert release.notes_of(CHANGELOG, "1.2.2") == "- Old.\n"
    with pytest.raises(release.ReleaseError):
        release.notes_of(CHANGELOG, "1.2")


def test_archives_depend_on_nothing_but_their_files(tmp_path: Path) -> None:
    """Times, modes and owners of this machine are in neither archive, and the files' order is by name."""
    packed = []
    for n, names in enumerate((["b.txt", "a/c.txt", "tags"], ["tags", "a/c.txt", "b.txt"])):
        tree = tmp_path / str(n)
        for name in names:
            file = tree / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(name, encoding="utf-8")
            os.utime(file, (1_000 * (n + 1), 1_000 * (n + 1)))
            file.chmod(0o600 if n else 0o755)
        packed.append(
            (release.pack_tree(tree, "it-1", 1_700_000_000, ["tags"]), release.zip_tree(tree, "it", 1_700_000_000))
        )
    assert packed[0] == packed[1]
    with tarfile.open(fileobj=io.BytesIO(packed[0][0])) as archive:
        assert archive.getnames() == ["it-1/a/c.txt", "it-1/b.txt"]
        assert {(entry.mtime, entry.mode, entry.uname) for entry in archive} == {(1_700_000_000, 0o644, "")}
    with zipfile.ZipFile(io.BytesIO(packed[0][1])) as archive:
        assert archive.namelist() == ["it/a/c.txt", "it/b.txt", "it/tags"]


def test_checksums_are_those_that_sha256sum_reads(tmp_path: Path) -> None:
    """Two spaces, no path, and not the list itself."""
    (tmp_path / "b").write_bytes(b"b")
    (tmp_path / "a").write_bytes(b"a")
    (tmp_path / "SHA256SUMS").write_text("old", encoding="utf-8")
    sums = [f"{hashlib.sha256(name.encode()).hexdigest()}  {name}\n" for name in "ab"]
    assert release.checksums(tmp_path) == "".join(sums)


def test_the_emacs_package_gets_the_header_that_package_el_reads() -> None:
    """The file in the tree has no version, since that stands in one place."""
    source = (ROOT / "editors/emacs/fim-ls.el").read_text(encoding="utf-8")
    assert ";; Version:" not in source
    assert ";; Version: 9.9\n;; Package-Requires:" in release.with_emacs_version(source, "9.9")


def test_platforms_are_those_that_the_extension_can_be_built_for() -> None:
    """One list for building and one for releasing would drift apart."""
    build = (ROOT / "editors/vscode/build.py").read_text(encoding="utf-8")
    assert tuple(re.findall(r'^    "([a-z0-9]+-[a-z0-9]+)": ', build, re.MULTILINE)) == release.TARGETS


def test_workflows_run_no_action_that_can_change() -> None:
    """Each action is named by the hash of its commit, and no step gets a token that it does not need."""
    workflows = sorted((ROOT / ".github/workflows").glob("*.yml"))
    assert [file.name for file in workflows] == ["ci.yml", "release.yml"]
    for file in workflows:
        text = file.read_text(encoding="utf-8")
        used = re.findall(r"uses: (\S+)", text)
        assert used
        assert [name for name in used if not re.fullmatch(r"actions/[a-z-]+@[0-9a-f]{40}", name)] == []
        assert "\npermissions: {}\n" in text


def test_the_readmes_links_are_absolute_on_a_package_index() -> None:
    """The page of an index has no files beside it; the substitutions leave no relative link or picture."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    for substitution in PROJECT["tool"]["hatch"]["metadata"]["hooks"]["fancy-pypi-readme"]["substitutions"]:
        text = re.sub(substitution["pattern"], substitution["replacement"], text)
    targets = re.findall(r"\]\(([^)]+)\)", text)
    assert targets
    assert [target for target in targets if not target.startswith(("https://", "#"))] == []
