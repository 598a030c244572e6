"""A newcomer's first step: the server is installed from a clone, and its doctor finds nothing wrong."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.editors.leaving_out import skip_unless_ci
from tests.editors.steps import code

ROOT = Path(__file__).parents[3]


def run(command: list[str], folder: Path, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


def test_the_commands_of_the_page_as_they_are_written(tmp_path: Path) -> None:
    """In a new clone and a new home folder, of which nothing is known but its PATH; uv comes from the package index."""
    clone, venv = tmp_path / "clone", tmp_path / "venv"
    # What is being worked on counts, and not what was committed last.
    files = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, check=True)
    clone.mkdir()
    subprocess.run(["cp", "--parents", "-t", str(clone), *files.stdout.decode().split("\n")[:-1]], cwd=ROOT, check=True)
    subprocess.run([sys.executable, "-m", "venv", str(venv)], check=True)
    kept = {name: value for name, value in os.environ.items() if not name.endswith("_API_KEY") and name != "PYTHONPATH"}
    fetched = run([str(venv / "bin" / "pip"), "install", "--quiet", "uv>=0.11"], tmp_path, kept)
    if fetched.returncode:
        skip_unless_ci("pip cannot have uv")
    home = tmp_path / "home"
    home.mkdir()
    path = f"{home}/.local/bin:{venv}/bin:{os.environ['PATH']}"
    environment = {**kept, "HOME": str(home), "PATH": path}
    for name in ("XDG_DATA_HOME", "XDG_BIN_HOME", "XDG_CACHE_HOME", "XDG_STATE_HOME", "UV_TOOL_DIR", "UV_TOOL_BIN_DIR"):
        environment.pop(name, None)
    (block,) = code("")
    install, doctor = block.strip().split("\n")
    assert (install.split("#")[0].strip(), doctor) == ("uv tool install .", "fim-language-server doctor")
    installed = run(["sh", "-euc", install], clone, environment)
    assert installed.returncode == 0, installed.stderr
    offline = run(["sh", "-euc", doctor], clone, environment)
    assert offline.returncode == 0, offline.stdout + offline.stderr
    assert "embedded" in offline.stdout
    assert run(["which", "fim-language-server"], clone, environment).stdout.strip().startswith(f"{home}/.local/bin/")
