"""What a release carries besides Python: the playground's page, which no commit has."""

from __future__ import annotations

import re
import subprocess
import tomllib
from pathlib import Path

from fim_language_server.cli.playground import PAGE

ROOT = Path(__file__).parents[1]
HERE = PAGE.relative_to(ROOT).as_posix()


def test_the_page_is_packed_though_git_ignores_it() -> None:
    """Hatchling leaves out what git ignores, unless it is named; named once for wheels and source archives alike."""
    assert f"{HERE}/" in (ROOT / ".gitignore").read_text(encoding="utf-8").splitlines()
    build = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["hatch"]["build"]
    assert f"{HERE}/" in build["artifacts"]
    assert [name for name, target in build["targets"].items() if "artifacts" in target or "exclude" in target] == []
    assert [HERE.startswith(package + "/") for package in build["targets"]["wheel"]["packages"]] == [True]
    assert any(f"/{HERE}".startswith(folder + "/") for folder in build["targets"]["sdist"]["include"])


def test_the_page_is_built_where_the_command_looks_for_it() -> None:
    """`make playground` and `fim-language-server playground` mean the same folder."""
    script = ROOT / "editors" / "playground" / "esbuild.mjs"
    found = re.search(r'const page = "(.+)";', script.read_text(encoding="utf-8"))
    assert found
    assert (script.parent / found[1]).resolve() == PAGE.resolve()


def test_what_a_folder_ignores_the_source_archive_leaves_out(tmp_path: Path) -> None:
    """Hatchling reads the root's .gitignore only, so that it has to know what the lists in folders below say."""
    ignored = {
        (listed.parent.relative_to(ROOT) / line.strip("/") / "file").as_posix()
        for listed in [*ROOT.glob("editors/*/.gitignore"), *ROOT.glob("tests/editors/*/.gitignore")]
        for line in listed.read_text(encoding="utf-8").splitlines()
        if line and not line.startswith("#")
    }
    assert ignored
    subprocess.run(["git", "init", "--quiet", tmp_path], check=True)
    (tmp_path / ".gitignore").write_bytes((ROOT / ".gitignore").read_bytes())
    command = ["git", "check-ignore", "--no-index", "--stdin"]
    asked = "\n".join(sorted(ignored))
    known = subprocess.run(command, cwd=tmp_path, input=asked, capture_output=True, text=True, check=False)
    assert ignored - set(known.stdout.splitlines()) == set()
