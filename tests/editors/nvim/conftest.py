"""Neovims for the tests, which `tests/editors/nvim/run` installs; `make test` leaves these tests out."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

if "FIM_EDITORS" not in os.environ:
    collect_ignore_glob = ["*.py"]
else:
    from tests.editors.leaving_out import skip_unless_ci
    from tests.editors.nvim.neovim import INSTALLED, PLUGIN, SCRIPTED, Neovim

    VERSIONS = ["newest", "0.11"]
    DRAWN_BY = {
        "newest": ("newest", "neovim"),
        "0.11": ("0.11", "plugin"),
        "newest, the plugin draws": ("newest", "plugin"),
    }

    def lua(value: Any) -> str:
        """Return JSON as a Lua expression."""
        return f"vim.json.decode([==[{json.dumps(value)}]==])"

    def installed(version: str) -> str:
        """Return a Neovim's name, if it could be installed."""
        if not (INSTALLED / version / "nvim").exists():
            skip_unless_ci(f"Neovim {version} could not be installed")
        return version

    @pytest.fixture(params=VERSIONS)
    def version(request: pytest.FixtureRequest) -> str:
        """Each Neovim."""
        return installed(request.param)

    @pytest.fixture(params=DRAWN_BY)
    def drawn(request: pytest.FixtureRequest) -> tuple[str, str]:
        """Each Neovim, and who draws in it."""
        version, by = DRAWN_BY[request.param]
        return installed(version), by

    @pytest.fixture
    def start(drawn: tuple[str, str], tmp_path: Path) -> Iterator[Callable[..., Neovim]]:
        """Start a Neovim with the plugin, and close it afterwards."""
        running: list[Neovim] = []
        version, drawn_by = drawn

        def start(
            config: dict[str, Any] | None = None,
            before: str = "",
            environment: dict[str, str] | None = None,
            init: str | None = None,
        ) -> Neovim:
            init = init or (
                f"vim.opt.runtimepath:prepend({lua(str(PLUGIN))})\n{before}\n"
                f"vim.lsp.config('fim_ls', {lua(config or {'cmd': SCRIPTED})})\n"
                f"require('fim_ls').setup({{ default_maps = true, drawn_by = {lua(drawn_by)} }})\n"
                "vim.lsp.enable('fim_ls')\n"
            )
            running.append(Neovim(version, tmp_path / f"home{len(running)}", init, environment))
            return running[-1]

        yield start
        for neovim in running:
            neovim.__exit__()

    @pytest.fixture
    def neovim(start: Callable[..., Neovim], tmp_path: Path) -> Neovim:
        """A Neovim with the scripted server and an empty Python file."""
        neovim = start()
        neovim.edit(tmp_path / "work" / "demo.py")
        return neovim
