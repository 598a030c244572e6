"""Checks of a release's artefacts: each is installed into an empty place, and used as its users will.

A check that needs an editor which is not there says so; the others fail with AssertionError or CalledProcessError.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent

SECONDS = 300
"""The longest time for one program."""

SAMPLE = """\
class Basket:
    def total(self):
        return sum(item.price for item in self.items)

    def count(self):
        return len(self.items)

    def names(self):
        return [item.name for item in self.items]

    def cheapest(self):
        return min(item.price for item in self.
"""
EXTENSION = "fim-language-server"
"""Name of the JupyterLab extension, under which JupyterLab lists it."""
PAGE = "fim_language_server/web/page/index.html"
BUILT = ("PKG-INFO", "server/fim_language_server/web/page/")
"""Names in a source archive, or their beginnings, of what the build makes and git does not know."""


def check_artefacts(folder: Path, version: str, *, installs_jupyterlab: bool = True) -> Iterator[tuple[str, str]]:
    """Yield the name of each artefact in `folder`, and what was tried with it."""
    for wheel in folder.glob("fim_language_server-*.whl"):
        yield wheel.name, _check_package(wheel, version)
    for archive in folder.glob("fim_language_server-*.tar.gz"):
        _check_sources(archive)
        yield archive.name, _check_package(archive, version)
    for extension in sorted(folder.glob("*.vsix")):
        yield extension.name, _check_extension(extension, version)
    for plugin in folder.glob("fim_ls.nvim-*.tar.gz"):
        yield plugin.name, _check_nvim(plugin)
    for package in folder.glob("fim-ls-*.el"):
        yield package.name, _check_emacs(package)
    for template in folder.glob("*lsp4ij*.zip"):
        yield template.name, _check_template(template)
    for wheel in folder.glob("*jupyterlab*.whl") if installs_jupyterlab else ():
        [server] = folder.glob("fim_language_server-*.whl")
        yield wheel.name, _check_jupyterlab(wheel, server)
    for bill in folder.glob("*.cdx.json"):
        names = {part["name"] for part in json.loads(bill.read_text(encoding="utf-8"))["components"]}
        assert {"pygls", "aiohttp", "numpy"} <= names, names
        yield bill.name, f"lists {len(names)} packages"


def _check_package(package: Path, version: str) -> str:
    """Install a wheel or a source archive into an empty environment, and complete with it without a key."""
    with tempfile.TemporaryDirectory() as scratch:
        place = Path(scratch)
        python = _new_environment(place / "venv")
        _run([python, "-m", "pip", "--quiet", "install", package])
        command = python.with_name("fim-language-server")
        assert _run([command, "--version"]).strip() == f"fim-language-server {version}"
        sample = place / "basket" / "basket.py"
        sample.parent.mkdir()
        sample.write_text(SAMPLE, encoding="utf-8")
        environment = {"PATH": os.environ.get("PATH", ""), "HOME": scratch, "XDG_CACHE_HOME": scratch}
        lines = SAMPLE.splitlines()
        said = _run([command, "complete", f"{sample}:{len(lines)}:{len(lines[-1]) + 1}"], environment)
        assert said.startswith("items"), said
        assert "lines typed" in _run([command, "demo", "--plain", "--regions", "2", "--pace", "0"], environment)
        root = _run([python, "-c", "import fim_language_server as it; print(it.__path__[0])"]).strip()
        assert (Path(root).parent / PAGE).is_file(), "the playground's page is missing"
    return "installed into an empty environment, completes without a key, has the playground"


def _check_sources(archive: Path) -> None:
    """Compare the names in a source archive with those that git tracks: nothing of this machine may be among them."""
    git = shutil.which("git")
    if git is None or not (ROOT / ".git").exists():
        return
    tracked = set(_run([git, "-C", ROOT, "ls-files"]).splitlines())
    with tarfile.open(archive) as packed:
        names = {name.partition("/")[2] for name in packed.getnames()}
    strange = {name for name in names - tracked if not name.startswith(BUILT)}
    assert not strange, f"not in git: {sorted(strange)[:5]}"


def _check_extension(extension: Path, version: str) -> str:
    """Read a .vsix: its version, the wheel of the server, the hashes of what it installs."""
    with zipfile.ZipFile(extension) as packed:
        names = set(packed.namelist())
        assert json.loads(packed.read("extension/package.json"))["version"] == version
        payload = json.loads(packed.read("extension/server/payload.json"))
        assert f"extension/server/{payload['wheel']}" in names
        assert "extension/server/sbom.cdx.json" in names
        wheels = [name for name in names if name.startswith("extension/server/wheels/")]
    return f"carries {payload['wheel']}" + (f" and {len(wheels)} wheels for {payload['pythons']}" if wheels else "")


def _check_nvim(plugin: Path) -> str:
    """Unpack the Neovim plugin as a package, and load it in a headless Neovim that has nothing else."""
    with tempfile.TemporaryDirectory() as scratch, tarfile.open(plugin) as archive:
        start = Path(scratch) / "nvim" / "site" / "pack" / "try" / "start"
        archive.extractall(start, filter="data")
        [tree] = start.iterdir()
        assert (tree / "lsp" / "fim_ls.lua").is_file()
        assert (tree / "doc" / "fim_ls.txt").is_file()
        nvim = shutil.which("nvim")
        if nvim is None:
            return "unpacks as a plugin (no nvim here to load it)"
        environment = {**os.environ, "XDG_DATA_HOME": scratch, "XDG_CONFIG_HOME": scratch, "XDG_STATE_HOME": scratch}
        script = "helptags ALL | lua assert(vim.lsp.config.fim_ls.cmd, 'not configured')"
        _run([nvim, "--headless", "-c", script, "-c", "help fim_ls", "-c", "qall!"], environment)
    return "loaded in Neovim as a package"


def _check_emacs(package: Path) -> str:
    """Read the package's headers as package.el does."""
    emacs = shutil.which("emacs")
    if emacs is None:
        assert ";; Version: " in package.read_text(encoding="utf-8")
        return "has its headers (no emacs here to read them)"
    read = "(princ (package-desc-full-name (package-buffer-info)))"
    form = f'(progn (require \'package) (with-temp-buffer (insert-file-contents "{package}") {read}))'
    name = _run([emacs, "--batch", "--eval", form]).strip()
    assert name == package.stem, name
    return f"package.el reads {name}"


def _check_template(template: Path) -> str:
    """Read the JSON files of the JetBrains template."""
    with zipfile.ZipFile(template) as packed:
        files = [name for name in packed.namelist() if name.endswith(".json")]
        assert any(name.endswith("/template.json") for name in files)
        for name in files:
            json.loads(packed.read(name))
    return f"holds {len(files)} readable JSON files"


def _check_jupyterlab(wheel: Path, server: Path) -> str:
    """Install the extension beside the wheel `server` into an environment with JupyterLab, which has to list it."""
    with tempfile.TemporaryDirectory() as scratch:
        python = _new_environment(Path(scratch) / "venv")
        _run([python, "-m", "pip", "--quiet", "install", "jupyterlab>=4,<5", server, wheel])
        environment = {"PATH": os.environ.get("PATH", ""), "HOME": scratch, "JUPYTER_NO_CONFIG": "1", "NO_COLOR": "1"}
        kinds = {"labextension": f"{EXTENSION} v", "server extension": "fim_language_server_jupyterlab"}
        for kind, name in kinds.items():
            said = _run([python, "-m", "jupyter", *kind.split(), "list"], environment, errors=True)
            listed = [line for line in said.splitlines() if name in line]
            assert any("enabled" in line for line in listed), f"jupyter {kind} does not list {name}"
            assert any("OK" in line for line in listed), f"jupyter {kind} finds faults in {name}"
    return "installed beside JupyterLab, which lists both of its parts"


def _new_environment(place: Path) -> Path:
    """Make a virtual environment; return its Python."""
    _run([sys.executable, "-m", "venv", place])
    return place / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def _run(command: Sequence[str | Path], environment: Mapping[str, str] | None = None, *, errors: bool = False) -> str:
    """Return what a program prints, with what it prints as errors where `errors` says so."""
    stderr = subprocess.STDOUT if errors else None
    # What runs is named in this file.
    done = subprocess.run(  # noqa: S603
        [*map(str, command)],
        env=environment,
        check=True,
        stdout=subprocess.PIPE,
        stderr=stderr,
        text=True,
        timeout=SECONDS,
    )
    return done.stdout
