"""Build everything that a release has into dist/release, with checksums, and check each artefact by using it.

    python server/tools/release.py                      packages, the extension for every platform, editors' files
    python server/tools/release.py --target none        without the extension's variants that carry all wheels
    python server/tools/release.py --tag v1.2.3         fail unless version, changelog and tag agree
    python server/tools/release.py --notes              print what the changelog says of this version

`make release` calls it with what it needs: `build` and `twine` beside this Python, npm on the PATH, dist/sbom.cdx.json.
Built twice from one commit the files are equal, byte by byte: every time in them is the commit's.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import io
import os
import re
import shutil
import subprocess
import sys
import tarfile
import time
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from release_checks import check_artefacts

ROOT = Path(__file__).parent.parent.parent
OUT = ROOT / "dist" / "release"
VSCODE = ROOT / "editors" / "vscode"
TARGETS = (
    "linux-x64", "linux-arm64", "alpine-x64", "alpine-arm64", "darwin-x64", "darwin-arm64", "win32-x64", "win32-arm64",
)  # fmt: skip
"""Platforms with a variant of the extension that needs no network, as in editors/vscode/build.py."""

_VERSION = re.compile(r'^__version__ = "([^"]+)"$', re.MULTILINE)
_RELEASED = re.compile(r"^## (\d\S*) \((\d{4}-\d\d-\d\d)\)$", re.MULTILINE)


class ReleaseError(Exception):
    """A reason why there can be no release, in one sentence."""


def read_version() -> str:
    """Return the version, which stands in one place; raises ReleaseError where it cannot be found there."""
    found = _VERSION.search((ROOT / "server" / "fim_language_server" / "__init__.py").read_text(encoding="utf-8"))
    if found is None:
        raise ReleaseError("server/fim_language_server/__init__.py names no version.")
    return found[1]


def problems_of_tag(tag: str, version: str, changelog: str, fragments: Sequence[str]) -> list[str]:
    """Return a sentence for each thing to be mended before `tag` can be published, given the changelog's text."""
    problems = []
    if tag != f"v{version}":
        problems.append(f"The tag is {tag}, the version {version}: set __version__ and run `make generate`.")
    newest = _RELEASED.search(changelog)
    if newest is None or newest[1] != version:
        problems.append(f"CHANGELOG.md has no dated part for {version}: run `make changelog VERSION={version}`.")
    if fragments:
        problems.append(
            f"{len(fragments)} change fragments are left in changes/: run `make changelog VERSION={version}`."
        )
    return problems


def notes_of(changelog: str, version: str) -> str:
    """Return the changelog's part about a version, without its heading; raises ReleaseError where there is none."""
    parts = re.split(r"^## ", changelog, flags=re.MULTILINE)
    for part in parts:
        heading, _, text = part.partition("\n")
        if heading.split(" ")[0] == version:
            return text.strip() + "\n"
    raise ReleaseError(f"CHANGELOG.md has no part for {version}.")


def pack_tree(folder: Path, name: str, epoch: int, skipped: Iterable[str] = ()) -> bytes:
    """Return a .tar.gz of a folder's files under the folder `name`, with `epoch` (s) as every time and no owners."""
    packed = io.BytesIO()
    with (
        gzip.GzipFile(fileobj=packed, mode="wb", mtime=epoch) as compressed,
        tarfile.open(fileobj=compressed, mode="w", format=tarfile.PAX_FORMAT) as archive,
    ):
        for file in _files(folder, skipped):
            entry = tarfile.TarInfo(f"{name}/{file.relative_to(folder).as_posix()}")
            entry.size, entry.mtime, entry.mode = file.stat().st_size, epoch, 0o644
            with file.open("rb") as content:
                archive.addfile(entry, content)
    return packed.getvalue()


def zip_tree(folder: Path, name: str, epoch: int) -> bytes:
    """Return a .zip of a folder's files under the folder `name`, with `epoch` (s) as every time."""
    packed = io.BytesIO()
    when = time.gmtime(epoch)[:6]
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in _files(folder, ()):
            entry = zipfile.ZipInfo(f"{name}/{file.relative_to(folder).as_posix()}", when)
            entry.compress_type, entry.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
            archive.writestr(entry, file.read_bytes())
    return packed.getvalue()


def _files(folder: Path, skipped: Iterable[str]) -> list[Path]:
    left_out = {folder / name for name in skipped}
    return [file for file in sorted(folder.rglob("*")) if file.is_file() and file not in left_out]


def with_emacs_version(source: str, version: str) -> str:
    """Return an Emacs package with the header that package.el reads; raises ReleaseError without a place for it."""
    mark = ";; Package-Requires:"
    if source.count(mark) != 1:
        raise ReleaseError("editors/emacs/fim-ls.el has no Package-Requires header.")
    return source.replace(mark, f";; Version: {version}\n{mark}")


