"""A server on node's vscode-languageserver, to measure against; its packages are installed into `.cache/bench/node`."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from benchmarks.servers import REPOSITORY

PACKAGES = ("vscode-languageserver@10.1.2", "vscode-languageserver-textdocument@1.0.12")
INSTALL_S = 180


def node_server() -> tuple[str, ...] | str:
    """Return the command of the server, or why it cannot be had."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None:
        return "node is not installed"
    place = REPOSITORY / ".cache" / "bench" / "node"
    if not (place / "node_modules" / "vscode-languageserver").exists():
        if npm is None:
            return "npm is not installed"
        place.mkdir(parents=True, exist_ok=True)
        command = [npm, "install", "--no-audit", "--no-fund", "--silent", "--prefix", str(place), *PACKAGES]
        try:
            subprocess.run(command, check=True, capture_output=True, timeout=INSTALL_S)
        except (subprocess.SubprocessError, OSError):
            return "vscode-languageserver could not be installed with npm"
    # Node looks for packages beside the script.
    script = place / "node_server.js"
    shutil.copyfile(Path(__file__).with_name("node_server.js"), script)
    return (node, str(script))
