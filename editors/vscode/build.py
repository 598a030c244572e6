"""Pack the extension: the server's wheel, the hashes of what it needs, the bundled TypeScript, and a .vsix of both.

    python editors/vscode/build.py                       fetches what the server needs on first use
    python editors/vscode/build.py --target linux-x64    carries all of it, for that platform

The results are dist/fim-language-server.vsix and dist/fim-language-server-linux-x64.vsix.
`make vsix [TARGET=…]` runs it with what it needs: a Python that has pip, and npm on the PATH.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
SERVER = HERE / "server"
"""What the extension carries; `src/environment.ts` reads it."""

PYTHONS = ("3.11", "3.12", "3.13", "3.14")
"""The versions whose wheels a variant for one platform carries; any other fetches them."""


def _manylinux(machine: str) -> list[str]:
    """Return the tags that glibc 2.28 (Debian 10, RHEL 8) and later accept (PEP 600)."""
    return [f"manylinux_2_{minor}_{machine}" for minor in range(28, 16, -1)] + [f"manylinux2014_{machine}"]


TARGETS: dict[str, list[str]] = {
    "linux-x64": _manylinux("x86_64"),
    "linux-arm64": _manylinux("aarch64"),
    "alpine-x64": ["musllinux_1_2_x86_64", "musllinux_1_1_x86_64"],
    "alpine-arm64": ["musllinux_1_2_aarch64", "musllinux_1_1_aarch64"],
    "darwin-x64": ["macosx_11_0_x86_64"],
    "darwin-arm64": ["macosx_11_0_arm64"],
    "win32-x64": ["win_amd64"],
    "win32-arm64": ["win_arm64"],
}
"""VS Code's platforms, and the tags of the wheels that run there (pip takes older ones with them)."""


def run(*command: str | Path) -> None:
    """Run a program in the extension's directory; its failure is ours."""
    # npm is a script on Windows, which only its full name starts.
    program = shutil.which(command[0]) or str(command[0])
    # What runs is named in this file.
    subprocess.run([program, *map(str, command[1:])], cwd=HERE, check=True)  # noqa: S603


def pip(*arguments: str | Path) -> None:
    """Run pip quietly."""
    run(sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check", *arguments)


def make_payload(target: str | None, pythons: Sequence[str]) -> None:
    """Fill `server/`: the wheel, the pins, maybe all other wheels, and `payload.json`, which says what there is."""
    shutil.rmtree(SERVER, ignore_errors=True)
    SERVER.mkdir()
    pip("wheel", "--no-deps", "--wheel-dir", SERVER, ROOT)
    [wheel] = SERVER.glob("*.whl")
    pins = SERVER / "requirements.txt"
    shutil.copy(ROOT / "locked-requirements.txt", pins)
    shutil.copy(ROOT / "dist" / "sbom.cdx.json", SERVER / "sbom.cdx.json")
    for python in pythons if target else ():
        tags = [f"--platform={tag}" for tag in TARGETS[target or ""]]
        wheels: list[str | Path] = [
            "--dest",
            SERVER / "wheels",
            "--require-hashes",
            "--only-binary=:all:",
            f"--python-version={python}",
            *tags,
        ]
        pip("download", *wheels, "--requirement", pins)
    digest = hashlib.sha256(wheel.read_bytes() + pins.read_bytes()).hexdigest()
    payload = {"wheel": wheel.name, "id": digest[:16], "pythons": [*pythons] if target else []}
    (SERVER / "payload.json").write_text(json.dumps(payload) + "\n", encoding="utf-8")


def main() -> None:
    """Build everything, in the order in which it depends on each other."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--target", choices=TARGETS, help="carry all wheels for this platform")
    parser.add_argument(
        "--python", nargs="+", default=PYTHONS, metavar="3.N", help="… and these versions of Python only"
    )
    parser.add_argument("--out", type=Path, help="where to write the .vsix")
    arguments = parser.parse_args()
    target: str | None = arguments.target
    make_payload(target, arguments.python)
    shutil.copy(ROOT / "LICENSE", HERE / "LICENSE")
    if not _is_installed():
        run("npm", "ci", "--silent")
    run("npm", "run", "--silent", "check")
    run("npm", "run", "--silent", "bundle")
    packed = arguments.out or HERE / "dist" / f"fim-language-server{f'-{target}' if target else ''}.vsix"
    packed = packed.resolve()
    options = ["--no-dependencies", "--allow-missing-repository", "--no-rewrite-relative-links", "--out", packed]
    run("npx", "vsce", "package", *options, *(["--target", target] if target else []))
    print(f"{packed}: {packed.stat().st_size / 1e6:.1f} MB")


def _is_installed() -> bool:
    """Is what the lock file names in node_modules? npm leaves a copy of it there, written last."""
    mark = HERE / "node_modules" / ".package-lock.json"
    return mark.is_file() and mark.stat().st_mtime >= (HERE / "package-lock.json").stat().st_mtime


if __name__ == "__main__":
    main()