def checksums(folder: Path) -> str:
    """Return the lines of SHA256SUMS for the files of a folder, as `sha256sum --check` reads them."""
    files = sorted(file for file in folder.iterdir() if file.name != "SHA256SUMS")
    return "".join(f"{hashlib.sha256(file.read_bytes()).hexdigest()}  {file.name}\n" for file in files)


def build(targets: Sequence[str], version: str, environment: Mapping[str, str]) -> None:
    """Build all artefacts of the version into `OUT`; the programs run in `environment`."""
    epoch = int(environment["SOURCE_DATE_EPOCH"])
    shutil.rmtree(OUT, ignore_errors=True)
    OUT.mkdir(parents=True)
    run([sys.executable, "-m", "build", "--outdir", OUT, ROOT], environment)
    run([sys.executable, "-m", "twine", "check", "--strict", *OUT.glob("*.whl"), *OUT.glob("*.tar.gz")], environment)
    for target in (None, *targets):
        packed = OUT / f"fim-language-server-{version}{f'-{target}' if target else ''}.vsix"
        run(
            [
                ROOT / ".venv/bin/python",
                VSCODE / "build.py",
                "--out",
                packed,
                *(["--target", target] if target else []),
            ],
            environment,
        )
    nvim = pack_tree(ROOT / "editors" / "nvim", f"fim_ls.nvim-{version}", epoch, skipped=[".gitignore", "doc/tags"])
    (OUT / f"fim_ls.nvim-{version}.tar.gz").write_bytes(nvim)
    emacs = (ROOT / "editors" / "emacs" / "fim-ls.el").read_text(encoding="utf-8")
    (OUT / f"fim-ls-{version}.el").write_text(with_emacs_version(emacs, version), encoding="utf-8", newline="\n")
    template = zip_tree(ROOT / "editors" / "jetbrains" / "fim-language-server", "fim-language-server", epoch)
    (OUT / f"fim-language-server-lsp4ij-{version}.zip").write_bytes(template)
    if (ROOT / "editors" / "jupyterlab" / "pyproject.toml").is_file():
        run([sys.executable, "-m", "build", "--wheel", "--outdir", OUT, ROOT / "editors" / "jupyterlab"], environment)
    shutil.copy(ROOT / "dist" / "sbom.cdx.json", OUT / f"fim-language-server-{version}.sbom.cdx.json")


def run(command: Sequence[str | Path], environment: Mapping[str, str]) -> None:
    """Run a program in the project's folder; its failure raises CalledProcessError."""
    # The programs are named in this file.
    subprocess.run([*map(str, command)], cwd=ROOT, env=environment, check=True)  # noqa: S603


def commit_time() -> str:
    """Return the time of the newest commit in seconds since the epoch; that of the changelog's file outside of git."""
    git = shutil.which("git")
    if git is None or not (ROOT / ".git").exists():
        return str(int((ROOT / "CHANGELOG.md").stat().st_mtime))
    command = [git, "-C", str(ROOT), "log", "-1", "--format=%ct"]
    # Git is found on the PATH, and its arguments are named above.
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()  # noqa: S603


def main() -> int:
    """Build, check and list a release; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--target", nargs="*", choices=[*TARGETS, "none"], default=list(TARGETS), help="platforms of the extension"
    )
    parser.add_argument("--tag", help="the tag to be published, v1.2.3")
    parser.add_argument(
        "--skip-jupyterlab",
        action="store_true",
        help="install no JupyterLab to check its extension in; the tests with real editors do, too",
    )
    parser.add_argument("--notes", action="store_true", help="print the changelog's part about this version, and end")
    arguments = parser.parse_args()
    version = read_version()
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    if arguments.notes:
        print(notes_of(changelog, version), end="")
        return 0
    fragments = [file.name for file in (ROOT / "changes").glob("*.md") if file.name != "README.md"]
    problems = problems_of_tag(arguments.tag or f"v{version}", version, changelog, fragments)
    for problem in problems:
        print(("error: " if arguments.tag else "not ready to be tagged: ") + problem, file=sys.stderr)
    if problems and arguments.tag:
        return 1
    environment = {**os.environ, "SOURCE_DATE_EPOCH": os.environ.get("SOURCE_DATE_EPOCH") or commit_time()}
    build([target for target in arguments.target if target != "none"], version, environment)
    for name, result in check_artefacts(OUT, version, installs_jupyterlab=not arguments.skip_jupyterlab):
        print(f"{name}: {result}")
    (OUT / "SHA256SUMS").write_text(checksums(OUT), encoding="utf-8")
    for file in sorted(OUT.iterdir()):
        print(f"{file.stat().st_size:>12,}  {file.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
